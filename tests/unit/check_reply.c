/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <string.h>

#include "reply.h"
#include "tests/suite.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))
#define HASH "287311ef6b260af65fda2ccecddd68bf8b59b17d874b75a114a2cd8aa346b57c"
#define HEAD(type)                                                                                 \
	"{\"slx\":1,\"msg\":\"response\",\"type\":\"" type "\",\"request_id\":"                    \
	"\"ee14b5bc-3c90-40f5-af7b-65f095344825\",\"request_sha256\":\"" HASH "\",\"udi\":"        \
	"{\"pid\":\"NCS1004\",\"sn\":\"CAT2231B18Y\",\"uuid\":\"default-sdr\"},"                   \
	"\"ledger\":\"3f1a2b4c-5d6e-4f70-8192-a3b4c5d6e7f8\",\"time\":\"2026-06-01T00:00:00Z\","
#define INSTANCE "\"instance\":\"01978a2e-1c00-7a10-8b2c-3d4e5f607181\","
#define POLICY                                                                                     \
	"\"policy\":{\"renew_after_s\":15552000,\"next_contact_s\":2592000,\"ooc_poll_s\":43200,"  \
	"\"retry_s\":3600,\"collect_s\":3601,\"report_s\":86400,"                                  \
	"\"export_controlled\":\"not_allowed\"}"
#define AUTHORIZATION                                                                              \
	"\"status\":\"out_of_compliance\",\"deadline\":\"2026-08-30T00:00:00Z\",\"entitlements\":" \
	"[{\"tag\":\"regid.a\",\"count\":8,\"status\":\"authorized\",\"name\":\"A\","              \
	"\"description\":\"An A\",\"version\":\"1.0\"},"                                           \
	"{\"tag\":\"regid.b\",\"count\":0,\"status\":\"out_of_compliance\"}]"

static const char authorize[] =
    HEAD("authorize") INSTANCE "\"status\":\"ok\",\"body\":{" AUTHORIZATION "," POLICY "}}";
static const char registration[] =
    HEAD("register") "\"status\":\"ok\",\"body\":{" INSTANCE
		     "\"certificates\":[\"MAA=\",\"MAEA\"],\"token_answer\":\"" HASH "\","
		     "\"smart_account\":\"BU Production Test\",\"virtual_account\":\"NCS1000\","
		     "\"registration_expires\":\"2027-06-01T00:00:00Z\"," POLICY
		     ",\"authorization\":{" AUTHORIZATION "}}}";
static const char renewal[] =
    HEAD("renew-id") INSTANCE "\"status\":\"ok\",\"body\":{\"certificates\":[\"MAA=\"],"
			      "\"registration_expires\":\"2027-06-01T00:00:00Z\"," POLICY "}}";
static const char deregistration[] = HEAD("deregister") INSTANCE "\"status\":\"ok\",\"body\":{}}";
static const char refusal[] = HEAD("authorize") INSTANCE
    "\"status\":\"error\",\"error\":{\"code\":\"instance_removed\",\"message\":\"gone\","
    "\"retry_after\":60,\"sequence\":41,\"home\":\"3f1a2b4c\",\"versions\":[1,2],\"least\":1,"
    "\"removed_by\":\"admin\",\"removed_at\":\"2026-05-01T00:00:00Z\"}}";
static const char advice[] =
    "{\"slx\":1,\"msg\":\"response\",\"ledger\":\"3f1a2b4c-5d6e-4f70-8192-a3b4c5d6e7f8\","
    "\"time\":\"2026-06-01T00:00:00Z\",\"status\":\"error\",\"error\":{\"code\":\"bad_signature\"}"
    "}";
static const char pending[] = HEAD("register") "\"status\":\"pending\",\"retry_after\":900}";

static struct smartlic_error err;

static struct sl_reply *
read_good(const char *text)
{
	struct sl_reply *reply = NULL;

	ck_assert_msg(sl_reply_read(&reply, text, strlen(text), &err) == 0, "%s", err.text);
	return reply;
}

