/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <string.h>

#include "der.h"
#include "tests/suite.h"

START_TEST(what_is_written_is_read)
{
	static const size_t lens[] = { 0, 1, 127, 128, 255, 256, 65535, 65536, 300000 };
	char *data = calloc(1, 300000);

	for (size_t i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
		struct sl_buf b = { 0 };
		struct sl_der in, body, whole;

		sl_der_put(&b, SL_DER_OCTET_STRING, data, lens[i]);
		sl_der_put(&b, SL_DER_NULL, "", 0);
		ck_assert(!b.failed);
		in = (struct sl_der){ b.data, b.len };
		ck_assert_int_eq(sl_der_peek(&in), SL_DER_OCTET_STRING);
		ck_assert_int_eq(sl_der_take(&in, SL_DER_SEQUENCE, &body), -1);
		ck_assert_int_eq(sl_der_any(&in, &whole, &body), 0);
		ck_assert_uint_eq(body.len, lens[i]);
		ck_assert_uint_eq(whole.len, sl_der_size(lens[i]));
		ck_assert_int_eq(sl_der_expect(&in, "\x05\x00", 2), 0);
		ck_assert_uint_eq(in.len, 0);
		ck_assert_int_eq(sl_der_peek(&in), -1);
		sl_buf_free(&b);
	}
	free(data);
}
END_TEST

static const struct {
	const char *bytes;
	size_t len;
} malformed[] = {
	{ "", 0 },
	{ "\x04", 1 },
	{ "\x04\x01", 2 },         /* longer than what is there */
	{ "\x04\x80\x00\x00", 4 }, /* indefinite */
	{ "\x04\x81\x01\x00", 4 }, /* a long form for a short length */
	{ "\x04\x82\x00\x80", 4 }, /* a leading zero */
	{ "\x04\x81", 2 },
	{ "\x04\x84\xff\xff\xff\xff", 6 },
	{ "\x04\x85\x01\x00\x00\x00\x00", 7 }, /* a length of five bytes */
	{ "\x04\xff\xff\xff\xff\xff\xff\xff\xff", 9 },
	{ "\x1f\x01\x00", 3 }, /* a tag of more than one byte */
	{ "\xbf\x81\x01\x00", 4 },
};

START_TEST(what_is_not_distinguished_is_refused)
{
	struct sl_der in = { malformed[_i].bytes, malformed[_i].len };

	ck_assert_int_eq(sl_der_any(&in, NULL, NULL), -1);
	ck_assert_uint_eq(in.len, malformed[_i].len);
}
END_TEST

START_TEST(a_set_is_in_order_or_not)
{
	static const struct {
		const char *bytes;
		size_t len;
		int sorted;
	} sets[] = {
		{ "", 0, 1 },
		{ "\x02\x01\x01", 3, 1 },
		{ "\x02\x01\x01\x02\x01\x02", 6, 1 },
		{ "\x02\x01\x02\x02\x01\x01", 6, 0 },
		{ "\x02\x01\x01\x02\x01\x01", 6, 1 },
		{ "\x02\x02\x01\x01\x02\x01\x02", 7,
		    0 }, /* shorter ones first: their length says so */
		{ "\x02\x01\x02\x02\x02\x01\x01", 7, 1 },
		{ "\x02\x01\x02\x02\x02\x01", 6, 0 },
	};

	for (size_t i = 0; i < sizeof(sets) / sizeof(sets[0]); i++)
		ck_assert_int_eq(
		    sl_der_sorted((struct sl_der){ sets[i].bytes, sets[i].len }), sets[i].sorted);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("der");
	TCase *t = tcase_create("der");

	tcase_add_test(t, what_is_written_is_read);
	tcase_add_loop_test(
	    t, what_is_not_distinguished_is_refused, 0, sizeof(malformed) / sizeof(malformed[0]));
	tcase_add_test(t, a_set_is_in_order_or_not);
	suite_add_tcase(s, t);
	return run_suite(s);
}
