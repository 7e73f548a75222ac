/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdio.h>
#include <string.h>

#include "envelope.h"
#include "pki/satellite.h"
#include "tests/manager/asked.h"
#include "tests/manager/edge.h"
#include "tests/support/pki.h"

/*
 * Whose requests the authority executes: every type of request by every kind of certificate, of the
 * own and of another account.  Each request is the victim's next one, or that of the satellite that
 * has joined, right in all but who signed it, and each certificate claims as much as its issuer
 * would let it.  And whose answers that satellite takes, and a folder that joins.
 */

#define VA            "NCS1000"
#define OTHER_ACCOUNT "0e9d7c33-93b1-4a3b-b1a3-4c2f2f6f5b22"
#define UDI_TEXT      "PID:NCS1004 SN:CAT2231B18Y"

static struct site_token token, other_token;
static struct device victim, other, foreign;
static struct sl_token invitation;
static struct sl_buf invitation_text;
static struct tpki_id root, issuing, signer, ca;
static struct sl_cert *embedded[3];
static size_t n_embedded;

/* ---- who signs -------------------------------------------------------------------------- */

/* What the authority keeps in its folder, its private key too. */
static struct tpki_id
kept(const char *name)
{
	return kept_at(&up, name);
}

static void
sign_by(const struct tpki_spec *spec)
{
	signer = tpki_make(up.crypto, spec);
	embedded[0] = signer.cert;
	n_embedded = 1;
}

/* As the issuing CA would have certified the victim, had it been asked. */
static struct tpki_spec
victims(const struct tpki_id *by)
{
	struct tpki_spec spec = tpki_spec_device(by);

	spec.o = SITE_ACCOUNT;
	spec.serial_number = UDI_TEXT;
	spec.cn = victim.instance;
	return spec;
}

static void
the_victim(void)
{
	signer.key = victim.key;
	signer.cert = victim.cert;
	embedded[0] = signer.cert;
	n_embedded = 1;
}

static void
another_device(void)
{
	signer.key = other.key;
	signer.cert = other.cert;
	embedded[0] = signer.cert;
	n_embedded = 1;
}

/* Known here, in its account. */
static void
a_foreign_device(void)
{
	signer.key = foreign.key;
	signer.cert = foreign.cert;
	embedded[0] = signer.cert;
	n_embedded = 1;
}

static void
a_device_of_another_account(void)
{
	struct tpki_spec spec = victims(&issuing);

	spec.o = OTHER_ACCOUNT;
	sign_by(&spec);
}

static void
response_signer(void)
{
	signer = kept("signer");
	embedded[0] = signer.cert;
	n_embedded = 1;
}

static void
response_role_for_the_victim(void)
{
	struct tpki_spec spec = victims(&root);

	spec.usages[1] = TPKI_RESPONSE;
	sign_by(&spec);
}

static void
by_satellites(const char *bound_to, const char *o, const char *role)
{
	const struct tpki_spec top = tpki_spec_satellites(&root);
	struct tpki_id satellites = tpki_make(up.crypto, &top);
	const struct tpki_spec middle = tpki_spec_satellite_ca(&satellites, bound_to);
	struct tpki_spec spec;

	ca = tpki_make(up.crypto, &middle);
	spec = victims(&ca);
	spec.o = o;
	spec.usages[1] = role;
	sign_by(&spec);
	embedded[n_embedded++] = ca.cert;
	embedded[n_embedded++] = sl_cert_ref(satellites.cert);
	tpki_id_free(&satellites);
}

static void
satellite_signer(void)
{
	by_satellites(SITE_ACCOUNT, SITE_ACCOUNT, TPKI_SATELLITE);
}

static void
satellite_signer_of_another_account(void)
{
	by_satellites(OTHER_ACCOUNT, OTHER_ACCOUNT, TPKI_SATELLITE);
}

static void
a_device_by_another_accounts_satellite(void)
{
	by_satellites(OTHER_ACCOUNT, OTHER_ACCOUNT, TPKI_DEVICE);
}

static void
the_victim_by_another_accounts_satellite(void)
{
	by_satellites(OTHER_ACCOUNT, SITE_ACCOUNT, TPKI_DEVICE);
}

static void
the_satellite(void)
{
	signer.key = (struct sl_key *)pki_signer_key(edge.pki);
	signer.cert = embedded[0] = pki_signer(edge.pki);
	embedded[1] = pki_issuing(edge.pki);
	embedded[2] = sl_cert_ref(pki_satellites(edge.pki));
	n_embedded = 3;
}

