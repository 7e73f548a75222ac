/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "envelope.h"
#include "pki/satellite.h"
#include "tests/manager/edge.h"

/*
 * A satellite and an upstream of different versions, either the older one: in `join` and `sync`, at
 * once and by file; and members of messages that the other side does not know.
 */

/* ---- contents that are altered ---------------------------------------------------------- */

static struct sl_buf
content_of(struct site *s, const struct sl_buf *message, struct sl_cert *signer)
{
	struct sl_envelope *envelope = NULL;
	struct sl_buf ret = { 0 };
	const void *content;
	size_t len;

	site_ok(s, sl_envelope_open(&envelope, s->crypto, message->data, message->len, &s->err));
	site_ok(s, sl_envelope_verify(envelope, signer, &content, &len, &s->err));
	sl_buf_add(&ret, content, len);
	sl_envelope_free(envelope);
	return ret;
}

/* Once, where it is found first. */
static void
replace(struct sl_buf *b, const char *from, const char *to)
{
	struct sl_buf ret = { 0 };
	const char *at = strstr(b->data, from);

	ck_assert_msg(at != NULL, "no %s in %s", from, (const char *)b->data);
	sl_buf_add(&ret, b->data, (size_t)(at - (const char *)b->data));
	sl_buf_puts(&ret, to);
	sl_buf_puts(&ret, at + strlen(from));
	sl_buf_free(b);
	*b = ret;
}

static void
by_satellite(const struct sl_buf *content, struct sl_buf *ret)
{
	struct sl_cert *certs[] = { pki_signer(edge.pki), pki_issuing(edge.pki),
		pki_satellites(edge.pki) };

	site_ok(&edge, sl_envelope_sign(ret, edge.crypto, pki_signer_key(edge.pki), certs[0], certs,
			   3, NULL, 0, content->data, content->len, &edge.err));
}

/* With the lists that the right answer has. */
static void
by_upstream(const struct sl_buf *right, const struct sl_buf *content, struct sl_buf *ret)
{
	struct sl_cert *signer = pki_signer(up.pki);
	struct sl_envelope *envelope = NULL;
	const struct sl_der *lists;
	size_t n;

	site_ok(&up, sl_envelope_open(&envelope, up.crypto, right->data, right->len, &up.err));
	lists = sl_envelope_crls(envelope, &n);
	site_ok(&up, sl_envelope_sign(ret, up.crypto, pki_signer_key(up.pki), signer, &signer, 1,
			 lists, n, content->data, content->len, &up.err));
	sl_envelope_free(envelope);
}

/* ---- sync ------------------------------------------------------------------------------- */

static const struct {
	int64_t satellite, upstream, least;
	const char *update; /* NULL: they understand each other */
} skews[] = {
	{ 1, 1, 1, NULL },
	{ 2, 1, 1, "update the upstream" },
	{ INT64_MAX, 1, 1, "update the upstream" },
	{ 0, 1, 1, "update the satellite" },
	{ 1, 2, 1, NULL },
	{ 1, 3, 2, "update the satellite" },
	{ 2, 3, 2, NULL },
	{ 4, 3, 2, "update the upstream" },
};
#define N_SKEWS ((int)(sizeof(skews) / sizeof(skews[0])))

/* Both versions and the least accepted, for programs. */
static void
names_versions(const char *content, int64_t theirs, int64_t ours, int64_t least)
{
	char want[160];

	(void)snprintf(want, sizeof(want), "\"versions\":[%lld,%lld],\"least\":%lld",
	    (long long)theirs, (long long)ours, (long long)least);
	ck_assert_msg(strstr(content, want) != NULL, "no %s in %s", want, content);
}

/* … and for people, with the cure. */
static void
tells_versions(const char *text, int i)
{
	char want[160];

	(void)snprintf(want, sizeof(want),
	    "by version %lld, this upstream (" PACKAGE_VERSION
	    ") by version %lld and none below %lld: %s",
	    (long long)skews[i].satellite, (long long)skews[i].upstream, (long long)skews[i].least,
	    skews[i].update);
	ck_assert_msg(strstr(text, want) != NULL, "no '%s' in '%s'", want, text);
}

static void
speak(int i)
{
	edge.authority->sync_version = skews[i].satellite;
	edge.authority->sync_least = skews[i].satellite;
	up.authority->sync_version = skews[i].upstream;
	up.authority->sync_least = skews[i].least;
}

