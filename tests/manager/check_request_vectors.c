/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdio.h>
#include <string.h>

#include "tests/manager/site.h"
#include "tests/support/vectors.h"
#include "text.h"

/* The requests of tests/vectors, each sent to an authority that knows what vectors.json says. */

#define N_REQUESTS  14
#define N_RESPONSES 74

static struct site s;

static const char *
known(const char *key)
{
	return json_string_value(
	    json_object_get(json_object_get(vectors_json(), "authority"), key));
}

static void
add_instance(const char *instance, const char *file)
{
	struct sl_cert *cert = vectors_cert(s.crypto, file);
	const char *serial = sl_cert_serial_number(cert), *blank = strchr(serial, ' ');
	struct ledger_row row = { .va = 1,
		.state = LEDGER_LIVE,
		.sequence = json_integer_value(json_object_get(
		    json_object_get(vectors_json(), "authority"), "highest_sequence")),
		.usage_s = DB_NULL_INT,
		.deadline_s = DB_NULL_INT,
		.compliance = "none" };
	struct ledger_key key = { .state = LEDGER_KEY_CURRENT };
	const void *der;
	size_t len;

	/* "PID:… SN:…" */
	ck_assert_ptr_nonnull(blank);
	snprintf(row.udi.pid, sizeof(row.udi.pid), "%.*s", (int)(blank - serial - 4), serial + 4);
	snprintf(row.udi.sn, sizeof(row.udi.sn), "%s", blank + 4);
	strcpy(row.udi.uuid, "default-sdr");
	strcpy(row.instance, instance);
	strcpy(key.instance, instance);
	sl_hex(row.token, (unsigned char[16]){ 1 }, 16);
	sl_hex(key.ski, sl_cert_ski(cert), SL_SKI_LEN);
	der = sl_cert_der(cert, &len);
	site_ok(&s, ledger_row_add(s.ledger, &row, &s.err));
	site_ok(&s, ledger_key_add(s.ledger, &key, sl_cert_serial(cert), der, len, s.now,
			sl_cert_not_after(cert), &s.err));
	sl_cert_unref(cert);
}

static void
setup(void)
{
	struct sl_buf root = vectors_file("root.pem");
	const json_t *token = json_object_get(vectors_json(), "token"), *instances;
	const struct ledger_token_new new = {
		.virtual_account = LEDGER_DEFAULT, .days = 30, .uses_max = LEDGER_ANY_USES
	};
	unsigned char id[SL_TOKEN_ID_LEN];
	const char *instance;
	json_t *file;

	site_open(&s);
	ck_assert_int_eq(sl_time_parse(&s.now, "2026-06-01T00:00:00Z"), 0);
	ck_assert_str_eq(known("account"), SITE_ACCOUNT);
	ck_assert_str_eq(known("token_home"), SITE_HOME);
	ck_assert_int_eq(sl_unhex(s.keys.key[1], SL_SHA256_LEN, known("token_key")), 0);
	ck_assert_int_eq(
	    sl_unhex(id, sizeof(id), json_string_value(json_object_get(token, "token_id"))), 0);
	site_ok(&s, sl_trust_add_anchors(s.authority->trust, root.data, root.len, &s.err));
	site_ok(&s, ledger_token_create(s.ledger, &new, id, s.now, &s.err));
	site_ok(&s, ledger_token_create(s.ledger, &new, (unsigned char[16]){ 1 }, s.now, &s.err));
	instances = json_object_get(json_object_get(vectors_json(), "authority"), "instances");
	json_object_foreach((json_t *)instances, instance, file)
	    add_instance(instance, json_string_value(file));
	sl_buf_free(&root);
}

static void
teardown(void)
{
	site_close(&s);
}

/* The register requests are those of a device that comes back without `force`: its UDI is that of
 * the first instance, which must not be live then. */
static void
deregister_all(void)
{
	site_ok(
	    &s, db_exec(ledger_db(s.ledger), &s.err, "UPDATE instance SET state = 'closed'", ""));
}

static void
judge(const struct vector *v, const struct sl_reply *reply)
{
	int advice = strncmp(v->step, "advice:", 7) == 0;
	int64_t g = site_consumed(&s, 1, TAG_G);

	if (v->accept) {
		ck_assert_msg(reply->status == SL_REPLY_OK, "%s: %s, %s", v->file,
		    reply->error.name, reply->error.message);
		ck_assert_int_eq(g, reply->type == SL_MSG_AUTHORIZE ? 8 : 0);
	} else {
		ck_assert_msg(reply->status == SL_REPLY_ERROR, "%s was taken", v->file);
		ck_assert_msg(strcmp(reply->error.name, v->step + (advice ? 7 : 0)) == 0,
		    "%s: %s, not %s: %s", v->file, reply->error.name, v->step,
		    reply->error.message);
		ck_assert_int_eq(g, 0);
	}
	ck_assert_msg((reply->request_sha256[0] == '\0') == advice, "%s: advice or not", v->file);
	if (advice) {
		ck_assert_str_eq(reply->request_id, "");
		ck_assert_str_eq(reply->instance, "");
		ck_assert_str_eq(reply->udi.sn, "");
	}
}