static void
the_satellite_that_has_left(void)
{
	struct ledger_satellite sat;

	the_satellite();
	ck_assert_int_eq(ledger_satellite_by_name(up.ledger, "edge-1", &sat, &up.err), 1);
	site_ok(&up, db_begin(ledger_db(up.ledger), &up.err));
	site_ok(&up, ledger_satellite_end(up.ledger, &sat, "admin", "taken back", up.now, &up.err));
	site_ok(&up, db_commit(ledger_db(up.ledger), &up.err));
}

static void
tls_server(void)
{
	signer = kept("tls");
	embedded[0] = signer.cert;
	n_embedded = 1;
}

static void
self_signed(void)
{
	const struct tpki_spec spec = victims(NULL);

	sign_by(&spec);
}

static void
issuing_ca(void)
{
	signer = kept("issuing");
	embedded[0] = signer.cert;
	n_embedded = 1;
}

static void
the_root(void)
{
	signer = root;
	embedded[0] = signer.cert;
	n_embedded = 1;
}

static void
satellites_ca(void)
{
	signer = kept("satellites");
	embedded[0] = signer.cert;
	n_embedded = 1;
}

static void
the_satellites_own_ca(void)
{
	signer = kept_at(&edge, "issuing");
	ca = kept("satellites");
	embedded[0] = signer.cert;
	embedded[1] = ca.cert;
	n_embedded = 2;
}

static void
another_root(void)
{
	const struct tpki_spec top = tpki_spec_root();
	struct tpki_spec spec;

	ca = tpki_make(up.crypto, &top);
	spec = victims(&ca);
	sign_by(&spec);
	embedded[n_embedded++] = ca.cert;
}

static void
no_role(void)
{
	struct tpki_spec spec = victims(&issuing);

	spec.usages[1] = NULL;
	sign_by(&spec);
}

static void
two_roles(void)
{
	struct tpki_spec spec = victims(&issuing);

	spec.usages[2] = TPKI_SATELLITE;
	sign_by(&spec);
}

#define OK  SL_DENIED_NONE
#define REQ SL_DENIED_BAD_REQUEST
#define SIG SL_DENIED_BAD_SIGNATURE
#define UNK SL_DENIED_INSTANCE_UNKNOWN
#define ALW SL_DENIED_NOT_ALLOWED
#define REV SL_DENIED_CERTIFICATE_REVOKED

#define N_TYPES ASKED_TYPES

/*
 * A registration is signed by the key that it wants certified, whoever else has one.  A known key
 * that speaks for others is told so (bad_request).  Who has a certificate of another account is
 * judged within that, where there is no such instance; nothing says that there is one elsewhere.
 * Who joins is known by the key of its certificate request alone: an invitation that is good is of
 * no use to whoever has another, whatever its certificate says. Who is no device of this authority
 * is not listened to at all.  A satellite is, of what it asks as a satellite, and told that it has
 * not joined, or has left.
 */
