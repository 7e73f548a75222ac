/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdio.h>
#include <string.h>

#include "text.h"
#include "tests/suite.h"
#include "tests/support/world.h"

/*
 * Whose answers an agent takes: every type of answer by every kind of certificate, of its own and
 * of another account.  Each answer is right in all but who signed it.
 */

#define OTHER_ACCOUNT "0e9d7c33-93b1-4a3b-b1a3-4c2f2f6f5b22"
#define CERTS_MAX     3
#define LISTS_MAX     5

static struct world w;
static struct tpki_id signer, ca; /* of the row; its own CA, where it has one */

/* ---- who signs -------------------------------------------------------------------------- */

/* Makes `signer`, below `issuer`. */
static void
make_signer(const struct tpki_spec *spec)
{
	signer = tpki_make(w.crypto, spec);
}

static void
response_signer(const struct tpki *pki)
{
	const struct tpki_spec spec = tpki_spec_signer(&pki->root);

	make_signer(&spec);
}

static void
satellite(const struct tpki *pki)
{
	const struct tpki_spec spec = tpki_spec_satellite(&pki->satellite_ca, TPKI_ACCOUNT);

	make_signer(&spec);
}

static void
satellite_of_another_account(const struct tpki *pki)
{
	const struct tpki_spec of = tpki_spec_satellite_ca(&pki->satellites, OTHER_ACCOUNT);
	struct tpki_spec spec;

	ca = tpki_make(w.crypto, &of);
	spec = tpki_spec_satellite(&ca, OTHER_ACCOUNT);
	make_signer(&spec);
}

/* Its CA is bound to the other account. */
static void
satellite_that_claims_our_account(const struct tpki *pki)
{
	const struct tpki_spec of = tpki_spec_satellite_ca(&pki->satellites, OTHER_ACCOUNT);
	struct tpki_spec spec;

	ca = tpki_make(w.crypto, &of);
	spec = tpki_spec_satellite(&ca, TPKI_ACCOUNT);
	make_signer(&spec);
}

static void
device(const struct tpki *pki)
{
	const struct tpki_spec spec = tpki_spec_device(&pki->issuing);

	make_signer(&spec);
}

static void
device_of_another_account(const struct tpki *pki)
{
	struct tpki_spec spec = tpki_spec_device(&pki->issuing);

	spec.o = OTHER_ACCOUNT;
	make_signer(&spec);
}

static void
tls(const struct tpki *pki)
{
	const struct tpki_spec spec = tpki_spec_tls(&pki->root);

	make_signer(&spec);
}

static void
self_signed(const struct tpki *pki)
{
	struct tpki_spec spec = tpki_spec_signer(NULL);

	(void)pki;
	make_signer(&spec);
}

static void
root(const struct tpki *pki)
{
	signer.key = pki->root.key;
	signer.cert = pki->root.cert;
}

static void
issuing_ca(const struct tpki *pki)
{
	signer.key = pki->issuing.key;
	signer.cert = pki->issuing.cert;
}

static void
satellites_ca(const struct tpki *pki)
{
	signer.key = pki->satellite_ca.key;
	signer.cert = pki->satellite_ca.cert;
}

static void
response_signer_of_another_root(const struct tpki *pki)
{
	const struct tpki_spec of = tpki_spec_root();
	struct tpki_spec spec;

	(void)pki;
	ca = tpki_make(w.crypto, &of);
	spec = tpki_spec_signer(&ca);
	make_signer(&spec);
}

static void
response_signer_by_the_issuing_ca(const struct tpki *pki)
{
	const struct tpki_spec spec = tpki_spec_signer(&pki->issuing);

	make_signer(&spec);
}

static void
response_signer_by_a_satellite(const struct tpki *pki)
{
	struct tpki_spec spec = tpki_spec_signer(&pki->satellite_ca);

	spec.o = TPKI_ACCOUNT;
	make_signer(&spec);
}

static void
two_roles(const struct tpki *pki)
{
	struct tpki_spec spec = tpki_spec_signer(&pki->root);

	spec.usages[2] = TPKI_DEVICE;
	make_signer(&spec);
}

static void
no_role(const struct tpki *pki)
{
	struct tpki_spec spec = tpki_spec_signer(&pki->root);

	spec.usages[1] = NULL;
	make_signer(&spec);
}

#define TAKEN                                                                                      \
	{                                                                                          \
		1, 1, 1, 1, 1, 1, 1, 0, 0                                                          \
	}