START_TEST(an_authorization_is_read)
{
	struct sl_reply *p = read_good(authorize);

	ck_assert_int_eq(p->type, SL_MSG_AUTHORIZE);
	ck_assert_int_eq(p->status, SL_REPLY_OK);
	ck_assert_str_eq(p->request_id, "ee14b5bc-3c90-40f5-af7b-65f095344825");
	ck_assert_str_eq(p->request_sha256, HASH);
	ck_assert_str_eq(p->udi.sn, "CAT2231B18Y");
	ck_assert_str_eq(p->instance, "01978a2e-1c00-7a10-8b2c-3d4e5f607181");
	ck_assert_str_eq(p->ledger, "3f1a2b4c-5d6e-4f70-8192-a3b4c5d6e7f8");
	ck_assert_int_eq(p->time_s, 1780272000);
	ck_assert(p->synchronised_s == INT64_MIN);
	ck_assert_int_eq(p->authorization.present, 1);
	ck_assert_int_eq(p->authorization.status, SL_OUT_OF_COMPLIANCE);
	ck_assert_int_eq(p->authorization.deadline_s, 1780272000 + 90 * 86400);
	ck_assert_uint_eq(p->authorization.n_entitlements, 2);
	ck_assert_str_eq(p->authorization.entitlements[0].tag, "regid.a");
	ck_assert_int_eq(p->authorization.entitlements[0].count, 8);
	ck_assert_int_eq(p->authorization.entitlements[0].status, SL_AUTHORIZED);
	ck_assert_str_eq(p->authorization.entitlements[0].description, "An A");
	ck_assert_str_eq(p->authorization.entitlements[1].name, "");
	ck_assert_int_eq(p->policy.renew_after_s, 15552000);
	ck_assert_int_eq(p->policy.next_contact_s, 2592000);
	ck_assert_int_eq(p->policy.ooc_poll_s, 43200);
	ck_assert_int_eq(p->policy.retry_s, 3600);
	ck_assert_int_eq(p->policy.collect_s, 3601);
	ck_assert_int_eq(p->policy.report_s, 86400);
	ck_assert_int_eq(p->policy.export_controlled_allowed, 0);
	sl_reply_free(p);
}
END_TEST

START_TEST(a_registration_is_read)
{
	struct sl_reply *p = read_good(registration);

	ck_assert_int_eq(p->type, SL_MSG_REGISTER);
	ck_assert_str_eq(p->instance, "");
	ck_assert_str_eq(p->body_instance, "01978a2e-1c00-7a10-8b2c-3d4e5f607181");
	ck_assert_uint_eq(p->n_certificates, 2);
	ck_assert_uint_eq(p->certificates[0].len, 2);
	ck_assert_mem_eq(p->certificates[1].data, "\x30\x01\x00", 3);
	ck_assert_str_eq(p->token_answer, HASH);
	ck_assert_str_eq(p->smart_account, "BU Production Test");
	ck_assert_str_eq(p->virtual_account, "NCS1000");
	ck_assert_int_eq(p->registration_expires_s, 1780272000 + 365 * 86400);
	ck_assert_uint_eq(p->authorization.n_entitlements, 2);
	sl_reply_free(p);
}
END_TEST

START_TEST(a_renewal_a_deregistration_and_a_wait_are_read)
{
	struct sl_reply *p = read_good(renewal);

	ck_assert_int_eq(p->type, SL_MSG_RENEW_ID);
	ck_assert_uint_eq(p->n_certificates, 1);
	ck_assert_int_eq(p->authorization.present, 0);
	sl_reply_free(p);
	p = read_good(deregistration);
	ck_assert_int_eq(p->type, SL_MSG_DEREGISTER);
	ck_assert_int_eq(p->policy.retry_s, -1);
	ck_assert_int_eq(p->policy.export_controlled_allowed, -1);
	sl_reply_free(p);
	p = read_good(pending);
	ck_assert_int_eq(p->status, SL_REPLY_PENDING);
	ck_assert_int_eq(p->error.retry_after_s, 900);
	sl_reply_free(p);
}
END_TEST

