/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdio.h>
#include <string.h>

#include <smartlic/agent.h>

#include "request.h"
#include "text.h"
#include "tests/suite.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))

static struct smartlic_error err;

static const struct sl_usage usage[] = {
	{ "regid.2018-05.com.cisco.S-NCS1K4-LIC-100G=,1.0_03df009f-5ac5-48da-af50-4279ddea5e24",
	    8 },
	{ "regid.2018-05.com.cisco.S-NCS1K4-LIC-100X=,1.0_3938b0c5-f635-4426-9f0f-936d930cea9e",
	    0 },
};

/* The vectors' two requests, made by somebody else's program from the same input. */
static struct sl_request
authorize(void)
{
	struct sl_request q = { .type = SL_MSG_AUTHORIZE,
		.request_id = "ee14b5bc-3c90-40f5-af7b-65f095344825",
		.sequence = 7,
		.time_s = 1780271998,
		.udi = { "NCS1004", "CAT2231B18Y", "default-sdr" },
		.instance = "01978a2e-1c00-7a10-8b2c-3d4e5f607181",
		.store = "7c8d9e0f-1a2b-4c3d-8e4f-5a6b7c8d9e0f",
		.ledger = "3f1a2b4c-5d6e-4f70-8192-a3b4c5d6e7f8",
		.usage = usage,
		.n_usage = 1 };

	return q;
}

static struct sl_request
registration(struct sl_buf *csr)
{
	static const unsigned char token_id[SL_TOKEN_ID_LEN] = { 0x01, 0x3f, 0x1a, 0x2b, 0x4c, 0x00,
		0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 0x09, 0x0a };
	struct sl_request q = { .type = SL_MSG_REGISTER,
		.request_id = "f7843a47-f13d-4c01-bdb7-3844349e5ae0",
		.time_s = 600,
		.udi = { "NCS1004", "CAT2231B18Y", "default-sdr" },
		.store = "7c8d9e0f-1a2b-4c3d-8e4f-5a6b7c8d9e0f",
		.csr = csr->data,
		.csr_len = csr->len,
		.token_id = token_id,
		.token_proof = "94cf1aafc3ec2240c5bbcb230725e37a487ce338651874399188ba4f686de169" };

	return q;
}

static json_t *
vector(const char *name)
{
	char path[1024];
	json_t *root;

	(void)snprintf(path, sizeof(path), "%s/tests/vectors/%s", getenv("TOP_SRCDIR"), name);
	root = json_load_file(path, 0, NULL);
	ck_assert_ptr_nonnull(root);
	return root;
}

static json_t *
written(const struct sl_request *q)
{
	struct sl_buf b = { 0 };
	json_t *root = NULL;

	ck_assert_msg(sl_request_write(&b, q, &err) == 0, "%s", err.text);
	ck_assert_ptr_null(strpbrk(b.data, " \n")); /* compact */
	ck_assert_int_eq(sl_json_load(&root, b.data, b.len, SL_CONTENT_MAX, &err), 0);
	sl_buf_free(&b);
	return root;
}

/* The same members in the same order, at every depth; the agent's version is ours. */
static void
assert_same_members(json_t *a, json_t *b)
{
	char *left, *right;

	ck_assert_int_eq(json_object_set_new(
			     json_object_get(b, "agent"), "version", json_string(PACKAGE_VERSION)),
	    0);
	left = json_dumps(a, 0);
	right = json_dumps(b, 0);
	ck_assert_str_eq(left, right);
	free(left);
	free(right);
	json_decref(a);
	json_decref(b);
}

START_TEST(an_authorize_has_the_members_of_the_vectors)
{
	struct sl_request q = authorize();

	assert_same_members(written(&q), vector("request-pending.json"));
}
END_TEST

START_TEST(a_register_has_the_members_of_the_vectors)
{
	json_t *theirs = vector("request-register.json");
	const char *text =
	    json_string_value(json_object_get(json_object_get(theirs, "body"), "csr"));
	struct sl_buf csr = { 0 };
	struct sl_request q;

	ck_assert_int_eq(sl_unbase64(&csr, text, strlen(text)), 0);
	q = registration(&csr);
	assert_same_members(written(&q), theirs);
	sl_buf_free(&csr);
}
END_TEST