static void
speak_alike(void)
{
	edge.authority->sync_version = up.authority->sync_version = SYNC_VERSION;
	edge.authority->sync_least = up.authority->sync_least = SYNC_LEAST;
}

START_TEST(a_sync_of_a_version_that_is_not_taken_is_refused_with_both_and_the_least)
{
	struct device d = edge_registered("SN1");
	struct sl_buf request = { 0 }, answer = { 0 }, content;
	unsigned int by_file = _i % 2 == 0 ? 0 : SYNC_BY_FILE;
	struct ledger_row row;
	struct sync_outcome o;
	int i = _i / 2, refused = skews[i].update != NULL;

	ck_assert_int_eq(device_use(&edge, &d, 4, 0), SL_DENIED_NONE);
	edge_pass(60);
	speak(i);
	edge_ask(&request, by_file);
	edge_answer(&request, &answer);
	content = content_of(&up, &answer, pki_signer(up.pki));
	/* bound: so it reaches the satellite in a file too */
	ck_assert_ptr_nonnull(strstr(content.data, "\"request_sha256\""));
	ck_assert_int_eq(
	    sync_answer(edge.authority, answer.data, answer.len, edge.now, &o, &edge.err),
	    refused ? SMARTLIC_E_REFUSED : 0);
	ck_assert_int_eq(ledger_row_get(up.ledger, d.instance, &row, &up.err), !refused);
	if (refused) {
		names_versions(content.data, skews[i].satellite, skews[i].upstream, skews[i].least);
		tells_versions(edge.err.text, i);
		ck_assert_ptr_nonnull(strstr(edge.err.text, "(unsupported_version)"));
	}
	/* nothing is lost: when both are of one version it is told */
	speak_alike();
	edge_sync();
	edge_assert_equal(&d, BRANCH);
	sl_buf_free(&request);
	sl_buf_free(&answer);
	sl_buf_free(&content);
	device_free(&d);
}
END_TEST

static int
look(void *ud, const struct ledger_alert *alert)
{
	*(int *)ud += 1;
	ck_assert_str_eq(alert->def->name, "satellite overdue");
	tells_versions(alert->text, 1);
	return 0;
}

START_TEST(the_alert_of_a_satellite_that_is_refused_names_both_versions_the_least_and_the_cure)
{
	struct ledger_upstream u;
	struct sync_outcome o;
	int n = 0;

	speak(1);
	ck_assert_int_eq(edge_round(0, &o), SMARTLIC_E_REFUSED);
	site_ok(&edge, sync_failed(edge.authority, &edge.err, edge.now, NULL));
	ck_assert_int_eq(ledger_upstream_get(edge.ledger, &u, &edge.err), 1);
	tells_versions(u.failed, 1);
	edge_pass(31 * SITE_DAY);
	site_ok(&edge, ledger_satellites_watch(edge.ledger, edge.now, &edge.err));
	site_ok(&edge, ledger_alert_each(edge.ledger, NULL, 0, look, &n, &edge.err));
	ck_assert_int_eq(n, 1);
	speak_alike();
	edge_sync();
	n = 0;
	site_ok(&edge, ledger_satellites_watch(edge.ledger, edge.now, &edge.err));
	site_ok(&edge, ledger_alert_each(edge.ledger, NULL, 0, look, &n, &edge.err));
	ck_assert_int_eq(n, 0);
}
END_TEST

/* ---- join ------------------------------------------------------------------------------- */

