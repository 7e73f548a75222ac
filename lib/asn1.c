/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdio.h>

#include "error.h"
#include "ossl.h"
#include "text.h"

int
sl_name_add(X509_NAME *name, int nid, const char *value, struct smartlic_error *err)
{
	if (X509_NAME_add_entry_by_NID(
		name, nid, MBSTRING_UTF8, (const unsigned char *)value, -1, -1, 0) != 1)
		return sl_fail_ossl(err, SMARTLIC_E_CRYPTO, "\"%s\" does not fit a subject", value);
	return 0;
}

int
sl_asn1_time_set(ASN1_TIME *ret, int64_t s, struct smartlic_error *err)
{
	int64_t days = s / 86400, rest = s % 86400, year;
	char text[32];
	int month, day;

	if (rest < 0) {
		days--;
		rest += 86400;
	}
	sl_date(days, &year, &month, &day);
	if (year < 1950 || year > 9999)
		return sl_fail(err, SMARTLIC_E_INVAL, "no certificate can name the year %lld",
		    (long long)year);
	(void)snprintf(text, sizeof(text), "%04d%02d%02d%02d%02d%02dZ", (int)year, month, day,
	    (int)(rest / 3600), (int)(rest / 60 % 60), (int)(rest % 60));
	if (ASN1_TIME_set_string_X509(ret, text) != 1)
		return sl_fail_ossl(err, SMARTLIC_E_CRYPTO, "the time %s cannot be written", text);
	return 0;
}

static int
two_digits(const unsigned char *p)
{
	return (p[0] - '0') * 10 + (p[1] - '0');
}

int
sl_asn1_time_get(int64_t *ret, const ASN1_TIME *time)
{
	const unsigned char *p = ASN1_STRING_get0_data(time);
	int type = ASN1_STRING_type(time), n = ASN1_STRING_length(time);
	int year, month, day, hour, minute, second, m, d;
	int64_t days, y;

	if ((type != V_ASN1_UTCTIME || n != 13) && (type != V_ASN1_GENERALIZEDTIME || n != 15))
		return -1;
	for (int i = 0; i < n - 1; i++)
		if (p[i] < '0' || p[i] > '9')
			return -1;
	if (p[n - 1] != 'Z')
		return -1;
	year = two_digits(p);
	if (type == V_ASN1_GENERALIZEDTIME) {
		year = year * 100 + two_digits(p + 2);
		p += 4;
	} else {
		year += year < 50 ? 2000 : 1900;
		p += 2;
	}
	month = two_digits(p);
	day = two_digits(p + 2);
	hour = two_digits(p + 4);
	minute = two_digits(p + 6);
	second = two_digits(p + 8);
	if (month < 1 || month > 12 || day < 1 || day > 31 || hour > 23 || minute > 59 ||
	    second > 59)
		return -1;
	days = sl_days(year, month, day);
	sl_date(days, &y, &m, &d);
	if (y != year || m != month || d != day) /* 30 February */
		return -1;
	*ret = days * 86400 + hour * 3600 + minute * 60 + second;
	return 0;
}