static const char *
body_of(const struct sl_request *q)
{
	static char text[1024];
	json_t *root = written(q);
	char *s = json_dumps(json_object_get(root, "body"), JSON_COMPACT);

	(void)snprintf(text, sizeof(text), "%s", s);
	free(s);
	json_decref(root);
	return text;
}

START_TEST(bodies_have_what_their_type_has)
{
	struct sl_buf csr = { 0 };
	struct sl_request q = authorize();

	sl_buf_puts(&csr, "abc");
	q.n_usage = 0;
	ck_assert_str_eq(body_of(&q), "{\"usage\":[]}");
	q.usage = NULL;
	ck_assert_str_eq(body_of(&q), "{\"usage\":[]}");
	q.type = SL_MSG_DEREGISTER;
	ck_assert_str_eq(body_of(&q), "{}");
	q.type = SL_MSG_RENEW_ID;
	q.csr = csr.data;
	q.csr_len = csr.len;
	ck_assert_str_eq(body_of(&q), "{\"csr\":\"YWJj\"}");

	q = registration(&csr);
	q.force = 1;
	q.hostname = "router1.example.net";
	q.usage = usage + 1;
	q.n_usage = 1;
	ck_assert_str_eq(body_of(&q),
	    "{\"csr\":\"YWJj\",\"token_id\":\"AT8aK0wAAQIDBAUGBwgJCg\",\"token_proof\":"
	    "\"94cf1aafc3ec2240c5bbcb230725e37a487ce338651874399188ba4f686de169\",\"force\":true,"
	    "\"usage\":[{\"tag\":\"regid.2018-05.com.cisco.S-NCS1K4-LIC-100X=,1.0_3938b0c5-f635-"
	    "4426-9f0f-936d930cea9e\",\"count\":0}],\"hostname\":\"router1.example.net\"}");
	sl_buf_free(&csr);
}
END_TEST

START_TEST(no_ledger_is_written_where_none_is_known)
{
	struct sl_request q = authorize();
	json_t *root;

	q.ledger = "";
	root = written(&q);
	ck_assert_ptr_null(json_object_get(root, "ledger"));
	json_decref(root);
}
END_TEST

static void
no_type(struct sl_request *q)
{
	q->type = (enum sl_msg_type)0;
}
static void
no_id(struct sl_request *q)
{
	q->request_id[35] = 'X';
}
static void
no_store(struct sl_request *q)
{
	q->store = NULL;
}
static void
bad_ledger(struct sl_request *q)
{
	q->ledger = "x";
}
static void
no_instance(struct sl_request *q)
{
	q->instance = "";
}
static void
sequence_0(struct sl_request *q)
{
	q->sequence = 0;
}
static void
sequence_above(struct sl_request *q)
{
	q->sequence = SL_SEQUENCE_MAX + 1;
}
static void
a_csr(struct sl_request *q)
{
	q->csr = "abc";
	q->csr_len = 3;
}
static void
no_csr(struct sl_request *q)
{
	q->type = SL_MSG_RENEW_ID;
}
static void
bad_host(struct sl_request *q)
{
	q->hostname = "a\xff";
}
static void
bad_udi(struct sl_request *q)
{
	q->udi.pid[0] = ' ';
}
static void
bad_tag(struct sl_request *q)
{
	static const struct sl_usage u = { "a b", 1 };

	q->usage = &u;
}
static void
bad_count(struct sl_request *q)
{
	static const struct sl_usage u = { "a", -1 };

	q->usage = &u;
}

static const struct {
	void (*spoil)(struct sl_request *);
	const char *says;
} spoilt[] = {
	{ no_type, "type" },
	{ no_id, "request_id" },
	{ no_store, "store" },
	{ bad_ledger, "ledger" },
	{ no_instance, "instance" },
	{ sequence_0, "sequence" },
	{ sequence_above, "sequence" },
	{ a_csr, "CSR" },
	{ no_csr, "CSR" },
	{ bad_host, "hostname" },
	{ bad_udi, "pid" },
	{ bad_tag, "usage 1" },
	{ bad_count, "usage 1" },
};

START_TEST(what_the_protocol_has_not_is_refused)
{
	struct sl_request q = authorize();
	struct sl_buf b = { 0 };

	spoilt[_i].spoil(&q);
	ck_assert_int_eq(sl_request_write(&b, &q, &err), SMARTLIC_E_INVAL);
	ck_assert_msg(strstr(err.text, spoilt[_i].says) != NULL, "%s", err.text);
	ck_assert_ptr_null(b.data);
}
END_TEST

