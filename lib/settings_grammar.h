/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SL_SETTINGS_GRAMMAR_H
#define SL_SETTINGS_GRAMMAR_H

#include <stddef.h>

#include <smartlic/settings.h>

/*
 * The grammar of configuration lines as data, for the reader of lines and for the
 * texts about lines that it cannot read.
 */
enum sl_settings_block { TOP, CALL_HOME, PROFILE, TRUSTPOINT, N_BLOCKS };

struct sl_settings_rule {
	enum sl_settings_block in;    /* where it stands */
	enum sl_settings_block opens; /* where the lines after it may stand, besides outside */
	const char *words;
	const char *key, *value;
	const char *clears; /* the beginning of keys; NULL: none */
};
extern const struct sl_settings_rule sl_settings_rules[];
extern const size_t sl_settings_n_rules;

struct sl_settings_key {
	const char *name;
	const char *expected;           /* in words, for error texts */
	const char *initial;            /* without any line; NULL: none */
	int most;                       /* values; 1: a later one replaces an earlier */
	int (*good)(const char *value); /* NULL: any word */
};

#define SL_SETTINGS_WORDS_MAX 12

/* One line in work. */
struct sl_settings_line {
	struct smartlic_settings *to;
	const char *file;
	int number;
	char *words[SL_SETTINGS_WORDS_MAX + 1];
	size_t n; /* may be SL_SETTINGS_WORDS_MAX + 1: too many for any rule */
	struct smartlic_error *err;
};

/* The key that the next word of a rule stands for; NULL where the word is literal. */
const struct sl_settings_key *sl_settings_placeholder(const char *word, size_t len);
/* Whether a line of the block `in` may stand in `block`: in its own, and in those within it. */
int sl_settings_may_stand(enum sl_settings_block in, enum sl_settings_block block);
/* How many words of the line the rule takes; *whole is 1 if that is all of both. */
size_t sl_settings_match(
    const struct sl_settings_rule *rule, const struct sl_settings_line *l, int *whole);
/* The i-th word of a rule and its length; "" past the end. */
const char *sl_settings_rule_word(const struct sl_settings_rule *rule, size_t i, size_t *len);
/* Fails with SMARTLIC_E_CONFIG: file, line, word and what was expected in its place. */
int sl_settings_not_understood(struct sl_settings_line *l, enum sl_settings_block block);

#endif