/* A folder asks, as a program of another version would; what comes of it. */
static int
join_by(const char *right, const char *wrong, struct sl_buf *ret_content)
{
	struct sl_buf token = { 0 }, request = { 0 }, altered = { 0 }, answer = { 0 }, text;
	struct join j = { .url = "https://up.example.net/" };
	struct site first = edge;
	struct sl_cert *self = NULL;
	struct sl_key *key = NULL;
	struct sl_token parsed;
	struct sl_udi udi;
	char pki[96];
	int r;

	edge_invite_another(&token);
	edge_open_folder(&j, token.data, &request);
	(void)snprintf(pki, sizeof(pki), "%s/pki", edge.dir);
	site_ok(&edge, pki_join_key(&key, pki, "issuing", edge.crypto, &edge.err));
	sync_udi(&udi, j.home);
	site_ok(&edge, sl_cert_self(&self, edge.crypto, key, &udi, edge.now, &edge.err));
	text = content_of(&edge, &request, self);
	replace(&text, right, wrong);
	site_ok(&edge, sl_envelope_sign(&altered, edge.crypto, key, self, &self, 1, NULL, 0,
			   text.data, text.len, &edge.err));
	site_ok(&edge, sl_sha256_hex(edge.crypto, text.data, text.len, j.sha256, &edge.err));
	site_ok(&edge, sl_token_parse(&parsed, token.data, &edge.err));
	site_ok(&edge, sl_token_answer(edge.crypto, parsed.secret, j.sha256, j.proof, &edge.err));
	edge_answer(&altered, &answer);
	*ret_content = content_of(&up, &answer, pki_signer(up.pki));
	r = edge_take_join(&j, &answer);
	first.err = edge.err;
	if (r != 0) {
		/* the invitation is as good as before */
		up.authority->sync_version = SYNC_VERSION;
		up.authority->sync_least = SYNC_LEAST;
		replace(&text, wrong, right);
		sl_buf_free(&altered);
		sl_buf_free(&answer);
		site_ok(&edge, sl_envelope_sign(&altered, edge.crypto, key, self, &self, 1, NULL, 0,
				   text.data, text.len, &edge.err));
		edge_answer(&altered, &answer);
		sl_buf_free(&text);
		text = content_of(&up, &answer, pki_signer(up.pki));
		ck_assert_ptr_nonnull(strstr(text.data, "\"status\":\"ok\""));
	}
	/* they are of its crypto */
	sl_cert_unref(self);
	sl_key_free(key);
	site_close(&edge);
	edge = first;
	sl_buf_free(&token);
	sl_buf_free(&request);
	sl_buf_free(&altered);
	sl_buf_free(&answer);
	sl_buf_free(&text);
	return r;
}

START_TEST(a_join_of_a_version_that_is_not_taken_is_refused_with_both_and_the_least)
{
	struct sl_buf content = { 0 };
	char version[40];
	int refused = skews[_i].update != NULL;

	speak(_i);
	(void)snprintf(version, sizeof(version), "\"sync\":%lld", (long long)skews[_i].satellite);
	ck_assert_int_eq(
	    join_by("\"sync\":1", version, &content), refused ? SMARTLIC_E_REFUSED : 0);
	/* bound: an answer that is not is never written to a file */
	ck_assert_ptr_nonnull(strstr(content.data, "\"request_sha256\""));
	if (refused) {
		names_versions(
		    content.data, skews[_i].satellite, skews[_i].upstream, skews[_i].least);
		tells_versions(edge.err.text, _i);
	}
	sl_buf_free(&content);
}
END_TEST

/* ---- slx -------------------------------------------------------------------------------- */

START_TEST(another_version_of_the_protocol_is_refused_whatever_the_message_says_by_it)
{
	static const struct {
		int64_t slx;
		const char *update;
	} rows[] = { { 2, "update the upstream" }, { 0, "update the satellite" } };
	struct sl_buf request = { 0 }, altered = { 0 }, content;
	struct sl_reply *reply;
	char slx[40];

	(void)snprintf(slx, sizeof(slx), "\"slx\":%lld", (long long)rows[_i].slx);
	edge_ask(&request, 0);
	content = content_of(&edge, &request, pki_signer(edge.pki));
	replace(&content, "\"slx\":1", slx);
	by_satellite(&content, &altered);
	reply = site_send(&up, &altered);
	ck_assert_int_eq(reply->error.code, SL_DENIED_UNSUPPORTED_VERSION);
	ck_assert_str_ne(reply->request_sha256, "");
	names_versions(up.last.data, rows[_i].slx, 1, 1);
	ck_assert_ptr_nonnull(strstr(reply->error.message, rows[_i].update));
	sl_reply_free(reply);
	sl_buf_free(&request);
	sl_buf_free(&altered);
	sl_buf_free(&content);
}
END_TEST

