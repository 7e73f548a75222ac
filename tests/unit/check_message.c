/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <string.h>

#include "message.h"
#include "tests/suite.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))

static struct smartlic_error err;

static int
load(json_t **ret, const char *text)
{
	sl_error_clear(&err);
	return sl_json_load(ret, text, strlen(text), SL_CONTENT_MAX, &err);
}

static const struct {
	const char *text, *says;
} not_json[] = {
	{ "", "line 1" },
	{ " ", "line 1" },
	{ "[]", "not an object" },
	{ "7", "line 1" },
	{ "\"x\"", "line 1" },
	{ "\xef\xbb\xbf{}", "byte order mark" },
	{ "{}x", "end of file expected" },
	{ "{} {}", "end of file expected" },
	{ "{\"a\":1,\n\"a\":1}", "line 2" },
	{ "{\"a\":{\"b\":1,\"\\u0062\":1}}", "duplicate" },
	{ "{\"a\":1.0}", "not an integer" },
	{ "{\"a\":\n1e3}", "line 2: a number that is not" },
	{ "{\"a\":1E3}", "not an integer" },
	{ "{\"a\":[-0.5]}", "not an integer" },
	{ "{\"a\":9223372036854775808}", "integer" },
	{ "{\"a\":-9223372036854775809}", "integer" },
	{ "{\"a\":01}", "line 1" },
	{ "{\"a\":+1}", "line 1" },
	{ "{\"a\":\"\xc3\x28\"}", "decode byte" },
	{ "{\"a\":\"\xed\xa0\x80\"}", "decode byte" },
	{ "{\"a\":\"\\ud800\"}", "line 1" },
	{ "{\"a\":\"\\u0000\"}", "line 1" },
	{ "{\"a\":\"\n\"}", "line" },
	{ "{\"a\":NaN}", "line 1" },
	{ "{\"a\":1,}", "line 1" },
	{ "{'a':1}", "line 1" },
	{ "{\"a\":1", "line 1" },
	{ "{\"a\":\"\\", "line 1" },
	{ "{/**/}", "line 1" },
	/* 17 deep with the object around; brackets in strings do not count */
	{ "{\"a\":\"[[[[\",\"b\":[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]}", "deeper than 16" },
};

START_TEST(what_is_not_strict_json_is_refused_with_its_place)
{
	json_t *root = NULL;

	ck_assert_msg(load(&root, not_json[_i].text) == SMARTLIC_E_JSON, "%s", not_json[_i].text);
	ck_assert_ptr_null(root);
	ck_assert_msg(
	    strstr(err.text, not_json[_i].says) != NULL, "%s: %s", not_json[_i].text, err.text);
}
END_TEST

static const char *const good_json[] = {
	"{}", " {\r\n\t}\n",
	"{\"a\":[1,-1,0,9223372036854775807,-9223372036854775808],\"e\":[true,false,null]}",
	"{\"a\":\"1.5e3 {{{{{{{{{{{{{{{{{{ \\\" [[[ \\\\\",\"b\":1}",
	"{\"\xc3\xbc\":\"\\ud83d\\ude00\"}",
	"{\"a\":[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]}", /* 16 deep */
};

START_TEST(strict_json_is_read)
{
	json_t *root = NULL;

	ck_assert_msg(load(&root, good_json[_i]) == 0, "%s: %s", good_json[_i], err.text);
	json_decref(root);
}
END_TEST

START_TEST(json_size_and_nul_are_seen)
{
	json_t *root = NULL;

	ck_assert_int_eq(sl_json_load(&root, "{}    ", 6, 5, &err), SMARTLIC_E_JSON);
	ck_assert_int_eq(sl_json_load(&root, "{}\0", 3, 5, &err), SMARTLIC_E_JSON);
	ck_assert_int_eq(sl_json_load(&root, "{\"a\":\"\0\"}", 9, 50, &err), SMARTLIC_E_JSON);
	ck_assert_int_eq(sl_json_load(&root, "{\"a\":1\0}", 8, 50, &err), SMARTLIC_E_JSON);
	ck_assert_int_eq(sl_json_load(&root, NULL, 0, 50, NULL), SMARTLIC_E_JSON);
}
END_TEST