START_TEST(a_register_needs_its_own_members)
{
	struct sl_buf csr = { 0 }, b = { 0 };
	struct sl_request q;

	sl_buf_puts(&csr, "abc");
	q = registration(&csr);
	q.sequence = 1;
	ck_assert_int_eq(sl_request_write(&b, &q, &err), SMARTLIC_E_INVAL);
	q = registration(&csr);
	q.instance = "01978a2e-1c00-7a10-8b2c-3d4e5f607181";
	ck_assert_int_eq(sl_request_write(&b, &q, &err), SMARTLIC_E_INVAL);
	q = registration(&csr);
	q.token_id = NULL;
	ck_assert_int_eq(sl_request_write(&b, &q, &err), SMARTLIC_E_INVAL);
	q = registration(&csr);
	q.token_proof = "94cf";
	ck_assert_int_eq(sl_request_write(&b, &q, &err), SMARTLIC_E_INVAL);
	q = registration(&csr);
	q.csr_len = 0;
	ck_assert_int_eq(sl_request_write(&b, &q, &err), SMARTLIC_E_INVAL);
	sl_buf_free(&csr);
}
END_TEST

START_TEST(a_request_above_the_limit_is_refused)
{
	struct sl_usage *many = calloc(1100, sizeof(*many));
	struct sl_request q = authorize();
	struct sl_buf b = { 0 };

	ck_assert_ptr_nonnull(many);
	for (size_t i = 0; i < 1100; i++)
		(void)memset(many[i].tag, 'x', SL_TAG_SIZE - 1);
	q.usage = many;
	q.n_usage = 1100;
	ck_assert_int_eq(sl_request_write(&b, &q, &err), SMARTLIC_E_LIMIT);
	ck_assert_ptr_null(b.data);
	free(many);
}
END_TEST

#define TOKEN "AT8aK0wAAQIDBAUGBwgJCum7TbBp-Ofy5uOUKJO-XdJB0PeAeZ-KNLuNSu-jydRC"

START_TEST(a_token_says_where_it_is_from)
{
	struct {
		struct smartlic_token token;
		char later[8];
	} big = { .later = "1234567" };
	struct smartlic_token token = { .size = sizeof(token) };

	ck_assert_int_eq(smartlic_token_read(&token, TOKEN, &err), 0);
	ck_assert_int_eq(token.key_number, 1);
	ck_assert_str_eq(token.home, "3f1a2b4c");
	ck_assert_str_eq(token.id, "013f1a2b4c000102030405060708090a");
	ck_assert_str_eq(token.id_text, "AT8aK0wAAQIDBAUGBwgJCg");
	ck_assert_uint_eq(token.size, sizeof(token));

	/* a caller of a later version, one that set no size, and none at all */
	big.token.size = sizeof(big);
	ck_assert_int_eq(smartlic_token_read(&big.token, TOKEN, &err), 0);
	ck_assert_str_eq(big.later, "");
	token.size = 0;
	ck_assert_int_eq(smartlic_token_read(&token, TOKEN, &err), SMARTLIC_E_ABI);
	token.size = sizeof(token);
	ck_assert_int_eq(smartlic_token_read(&token, "x", &err), SMARTLIC_E_TOKEN);
	ck_assert_str_eq(token.home, "3f1a2b4c");
	ck_assert_int_eq(smartlic_token_read(NULL, "x", &err), SMARTLIC_E_INVAL);
	ck_assert_int_eq(smartlic_token_read(&token, NULL, NULL), SMARTLIC_E_INVAL);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("request");
	TCase *t = tcase_create("request");

	tcase_add_test(t, an_authorize_has_the_members_of_the_vectors);
	tcase_add_test(t, a_register_has_the_members_of_the_vectors);
	tcase_add_test(t, bodies_have_what_their_type_has);
	tcase_add_test(t, no_ledger_is_written_where_none_is_known);
	tcase_add_loop_test(t, what_the_protocol_has_not_is_refused, 0, N(spoilt));
	tcase_add_test(t, a_register_needs_its_own_members);
	tcase_add_test(t, a_request_above_the_limit_is_refused);
	tcase_add_test(t, a_token_says_where_it_is_from);
	suite_add_tcase(s, t);
	return run_suite(s);
}