START_TEST(a_refusal_is_read)
{
	struct sl_reply *p = read_good(refusal);

	ck_assert_int_eq(p->status, SL_REPLY_ERROR);
	ck_assert_int_eq(p->error.code, SL_DENIED_INSTANCE_REMOVED);
	ck_assert_str_eq(p->error.name, "instance_removed");
	ck_assert_str_eq(p->error.message, "gone");
	ck_assert_int_eq(p->error.retry_after_s, 60);
	ck_assert_int_eq(p->error.sequence, 41);
	ck_assert_str_eq(p->error.home, "3f1a2b4c");
	ck_assert_str_eq(p->error.versions, "1, 2");
	ck_assert_str_eq(p->error.least, "1");
	ck_assert_str_eq(p->error.removed_by, "admin");
	ck_assert_int_eq(p->error.removed_at_s, 1780272000 - 31 * 86400);
	sl_reply_free(p);
}
END_TEST

START_TEST(advice_is_read_as_bound_to_nothing)
{
	struct sl_reply *p = read_good(advice);

	ck_assert_int_eq(p->type, 0);
	ck_assert_int_eq(p->error.code, SL_DENIED_BAD_SIGNATURE);
	ck_assert_str_eq(p->request_sha256, "");
	ck_assert_str_eq(p->request_id, "");
	ck_assert_str_eq(p->udi.pid, "");
	ck_assert_str_eq(p->error.message, "");
	ck_assert_int_eq(p->error.retry_after_s, -1);
	ck_assert_int_eq(p->error.sequence, -1);
	ck_assert_int_eq(p->error.removed_at_s, INT64_MIN);
	sl_reply_free(p);
}
END_TEST

/* `text` with its first `from` replaced; the caller frees. */
static char *
edited(const char *text, const char *from, const char *to)
{
	const char *at = strstr(text, from);
	struct sl_buf b = { 0 };

	ck_assert_msg(at != NULL, "%s", from);
	sl_buf_add(&b, text, (size_t)(at - text));
	sl_buf_puts(&b, to);
	sl_buf_puts(&b, at + strlen(from));
	return sl_buf_take(&b);
}

