/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <inttypes.h>

#include "json_put.h"
#include "message.h"
#include "tests/suite.h"

/* Messages as they are written, read by a reader that is not ours. */

static struct sl_buf b;

static void
teardown(void)
{
	sl_buf_free(&b);
}

static json_t *
parsed(void)
{
	json_error_t e;
	json_t *ret = json_loads(b.data, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, &e);

	ck_assert_msg(ret != NULL, "%s at %d of %s", e.text, e.position, b.data);
	return ret;
}

static const char *const texts[] = { "", "plain", "\"", "a\"b\\c\"", "\\", "\x01\x1f\n\t",
	"Büro {1}", "\xf0\x9f\x94\x91", "{", "[", "a,{", "/</script>", "\x7f" };

START_TEST(a_text_is_what_it_was)
{
	json_t *root;

	sl_json_put_object(&b, NULL);
	sl_json_put_text(&b, "before", texts[_i]);
	sl_json_put_text(&b, "text", texts[_i]);
	sl_json_end_object(&b);
	root = parsed();
	ck_assert_str_eq(json_string_value(json_object_get(root, "text")), texts[_i]);
	ck_assert_uint_eq(json_object_size(root), 2);
	json_decref(root);
}
END_TEST

static const int64_t numbers[] = { 0, 1, -1, 9, 10, 4294967296, INT64_MAX, INT64_MIN };

START_TEST(a_number_is_what_it_was)
{
	json_t *root;

	sl_json_put_int(&b, NULL, numbers[_i]);
	root = parsed();
	ck_assert_int_eq(json_integer_value(root), numbers[_i]);
	json_decref(root);
}
END_TEST

START_TEST(what_is_nested_is_separated)
{
	sl_json_put_object(&b, NULL);
	sl_json_put_list(&b, "none");
	sl_json_end_list(&b);
	sl_json_put_list(&b, "list");
	sl_json_put_int(&b, NULL, 1);
	sl_json_put_object(&b, NULL);
	sl_json_end_object(&b);
	sl_json_put_text(&b, NULL, "[");
	sl_json_put_object(&b, NULL);
	sl_json_put_time(&b, "at", 1700000000);
	sl_json_end_object(&b);
	sl_json_end_list(&b);
	sl_json_put_json(&b, "body", "{\"a\":1}", 7);
	sl_json_put_bool(&b, "yes", 2);
	sl_json_put_bool(&b, "no", 0);
	sl_json_put_int(&b, "last", 2);
	sl_json_end_object(&b);
	ck_assert_str_eq(b.data,
	    "{\"none\":[],\"list\":[1,{},\"[\",{\"at\":\"2023-11-14T22:13:20Z\"}],"
	    "\"body\":{\"a\":1},\"yes\":true,\"no\":false,\"last\":2}");
	json_decref(parsed());
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("json_put");
	TCase *t = tcase_create("json_put");

	tcase_add_checked_fixture(t, NULL, teardown);
	tcase_add_loop_test(t, a_text_is_what_it_was, 0, sizeof(texts) / sizeof(texts[0]));
	tcase_add_loop_test(t, a_number_is_what_it_was, 0, sizeof(numbers) / sizeof(numbers[0]));
	tcase_add_test(t, what_is_nested_is_separated);
	suite_add_tcase(s, t);
	return run_suite(s);
}
