/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <string.h>

#include "tests/suite.h"
#include "tests/support/vector_device.h"
#include "text.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))

static struct smartlic_error err;

static const struct {
	int code;
	const char *step;
} steps[] = {
	{ SMARTLIC_E_SIZE, "size" },
	{ SMARTLIC_E_FORM, "form" },
	{ SMARTLIC_E_CHAIN, "chain" },
	{ SMARTLIC_E_ROLE, "chain" }, /* chain and role are one step */
	{ SMARTLIC_E_SIGNATURE, "signature" },
	{ SMARTLIC_E_JSON, "json" },
	{ SMARTLIC_E_BINDING, "binding" },
	{ SMARTLIC_E_TIME, "time" },
	{ SMARTLIC_E_VALIDITY, "validity" },
	{ SMARTLIC_E_REVOCATION, "revocation" },
};

static const char *
step_of(int code)
{
	for (size_t i = 0; i < N(steps); i++)
		if (steps[i].code == code)
			return steps[i].step;
	return smartlic_error_name(code);
}

static struct vector
find(const char *name)
{
	struct vector v = { .file = NULL };

	for (size_t i = 0; i < vectors_count() && v.file == NULL; i++)
		if (strcmp(vectors_get(i).file, name) == 0)
			v = vectors_get(i);
	ck_assert_msg(v.file != NULL, "no vector %s", name);
	return v;
}

static int
check(struct vector_device *d, const struct vector *v, struct sl_answer *ret)
{
	struct sl_buf bytes = vectors_file(v->file);
	int r;

	sl_error_clear(&err);
	r = vector_device_check(d, bytes.data, bytes.len, ret, &err);
	sl_buf_free(&bytes);
	return r;
}

START_TEST(every_response_has_its_verdict_and_step)
{
	struct vector v = vectors_get((size_t)_i);
	const char *step = strcmp(v.step, "role") == 0 ? "chain" : v.step;
	struct vector_device d;
	struct sl_answer answer;
	int r;

	if (strncmp(v.file, "response-", 9) != 0)
		return;
	vector_device_init(&d, &v);
	r = check(&d, &v, &answer);
	if (v.accept) {
		ck_assert_msg(r == 0, "%s: %s", v.file, err.text);
	} else {
		ck_assert_msg(r < 0 && strcmp(step_of(r), step) == 0, "%s: %s, not %s: %s", v.file,
		    step_of(r), step, err.text);
		ck_assert_msg(err.code == r && err.text[0] != '\0', "%s: no text", v.file);
		ck_assert_int_eq(answer.advice, strcmp(v.file, "response-advice.der") == 0);
		ck_assert_int_eq(answer.reply != NULL, answer.advice);
	}
	sl_answer_release(&answer);
	vector_device_free(&d);
}
END_TEST

START_TEST(every_accepted_response_is_applied)
{
	struct vector v = vectors_get((size_t)_i);
	const char *after = vectors_context(&v, "signed_time_after");
	enum sl_clock_note note;
	struct vector_device d;
	struct sl_answer answer;
	int64_t s;

	if (strncmp(v.file, "response-", 9) != 0 || !v.accept)
		return;
	vector_device_init(&d, &v);
	ck_assert_int_eq(check(&d, &v, &answer), 0);
	ck_assert_int_eq(sl_answer_apply(&answer, d.trust, &d.clock, &note, &err), 0);
	/* the keys that it brought are known from now on */
	ck_assert_ptr_nonnull(sl_trust_find(d.trust, sl_cert_ski(answer.chain.cert[0])));
	if (answer.id_chain.n > 0)
		ck_assert_ptr_nonnull(sl_trust_find(d.trust, sl_cert_ski(answer.id_chain.cert[0])));
	if (after != NULL) {
		ck_assert_int_eq(sl_time_parse(&s, after), 0);
		ck_assert_int_eq(d.clock.signed_s, s);
	}
	/* and the same message, come twice, is good once more */
	sl_answer_release(&answer);
	ck_assert_msg(check(&d, &v, &answer) == 0, "%s: %s", v.file, err.text);
	sl_answer_release(&answer);
	vector_device_free(&d);
}
END_TEST