static const struct {
	const char *base, *from, *to, *says;
	int code;
} spoilt[] = {
	{ authorize, "\"slx\":1", "\"slx\":2", "version 2 of the protocol", 0 },
	{ authorize, "\"slx\":1", "\"slx\":2", "has version 1", 0 },
	{ authorize, "\"slx\":1,", "", "slx is missing", 0 },
	{ authorize, "\"slx\":1", "\"slx\":\"1\"", "slx is not an integer", 0 },
	{ authorize, "\"response\"", "\"request\"", "not a response", SMARTLIC_E_BINDING },
	{ authorize, "\"msg\":\"response\",", "", "msg is missing", 0 },
	{ authorize, "\"type\":\"authorize\",", "", "type is missing", 0 },
	{ authorize, "\"ok\"", "\"fine\"", "member status is not", 0 },
	{ authorize, "\"status\":\"ok\",", "", "status is missing", 0 },
	{ authorize, "T00:00:00Z", "", "time is not a time", 0 },
	{ authorize, "\"ledger\":", "\"synchronised\":\"yesterday\",\"ledger\":",
	    "synchronised is not a time", 0 },
	{ authorize, "\"ledger\":\"3f1a2b4c", "\"ledger\":\"x", "ledger is not a UUID", 0 },
	{ authorize, "\"request_sha256\":\"" HASH "\",", "", "request_sha256 is missing", 0 },
	{ authorize, HASH, "2873", "request_sha256 is not 64 hex", 0 },
	{ authorize, "-65f095344825", "-65F095344825", "request_id is not a UUID", 0 },
	{ authorize, "NCS1004", "", "udi", 0 },
	{ authorize, "\"sn\":", "\"SN\":", "udi.sn is missing", 0 },
	{ authorize, INSTANCE, "", "instance is missing", 0 },
	{ authorize, "\"body\":", "\"bodies\":", "body is missing", 0 },
	{ authorize, "\"out_of_compliance\"", "\"maybe\"", "body.status is not", 0 },
	{ authorize, "2026-08-30", "2026-08-32", "body.deadline is not a time", 0 },
	{ authorize, "\"entitlements\":", "\"e\":", "body.entitlements is missing", 0 },
	{ authorize, "\"tag\":\"regid.b\"", "\"tag\":\"regid b\"",
	    "body.entitlements[1].tag is not a tag", 0 },
	{ authorize, "regid.b", "regid.a", "body.entitlements[1].tag stands", 0 },
	{ authorize, "\"count\":0", "\"count\":-1", "body.entitlements[1].count is -1", 0 },
	{ authorize, "\"count\":0", "\"count\":\"0\"",
	    "body.entitlements[1].count is not an integer", 0 },
	{ authorize, "\"count\":8", "\"count\":9007199254740992", "entitlements[0].count is", 0 },
	{ authorize, "\"name\":\"A\"", "\"name\":7", "entitlements[0].name is not a string", 0 },
	{ authorize, "[{\"tag\"", "[7,{\"tag\"", "entitlements[0] is not an object", 0 },
	{ authorize, "\"policy\":", "\"p\":", "body.policy is missing", 0 },
	{ authorize, "\"retry_s\":3600", "\"retry_s\":-1", "body.policy.retry_s is -1", 0 },
	{ authorize, "\"not_allowed\"", "\"perhaps\"", "policy.export_controlled is not", 0 },
	{ registration, "\"body\":{\"instance\":\"01", "\"body\":{\"instance\":\"0",
	    "body.instance is not a UUID", 0 },
	{ registration, "\"MAA=\"", "\"MAB=\"", "body.certificates[0] is not base64", 0 },
	{ registration, "\"MAEA\"", "\"\"", "body.certificates[1] is not base64", 0 },
	{ registration, "\"MAEA\"", "1", "body.certificates[1] is not base64", 0 },
	{ registration, "\"MAEA\"", "\"MAA=\",\"MAA=\",\"MAA=\",\"MAA=\",\"MAA=\",\"MAA=\"",
	    "body.certificates has 7 entries", 0 },
	{ registration, "[\"MAA=\",\"MAEA\"]", "[]", "body.certificates has 0 entries", 0 },
	{ registration, "\"token_answer\":\"28", "\"token_answer\":\"",
	    "body.token_answer is not 64", 0 },
	{ registration, "\"smart_account\"", "\"x\"", "body.smart_account is missing", 0 },
	{ registration, "\"registration_expires\"", "\"x\"", "registration_expires is missing", 0 },
	{ registration, "\"authorization\":{\"status\"", "\"authorization\":{\"x\"",
	    "body.authorization.status is missing", 0 },
	{ registration, "\"count\":8", "\"count\":null",
	    "body.authorization.entitlements[0].count is not an integer", 0 },
	{ renewal, "\"certificates\"", "\"x\"", "body.certificates is missing", 0 },
	{ deregistration, "\"body\":{}", "\"body\":[]", "body is not an object", 0 },
	{ refusal, "\"error\":{", "\"x\":{", "error is missing", 0 },
	{ refusal, "\"code\":\"instance_removed\"", "\"code\":7", "error.code is not a string", 0 },
	{ refusal, "\"retry_after\":60", "\"retry_after\":-60", "error.retry_after is -60", 0 },
	{ refusal, "\"sequence\":41", "\"sequence\":\"41\"", "error.sequence is not", 0 },
	{ refusal, "\"versions\":[1,2]", "\"versions\":[{}]", "error.versions is neither", 0 },
	{ refusal, "2026-05-01T", "2026-05-01 ", "error.removed_at is not a time", 0 },
	{ pending, "900", "\"900\"", "retry_after is not an integer", 0 },
	{ pending, "\"request_sha256\":\"" HASH "\",", "", "request_sha256 is missing", 0 },
	{ authorize, "{", "[", "line 1", 0 },
};

START_TEST(a_wrong_member_is_refused_by_its_path)
{
	char *text = edited(spoilt[_i].base, spoilt[_i].from, spoilt[_i].to);
	struct sl_reply *p = NULL;
	int code = spoilt[_i].code == 0 ? SMARTLIC_E_JSON : spoilt[_i].code;

	ck_assert_int_eq(sl_reply_read(&p, text, strlen(text), &err), code);
	ck_assert_msg(
	    strstr(err.text, spoilt[_i].says) != NULL, "%s: %s", spoilt[_i].says, err.text);
	ck_assert_ptr_null(p);
	free(text);
}
END_TEST