static const struct {
	void (*make)(void);
	const char *who;
	/* register, renew-id, authorize, report, reserve, return, deregister, sync, join */
	enum sl_denial code[N_TYPES];
	int borrowed;  /* another's: not to be freed */
	int satellite; /* the one that has joined */
	int answers;   /* of it the satellite takes answers */
} rows[] = {
	{ the_victim, "the device itself", { SIG, OK, OK, OK, OK, OK, OK, SIG, SIG }, 1, 0, 0 },
	{ another_device, "another device of the account",
	    { SIG, REQ, REQ, REQ, REQ, REQ, REQ, SIG, SIG }, 1, 0, 0 },
	{ a_foreign_device, "a known device of another account",
	    { SIG, REQ, REQ, REQ, REQ, REQ, REQ, SIG, SIG }, 1, 0, 0 },
	{ a_device_of_another_account, "a device of another account",
	    { SIG, UNK, UNK, UNK, UNK, UNK, UNK, SIG, SIG }, 0, 0, 0 },
	{ response_signer, "the response signer", { SIG, SIG, SIG, SIG, SIG, SIG, SIG, SIG, SIG },
	    0, 0, 1 },
	{ response_role_for_the_victim, "role response",
	    { SIG, SIG, SIG, SIG, SIG, SIG, SIG, SIG, SIG }, 0, 0, 1 },
	{ satellite_signer, "a satellite of the account",
	    { SIG, SIG, SIG, SIG, SIG, SIG, SIG, ALW, SIG }, 0, 0, 0 },
	{ satellite_signer_of_another_account, "another account's satellite",
	    { SIG, SIG, SIG, SIG, SIG, SIG, SIG, ALW, SIG }, 0, 0, 0 },
	{ a_device_by_another_accounts_satellite, "another account's satellite's device",
	    { SIG, UNK, UNK, UNK, UNK, UNK, UNK, SIG, SIG }, 0, 0, 0 },
	{ the_victim_by_another_accounts_satellite, "a satellite beyond its bounds",
	    { SIG, SIG, SIG, SIG, SIG, SIG, SIG, SIG, SIG }, 0, 0, 0 },
	{ the_satellite, "the satellite itself", { SIG, SIG, SIG, SIG, SIG, SIG, SIG, OK, SIG }, 1,
	    1, 0 },
	{ the_satellite_that_has_left, "a satellite that has left",
	    { SIG, SIG, SIG, SIG, SIG, SIG, SIG, REV, SIG }, 1, 1, 0 },
	{ tls_server, "the TLS server", { SIG, SIG, SIG, SIG, SIG, SIG, SIG, SIG, SIG }, 0, 0, 0 },
	{ self_signed, "a certificate of its own making",
	    { SIG, SIG, SIG, SIG, SIG, SIG, SIG, SIG, SIG }, 0, 0, 0 },
	{ issuing_ca, "the issuing CA", { SIG, SIG, SIG, SIG, SIG, SIG, SIG, SIG, SIG }, 0, 0, 0 },
	{ another_root, "another root's device", { SIG, SIG, SIG, SIG, SIG, SIG, SIG, SIG, SIG }, 0,
	    0, 0 },
	{ no_role, "no role", { SIG, SIG, SIG, SIG, SIG, SIG, SIG, SIG, SIG }, 0, 0, 0 },
	{ two_roles, "two roles", { SIG, SIG, SIG, SIG, SIG, SIG, SIG, SIG, SIG }, 0, 0, 0 },
	{ the_root, "the root", { SIG, SIG, SIG, SIG, SIG, SIG, SIG, SIG, SIG }, 1, 0, 0 },
	{ satellites_ca, "the CA of satellites", { SIG, SIG, SIG, SIG, SIG, SIG, SIG, SIG, SIG }, 0,
	    1, 0 },
	{ the_satellites_own_ca, "the satellite's own CA",
	    { SIG, SIG, SIG, SIG, SIG, SIG, SIG, SIG, SIG }, 0, 1, 0 },
};
#define N_ROWS (sizeof(rows) / sizeof(rows[0]))

/* ---- what they sign --------------------------------------------------------------------- */

static struct sl_buf
request_of(enum sl_msg_type type)
{
	const struct asked q = { .at = &up,
		.request_id = ASKED_ID,
		.of = &victim,
		.ahead = 1,
		.token = &token,
		.invitation = &invitation };
	struct sl_buf content = { 0 }, message = { 0 };

	asked_content(&content, &q, type);
	site_ok(&up, sl_envelope_sign(&message, up.crypto, signer.key, signer.cert, embedded,
			 n_embedded, NULL, 0, content.data, content.len, &up.err));
	sl_buf_free(&content);
	return message;
}

/* ---- what comes of it ------------------------------------------------------------------- */

static void
invite(void)
{
	edge_invite_another(&invitation_text);
	site_ok(&up, sl_token_parse(&invitation, invitation_text.data, &up.err));
}

