/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <string.h>

#include "envelope.h"
#include "tests/manager/asked.h"
#include "tests/manager/edge.h"
#include "tests/manager/signers.h"

/*
 * Whose requests a satellite executes: every type of request, for an instance of each standing that
 * there can be, by every kind of certificate, of its own and of another account.  Each request is
 * the instance's next one, right in all but who signed it, and each certificate claims as much as
 * its issuer would let it.
 */

#define VA "NCS1000" /* the upstream's own */

/* How the instance stands that the request is for. */
enum standing {
	HERE,    /* registered here, at home here */
	MOVED,   /* registered here, at home at the upstream by now */
	CLOSED,  /* registered here, removed here */
	UNKNOWN, /* of a virtual account that the upstream serves; never heard of here */
	FOREIGN, /* of another account that the upstream has; never heard of here */
	STANDINGS,
};
static const char *const standing_names[] = { "here", "moved", "closed", "unknown", "foreign" };

#define OK  SL_DENIED_NONE
#define REQ SL_DENIED_BAD_REQUEST
#define SIG SL_DENIED_BAD_SIGNATURE
#define UNK SL_DENIED_INSTANCE_UNKNOWN
#define RMV SL_DENIED_INSTANCE_REMOVED
#define REV SL_DENIED_CERTIFICATE_REVOKED
#define ALW SL_DENIED_NOT_ALLOWED
#define ELS SL_DENIED_TOKEN_ELSEWHERE
#define TOK SL_DENIED_TOKEN_UNKNOWN

/*
 * A home takes a device of its account that comes with a certificate which leads to the root, and a
 * newer key of one that it knows, whoever of the account's homes certified it; not what its own CA
 * certified and its ledger does not have, nor what a list revokes, nor another account's, which it
 * does not know and says nothing of.  Who signs with a key of one instance for another one is told
 * so.  A satellite has no satellites: theirs are told that they have not joined, and an invitation
 * is for where it was made.
 */
static const struct {
	void (*make)(void);
	const char *who;
	/* here, moved, closed, unknown, foreign; of any type but these three */
	enum sl_denial code[STANDINGS];
	enum sl_denial registers, syncs, joins;
	int after_another; /* this satellite has taken the place of one that has left */
	int certify;       /* its key is the one to be certified */
} rows[] = {
	{ the_device_itself, "the device itself", { OK, OK, RMV, OK, UNK }, SIG, SIG, SIG, 0, 0 },
	{ a_device_that_is_known, "another device of the account", { REQ, REQ, REQ, REQ, REQ }, SIG,
	    SIG, SIG, 0, 0 },
	{ a_device_of_the_upstream, "a device of the account that is not served here",
	    { REQ, REQ, REQ, UNK, UNK }, SIG, SIG, SIG, 0, 0 },
	{ its_name_by_the_upstream, "the device, certified by the upstream",
	    { OK, OK, RMV, OK, OK }, SIG, SIG, SIG, 0, 0 },
	{ its_name_by_another_satellite, "the device, certified by another satellite",
	    { OK, OK, RMV, OK, OK }, SIG, SIG, SIG, 0, 0 },
	{ its_name_by_one_that_has_left, "the device, certified by a satellite that has left",
	    { SIG, SIG, SIG, REV, REV }, SIG, SIG, SIG, 1, 0 },
	{ its_name_past_the_ledger, "the device, certified past the ledger",
	    { SIG, SIG, RMV, UNK, UNK }, SIG, SIG, SIG, 0, 0 },
	{ another_account_by_the_upstream, "a device of another account",
	    { UNK, UNK, UNK, UNK, UNK }, SIG, SIG, SIG, 0, 0 },
	{ another_account_by_its_satellite, "another account's satellite's device",
	    { UNK, UNK, UNK, UNK, UNK }, SIG, SIG, SIG, 0, 0 },
	{ its_name_by_another_accounts_satellite, "a satellite beyond its bounds",
	    { SIG, SIG, SIG, SIG, SIG }, SIG, SIG, SIG, 0, 0 },
	{ the_satellite_itself, "the satellite itself", { SIG, SIG, SIG, SIG, SIG }, SIG, ALW, SIG,
	    0, 0 },
	{ another_satellite, "another satellite of the account", { SIG, SIG, SIG, SIG, SIG }, SIG,
	    ALW, SIG, 0, 0 },
	{ one_that_has_left, "a satellite that has left", { SIG, SIG, SIG, SIG, SIG }, SIG, ALW,
	    SIG, 1, 0 },
	{ another_accounts_satellite, "another account's satellite", { SIG, SIG, SIG, SIG, SIG },
	    SIG, ALW, SIG, 0, 0 },
	{ the_upstreams_signer, "the upstream's response signer", { SIG, SIG, SIG, SIG, SIG }, SIG,
	    SIG, SIG, 0, 0 },
	{ role_response, "role response", { SIG, SIG, SIG, SIG, SIG }, SIG, SIG, SIG, 0, 0 },
	{ no_role, "no role", { SIG, SIG, SIG, SIG, SIG }, SIG, SIG, SIG, 0, 0 },
	{ two_roles, "two roles", { SIG, SIG, SIG, SIG, SIG }, SIG, SIG, SIG, 0, 0 },
	{ its_tls_server, "the TLS server", { SIG, SIG, SIG, SIG, SIG }, SIG, SIG, SIG, 0, 0 },
	{ its_own_ca, "the satellite's CA", { SIG, SIG, SIG, SIG, SIG }, SIG, SIG, SIG, 0, 0 },
	{ the_ca_of_satellites, "the CA of satellites", { SIG, SIG, SIG, SIG, SIG }, SIG, SIG, SIG,
	    0, 0 },
	{ the_upstreams_ca, "the upstream's issuing CA", { SIG, SIG, SIG, SIG, SIG }, SIG, SIG, SIG,
	    0, 0 },
	{ the_root, "the root", { SIG, SIG, SIG, SIG, SIG }, SIG, SIG, SIG, 0, 0 },
	{ another_root, "another root's device", { SIG, SIG, SIG, SIG, SIG }, SIG, SIG, SIG, 0, 0 },
	{ self_signed, "a certificate of its own making", { SIG, SIG, SIG, SIG, SIG }, SIG, SIG,
	    SIG, 0, 0 },
	{ whose_key_is_to_be_certified, "whose key is to be certified", { SIG, SIG, SIG, SIG, SIG },
	    OK, SIG, ELS, 0, 1 },
	{ who_has_the_upstreams_token, "who has the upstream's token", { SIG, SIG, SIG, SIG, SIG },
	    ELS, SIG, TOK, 0, 1 },
};
#define N_ROWS (sizeof(rows) / sizeof(rows[0]))