/* Each makes another message that is good too. */
static const struct {
	const char *base, *from, *to;
} varied[] = {
	{ authorize, "\"slx\"", "\"new\":{\"slx\":[2]},\"slx\"" },
	{ authorize, "\"tag\"", "\"new\":null,\"tag\"" },
	{ authorize, "\"retry_s\":3600,", "" },
	{ authorize, "\"retry_s\":3600", "\"retry_s\":0" },
	{ authorize, "[{\"tag\"", "[],\"x\":[{\"tag\"" },
	{ authorize, "\"type\":\"authorize\"", "\"type\":\"sync\"" },
	{ refusal, "[1,2]", "\"1 and 2\"" },
	{ refusal, "[1,2]", "[]" },
	{ refusal, ",\"least\":1", "" },
	{ refusal, "\"instance_removed\"", "\"a_code_of_tomorrow\"" },
	{ advice, "\"ledger\"", "\"type\":\"authorize\",\"ledger\"" },
	{ advice, "\"ledger\"", "\"request_id\":\"not looked at\",\"ledger\"" },
	{ pending, ",\"retry_after\":900", "" },
};

START_TEST(what_version_1_does_not_know_is_ignored)
{
	char *text = edited(varied[_i].base, varied[_i].from, varied[_i].to);

	sl_reply_free(read_good(text));
	free(text);
}
END_TEST

START_TEST(an_unknown_type_is_left_to_the_binding)
{
	char *text = edited(authorize, "\"type\":\"authorize\"", "\"type\":\"sync\"");
	struct sl_reply *p = read_good(text);

	ck_assert_int_eq(p->type, 0);
	ck_assert_int_eq(p->authorization.present, 0);
	sl_reply_free(p);
	free(text);
}
END_TEST

/* A display text longer than `size` - 1 bytes is cut, not refused, and never inside a character. */
START_TEST(texts_are_cut_and_stripped_of_control_characters)
{
	char name[400] = "\"name\":\"", *text;
	struct sl_reply *p;

	for (int i = 0; i < 126; i++)
		strcat(name, "x");
	strcat(name, "\xc3\xbc\"");
	text = edited(authorize, "\"name\":\"A\"", name);
	p = read_good(text);
	ck_assert_uint_eq(strlen(p->authorization.entitlements[0].name), 126);
	sl_reply_free(p);
	free(text);

	text = edited(refusal, "gone", "a\\nb\\u001b[2J\\u007f\xc2\x9b\xc3\xbc");
	p = read_good(text);
	ck_assert_str_eq(p->error.message, "a b [2J   \xc3\xbc");
	sl_reply_free(p);
	free(text);
}
END_TEST

START_TEST(the_list_of_entitlements_is_bounded)
{
	struct sl_buf list = { 0 };
	struct sl_reply *p = NULL;
	char *text;

	for (int n = 4096; n <= 4097; n++) {
		sl_buf_puts(&list, "\"entitlements\":[");
		for (int i = 0; i < n; i++)
			sl_buf_printf(&list,
			    "%s{\"tag\":\"t%d\",\"count\":1,\"status\":\"authorized\"}",
			    i > 0 ? "," : "", i);
		sl_buf_puts(&list, "],\"x\":");
		text = edited(authorize, "\"entitlements\":", list.data);
		if (n == 4096) {
			p = read_good(text);
			ck_assert_uint_eq(p->authorization.n_entitlements, 4096);
			sl_reply_free(p);
			p = NULL;
		} else {
			ck_assert_int_eq(
			    sl_reply_read(&p, text, strlen(text), &err), SMARTLIC_E_JSON);
			ck_assert_ptr_nonnull(strstr(err.text, "4097 entries"));
		}
		free(text);
		sl_buf_free(&list);
	}
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("reply");
	TCase *t = tcase_create("reply");

	tcase_add_test(t, an_authorization_is_read);
	tcase_add_test(t, a_registration_is_read);
	tcase_add_test(t, a_renewal_a_deregistration_and_a_wait_are_read);
	tcase_add_test(t, a_refusal_is_read);
	tcase_add_test(t, advice_is_read_as_bound_to_nothing);
	tcase_add_loop_test(t, a_wrong_member_is_refused_by_its_path, 0, N(spoilt));
	tcase_add_loop_test(t, what_version_1_does_not_know_is_ignored, 0, N(varied));
	tcase_add_test(t, an_unknown_type_is_left_to_the_binding);
	tcase_add_test(t, texts_are_cut_and_stripped_of_control_characters);
	tcase_add_test(t, the_list_of_entitlements_is_bounded);
	suite_add_tcase(s, t);
	return run_suite(s);
}
