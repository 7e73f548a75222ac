/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <string.h>

#include "text.h"
#include "tests/suite.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))

START_TEST(hex_is_lower_case_and_exact)
{
	unsigned char b[3];
	char text[7];

	sl_hex(text, "\x00\xab\xff", 3);
	ck_assert_str_eq(text, "00abff");
	ck_assert_int_eq(sl_unhex(b, 3, "00abff"), 0);
	ck_assert_mem_eq(b, "\x00\xab\xff", 3);
	ck_assert_int_eq(sl_unhex(b, 3, "00ABff"), -1);
	ck_assert_int_eq(sl_unhex(b, 3, "00abf"), -1);
	ck_assert_int_eq(sl_unhex(b, 3, "00abff0"), -1);
	ck_assert_int_eq(sl_unhex(b, 3, "00 bff"), -1);
	ck_assert_int_eq(sl_unhex(b, 0, ""), 0);
}
END_TEST

/* RFC 4648, section 10, and what tells the two alphabets apart. */
static const struct {
	const char *raw, *base64, *url;
} pairs[] = {
	{ "", "", "" },
	{ "f", "Zg==", "Zg" },
	{ "fo", "Zm8=", "Zm8" },
	{ "foo", "Zm9v", "Zm9v" },
	{ "foob", "Zm9vYg==", "Zm9vYg" },
	{ "fooba", "Zm9vYmE=", "Zm9vYmE" },
	{ "foobar", "Zm9vYmFy", "Zm9vYmFy" },
	{ "\xfb\xff\xfe", "+//+", "-__-" },
};

START_TEST(base64_goes_there_and_back)
{
	const char *raw = pairs[_i].raw;
	struct sl_buf b = { 0 };

	sl_base64(&b, raw, strlen(raw));
	ck_assert_str_eq(b.data, pairs[_i].base64);
	sl_buf_free(&b);
	sl_base64url(&b, raw, strlen(raw));
	ck_assert_str_eq(b.data, pairs[_i].url);
	sl_buf_free(&b);
	ck_assert_int_eq(sl_unbase64(&b, pairs[_i].base64, strlen(pairs[_i].base64)), 0);
	ck_assert_str_eq(b.data, raw);
	ck_assert_int_eq(sl_unbase64url(&b, pairs[_i].url, strlen(pairs[_i].url)), 0);
	ck_assert_uint_eq(b.len, 2 * strlen(raw)); /* appended */
	sl_buf_free(&b);
}
END_TEST

/* Longer than what is appended at once, and every value of a byte. */
START_TEST(base64_of_any_length_goes_there_and_back)
{
	for (size_t len = 0; len < 800; len++) {
		unsigned char raw[800];
		struct sl_buf text = { 0 }, back = { 0 };
		int url = len % 2 == 1;

		for (size_t i = 0; i < len; i++)
			raw[i] = (unsigned char)(i * 7 + len);
		if (url)
			sl_base64url(&text, raw, len);
		else
			sl_base64(&text, raw, len);
		ck_assert_uint_eq(text.len, url ? (len * 4 + 2) / 3 : (len + 2) / 3 * 4);
		sl_buf_puts(&back, "before ");
		ck_assert_int_eq(url ? sl_unbase64url(&back, text.data, text.len)
				     : sl_unbase64(&back, text.data, text.len),
		    0);
		ck_assert_uint_eq(back.len, 7 + len);
		ck_assert_mem_eq(back.data, "before ", 7);
		if (len > 0)
			ck_assert_mem_eq(back.data + 7, raw, len);
		sl_buf_free(&text);
		sl_buf_free(&back);
	}
}
END_TEST

START_TEST(base64_has_64_characters)
{
	size_t n[2] = { 0, 0 };

	for (int c = 0; c < 256; c++) {
		char text[4] = { 'A', (char)c, 'A', 'A' };
		struct sl_buf b = { 0 };

		n[0] += sl_unbase64(&b, text, sizeof(text)) == 0;
		n[1] += sl_unbase64url(&b, text, sizeof(text)) == 0;
		sl_buf_free(&b);
	}
	ck_assert_uint_eq(n[0], 64);
	ck_assert_uint_eq(n[1], 64);
}
END_TEST