static void
begin(int with_satellite)
{
	if (with_satellite)
		edge_setup();
	else
		site_open(&up);
	site_ok(&up, ledger_virtual_account_create(up.ledger, VA, "admin", up.now, &up.err));
	site_ok(&up, ledger_license_add(up.ledger, VA, TAG_G, 12, 0, up.now, &up.err));
	token = site_token_new(&up, VA, 30, LEDGER_ANY_USES);
	victim = device_new(&up, "CAT2231B18Y");
	other = device_new(&up, "OTHER");
	ck_assert_int_eq(device_register(&up, &victim, &token, 0), SL_DENIED_NONE);
	ck_assert_int_eq(device_use(&up, &victim, 8, 0), SL_DENIED_NONE);
	ck_assert_int_eq(device_register(&up, &other, &token, 0), SL_DENIED_NONE);
	ck_assert_int_eq(device_use(&up, &other, 1, 0), SL_DENIED_NONE);
	site_ok(&up,
	    ledger_account_create(up.ledger, "Other", OTHER_ACCOUNT, "admin", up.now, &up.err));
	site_ok(&up, ledger_select(up.ledger, OTHER_ACCOUNT, &up.err));
	other_token = site_token_new(&up, LEDGER_DEFAULT, 30, LEDGER_ANY_USES);
	site_ok(&up, ledger_select(up.ledger, SITE_ACCOUNT, &up.err));
	foreign = device_new(&up, "CAT2231B18Y");
	foreign.account = OTHER_ACCOUNT;
	ck_assert_int_eq(device_register(&up, &foreign, &other_token, 0), SL_DENIED_NONE);
	ck_assert_int_eq(device_use(&up, &foreign, 2, 0), SL_DENIED_NONE);
	if (with_satellite)
		invite();
	root = kept("root");
	issuing = kept("issuing");
	signer = ca = (struct tpki_id){ 0 };
}

static void
end(int with_satellite, int borrowed)
{
	site_check(&up);
	if (!borrowed)
		tpki_id_free(&signer);
	if (n_embedded == 3)
		sl_cert_unref(embedded[2]);
	tpki_id_free(&root);
	tpki_id_free(&issuing);
	tpki_id_free(&ca);
	device_free(&victim);
	device_free(&other);
	device_free(&foreign);
	sl_buf_free(&invitation_text);
	if (with_satellite)
		edge_teardown();
	else
		site_close(&up);
}

/* All that a request may change, in one number. */
static int64_t
state(void)
{
	return site_count(&up,
	    "SELECT (SELECT COUNT(*) FROM instance) * 1000000 + (SELECT COUNT(*) FROM key) * 100000"
	    " + (SELECT COUNT(*) FROM request) * 10000 + (SELECT COUNT(*) FROM entry) * 1000"
	    " + (SELECT COUNT(*) FROM token_use) * 100"
	    " + (SELECT COUNT(*) FROM instance WHERE state = 'live') * 10"
	    " + (SELECT COUNT(*) FROM revocation) + (SELECT COUNT(*) FROM alert)"
	    " + (SELECT COALESCE(SUM(sequence), 0) FROM satellite)"
	    " + (SELECT COUNT(*) FROM satellite WHERE state = 'joined')");
}

/* Where all is dear, every eleventh cell: each type and most rows are met. */
static size_t stride;

START_TEST(a_request_is_executed_for_the_device_whose_key_has_signed_it_alone)
{
	size_t cell = (size_t)_i * stride, row = cell / N_TYPES, type = cell % N_TYPES;
	enum sl_denial want = rows[row].code[type], got;
	struct sl_reply *reply;
	struct sl_buf message;
	int satellite = asked_types[type] == ASKED_SYNC || asked_types[type] == ASKED_JOIN ||
			rows[row].satellite;
	int64_t before;

	begin(satellite);
	rows[row].make();
	message = request_of(asked_types[type]);
	before = state();
	reply = site_send(&up, &message);
	got = reply->status == SL_REPLY_OK ? SL_DENIED_NONE : reply->error.code;
	ck_assert_msg(got == want, "%s by %s: %s", asked_name(asked_types[type]), rows[row].who,
	    reply->error.message);
	ck_assert_int_eq(state() != before, want == SL_DENIED_NONE);
	/* who is not known learns nothing, not even that the request could be read */
	ck_assert_int_eq(reply->request_sha256[0] != '\0', want != SL_DENIED_BAD_SIGNATURE);
	sl_reply_free(reply);
	sl_buf_free(&message);
	end(satellite, rows[row].borrowed);
}
END_TEST

#define ISSUERS 5

/* The upstream's answer to the satellite, signed by the row's signer in its place; with the lists
 * of all that issue, so that nothing but the signer is wrong. */