static const struct {
	const char *name;
	enum sl_clock_note note;
	int tolerated;
} notes[] = {
	{ "response-good.der", SL_CLOCK_PLAIN, 0 },
	{ "response-good-20h-back.der", SL_CLOCK_BACK, 0 },
	{ "response-good-ahead.der", SL_CLOCK_AHEAD, 0 },
	{ "response-good-no-list-optional.der", SL_CLOCK_PLAIN, 1 },
};

START_TEST(what_deserves_an_event_is_told)
{
	struct vector v = find(notes[_i].name);
	enum sl_clock_note note;
	struct vector_device d;
	struct sl_answer answer;

	vector_device_init(&d, &v);
	ck_assert_int_eq(check(&d, &v, &answer), 0);
	ck_assert_int_eq(sl_answer_apply(&answer, d.trust, &d.clock, &note, &err), 0);
	ck_assert_int_eq(note, notes[_i].note);
	ck_assert_int_eq(answer.revocation_tolerated, notes[_i].tolerated);
	sl_answer_release(&answer);
	vector_device_free(&d);
}
END_TEST

START_TEST(advice_can_be_shown)
{
	struct vector v = find("response-advice.der");
	struct vector_device d;
	struct sl_answer answer;

	vector_device_init(&d, &v);
	ck_assert_int_eq(check(&d, &v, &answer), SMARTLIC_E_BINDING);
	ck_assert_int_eq(answer.advice, 1);
	ck_assert_ptr_nonnull(answer.reply);
	ck_assert_int_eq(answer.reply->error.code, SL_DENIED_BAD_SIGNATURE);
	ck_assert_ptr_nonnull(strstr(err.text, "signature does not verify"));
	sl_answer_release(&answer);
	vector_device_free(&d);
}
END_TEST

/* The vectors' registration, with one thing expected that it does not have. */
static const char *const members[] = { "type", "request_id", "request_sha256", "udi", "instance",
	"csr_ski", "token_answer", "token_answer absent" };

START_TEST(a_registration_is_bound_by_every_member)
{
	struct vector v = find("response-register-good.der");
	struct vector_device d;
	struct sl_answer answer;

	vector_device_init(&d, &v);
	switch (_i) {
	case 0:
		d.expected.type = SL_MSG_RENEW_ID;
		break;
	case 1:
		d.expected.request_id[0] ^= 1;
		break;
	case 2:
		d.expected.request_sha256[0] ^= 1;
		break;
	case 3:
		d.expected.udi.uuid[0] ^= 1;
		break;
	case 4:
		(void)sl_copy(d.expected.instance, sizeof(d.expected.instance), "x");
		break;
	case 5:
		d.expected.csr_ski[SL_SKI_LEN - 1] ^= 1;
		break;
	case 6:
		d.expected.token_answer[63] ^= 1;
		break;
	default:
		d.expected.token_answer[0] = '\0';
		break;
	}
	ck_assert_msg(check(&d, &v, &answer) == SMARTLIC_E_BINDING, "%s", members[_i]);
	ck_assert_int_eq(answer.advice, 0);
	sl_answer_release(&answer);
	vector_device_free(&d);
}
END_TEST

START_TEST(an_answer_from_a_stick_is_not_older_than_its_request)
{
	struct vector v = find("response-good.der"); /* 2026-06-01 */
	struct vector_device d;
	struct sl_answer answer;

	vector_device_init(&d, &v);
	d.expected.floor_s = d.clock.floor_s + 365 * 86400;
	ck_assert_int_eq(check(&d, &v, &answer), SMARTLIC_E_TIME);
	d.expected.floor_s = d.clock.floor_s;
	ck_assert_int_eq(check(&d, &v, &answer), 0);
	sl_answer_release(&answer);
	vector_device_free(&d);
}
END_TEST