#define NONE                                                                                       \
	{                                                                                          \
		0, 0, 0, 0, 0, 0, 0, 0, 0                                                          \
	}

/* What a satellite asks its upstream.  No device does: such an answer is to none of its requests,
 * whoever signs it. */
#define SYNC ((enum sl_msg_type)0)
#define JOIN ((enum sl_msg_type) - 1)
static const enum sl_msg_type types[] = { SL_MSG_REGISTER, SL_MSG_RENEW_ID, SL_MSG_AUTHORIZE,
	SL_MSG_REPORT, SL_MSG_DEREGISTER, SL_MSG_RESERVE, SL_MSG_RETURN, SYNC, JOIN };
#define N_TYPES (sizeof(types) / sizeof(types[0]))

static const struct {
	void (*make)(const struct tpki *pki);
	const char *who;
	/* register, renew-id, authorize, report, deregister, reserve, return, sync, join */
	int taken[N_TYPES];
	int borrowed; /* the oracle's own */
} rows[] = {
	{ response_signer, "the response signer", TAKEN, 0 },
	{ satellite, "a satellite of the own account", TAKEN, 0 },
	{ satellite_of_another_account, "a satellite of another account", NONE, 0 },
	{ satellite_that_claims_our_account, "a satellite beyond its bounds", NONE, 0 },
	{ device, "a device of the own account", NONE, 0 },
	{ device_of_another_account, "a device of another account", NONE, 0 },
	{ tls, "the TLS server", NONE, 0 },
	{ self_signed, "nobody", NONE, 0 },
	{ root, "the root", NONE, 1 },
	{ issuing_ca, "the issuing CA", NONE, 1 },
	{ satellites_ca, "a satellite's CA", NONE, 1 },
	{ response_signer_of_another_root, "the response signer of another root", NONE, 0 },
	{ response_signer_by_the_issuing_ca, "a signer whose CA may not have one", NONE, 0 },
	{ response_signer_by_a_satellite, "a signer that a satellite made", NONE, 0 },
	{ two_roles, "one of two roles", NONE, 0 },
	{ no_role, "one of no role", NONE, 0 },
};
#define N_ROWS (sizeof(rows) / sizeof(rows[0]))

/* ---- what they sign --------------------------------------------------------------------- */

static int is_armed;
static enum sl_msg_type armed;
static long resigned;

/* The lists of all that issue, so that nothing but the signer is wrong. */
static void
sign_anew(
    const struct tpki *pki, const void *content, size_t len, int64_t now_s, struct sl_buf *ret)
{
	const struct tpki_id *issuers[LISTS_MAX] = { &pki->root, &pki->issuing, &pki->satellites,
		&pki->satellite_ca, ca.cert != NULL ? &ca : NULL };
	struct sl_cert *certs[CERTS_MAX] = { signer.cert, pki->satellites.cert,
		ca.cert != NULL ? ca.cert : pki->satellite_ca.cert };
	const struct tpki_list list = {
		.number = now_s, .this_update = now_s - 60, .next_update = now_s + 90 * 86400
	};
	struct sl_buf der[LISTS_MAX] = { { 0 } };
	struct sl_der lists[LISTS_MAX];
	struct smartlic_error err = { 0 };
	size_t n = 0;

	for (; n < LISTS_MAX && issuers[n] != NULL; n++) {
		der[n] = tpki_crl(w.crypto, issuers[n], &list);
		lists[n] = (struct sl_der){ der[n].data, der[n].len };
	}
	ck_assert_msg(sl_envelope_sign(ret, w.crypto, signer.key, signer.cert, certs, CERTS_MAX,
			  lists, n, content, len, &err) == 0,
	    "%s", err.text);
	while (n-- > 0)
		sl_buf_free(&der[n]);
}

/* Whose answer's place one to a satellite takes: a deregistration's body is empty, so nothing but
 * the type tells an answer to `join` from it. */
static enum sl_msg_type
in_place_of(enum sl_msg_type type)
{
	return type == SYNC ? SL_MSG_AUTHORIZE : type == JOIN ? SL_MSG_DEREGISTER : type;
}

static const char *
name_of(enum sl_msg_type type)
{
	return type == SYNC ? "sync" : type == JOIN ? "join" : sl_msg_type_name(type);
}