static void
sign_anew(const struct sl_buf *right, const struct tpki_id *first_ca, struct sl_buf *ret)
{
	struct tpki_id satellites = kept("satellites");
	const struct tpki_id *issuers[ISSUERS] = { &root, &issuing, &satellites, first_ca, &ca };
	const struct tpki_list list = {
		.number = up.now, .this_update = up.now - 60, .next_update = up.now + 90 * SITE_DAY
	};
	struct sl_cert *certs[5] = { issuing.cert, satellites.cert };
	struct sl_buf der[ISSUERS] = { { 0 } };
	struct sl_der lists[ISSUERS];
	struct sl_envelope *envelope = NULL;
	const void *content;
	size_t n = 0, len;

	for (; n < ISSUERS && issuers[n]->key != NULL; n++) {
		der[n] = tpki_crl(up.crypto, issuers[n], &list);
		lists[n] = (struct sl_der){ der[n].data, der[n].len };
	}
	site_ok(&up, sl_envelope_open(&envelope, up.crypto, right->data, right->len, &up.err));
	site_ok(&up, sl_envelope_verify(envelope, pki_signer(up.pki), &content, &len, &up.err));
	memcpy(certs + 2, embedded, n_embedded * sizeof(embedded[0]));
	site_ok(&up, sl_envelope_sign(ret, up.crypto, signer.key, signer.cert, certs,
			 2 + n_embedded, lists, n, content, len, &up.err));
	sl_envelope_free(envelope);
	while (n-- > 0)
		sl_buf_free(&der[n]);
	tpki_id_free(&satellites);
}

START_TEST(a_satellite_takes_its_upstreams_answers_from_a_response_signer_alone)
{
	size_t row = (size_t)_i;
	struct sl_buf request = { 0 }, right = { 0 }, answer = { 0 };
	struct tpki_id own_ca;
	struct ledger_upstream u;
	struct sync_outcome o;

	begin(1);
	edge_pass(60);
	edge_ask(&request, 0);
	edge_answer(&request, &right);
	rows[row].make();
	own_ca = kept_at(&edge, "issuing");
	sign_anew(&right, &own_ca, &answer);
	tpki_id_free(&own_ca);
	ck_assert_msg((sync_answer(edge.authority, answer.data, answer.len, edge.now, &o,
			   &edge.err) == 0) == rows[row].answers,
	    "%s", rows[row].who);
	/* the request stays open where it was not: the right answer may still come */
	ck_assert_int_eq(ledger_upstream_get(edge.ledger, &u, &edge.err), 1);
	ck_assert_int_eq(u.request_id[0] == '\0', rows[row].answers);
	ck_assert_int_eq(u.synced_s == edge.now, rows[row].answers);
	sl_buf_free(&request);
	sl_buf_free(&right);
	sl_buf_free(&answer);
	end(1, rows[row].borrowed);
}
END_TEST

START_TEST(a_folder_that_joins_takes_its_upstreams_answer_from_a_response_signer_alone)
{
	size_t row = (size_t)_i;
	struct sl_buf request = { 0 }, right = { 0 }, answer = { 0 };
	struct tpki_id first_ca;
	struct join j = { .url = "https://up.example.net/" };
	struct site first;

	begin(1);
	rows[row].make();
	/* the signer may be of the first satellite, which stays as it is meanwhile */
	first = edge;
	first_ca = kept_at(&first, "issuing");
	edge_open_folder(&j, invitation_text.data, &request);
	edge_answer(&request, &right);
	sign_anew(&right, &first_ca, &answer);
	tpki_id_free(&first_ca);
	ck_assert_msg((edge_take_join(&j, &answer) == 0) == rows[row].answers, "%s", rows[row].who);
	/* where it was not taken, the right one may still come */
	ck_assert_msg(rows[row].answers || edge_take_join(&j, &right) == 0, "%s", edge.err.text);
	site_close(&edge);
	edge = first;
	sl_buf_free(&request);
	sl_buf_free(&right);
	sl_buf_free(&answer);
	end(1, rows[row].borrowed);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("authority_roles");
	TCase *t = tcase_create("roles");

	stride = (size_t)test_all_or(1, 11);
	tcase_set_timeout(t, 60);
	tcase_add_unchecked_fixture(t, edge_keep, edge_drop);
	tcase_add_loop_test(t, a_request_is_executed_for_the_device_whose_key_has_signed_it_alone,
	    0, (int)((N_ROWS * N_TYPES + stride - 1) / stride));
	tcase_add_loop_test(t, a_satellite_takes_its_upstreams_answers_from_a_response_signer_alone,
	    0, test_all_or(N_ROWS, 8));
	tcase_add_loop_test(t,
	    a_folder_that_joins_takes_its_upstreams_answer_from_a_response_signer_alone, 0,
	    test_all_or(N_ROWS, 8));
	suite_add_tcase(suite, t);
	return run_suite(suite);
}