START_TEST(clock_accept_takes_what_the_floor_would_refuse)
{
	struct vector v = find("response-good.der");
	enum sl_clock_note note;
	struct vector_device d;
	struct sl_answer answer;

	vector_device_init(&d, &v);
	d.clock.floor_s += INT64_C(10) * 365 * 86400;
	ck_assert_int_eq(check(&d, &v, &answer), SMARTLIC_E_VALIDITY);
	d.clock.signed_s = d.clock.floor_s;
	ck_assert_int_eq(check(&d, &v, &answer), SMARTLIC_E_TIME);
	d.clock.accept = 1;
	ck_assert_msg(check(&d, &v, &answer) == 0, "%s", err.text);
	ck_assert_int_eq(sl_answer_apply(&answer, d.trust, &d.clock, &note, &err), 0);
	ck_assert_int_eq(note, SL_CLOCK_ACCEPTED);
	ck_assert_int_eq(d.clock.signed_s, answer.reply->time_s);
	sl_answer_release(&answer);
	vector_device_free(&d);
}
END_TEST

START_TEST(a_satellite_needs_the_devices_account)
{
	struct vector v = find("response-good-satellite.der");
	struct vector_device d;
	struct sl_answer answer;

	vector_device_init(&d, &v);
	d.expected.account[0] = '\0';
	ck_assert_int_eq(check(&d, &v, &answer), SMARTLIC_E_ROLE);
	vector_device_free(&d);
}
END_TEST

static const char *
example(const json_t *obj, const char *key)
{
	ck_assert_ptr_nonnull(json_string_value(json_object_get(obj, key)));
	return json_string_value(json_object_get(obj, key));
}

START_TEST(the_worked_examples_of_the_protocol_come_out)
{
	const json_t *t = json_object_get(vectors_json(), "token");
	struct smartlic_crypto *crypto = NULL;
	struct sl_buf message = vectors_file("request-register.json"), csr = { 0 };
	struct sl_token token;
	char hex[SL_SHA256_HEX];
	json_t *request = NULL;
	const char *text;

	ck_assert_int_eq(smartlic_crypto_new(&crypto, &err), 0);
	ck_assert_int_eq(sl_token_parse(&token, example(t, "token"), &err), 0);
	sl_hex(hex, token.id, sizeof(token.id));
	ck_assert_str_eq(hex, example(t, "token_id"));
	sl_hex(hex, token.secret, sizeof(token.secret));
	ck_assert_str_eq(hex, example(t, "secret"));

	ck_assert_int_eq(sl_sha256_hex(crypto, message.data, message.len, hex, &err), 0);
	ck_assert_str_eq(hex, example(t, "request_sha256"));
	ck_assert_int_eq(
	    sl_json_load(&request, message.data, message.len, SL_CONTENT_MAX, &err), 0);
	text = example(json_object_get(request, "body"), "csr");
	ck_assert_int_eq(sl_unbase64(&csr, text, strlen(text)), 0);
	ck_assert_int_eq(sl_sha256_hex(crypto, csr.data, csr.len, hex, &err), 0);
	ck_assert_str_eq(hex, example(t, "csr_sha256"));
	ck_assert_int_eq(sl_token_proof(crypto, token.secret, example(t, "request_id"), csr.data,
			     csr.len, hex, &err),
	    0);
	ck_assert_str_eq(hex, example(t, "token_proof"));
	ck_assert_int_eq(
	    sl_token_answer(crypto, token.secret, example(t, "request_sha256"), hex, &err), 0);
	ck_assert_str_eq(hex, example(t, "token_answer"));
	json_decref(request);
	sl_buf_free(&csr);
	sl_buf_free(&message);
	smartlic_crypto_free(crypto);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("vectors");
	TCase *t = tcase_create("vectors");
	int n = (int)vectors_count();

	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, every_response_has_its_verdict_and_step, 0, n);
	tcase_add_loop_test(t, every_accepted_response_is_applied, 0, n);
	tcase_add_loop_test(t, what_deserves_an_event_is_told, 0, N(notes));
	tcase_add_test(t, advice_can_be_shown);
	tcase_add_loop_test(t, a_registration_is_bound_by_every_member, 0, N(members));
	tcase_add_test(t, an_answer_from_a_stick_is_not_older_than_its_request);
	tcase_add_test(t, clock_accept_takes_what_the_floor_would_refuse);
	tcase_add_test(t, a_satellite_needs_the_devices_account);
	tcase_add_test(t, the_worked_examples_of_the_protocol_come_out);
	suite_add_tcase(s, t);
	return run_suite(s);
}