START_TEST(an_error_does_not_quote_the_input)
{
	json_t *root = NULL;

	ck_assert_int_eq(load(&root, "{\"token_proof\":\"94cf1aaf"), SMARTLIC_E_JSON);
	ck_assert_ptr_null(strstr(err.text, "94cf"));
	ck_assert_int_eq(load(&root, "{\"a\":1,\"sesame\":1,\"sesame\":1}"), SMARTLIC_E_JSON);
	ck_assert_ptr_null(strstr(err.text, "sesame"));
}
END_TEST

START_TEST(members_are_read_by_type_and_faults_name_the_path)
{
	const json_t *obj = NULL;
	const char *text = "unchanged";
	json_t *root = NULL;
	int64_t n = 5;

	ck_assert_int_eq(load(&root, "{\"s\":\"x\",\"n\":7,\"o\":{},\"a\":[],\"z\":null,"
				     "\"t\":\"2026-06-01T00:00:00Z\"}"),
	    0);
	ck_assert_int_eq(sl_json_str(root, "", "s", &text, &err), 0);
	ck_assert_str_eq(text, "x");
	ck_assert_int_eq(sl_json_str(root, "body", "absent", &text, &err), SMARTLIC_E_JSON);
	ck_assert_str_eq(err.text, "JSON member body.absent is missing");
	ck_assert_int_eq(sl_json_opt_str(root, "", "absent", &text, &err), 0);
	ck_assert_str_eq(text, "x");
	ck_assert_int_eq(sl_json_opt_str(root, "", "n", &text, &err), SMARTLIC_E_JSON);
	ck_assert_str_eq(err.text, "JSON member n is not a string");
	ck_assert_int_eq(sl_json_opt_str(root, "", "z", &text, &err), SMARTLIC_E_JSON);

	ck_assert_int_eq(sl_json_opt_int(root, "", "absent", 0, 9, &n, &err), 0);
	ck_assert_int_eq(n, 5);
	ck_assert_int_eq(sl_json_int(root, "", "n", 0, 6, &n, &err), SMARTLIC_E_JSON);
	ck_assert_str_eq(err.text, "JSON member n is 7, allowed are 0 to 6");
	ck_assert_int_eq(n, 5);
	ck_assert_int_eq(sl_json_int(root, "", "n", 7, 7, &n, &err), 0);
	ck_assert_int_eq(n, 7);
	ck_assert_int_eq(sl_json_int(root, "", "s", 7, 7, &n, &err), SMARTLIC_E_JSON);

	ck_assert_int_eq(sl_json_obj(root, "", "o", &obj, &err), 0);
	ck_assert_int_eq(sl_json_obj(root, "", "a", &obj, &err), SMARTLIC_E_JSON);
	ck_assert_int_eq(sl_json_arr(root, "", "a", &obj, &err), 0);
	ck_assert_int_eq(sl_json_arr(root, "x", "o", &obj, &err), SMARTLIC_E_JSON);
	ck_assert_str_eq(err.text, "JSON member x.o is not an array");
	ck_assert_int_eq(sl_json_time(root, "", "t", &n, &err), 0);
	ck_assert_int_eq(n, 1780272000);
	ck_assert_int_eq(sl_json_time(root, "", "s", &n, &err), SMARTLIC_E_JSON);
	json_decref(root);
}
END_TEST

START_TEST(a_udi_is_a_member_and_has_a_shape)
{
	struct sl_udi udi = { .pid = "" };
	char serial[SL_UDI_SERIAL_SIZE];
	json_t *root = NULL;

	ck_assert_int_eq(load(&root, "{\"udi\":{\"pid\":\"NCS1004\",\"sn\":\"CAT2231B18Y\","
				     "\"uuid\":\"default-sdr\",\"more\":1}}"),
	    0);
	ck_assert_int_eq(sl_json_udi(root, "", &udi, &err), 0);
	sl_udi_serial(serial, &udi);
	ck_assert_str_eq(serial, "PID:NCS1004 SN:CAT2231B18Y");
	json_decref(root);
	ck_assert_int_eq(
	    load(&root, "{\"udi\":{\"pid\":\"NCS 1004\",\"sn\":\"C\",\"uuid\":\"d\"}}"), 0);
	ck_assert_int_eq(sl_json_udi(root, "row[3]", &udi, &err), SMARTLIC_E_JSON);
	ck_assert_ptr_nonnull(strstr(err.text, "row[3].udi"));
	ck_assert_ptr_nonnull(strstr(err.text, "pid"));
	ck_assert_str_eq(udi.pid, "NCS1004");
	json_decref(root);
}
END_TEST

