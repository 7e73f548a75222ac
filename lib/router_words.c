/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <ctype.h>
#include <string.h>

#include "inventory_router.h"

static int
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\0';
}

void
sl_router_split(struct sl_words *ret, const char *text, size_t len)
{
	size_t i = 0, n;

	ret->n = 0;
	while (i < len && is_blank(text[i]))
		i++;
	ret->indent = i > 1000 ? 1000 : (int)i;
	while (i < len) {
		if (ret->n == SL_WORDS)
			return;
		for (n = 0; i < len && !is_blank(text[i]); i++)
			if (n < SL_WORD_SIZE - 1)
				ret->w[ret->n][n++] =
				    text[i] > ' ' && text[i] <= '~' ? text[i] : '?';
		ret->w[ret->n++][n] = '\0';
		while (i < len && is_blank(text[i]))
			i++;
	}
}

size_t
sl_router_path(unsigned int *ret, size_t max, const char *text)
{
	size_t n = 0;

	for (;;) {
		unsigned int v = 0;
		size_t digits = strspn(text, "0123456789");

		if (digits == 0 || digits > 3 || n == max)
			return 0;
		for (size_t i = 0; i < digits; i++)
			v = v * 10 + (unsigned int)(text[i] - '0');
		ret[n++] = v;
		text += digits;
		if (*text == '\0')
			return n;
		if (*text++ != '/')
			return 0;
	}
}

uint32_t
sl_router_millionths(const char *text, uint32_t max)
{
	uint64_t v = 0;
	int decimals = -1;

	for (; *text != '\0'; text++) {
		if (*text == '.' && decimals < 0) {
			decimals = 0;
			continue;
		}
		if (!isdigit((unsigned char)*text) || v > max)
			return 0;
		if (decimals == 6)
			continue;
		v = v * 10 + (uint64_t)(*text - '0');
		decimals += decimals >= 0;
	}
	for (int i = decimals < 0 ? 0 : decimals; i < 6; i++)
		v *= 10;
	return v > max ? 0 : (uint32_t)v;
}

size_t
sl_router_prompt(const char *text, size_t len, int *config)
{
	size_t i;

	*config = 0;
	for (i = 0; i < len && i < 96; i++) {
		if (text[i] == '#')
			return i + 1;
		if (text[i] == '(')
			*config = 1;
		if (!isalnum((unsigned char)text[i]) && strchr("/:._-()", text[i]) == NULL)
			break;
	}
	return 0;
}
