/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <string.h>

#include "text.h"

static const char digits[] = "0123456789abcdef";

void
sl_hex(char *ret, const void *data, size_t len)
{
	const unsigned char *p = data;

	for (size_t i = 0; i < len; i++) {
		ret[2 * i] = digits[p[i] >> 4];
		ret[2 * i + 1] = digits[p[i] & 15];
	}
	ret[2 * len] = '\0';
}

static int
hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return -1;
}

int
sl_unhex(void *ret, size_t len, const char *text)
{
	unsigned char *p = ret;

	if (strlen(text) != 2 * len || strspn(text, digits) != 2 * len)
		return -1;
	for (size_t i = 0; i < len; i++)
		p[i] = (unsigned char)(hex_value(text[2 * i]) << 4 | hex_value(text[2 * i + 1]));
	return 0;
}

/* The two alphabets differ in their last two characters only. */
static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
static const char last2[2][2] = { { '+', '/' }, { '-', '_' } };

#define BLOCK 64 /* groups that are appended at once */

static char
sextet_char(unsigned int value, int url)
{
	return value < 62 ? alphabet[value] : last2[url][value - 62];
}

/* Their values from ' ' to DEL, of either alphabet; -1: of none. */
static const signed char sextets[96] = { -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, 62, -1, 62, -1,
	63, 52, 53, 54, 55, 56, 57, 58, 59, 60, 61, -1, -1, -1, -1, -1, -1, -1, 0, 1, 2, 3, 4, 5, 6,
	7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, -1, -1, -1, -1, 63,
	-1, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47,
	48, 49, 50, 51, -1, -1, -1, -1, -1 };

static int
sextet_value(char c, int url)
{
	unsigned int at = (unsigned char)c - 0x20U;
	int value = at < sizeof(sextets) ? sextets[at] : -1;

	return value < 62 || c == last2[url][value - 62] ? value : -1;
}

static void
encode(struct sl_buf *ret, const unsigned char *p, size_t len, int url)
{
	char out[4 * BLOCK];
	size_t at = 0;

	for (size_t i = 0; i < len; i += 3) {
		size_t n = len - i < 3 ? len - i : 3;
		unsigned int v = (unsigned int)p[i] << 16;

		v |= n > 1 ? (unsigned int)p[i + 1] << 8 : 0;
		v |= n > 2 ? p[i + 2] : 0;
		for (size_t k = 0; k < 4; k++)
			out[at + k] = k <= n ? sextet_char(v >> (18 - 6 * k) & 63, url) : '=';
		at += url ? n + 1 : 4;
		if (at == sizeof(out)) {
			sl_buf_add(ret, out, at);
			at = 0;
		}
	}
	sl_buf_add(ret, out, at);
	explicit_bzero(out, sizeof(out)); /* keys and tokens pass here */
}

static int
is_base64(const char *text, size_t len, int url)
{
	static const unsigned int spare[4] = { 0, 63, 15, 3 }; /* bits that must be 0 */

	if (len % 4 == 1)
		return 0;
	for (size_t i = 0; i < len; i++)
		if (sextet_value(text[i], url) < 0)
			return 0;
	return len == 0 || ((unsigned int)sextet_value(text[len - 1], url) & spare[len % 4]) == 0;
}

/* len characters without padding.  Looks at all of them before it appends anything. */
static int
decode(struct sl_buf *ret, const char *text, size_t len, int url)
{
	unsigned char out[3 * BLOCK];
	size_t at = 0;

	if (!is_base64(text, len, url))
		return -1;
	for (size_t i = 0; i < len; i += 4) {
		size_t n = len - i < 4 ? len - i : 4;
		unsigned int v = 0;

		for (size_t k = 0; k < n; k++)
			v |= (unsigned int)sextet_value(text[i + k], url) << (18 - 6 * k);
		out[at] = (unsigned char)(v >> 16);
		out[at + 1] = (unsigned char)(v >> 8);
		out[at + 2] = (unsigned char)v;
		at += n - 1;
		if (at == sizeof(out)) {
			sl_buf_add(ret, out, at);
			at = 0;
		}
	}
	sl_buf_add(ret, out, at);
	explicit_bzero(out, sizeof(out)); /* keys and tokens pass here */
	return ret->failed ? -1 : 0;
}