/* ---- for whom --------------------------------------------------------------------------- */

static struct device
registered_at_upstream(const char *sn)
{
	struct device d = edge_traveller(&up, sn);

	ck_assert_int_eq(device_register(&up, &d, &up_token, 0), SL_DENIED_NONE);
	ck_assert_int_eq(device_use(&up, &d, 1, 0), SL_DENIED_NONE);
	return d;
}

static struct device
registered_here(const char *sn)
{
	struct device d = edge_registered(sn);

	ck_assert_int_eq(device_use(&edge, &d, 1, 0), SL_DENIED_NONE);
	return d;
}

static struct device
registered_in_another_account(const char *sn)
{
	struct device d = edge_traveller(&up, sn);
	struct site_token elsewhere;

	site_ok(&up,
	    ledger_account_create(up.ledger, "Other", OTHER_ACCOUNT, "admin", up.now, &up.err));
	site_ok(&up, ledger_select(up.ledger, OTHER_ACCOUNT, &up.err));
	elsewhere = site_token_new(&up, LEDGER_DEFAULT, 30, LEDGER_ANY_USES);
	site_ok(&up, ledger_select(up.ledger, SITE_ACCOUNT, &up.err));
	d.account = OTHER_ACCOUNT;
	ck_assert_int_eq(device_register(&up, &d, &elsewhere, 0), SL_DENIED_NONE);
	ck_assert_int_eq(device_use(&up, &d, 1, 0), SL_DENIED_NONE);
	return d;
}

static struct device
of_standing(enum standing standing)
{
	struct device d;

	if (standing == UNKNOWN)
		return registered_at_upstream("CAT2231B18Y");
	if (standing == FOREIGN)
		return registered_in_another_account("CAT2231B18Y");
	d = registered_here("CAT2231B18Y");
	if (standing == CLOSED)
		site_ok(&edge,
		    ledger_instance_remove(edge.ledger, d.instance, "admin", edge.now, &edge.err));
	if (standing != MOVED)
		return d;
	edge_sync();
	ck_assert_int_eq(device_use(&up, &d, 1, 0), SL_DENIED_NONE);
	edge_sync();
	ck_assert_str_ne(edge_row(&edge, &d).home, "");
	return d;
}

static void
begin(size_t row, enum standing standing)
{
	struct sl_buf text = { 0 };

	edge_setup();
	signers_init();
	if (rows[row].after_another) {
		left = kept_at(&edge, "issuing");
		edge_join_anew();
		/* the list that names it is made daily */
		edge_pass(SITE_DAY);
		edge_sync();
	}
	site_ok(&up, ledger_virtual_account_create(up.ledger, VA, "admin", up.now, &up.err));
	site_ok(&up, ledger_license_add(up.ledger, VA, TAG_G, 12, 0, up.now, &up.err));
	up_token = site_token_new(&up, VA, 30, LEDGER_ANY_USES);
	token = site_token_new(&edge, BRANCH, 30, LEDGER_ANY_USES);
	no_invitation = token.parsed;
	edge_invite_another(&text);
	site_ok(&up, sl_token_parse(&invitation, text.data, &up.err));
	sl_buf_free(&text);
	other = registered_here("OTHER");
	stranger = registered_at_upstream("STRANGER");
	victim = of_standing(standing);
	rows[row].make();
}

