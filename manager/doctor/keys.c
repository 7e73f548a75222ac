/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <string.h>

#include "doctor/doctor.h"
#include "pki/inspect.h"
#include "text.h"

#define DAYS(n) ((n)*DOCTOR_DAY_S)

/* What a key is for, from when on its certificate's successor is to be thought of, and how one
 * comes by that: of the authority, and of a satellite, which mostly renews by itself. */
static const struct {
	const char *subject;
	const char *without; /* the key: what then cannot be done; NULL: it is not missed */
	int64_t early_s;
	const char *ending, *cure;
	int64_t satellite_early_s;
	const char *satellite_cure;
} kinds[PKI_KINDS_KEPT] = {
	[PKI_KIND_ROOT] = { "root", NULL, DAYS(365), "devices will trust no answer any more",
	    "plan a new root, and give it to the devices", DAYS(365),
	    "have the upstream renew its root, and join anew" },
	[PKI_KIND_ISSUING] = { "issuing CA", "no device can register or renew its identity",
	    DAYS(400), "certificates of devices end with that of their issuer",
	    "have the root issue another one", DAYS(60),
	    "see why it does not synchronise: the upstream renews it" },
	[PKI_KIND_SIGNER] = { "response signer", "nothing can be answered", DAYS(90),
	    "devices will refuse every answer", "have the root issue another one", DAYS(14),
	    "see why it does not synchronise: that renews it" },
	[PKI_KIND_TLS] = { "TLS certificate", "nobody can connect", DAYS(30),
	    "devices will refuse the connection",
	    "run 'serve' while pki/root.key is there, which renews its own; renew another CA's by "
	    "its means",
	    DAYS(30), "see why it does not synchronise: the upstream renews it" },
	[PKI_KIND_SATELLITES] = { "CA of satellites", "no satellite can join or renew", DAYS(400),
	    "satellites' certificates end with that of their issuer",
	    "have the root issue another one", DAYS(60),
	    "see why it does not synchronise: the upstream renews it" },
};

static void
tell_life(struct doctor *d, const struct pki_inspected *k)
{
	int64_t left_s = k->ends_s - d->now_s;
	enum doctor_grade grade = doctor_grade_life(
	    left_s, k->satellite ? kinds[k->kind].satellite_early_s : kinds[k->kind].early_s);
	char ends[SL_TIME_SIZE], begins[SL_TIME_SIZE], left[DOCTOR_SPAN_SIZE];

	sl_time(ends, k->ends_s);
	sl_time(begins, k->begins_s);
	if (k->begins_s > d->now_s)
		doctor_tell(d, DOCTOR_BAD, kinds[k->kind].subject,
		    "it is not valid yet, so this clock or the one it was made by is wrong",
		    "set the clock", "its certificate begins %s", begins);
	else if (left_s <= 0)
		doctor_tell(d, DOCTOR_BAD, kinds[k->kind].subject, kinds[k->kind].ending,
		    k->satellite ? kinds[k->kind].satellite_cure : kinds[k->kind].cure,
		    "its certificate has ended %s", ends);
	else
		doctor_tell(d, grade, kinds[k->kind].subject,
		    grade == DOCTOR_GOOD ? "it is far from its end" : kinds[k->kind].ending,
		    grade == DOCTOR_GOOD ? ""
		    : k->satellite       ? kinds[k->kind].satellite_cure
					 : kinds[k->kind].cure,
		    "its certificate ends %s, in %s", ends, doctor_span(left, left_s));
}

/* Keys that a satellite's upstream has, and the root's, may be elsewhere. */
static int
may_be_away(const struct pki_inspected *k)
{
	return k->kind == PKI_KIND_ROOT || (k->satellite && k->kind == PKI_KIND_SATELLITES);
}

static void
tell_key(struct doctor *d, const struct pki_inspected *k)
{
	if (k->key.code != 0)
		doctor_tell_failure(d, kinds[k->kind].subject,
		    k->kind == PKI_KIND_ROOT ? "what it would sign is of no worth"
					     : kinds[k->kind].without,
		    "put the file back from a copy of the folder", &k->key);
	else if (k->key_there)
		doctor_tell(d, DOCTOR_GOOD, kinds[k->kind].subject, "it is that of its certificate",
		    "", "%s", k->key_path);
	else if (may_be_away(k))
		doctor_tell(d, DOCTOR_GOOD, kinds[k->kind].subject,
		    k->satellite ? "the upstream has it"
				 : "it is kept elsewhere, where it is safer",
		    "", "%s is not there", k->key_path);
	else
		doctor_tell(d, DOCTOR_BAD, kinds[k->kind].subject, kinds[k->kind].without,
		    "put the file back from a copy of the folder", "%s is missing", k->key_path);
}

static void
tell(void *ud, const struct pki_inspected *k)
{
	struct doctor *d = ud;

	if (k->cert.code != 0) {
		doctor_tell_failure(d, kinds[k->kind].subject,
		    kinds[k->kind].without != NULL ? kinds[k->kind].without
						   : "nothing leads to a root any more",
		    "put the file back from a copy of the folder", &k->cert);
		return;
	}
	tell_key(d, k);
	if (k->anchored)
		tell_life(d, k);
	else if (k->kind == PKI_KIND_TLS) {
		doctor_tell(d, DOCTOR_GOOD, kinds[k->kind].subject,
		    "another CA issued it, which devices must trust for TLS", "",
		    "%s is not of this root", k->cert_path);
		tell_life(d, k);
	} else
		doctor_tell(d, DOCTOR_BAD, kinds[k->kind].subject,
		    "devices will refuse what is signed with it",
		    "put certificates and root back from one copy of the folder",
		    "%s does not lead to the root", k->cert_path);
}

void
doctor_keys(struct doctor *d)
{
	struct smartlic_error why = { 0 };
	char dir[FILE_PATH_SIZE];
	int r = file_path(dir, d->data, DATA_PKI, &why);

	if (r == 0)
		r = pki_inspect(dir, tell, d, &why);
	if (r < 0)
		doctor_tell_failure(d, "keys", "they were not looked at", "", &why);
}
