/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_SCENARIO_TIMING_H
#define TESTS_SCENARIO_TIMING_H

#include <string.h>

#include "tests/scenario/alone.h"

/* Clocks that are absent, wrong or jump: each case with the event that names it, driven in three
 * ways. */

#define YEARS(n) DAYS((n)*365)

static struct tpki later; /* certificates of another time, under the same root */

static inline void
drive(int i)
{
	w.drive = (enum drive)(i % DRIVES);
	/* collections and reports are not what this is about */
	strcpy(w.oracle.policy, WORLD_SPARSE);
}

/* By the authority's policy: where months of retries are to pass, hourly ones only cost time. */
static inline void
daily(void)
{
	strcpy(w.oracle.policy, WORLD_DAILY);
}

static inline void
weekly(void)
{
	strcpy(w.oracle.policy, WORLD_SPARSE ",\"retry_s\":604800");
}

static inline int
succeeded(void)
{
	return world_status(&w)->last_communication.outcome == SMARTLIC_ATTEMPT_SUCCEEDED;
}

static inline void
must_be_in_order(void)
{
	ck_assert_int_eq(world_status(&w)->registration, SMARTLIC_REG_REGISTERED);
	ck_assert_int_eq(world_status(&w)->authorization, SMARTLIC_AUTH_AUTHORIZED);
	ck_assert_int_eq(w.events[SMARTLIC_EVENT_ID_EXPIRED], 0);
	ck_assert_int_eq(w.events[SMARTLIC_EVENT_AUTHORIZATION_EXPIRED], 0);
}

/* An authority whose certificates begin and end then. */
static inline void
new_certificates(int64_t not_before, int64_t not_after)
{
	struct tpki_spec issuing = tpki_spec_issuing(&w.oracle.pki.root);
	struct tpki_spec signer = tpki_spec_signer(&w.oracle.pki.root);

	issuing.not_before = signer.not_before = not_before;
	issuing.not_after = signer.not_after = not_after;
	later.issuing = tpki_make(w.crypto, &issuing);
	later.signer = tpki_make(w.crypto, &signer);
	w.oracle.pki.issuing = later.issuing;
	w.oracle.pki.signer = later.signer;
	/* which nobody knows by its identifier yet */
	w.oracle.certs_always = 1;
}

static inline void
forget_certificates(void)
{
	tpki_id_free(&later.signer);
	tpki_id_free(&later.issuing);
	later = (struct tpki){ 0 };
}

/* A case of the suite, whose tests follow. */
static inline TCase *
time_case(Suite *s, const char *name)
{
	TCase *t = tcase_create(name);

	tcase_set_timeout(t, 120);
	tcase_add_checked_fixture(t, NULL, forget_certificates);
	tcase_add_checked_fixture(t, setup, teardown);
	suite_add_tcase(s, t);
	return t;
}

#endif