void
sl_base64(struct sl_buf *ret, const void *data, size_t len)
{
	encode(ret, data, len, 0);
}

int
sl_unbase64(struct sl_buf *ret, const char *text, size_t len)
{
	size_t n = len;

	if (len % 4 != 0)
		return -1;
	while (n > 0 && len - n < 2 && text[n - 1] == '=')
		n--;
	return decode(ret, text, n, 0);
}

void
sl_base64url(struct sl_buf *ret, const void *data, size_t len)
{
	encode(ret, data, len, 1);
}

int
sl_unbase64url(struct sl_buf *ret, const char *text, size_t len)
{
	return decode(ret, text, len, 1);
}

static int
is_uuid_dash(size_t i)
{
	return i == 8 || i == 13 || i == 18 || i == 23;
}

int
sl_is_uuid(const char *text)
{
	for (size_t i = 0; i < SL_UUID_SIZE - 1; i++)
		if (is_uuid_dash(i) ? text[i] != '-' : hex_value(text[i]) < 0)
			return 0;
	return text[SL_UUID_SIZE - 1] == '\0';
}

/* The text of 16 bytes after version and variant were put in. */
static void
uuid_text(char ret[SL_UUID_SIZE], unsigned char bytes[16], unsigned int version)
{
	size_t at = 0;

	bytes[6] = (unsigned char)((bytes[6] & 0x0f) | version << 4);
	bytes[8] = (unsigned char)((bytes[8] & 0x3f) | 0x80);
	for (size_t i = 0; i < 16; i++) {
		if (is_uuid_dash(at))
			ret[at++] = '-';
		ret[at++] = digits[bytes[i] >> 4];
		ret[at++] = digits[bytes[i] & 15];
	}
	ret[at] = '\0';
}

void
sl_uuid4(char ret[SL_UUID_SIZE], const unsigned char random[16])
{
	unsigned char bytes[16];

	memcpy(bytes, random, sizeof(bytes));
	uuid_text(ret, bytes, 4);
}

void
sl_uuid7(char ret[SL_UUID_SIZE], int64_t unix_ms, const unsigned char random[10])
{
	unsigned char bytes[16];

	for (int i = 0; i < 6; i++)
		bytes[i] = (unsigned char)((uint64_t)unix_ms >> (40 - 8 * i));
	memcpy(bytes + 6, random, 10);
	uuid_text(ret, bytes, 7);
}

int64_t
sl_uuid7_ms(const char *uuid)
{
	int64_t ms = 0;

	if (!sl_is_uuid(uuid) || uuid[14] != '7')
		return -1;
	for (size_t i = 0; i < 13; i++)
		if (!is_uuid_dash(i))
			ms = ms << 4 | hex_value(uuid[i]);
	return ms;
}

/*
 * The calendar, counted in years that begin in March, so that the leap day is a
 * year's last.  Day 0 of that count is 0000-03-01, 719468 days before 1970.
 */
#define DAYS_TO_1970 719468
#define DAYS_400Y    146097 /* the calendar repeats after that */

int64_t
sl_days(int64_t year, int month, int day)
{
	int64_t y = month > 2 ? year : year - 1;
	int64_t era = (y >= 0 ? y : y - 399) / 400;
	int64_t in_era = y - era * 400;
	int64_t in_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;

	return era * DAYS_400Y + in_era * 365 + in_era / 4 - in_era / 100 + in_year - DAYS_TO_1970;
}