static void
end(void)
{
	site_check(&edge);
	signers_free();
	device_free(&victim);
	device_free(&other);
	device_free(&stranger);
	edge_teardown();
}

/* ---- what comes of it ------------------------------------------------------------------- */

/* All that a request may change, in one number. */
static int64_t
state(void)
{
	return site_count(&edge,
	    "SELECT (SELECT COUNT(*) FROM instance) * 1000000 + (SELECT COUNT(*) FROM key) * 100000"
	    " + (SELECT COUNT(*) FROM request) * 10000 + (SELECT COUNT(*) FROM entry) * 1000"
	    " + (SELECT COUNT(*) FROM token_use) * 100"
	    " + (SELECT COUNT(*) FROM instance WHERE state = 'live') * 10"
	    " + (SELECT COUNT(*) FROM revocation) + (SELECT COUNT(*) FROM alert)"
	    " + (SELECT COUNT(*) FROM change) + (SELECT COUNT(*) FROM audit)"
	    " + (SELECT COUNT(*) FROM instance WHERE home IS NULL)"
	    " + (SELECT COUNT(*) FROM satellite)");
}

static void
ask(size_t row, size_t i, int ahead, enum sl_denial want, const char *standing)
{
	char id[] = ASKED_ID;
	struct asked q = { .at = &edge,
		.request_id = id,
		.of = &victim,
		.ahead = ahead,
		.token = &token,
		.invitation = &invitation,
		.key = rows[row].certify ? signer_key : NULL };
	struct sl_buf content = { 0 }, message = { 0 };
	struct sl_reply *reply;
	int64_t before;

	id[strlen(id) - 1] = (char)('1' + i);
	asked_content(&content, &q, asked_types[i]);
	site_ok(&edge, sl_envelope_sign(&message, up.crypto, signer_key, embedded[0], embedded,
			   n_embedded, NULL, 0, content.data, content.len, &edge.err));
	before = state();
	reply = site_send(&edge, &message);
	ck_assert_msg((reply->status == SL_REPLY_OK ? OK : reply->error.code) == want,
	    "%s by %s, %s: %d, %s", asked_name(asked_types[i]), rows[row].who, standing,
	    (int)reply->error.code, reply->error.message);
	ck_assert_int_eq(state() != before, want == OK);
	/* who is not known learns nothing, not even that the request could be read */
	ck_assert_int_eq(reply->request_sha256[0] != '\0', want != SIG);
	sl_reply_free(reply);
	sl_buf_free(&message);
	sl_buf_free(&content);
}

/* Where all is dear, every eleventh cell: most rows and each standing are met. */
static size_t stride;

START_TEST(a_satellite_executes_a_request_for_the_device_whose_key_has_signed_it_alone)
{
	size_t cell = (size_t)_i * stride, row = cell / STANDINGS;
	enum standing standing = cell % STANDINGS;
	enum sl_denial want = rows[row].code[standing];
	int ahead = 1;

	begin(row, standing);
	for (size_t i = 0; i < ASKED_TYPES; i++) {
		if (asked_types[i] == SL_MSG_REGISTER || asked_types[i] == ASKED_SYNC ||
		    asked_types[i] == ASKED_JOIN)
			continue;
		ask(row, i, ahead, want, standing_names[standing]);
		ahead += want == OK;
	}
	end();
}
END_TEST

START_TEST(a_satellite_registers_the_key_that_has_signed_alone_and_has_no_satellites)
{
	size_t row = (size_t)_i;

	begin(row, HERE);
	for (size_t i = 0; i < ASKED_TYPES; i++) {
		if (asked_types[i] == SL_MSG_REGISTER)
			ask(row, i, 0, rows[row].registers, "any");
		else if (asked_types[i] == ASKED_SYNC)
			ask(row, i, 0, rows[row].syncs, "any");
		else if (asked_types[i] == ASKED_JOIN)
			ask(row, i, 0, rows[row].joins, "any");
	}
	end();
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("satellite_roles");
	TCase *t = tcase_create("roles");

	stride = (size_t)test_all_or(1, 11);
	tcase_set_timeout(t, 60);
	tcase_add_unchecked_fixture(t, edge_keep, edge_drop);
	tcase_add_loop_test(t,
	    a_satellite_executes_a_request_for_the_device_whose_key_has_signed_it_alone, 0,
	    (int)((N_ROWS * STANDINGS + stride - 1) / stride));
	tcase_add_loop_test(t,
	    a_satellite_registers_the_key_that_has_signed_alone_and_has_no_satellites, 0,
	    (int)N_ROWS);
	suite_add_tcase(suite, t);
	return run_suite(suite);
}