static const struct {
	int url;
	const char *text, *why;
} malformed[] = {
	{ 0, "Zg", "padding absent" },
	{ 0, "Zg=", "padding short" },
	{ 0, "Zh==", "bits after the last byte" },
	{ 0, "Zm9=", "bits after the last byte" },
	{ 0, "Zm9v\n", "line end" },
	{ 0, "Zm9v====", "padding alone" },
	{ 0, "Z===", "one character" },
	{ 0, "Zg==Zg==", "padding inside" },
	{ 0, "-__-", "the other alphabet" },
	{ 0, "Zm 9", "blank" },
	{ 1, "Zg==", "padding" },
	{ 1, "Zh", "bits after the last byte" },
	{ 1, "Z", "one character" },
	{ 1, "+//+", "the other alphabet" },
	{ 1, "Zm9\xc3", "not ASCII" },
};

START_TEST(malformed_base64_is_refused_and_appends_nothing)
{
	const char *text = malformed[_i].text;
	struct sl_buf b = { 0 };
	int r;

	sl_buf_puts(&b, "kept");
	r = malformed[_i].url ? sl_unbase64url(&b, text, strlen(text))
			      : sl_unbase64(&b, text, strlen(text));
	ck_assert_msg(r == -1, "%s", malformed[_i].why);
	ck_assert_str_eq(b.data, "kept");
	ck_assert_int_eq(b.failed, 0);
	sl_buf_free(&b);
}
END_TEST

START_TEST(uuids_are_36_lower_case_characters)
{
	ck_assert(sl_is_uuid("01978a2e-1c00-7a10-8b2c-3d4e5f607181"));
	ck_assert(sl_is_uuid("00000000-0000-0000-0000-000000000000"));
	ck_assert(!sl_is_uuid("01978A2E-1c00-7a10-8b2c-3d4e5f607181"));
	ck_assert(!sl_is_uuid("01978a2e-1c00-7a10-8b2c-3d4e5f60718"));
	ck_assert(!sl_is_uuid("01978a2e-1c00-7a10-8b2c-3d4e5f6071811"));
	ck_assert(!sl_is_uuid("01978a2e01c00-7a10-8b2c-3d4e5f607181"));
	ck_assert(!sl_is_uuid("01978a2e-1c00-7a10-8b2c-3d4e5f60718g"));
	ck_assert(!sl_is_uuid(""));
}
END_TEST

START_TEST(uuids_carry_version_variant_and_time)
{
	static const unsigned char ones[16] = { 255, 255, 255, 255, 255, 255, 255, 255, 255, 255,
		255, 255, 255, 255, 255, 255 };
	char a[SL_UUID_SIZE], b[SL_UUID_SIZE];

	sl_uuid4(a, ones);
	ck_assert_str_eq(a, "ffffffff-ffff-4fff-bfff-ffffffffffff");
	ck_assert_int_eq(sl_uuid7_ms(a), -1);
	/* the example of RFC 9562, A.6 */
	sl_uuid7(a, INT64_C(0x017F22E279B0),
	    (const unsigned char *)"\x0c\xc3\x18\xc4\xdc\x0c\x0c\x07\x39\x8f");
	ck_assert_str_eq(a, "017f22e2-79b0-7cc3-98c4-dc0c0c07398f");
	ck_assert_int_eq(sl_uuid7_ms(a), INT64_C(0x017F22E279B0));
	/* later sorts later, whatever the random bytes */
	sl_uuid7(a, 1000, ones);
	sl_uuid7(b, 1001, (const unsigned char *)"\0\0\0\0\0\0\0\0\0");
	ck_assert_int_lt(strcmp(a, b), 0);
	ck_assert_int_eq(sl_uuid7_ms("no"), -1);
}
END_TEST

static const struct {
	const char *text;
	int64_t s;
} times[] = {
	{ "1970-01-01T00:00:00Z", 0 },
	{ "1999-12-31T23:59:59Z", 946684799 },
	{ "2000-02-29T12:00:00Z", 951825600 },
	{ "2026-06-01T00:00:00Z", 1780272000 },
	{ "2038-01-19T03:14:08Z", INT64_C(2147483648) },
	{ "2100-03-01T00:00:00Z", INT64_C(4107542400) },
	{ "9999-12-31T23:59:59Z", INT64_C(253402300799) },
};

START_TEST(times_go_there_and_back)
{
	char text[SL_TIME_SIZE];
	int64_t s = -1;

	ck_assert_int_eq(sl_time_parse(&s, times[_i].text), 0);
	ck_assert_int_eq(s, times[_i].s);
	sl_time(text, times[_i].s);
	ck_assert_str_eq(text, times[_i].text);
}
END_TEST