#define X27 "xxxxxxxxxxxxxxxxxxxxxxxxxxx"
#define X64 X27 X27 "xxxxxxxxxx"
static const struct {
	const char *pid, *sn, *uuid, *says;
} udis[] = {
	{ "a", "b", "c", NULL },
	{ "AZaz09./+=:-", "b", " ~", NULL },
	{ X27, X27 "x", X64, NULL },
	{ "", "b", "c", "pid" },
	{ "a", "", "c", "sn" },
	{ "a", "b", "", "uuid" },
	{ "a b", "b", "c", "pid" },
	{ "a", "b,", "c", "sn" },
	{ "a", "b", "c\n", "uuid" },
	{ "a", "b", "\xc3\xbc", "uuid" },
	{ X27 "x", X27 "x", "c", "56" },
	{ X64, "b", "c", "65" },
	{ "a", "b", X64 "x", "65" },
};

START_TEST(the_shape_of_a_udi_is_checked)
{
	struct sl_udi udi = { .pid = "before" };
	int r = sl_udi_set(&udi, udis[_i].pid, udis[_i].sn, udis[_i].uuid, &err);

	if (udis[_i].says == NULL) {
		ck_assert_msg(r == 0, "%s", err.text);
		ck_assert_str_eq(udi.sn, udis[_i].sn);
	} else {
		ck_assert_int_eq(r, SMARTLIC_E_INVAL);
		ck_assert_msg(strstr(err.text, udis[_i].says) != NULL, "%s", err.text);
		ck_assert_str_eq(udi.pid, "before");
	}
}
END_TEST

START_TEST(names_and_numbers_belong_together)
{
	enum sl_msg_type type = SL_MSG_REGISTER;

	for (int i = SL_MSG_REGISTER; i <= SL_MSG_DEREGISTER; i++) {
		ck_assert_int_eq(sl_msg_type_find(&type, sl_msg_type_name((enum sl_msg_type)i)), 1);
		ck_assert_int_eq(type, i);
	}
	ck_assert_int_eq(sl_msg_type_find(&type, "sync"), 0);
	ck_assert_int_eq(sl_msg_type_find(&type, ""), 0);
	ck_assert_ptr_null(sl_msg_type_name((enum sl_msg_type)0));
	ck_assert_ptr_null(sl_msg_type_name((enum sl_msg_type)99));
	for (int i = SL_DENIED_BAD_REQUEST; i < SL_DENIED_OTHER; i++)
		ck_assert_int_eq(sl_denial_find(sl_denial_name((enum sl_denial)i)), i);
	ck_assert_int_eq(sl_denial_find("tomorrow"), SL_DENIED_OTHER);
	ck_assert_int_eq(sl_denial_find(""), SL_DENIED_OTHER);
	ck_assert_str_eq(sl_denial_name(SL_DENIED_OTHER), "other");
}
END_TEST

