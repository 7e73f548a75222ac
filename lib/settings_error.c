/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <string.h>

#include "error.h"
#include "settings.h"
#include "settings_grammar.h"

/* What a line that is not understood is told: which word, and what may stand there. */

#define SEEN_MAX 64 /* different words at one place */

static const char *const block_names[N_BLOCKS] = {
	[TOP] = "the top level",
	[CALL_HOME] = "call-home",
	[PROFILE] = "profile CiscoTAC-1 of call-home",
	[TRUSTPOINT] = "crypto ca trustpoint Trustpool",
};

static int
same_word(const char *a, const char *b, size_t len)
{
	return strncmp(a, b, len) == 0 && (a[len] == ' ' || a[len] == '\0');
}

/* Appends what may stand after the first n words of the line, each once. */
static void
expected(
    struct sl_buf *ret, const struct sl_settings_line *l, enum sl_settings_block block, size_t n)
{
	const char *seen[SEEN_MAX];
	size_t n_seen = 0;

	for (size_t i = 0; i < sl_settings_n_rules; i++) {
		const struct sl_settings_key *key;
		const char *word;
		size_t len, k;
		int whole;

		if (!sl_settings_may_stand(sl_settings_rules[i].in, block) ||
		    sl_settings_match(&sl_settings_rules[i], l, &whole) < n)
			continue;
		word = sl_settings_rule_word(&sl_settings_rules[i], n, &len);
		for (k = 0; k < n_seen; k++)
			if (same_word(seen[k], word, len))
				break;
		if (k < n_seen || n_seen == SEEN_MAX)
			continue;
		seen[n_seen++] = word;
		sl_buf_puts(ret, n_seen == 1 ? "" : ", ");
		key = sl_settings_placeholder(word, len);
		if (key != NULL)
			sl_buf_puts(ret, key->expected);
		else if (len == 0)
			sl_buf_puts(ret, "the end of the line");
		else
			sl_buf_add(ret, word, len);
	}
}

int
sl_settings_not_understood(struct sl_settings_line *l, enum sl_settings_block block)
{
	struct sl_buf text = { 0 };
	enum sl_settings_block elsewhere = N_BLOCKS;
	size_t best = 0;
	int r, whole;

	for (size_t i = 0; i < sl_settings_n_rules; i++) {
		size_t n = sl_settings_match(&sl_settings_rules[i], l, &whole);
		int here = sl_settings_may_stand(sl_settings_rules[i].in, block);

		if (here && n > best)
			best = n;
		if (!here && n > 0 && elsewhere == N_BLOCKS)
			elsewhere = sl_settings_rules[i].in;
	}
	if (best < l->n) {
		sl_buf_puts(&text, "'");
		sl_settings_quote(&text, l->words[best]);
		sl_buf_puts(&text, "'");
		if (best > 0) {
			sl_buf_puts(&text, " after '");
			sl_settings_quote(&text, l->words[best - 1]);
			sl_buf_puts(&text, "'");
		}
	} else {
		sl_buf_puts(&text, "the line ends after '");
		sl_settings_quote(&text, l->words[l->n - 1]);
		sl_buf_puts(&text, "'");
	}
	if (best == 0 && elsewhere != N_BLOCKS) {
		sl_buf_printf(
		    &text, " stands in %s; that line must come first", block_names[elsewhere]);
	} else {
		sl_buf_puts(
		    &text, best < l->n ? " is not expected here; expected: " : "; expected: ");
		expected(&text, l, block, best);
	}
	r = text.failed ? sl_nomem(l->err)
			: sl_fail_line(l->err, SMARTLIC_E_CONFIG, l->number, "%s:%d: %s", l->file,
			      l->number, text.data);
	sl_buf_free(&text);
	return r;
}