START_TEST(a_join_by_another_version_of_the_protocol_is_refused_and_bound)
{
	struct sl_buf content = { 0 };

	ck_assert_int_eq(join_by("\"slx\":1", "\"slx\":2", &content), SMARTLIC_E_REFUSED);
	ck_assert_ptr_nonnull(strstr(content.data, "\"request_sha256\""));
	names_versions(content.data, 2, 1, 1);
	ck_assert_ptr_nonnull(strstr(edge.err.text, "update the upstream"));
	sl_buf_free(&content);
}
END_TEST

/* ---- members that are not known --------------------------------------------------------- */

#define NOVEL "\"novel\":{\"of\":[{\"a\":[1,\"b\"]},null]},"

START_TEST(members_of_a_request_that_the_upstream_does_not_know_are_passed_over)
{
	struct device d = edge_registered("SN1");
	struct sl_buf request = { 0 }, altered = { 0 }, content;
	struct sl_reply *reply;

	ck_assert_int_eq(device_use(&edge, &d, 4, 0), SL_DENIED_NONE);
	edge_pass(60);
	edge_ask(&request, 0);
	content = content_of(&edge, &request, pki_signer(edge.pki));
	replace(&content, "{\"slx\"", "{" NOVEL "\"slx\"");
	replace(&content, "\"body\":{", "\"body\":{" NOVEL);
	replace(&content, "\"rows\":[{", "\"rows\":[{" NOVEL);
	by_satellite(&content, &altered);
	reply = site_send(&up, &altered);
	ck_assert_msg(reply->status == SL_REPLY_OK, "%s", reply->error.message);
	edge_assert_equal(&d, BRANCH);
	sl_reply_free(reply);
	sl_buf_free(&request);
	sl_buf_free(&altered);
	sl_buf_free(&content);
	device_free(&d);
}
END_TEST

START_TEST(members_of_an_answer_that_the_satellite_does_not_know_are_passed_over)
{
	struct device d = edge_registered("SN1");
	struct sl_buf request = { 0 }, right = { 0 }, altered = { 0 }, content;
	struct sync_outcome o;

	ck_assert_int_eq(device_use(&edge, &d, 4, 0), SL_DENIED_NONE);
	edge_sync();
	/* so that the upstream has a row to tell */
	site_ok(&up, ledger_instance_remove(up.ledger, d.instance, "admin", up.now, &up.err));
	edge_pass(60);
	edge_ask(&request, 0);
	edge_answer(&request, &right);
	content = content_of(&up, &right, pki_signer(up.pki));
	replace(&content, "{", "{" NOVEL);
	replace(&content, "\"body\":{", "\"body\":{" NOVEL);
	replace(&content, "\"rows\":[{", "\"rows\":[{" NOVEL);
	by_upstream(&right, &content, &altered);
	ck_assert_msg(
	    sync_answer(edge.authority, altered.data, altered.len, edge.now, &o, &edge.err) == 0,
	    "%s", edge.err.text);
	ck_assert_int_eq(o.rows_down, 1);
	ck_assert_int_eq(edge_row(&edge, &d).state, LEDGER_CLOSED);
	sl_buf_free(&request);
	sl_buf_free(&right);
	sl_buf_free(&altered);
	sl_buf_free(&content);
	device_free(&d);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("sync_versions");
	TCase *t = tcase_create("sync_versions");

	tcase_add_unchecked_fixture(t, edge_keep, edge_drop);
	tcase_add_checked_fixture(t, edge_setup, edge_teardown);
	tcase_set_timeout(t, 30);
	tcase_add_loop_test(t,
	    a_sync_of_a_version_that_is_not_taken_is_refused_with_both_and_the_least, 0,
	    2 * N_SKEWS);
	tcase_add_test(
	    t, the_alert_of_a_satellite_that_is_refused_names_both_versions_the_least_and_the_cure);
	tcase_add_loop_test(t,
	    a_join_of_a_version_that_is_not_taken_is_refused_with_both_and_the_least, 0, N_SKEWS);
	tcase_add_loop_test(
	    t, another_version_of_the_protocol_is_refused_whatever_the_message_says_by_it, 0, 2);
	tcase_add_test(t, a_join_by_another_version_of_the_protocol_is_refused_and_bound);
	tcase_add_test(t, members_of_a_request_that_the_upstream_does_not_know_are_passed_over);
	tcase_add_test(t, members_of_an_answer_that_the_satellite_does_not_know_are_passed_over);
	suite_add_tcase(s, t);
	return run_suite(s);
}