START_TEST(tags_have_a_shape_and_a_short_form)
{
	static const char tag[] =
	    "regid.2018-05.com.cisco.S-NCS1K4-LIC-100G=,1.0_03df009f-5ac5-48da-af50-4279ddea5e24";
	char name[SL_TAG_SIZE], big[SL_TAG_SIZE + 1];

	ck_assert(sl_is_tag(tag));
	ck_assert(!sl_is_tag(""));
	ck_assert(!sl_is_tag("a b"));
	ck_assert(!sl_is_tag("a\"b"));
	ck_assert(!sl_is_tag("a\xc3\xbc"));
	memset(big, 'x', sizeof(big) - 1);
	big[SL_TAG_SIZE] = '\0';
	ck_assert(!sl_is_tag(big));
	sl_tag_short(name, big);
	ck_assert_uint_eq(strlen(name), SL_TAG_SIZE - 1);
	big[SL_TAG_SIZE - 1] = '\0';
	ck_assert(sl_is_tag(big));

	sl_tag_short(name, tag);
	ck_assert_str_eq(name, "S-NCS1K4-LIC-100G=");
	sl_tag_short(name, "regid.2020-01.net.example.A-1.2T,2.0_x");
	ck_assert_str_eq(name, "A-1.2T");
	sl_tag_short(name, "regid.2020-01.net.example.,2.0_x");
	ck_assert_str_eq(name, "regid.2020-01.net.example.,2.0_x");
	sl_tag_short(name, "something");
	ck_assert_str_eq(name, "something");
}
END_TEST

#define TOKEN "AT8aK0wAAQIDBAUGBwgJCum7TbBp-Ofy5uOUKJO-XdJB0PeAeZ-KNLuNSu-jydRC"

START_TEST(a_token_is_read)
{
	struct sl_token token;

	ck_assert_int_eq(sl_token_parse(&token, TOKEN, &err), 0);
	ck_assert_mem_eq(
	    token.id, "\x01\x3f\x1a\x2b\x4c\x00\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a", 16);
	ck_assert_mem_eq(token.secret, "\xe9\xbb\x4d\xb0", 4);
}
END_TEST

static const char longer[] = TOKEN "A", after_a_line[] = "\n" TOKEN;
static const char *const no_tokens[] = { "", "x", longer, after_a_line,
	"AT8aK0wAAQIDBAUGBwgJCum7TbBp-Ofy5uOUKJO-XdJB0PeAeZ-KNLuNSu-jydR",
	"AT8aK0wAAQIDBAUGBwgJCum7TbBp+Ofy5uOUKJO+XdJB0PeAeZ+KNLuNSu+jydRC",
	"AT8aK0wAAQIDBAUGBwgJCum7TbBp-Ofy5uOUKJO-XdJB0PeAeZ-KNLuNSu-jydR=",
	"AD8aK0wAAQIDBAUGBwgJCum7TbBp-Ofy5uOUKJO-XdJB0PeAeZ-KNLuNSu-jydRC",   /* key 0 */
	"-D8aK0wAAQIDBAUGBwgJCum7TbBp-Ofy5uOUKJO-XdJB0PeAeZ-KNLuNSu-jydRC" }; /* key 248 */

START_TEST(what_is_not_a_token_is_refused_without_being_quoted)
{
	struct sl_token token = { .id = { 9 } };

	ck_assert_int_eq(sl_token_parse(&token, no_tokens[_i], &err), SMARTLIC_E_TOKEN);
	ck_assert_ptr_null(strstr(err.text, "aK0wAAQID"));
	ck_assert_ptr_nonnull(strstr(err.text, "64 characters"));
	ck_assert_ptr_nonnull(strstr(err.text, "copy it whole"));
	ck_assert_int_eq(token.id[0], 9);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("message");
	TCase *t = tcase_create("message");

	tcase_add_loop_test(t, what_is_not_strict_json_is_refused_with_its_place, 0, N(not_json));
	tcase_add_loop_test(t, strict_json_is_read, 0, N(good_json));
	tcase_add_test(t, json_size_and_nul_are_seen);
	tcase_add_test(t, an_error_does_not_quote_the_input);
	tcase_add_test(t, members_are_read_by_type_and_faults_name_the_path);
	tcase_add_test(t, a_udi_is_a_member_and_has_a_shape);
	tcase_add_loop_test(t, the_shape_of_a_udi_is_checked, 0, N(udis));
	tcase_add_test(t, names_and_numbers_belong_together);
	tcase_add_test(t, tags_have_a_shape_and_a_short_form);
	tcase_add_test(t, a_token_is_read);
	tcase_add_loop_test(
	    t, what_is_not_a_token_is_refused_without_being_quoted, 0, N(no_tokens));
	suite_add_tcase(s, t);
	return run_suite(s);
}