/* The i-th of those whose names begin so. */
static struct vector
nth(const char *begin, int i)
{
	struct vector v = { 0 };

	ck_assert_uint_eq(vectors_count(), N_REQUESTS + N_RESPONSES);
	for (size_t k = 0; i >= 0; k++) {
		ck_assert_msg(k < vectors_count(), "there are fewer %s", begin);
		v = vectors_get(k);
		i -= strncmp(v.file, begin, strlen(begin)) == 0;
	}
	return v;
}

START_TEST(every_request_has_its_verdict)
{
	struct vector v = nth("request-", _i);
	struct sl_reply *reply;
	struct sl_buf bytes;

	if (strncmp(v.file, "request-register", 16) == 0)
		deregister_all();
	bytes = vectors_file(v.file);
	reply = site_send(&s, &bytes);
	judge(&v, reply);
	sl_reply_free(reply);
	sl_buf_free(&bytes);
}
END_TEST

START_TEST(the_worked_example_of_the_token_is_ours)
{
	const json_t *token = json_object_get(vectors_json(), "token");
	struct sl_buf bytes = vectors_file("request-register.der");
	struct sl_reply *reply = site_send(&s, &bytes);

	ck_assert_int_eq(reply->error.code, SL_DENIED_UDI_REGISTERED);
	sl_reply_free(reply);
	deregister_all();
	reply = site_send(&s, &bytes);
	ck_assert_str_eq(
	    reply->token_answer, json_string_value(json_object_get(token, "token_answer")));
	ck_assert_str_eq(
	    reply->request_sha256, json_string_value(json_object_get(token, "request_sha256")));
	sl_reply_free(reply);
	sl_buf_free(&bytes);
}
END_TEST

/* Nobody's client made these chains: the key may be unknown, the chain leads to the root.  Of a
 * known instance it is advice, on which the device tries its former key; of an unknown one it is
 * bound. */
START_TEST(a_chain_to_the_root_makes_the_signature_of_an_unknown_instance_good)
{
	struct sl_buf bytes = vectors_file("request-authorize-embedded.der");
	struct sl_reply *reply;

	site_ok(&s, db_exec(ledger_db(s.ledger), &s.err, "DELETE FROM key", ""));
	reply = site_send(&s, &bytes);
	ck_assert_int_eq(reply->error.code, SL_DENIED_BAD_SIGNATURE);
	ck_assert_str_eq(reply->request_sha256, "");
	sl_reply_free(reply);
	site_ok(&s, db_exec(ledger_db(s.ledger), &s.err, "DELETE FROM instance", ""));
	reply = site_send(&s, &bytes);
	ck_assert_int_eq(reply->error.code, SL_DENIED_INSTANCE_UNKNOWN);
	ck_assert_str_ne(reply->request_sha256, "");
	sl_reply_free(reply);
	sl_buf_free(&bytes);
}
END_TEST

/* A site for each is dear. */
static int
stride(void)
{
	return test_all_or(1, 6);
}

/* What is no request at all: an answer as advice, whatever it is. */
START_TEST(no_answer_of_the_vectors_is_taken_for_a_request)
{
	struct vector v = nth("response-", _i * stride());
	struct sl_reply *reply;
	struct sl_buf bytes;

	bytes = vectors_file(v.file);
	reply = site_send(&s, &bytes);
	ck_assert_msg(reply->status == SL_REPLY_ERROR, "%s was taken", v.file);
	ck_assert_int_eq(site_consumed(&s, 1, TAG_G), 0);
	sl_reply_free(reply);
	sl_buf_free(&bytes);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("request_vectors");
	TCase *t = tcase_create("request_vectors");

	tcase_set_timeout(t, 60);
	tcase_add_unchecked_fixture(t, site_keep, site_drop);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, every_request_has_its_verdict, 0, N_REQUESTS);
	tcase_add_loop_test(t, no_answer_of_the_vectors_is_taken_for_a_request, 0,
	    (N_RESPONSES + stride() - 1) / stride());
	tcase_add_test(t, the_worked_example_of_the_token_is_ours);
	tcase_add_test(t, a_chain_to_the_root_makes_the_signature_of_an_unknown_instance_good);
	suite_add_tcase(suite, t);
	return run_suite(suite);
}