/* The oracle's answer; of the armed type, signed by the row's signer in its place. */
static void
respond(void *ud, const void *request, size_t len, int64_t now_s, struct sl_buf *ret)
{
	struct oracle *o = ud;
	struct sl_envelope *envelope = NULL;
	struct sl_buf right = { 0 }, text = { 0 };
	const char *at;
	char type[40];
	const void *content;
	size_t n, before;

	oracle_answer(o, request, len, &right);
	ck_assert_int_eq(sl_envelope_open(&envelope, w.crypto, right.data, right.len, NULL), 0);
	ck_assert_int_eq(sl_envelope_verify(envelope, o->pki.signer.cert, &content, &n, NULL), 0);
	(void)snprintf(type, sizeof(type), "\"type\":\"%s\"", sl_msg_type_name(in_place_of(armed)));
	at = is_armed ? memmem(content, n, type, strlen(type)) : NULL;
	if (at == NULL) {
		sl_buf_add(ret, right.data, right.len);
	} else {
		resigned++;
		before = (size_t)(at - (const char *)content);
		sl_buf_add(&text, content, before);
		sl_buf_printf(&text, "\"type\":\"%s\"", name_of(armed));
		sl_buf_add(&text, at + strlen(type), n - before - strlen(type));
		sign_anew(&o->pki, text.data, text.len, now_s, ret);
	}
	sl_buf_free(&text);
	sl_envelope_free(envelope);
	sl_buf_free(&right);
}

/* ---- what the agent says ---------------------------------------------------------------- */

/* Where all is dear, every eleventh cell: each type and most rows are met. */
static size_t stride;

static void
ask(enum sl_msg_type type)
{
	switch (in_place_of(type)) {
	case SL_MSG_REGISTER:
		ck_assert_int_eq(smartlic_agent_register(w.agent, w.token, 0), 0);
		break;
	case SL_MSG_RENEW_ID:
		ck_assert_int_eq(smartlic_agent_renew_id(w.agent), 0);
		break;
	case SL_MSG_AUTHORIZE:
		ck_assert_int_eq(smartlic_agent_renew_auth(w.agent), 0);
		break;
	case SL_MSG_DEREGISTER:
		ck_assert_int_eq(smartlic_agent_deregister(w.agent), 0);
		break;
	case SL_MSG_REPORT: /* comes by itself */
		world_pass(&w, HOURS(25));
		break;
	case SL_MSG_RESERVE:
		ck_assert_int_eq(smartlic_agent_reserve(w.agent, NULL, 0), 0);
		break;
	case SL_MSG_RETURN: /* of one that is not there any more */
		strcpy(w.oracle.reservation, "0d7c7ad8-2f5c-4b3a-9d3e-6a0f6c1e2b11");
		ck_assert_int_eq(smartlic_agent_renew_auth(w.agent), 0);
	}
	world_settle(&w);
}

START_TEST(an_answer_is_taken_from_the_response_signer_and_the_own_accounts_satellite_alone)
{
	size_t cell = (size_t)_i * stride, row = cell / N_TYPES, type = cell % N_TYPES;
	const struct tpki *pki = &w.oracle.pki;

	signer = (struct tpki_id){ 0 };
	ca = (struct tpki_id){ 0 };
	resigned = 0;
	is_armed = 0;
	world_init(&w, DRIVE_POLL);
	w.respond = respond;
	w.oracle.certs_always = 1;
	if (types[type] != SL_MSG_REGISTER)
		world_ready(&w);
	rows[row].make(pki);
	armed = types[type];
	is_armed = 1;
	ask(armed);
	ck_assert_int_gt(resigned, 0);
	/* what was not taken stays open, as after any failure to communicate */
	ck_assert_msg((world_status(&w)->pending_type[0] == '\0') == rows[row].taken[type],
	    "%s by %s: %s", name_of(armed), rows[row].who, w.log.data);
	is_armed = 0;
	w.last_error = 0;
	if (!rows[row].borrowed)
		tpki_id_free(&signer);
	tpki_id_free(&ca);
	world_free(&w);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("agent_roles");
	TCase *t = tcase_create("roles");

	stride = (size_t)test_all_or(1, 11);
	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t,
	    an_answer_is_taken_from_the_response_signer_and_the_own_accounts_satellite_alone, 0,
	    (int)((N_ROWS * N_TYPES + stride - 1) / stride));
	suite_add_tcase(s, t);
	return run_suite(s);
}