static const char *const no_times[] = { "", "2026-06-01", "2026-06-01T00:00:00",
	"2026-06-01 00:00:00Z", "2026-06-01T00:00:00z", "2026-06-01T00:00:00Z ",
	"2026-06-01T00:00:00+00:00", "2026-06-01T00:00:00.0Z", "2026-02-29T00:00:00Z",
	"2100-02-29T00:00:00Z", "2026-04-31T00:00:00Z", "2026-00-01T00:00:00Z",
	"2026-13-01T00:00:00Z", "2026-01-00T00:00:00Z", "2026-01-32T00:00:00Z",
	"2026-06-01T24:00:00Z", "2026-06-01T00:60:00Z", "2016-12-31T23:59:60Z",
	"1969-12-31T23:59:59Z", "+026-06-01T00:00:00Z", "2026-06-01T00:00:0\xd9Z" };

START_TEST(other_times_are_refused)
{
	int64_t s = 42;

	ck_assert_msg(sl_time_parse(&s, no_times[_i]) == -1, "%s", no_times[_i]);
	ck_assert_int_eq(s, 42);
}
END_TEST

START_TEST(times_outside_are_written_as_the_nearest)
{
	char text[SL_TIME_SIZE];

	sl_time(text, INT64_MIN);
	ck_assert_str_eq(text, "1970-01-01T00:00:00Z");
	sl_time(text, INT64_MAX);
	ck_assert_str_eq(text, "9999-12-31T23:59:59Z");
}
END_TEST

/* By counting on instead of by formula. */
START_TEST(every_day_from_1600_to_2800_follows_the_one_before)
{
	static const int length[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	/* where that is dear those before and after 2000, which is a leap year, and 2100, which is
	 * none */
	int64_t first = test_all_or(1600, 1995), end = test_all_or(2800, 2105);
	int64_t days = sl_days(first, 1, 1);

	ck_assert_int_eq(sl_days(1970, 1, 1), 0);
	for (int64_t y = first; y < end; y++) {
		int leap = (y % 4 == 0 && y % 100 != 0) || y % 400 == 0;

		for (int m = 1; m <= 12; m++) {
			for (int d = 1; d <= length[m - 1] + (m == 2 && leap); d++, days++) {
				int64_t year;
				int month, day;

				ck_assert_int_eq(sl_days(y, m, d), days);
				sl_date(days, &year, &month, &day);
				ck_assert(year == y && month == m && day == d);
			}
		}
	}
}
END_TEST

START_TEST(a_copy_fits_or_is_empty)
{
	char b[4] = "xyz";

	ck_assert_int_eq(sl_copy(b, sizeof(b), "abc"), 0);
	ck_assert_str_eq(b, "abc");
	ck_assert_int_eq(sl_copy(b, sizeof(b), "abcd"), -1);
	ck_assert_str_eq(b, "");
}
END_TEST

static const struct {
	const char *text;
	size_t bytes;
} controls[] = {
	{ "", 0 }, { "a", 0 }, { "\033[2J", 1 }, { "\177", 1 },
	{ "\302\233"
	  "2J",
	    2 },
	{ "\302\240", 0 }, { "\302", 0 }, { "\342\200\247", 0 },
	{ "\342\200\250", 3 },    /* ends a line */
	{ "\342\200\256gnp", 3 }, /* from right to left */
	{ "\342\200\257", 0 }, { "\342\201\245", 0 }, { "\342\201\247", 3 }, { "\342\201\251", 3 },
	{ "\342\201\252", 0 }, { "\342\200", 0 }, { "\342", 0 },
	{ "\327\251\327\234", 0 }, /* letters that run so by themselves */
};

START_TEST(what_commands_a_terminal_is_known)
{
	ck_assert_uint_eq(sl_control(controls[_i].text), controls[_i].bytes);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("text");
	TCase *t = tcase_create("text");

	tcase_add_test(t, hex_is_lower_case_and_exact);
	tcase_add_loop_test(t, base64_goes_there_and_back, 0, N(pairs));
	tcase_add_test(t, base64_of_any_length_goes_there_and_back);
	tcase_add_test(t, base64_has_64_characters);
	tcase_add_loop_test(t, malformed_base64_is_refused_and_appends_nothing, 0, N(malformed));
	tcase_add_test(t, uuids_are_36_lower_case_characters);
	tcase_add_test(t, uuids_carry_version_variant_and_time);
	tcase_add_loop_test(t, times_go_there_and_back, 0, N(times));
	tcase_add_loop_test(t, other_times_are_refused, 0, N(no_times));
	tcase_add_test(t, times_outside_are_written_as_the_nearest);
	tcase_add_test(t, every_day_from_1600_to_2800_follows_the_one_before);
	tcase_add_test(t, a_copy_fits_or_is_empty);
	tcase_add_loop_test(t, what_commands_a_terminal_is_known, 0, N(controls));
	suite_add_tcase(s, t);
	return run_suite(s);
}