void
sl_date(int64_t days, int64_t *year, int *month, int *day)
{
	int64_t z = days + DAYS_TO_1970;
	int64_t era = (z >= 0 ? z : z - (DAYS_400Y - 1)) / DAYS_400Y;
	int64_t in_era = z - era * DAYS_400Y;
	/* take the leap days out, then every year has 365 */
	int64_t y = (in_era - in_era / 1460 + in_era / 36524 - in_era / 146096) / 365;
	int64_t in_year = in_era - (365 * y + y / 4 - y / 100);
	int64_t m = (5 * in_year + 2) / 153;

	*day = (int)(in_year - (153 * m + 2) / 5 + 1);
	*month = (int)(m < 10 ? m + 3 : m - 9);
	*year = y + era * 400 + (*month <= 2);
}

#define TIME_MAX INT64_C(253402300799) /* 9999-12-31T23:59:59Z */

/* n digits, zeros first, and what follows them; its end. */
static char *
put_number(char *p, int64_t v, int n, char after)
{
	for (int i = n - 1; i >= 0; v /= 10)
		p[i--] = (char)('0' + v % 10);
	p[n] = after;
	return p + n + 1;
}

void
sl_time(char ret[SL_TIME_SIZE], int64_t s)
{
	int64_t t = s < 0 ? 0 : s > TIME_MAX ? TIME_MAX : s;
	int64_t in_day = t % 86400, year;
	int month, day;
	char *p;

	sl_date(t / 86400, &year, &month, &day);
	p = put_number(ret, year, 4, '-');
	p = put_number(p, month, 2, '-');
	p = put_number(p, day, 2, 'T');
	p = put_number(p, in_day / 3600, 2, ':');
	p = put_number(p, in_day / 60 % 60, 2, ':');
	p = put_number(p, in_day % 60, 2, 'Z');
	*p = '\0';
}

/* Two or four digits whose place was checked before. */
static int
number(const char *text, int n)
{
	int v = 0;

	for (int i = 0; i < n; i++)
		v = v * 10 + (text[i] - '0');
	return v;
}

int
sl_time_parse(int64_t *ret, const char *text)
{
	static const char shape[] = "9999-99-99T99:99:99Z";
	int64_t days, year;
	int month, day, hour, minute, second;

	for (size_t i = 0; i < sizeof(shape); i++)
		if (shape[i] == '9' ? text[i] < '0' || text[i] > '9' : text[i] != shape[i])
			return -1;
	month = number(text + 5, 2);
	hour = number(text + 11, 2);
	minute = number(text + 14, 2);
	second = number(text + 17, 2);
	if (number(text, 4) < 1970 || month < 1 || month > 12 || hour > 23 || minute > 59 ||
	    second > 59)
		return -1;
	/* a day that the month has not comes back as another date */
	days = sl_days(number(text, 4), month, number(text + 8, 2));
	sl_date(days, &year, &month, &day);
	if (day != number(text + 8, 2) || month != number(text + 5, 2))
		return -1;
	*ret = days * 86400 + hour * 3600 + minute * 60 + second;
	return 0;
}

int
sl_copy(char *ret, size_t size, const char *text)
{
	size_t len = strlen(text);

	if (len >= size) {
		ret[0] = '\0';
		return -1;
	}
	memcpy(ret, text, len + 1);
	return 0;
}

size_t
sl_control(const char *text)
{
	const unsigned char *p = (const unsigned char *)text;

	if (p[0] == 0xc2 && p[1] >= 0x80 && p[1] < 0xa0)
		return 2;
	/* U+2028 to U+202E, U+2066 to U+2069 */
	if (p[0] == 0xe2 && ((p[1] == 0x80 && p[2] >= 0xa8 && p[2] <= 0xae) ||
				(p[1] == 0x81 && p[2] >= 0xa6 && p[2] <= 0xa9)))
		return 3;
	return (p[0] > 0 && p[0] < 0x20) || p[0] == 0x7f;
}
