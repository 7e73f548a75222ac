/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include <smartlic/settings.h>

#include "buffer.h"
#include "error.h"
#include "message.h"
#include "settings.h"
#include "settings_grammar.h"

#define TEXT_MAX (1024 * 1024)

/*
 * The grammar is this table.  A word that begins with '<' stands for a value of the key it names;
 * all others are literal.  A rule without values sets `key` to `value`, or only opens a block.
 * What a line `clears`, all keys that begin so, is gone but for what the line itself gives.  Error
 * texts list what may stand at a place by looking here, so nothing is written down twice.
 */
const struct sl_settings_rule sl_settings_rules[] = {
	{ TOP, TOP, "domain name-server <name-server>", NULL, NULL, NULL },
	{ TOP, CALL_HOME, "call-home", NULL, NULL, NULL },
	{ CALL_HOME, CALL_HOME, "service active", "service", "active", NULL },
	{ CALL_HOME, CALL_HOME, "no service active", "service", "inactive", NULL },
	{ CALL_HOME, CALL_HOME, "contact smart-licensing", "contact", "smart-licensing", NULL },
	{ CALL_HOME, CALL_HOME, "http-proxy <proxy-host> port <proxy-port>", NULL, NULL, "proxy-" },
	{ CALL_HOME, CALL_HOME,
	    "http-proxy <proxy-host> port <proxy-port> user <proxy-user> "
	    "password-file <proxy-password-file>",
	    NULL, NULL, "proxy-" },
	{ CALL_HOME, CALL_HOME, "no http-proxy", NULL, NULL, "proxy-" },
	{ CALL_HOME, CALL_HOME, "source-interface <source-interface>", NULL, NULL, "source-" },
	{ CALL_HOME, CALL_HOME, "no source-interface", NULL, NULL, "source-interface" },
	{ CALL_HOME, CALL_HOME, "source-ip-address <source-address>", NULL, NULL, "source-" },
	{ CALL_HOME, CALL_HOME, "no source-ip-address", NULL, NULL, "source-address" },
	{ CALL_HOME, PROFILE, "profile CiscoTAC-1", NULL, NULL, NULL },
	{ PROFILE, PROFILE, "active", "profile", "active", NULL },
	{ PROFILE, PROFILE, "no active", "profile", "inactive", NULL },
	{ PROFILE, PROFILE, "destination address http <destination>", NULL, NULL, NULL },
	{ PROFILE, PROFILE, "destination transport-method http", NULL, NULL, NULL },
	{ TOP, TOP, "crypto ca trustpoint Trustpool crl optional", "crl", "optional", NULL },
	{ TOP, TRUSTPOINT, "crypto ca trustpoint Trustpool", NULL, NULL, NULL },
	{ TRUSTPOINT, TRUSTPOINT, "crl optional", "crl", "optional", NULL },
	{ TRUSTPOINT, TRUSTPOINT, "no crl optional", "crl", "required", NULL },
	{ TOP, TOP, "no crypto ca trustpoint Trustpool crl optional", "crl", "required", NULL },
	{ TOP, TOP, "crypto ca trustpool import url <tls-trust-anchor>", NULL, NULL, NULL },
	{ TOP, TOP, "license smart transport <transport>", NULL, NULL, NULL },
	{ TOP, TOP, "license smart satellite <satellite>", NULL, NULL, NULL },
	{ TOP, TOP, "license smart satellite srv <satellite-srv>", NULL, NULL, NULL },
	{ TOP, TOP, "no license smart satellite", NULL, NULL, "satellite" },
	{ TOP, TOP, "license smart file outbox <outbox>", NULL, NULL, NULL },
	{ TOP, TOP, "license smart file inbox <inbox>", NULL, NULL, NULL },
	{ TOP, TOP, "license smart trust-anchor <trust-anchor>", NULL, NULL, NULL },
	{ TOP, TOP, "license smart client-certificate <client-certificate> key <client-key>", NULL,
	    NULL, NULL },
	{ TOP, TOP, "no license smart client-certificate", NULL, NULL, "client-" },
	{ TOP, TOP, "license smart store <store>", NULL, NULL, NULL },
	{ TOP, TOP, "license smart privacy hostname", "privacy-hostname", "on", NULL },
	{ TOP, TOP, "no license smart privacy hostname", "privacy-hostname", "off", NULL },
	{ TOP, TOP, "license smart privacy version", "privacy-version", "on", NULL },
	{ TOP, TOP, "no license smart privacy version", "privacy-version", "off", NULL },
	{ TOP, TOP, "license platform udi pid <udi-pid> sn <udi-sn> uuid <udi-uuid>", NULL, NULL,
	    NULL },
	{ TOP, TOP, "license platform catalog <catalog>", NULL, NULL, NULL },
	{ TOP, TOP, "license platform inventory <inventory>", NULL, NULL, NULL },
	{ TOP, TOP, "end", NULL, NULL, NULL },
};
const size_t sl_settings_n_rules = sizeof(sl_settings_rules) / sizeof(sl_settings_rules[0]);

static const struct sl_settings_key keys[] = {
	{ "transport", "the name of a transport, such as direct", "direct", 1,
	    sl_settings_is_transport },
	{ "destination", "http://HOST[:PORT]/PATH or https://HOST[:PORT]/PATH", NULL, 8,
	    sl_settings_is_url },
	{ "satellite", "http://HOST[:PORT]/PATH or https://HOST[:PORT]/PATH", NULL, 8,
	    sl_settings_is_url },
	{ "satellite-srv", "a domain, such as example.net", NULL, 1, sl_settings_is_domain },
	{ "name-server", "an IPv4 or IPv6 address", NULL, 16, sl_settings_is_address },
	{ "outbox", "the path of a folder", NULL, 1, sl_settings_is_path },
	{ "inbox", "the path of a folder", NULL, 1, sl_settings_is_path },
	{ "trust-anchor", "the path of a PEM file", NULL, 1, NULL },
	{ "tls-trust-anchor", "the path of a PEM file", NULL, 8, sl_settings_is_path },
	{ "client-certificate", "the path of a PEM file", NULL, 1, sl_settings_is_path },
	{ "client-key", "the path of a PEM file", NULL, 1, sl_settings_is_path },
	{ "proxy-host", "the proxy's name or address", NULL, 1, sl_settings_is_host },
	{ "proxy-port", "a port, 1 to 65535", NULL, 1, sl_settings_is_port },
	{ "proxy-user", "the user's name, without ':'", NULL, 1, sl_settings_is_user },
	{ "proxy-password-file", "the path of a file with the password", NULL, 1,
	    sl_settings_is_path },
	{ "source-interface", "the name of an interface, such as eth0", NULL, 1,
	    sl_settings_is_interface },
	{ "source-address", "an IPv4 or IPv6 address", NULL, 1, sl_settings_is_address },
	{ "store", "the path of a folder", NULL, 1, NULL },
	{ "udi-pid", "the product id", NULL, 1, NULL },
	{ "udi-sn", "the serial number", NULL, 1, NULL },
	{ "udi-uuid", "the instance's name, such as default-sdr", NULL, 1, NULL },
	{ "catalog", "the name of a catalog, such as ncs1004, or a path with a '/'", NULL, 1,
	    NULL },
	{ "inventory", "the path of a file", NULL, 1, NULL },
	{ "crl", "", "required", 1, NULL },
	{ "contact", "", NULL, 1, NULL },
	{ "service", "", "active", 1, NULL },
	{ "profile", "", "active", 1, NULL },
	{ "privacy-hostname", "", "on", 1, NULL },
	{ "privacy-version", "", "off", 1, NULL },
};
#define N_KEYS (sizeof(keys) / sizeof(keys[0]))

struct setting {
	const struct sl_settings_key *key;
	char *value;
	int line;
};

struct smartlic_settings {
	struct setting *settings;
	size_t n_settings;
	char **warnings;
	size_t n_warnings;
};

static const struct sl_settings_key *
key_find(const char *name, size_t len)
{
	for (size_t i = 0; i < N_KEYS; i++)
		if (strlen(keys[i].name) == len && memcmp(keys[i].name, name, len) == 0)
			return &keys[i];
	return NULL;
}

const struct sl_settings_key *
sl_settings_placeholder(const char *word, size_t len)
{
	return word[0] == '<' ? key_find(word + 1, len - 2) : NULL;
}

static int
warn(struct sl_settings_line *l, struct sl_buf *text)
{
	char **p = realloc(l->to->warnings, (l->to->n_warnings + 1) * sizeof(*p));
	char *copy = sl_buf_take(text);

	if (p != NULL)
		l->to->warnings = p;
	if (p == NULL || copy == NULL) {
		free(copy);
		return sl_nomem(l->err);
	}
	p[l->to->n_warnings++] = copy;
	return 0;
}

/* As on the router, the later line wins; in a file that is more often a slip than meant. */
static int
replace(struct sl_settings_line *l, struct setting *old, char *value)
{
	struct sl_buf text = { 0 };
	int r = 0;

	if (strcmp(old->value, value) != 0) {
		sl_buf_printf(&text, "%s:%d: %s '", l->file, l->number, old->key->name);
		sl_settings_quote(&text, value);
		sl_buf_puts(&text, "' replaces '");
		sl_settings_quote(&text, old->value);
		sl_buf_printf(&text, "' of line %d", old->line);
		r = warn(l, &text);
	}
	free(old->value);
	old->value = value;
	old->line = l->number;
	return r;
}

static int
put(struct sl_settings_line *l, const struct sl_settings_key *key, const char *value)
{
	struct smartlic_settings *to = l->to;
	struct setting *p;
	char *copy = strdup(value);
	size_t n = 0;

	if (copy == NULL)
		return sl_nomem(l->err);
	for (size_t i = 0; i < to->n_settings; i++) {
		p = &to->settings[i];
		if (p->key == key && (key->most == 1 || strcmp(p->value, value) == 0))
			return replace(l, p, copy);
		n += p->key == key;
	}
	if (n == (size_t)key->most) {
		free(copy);
		return sl_fail_line(l->err, SMARTLIC_E_CONFIG, l->number,
		    "%s:%d: more than %d values of %s; expected: fewer", l->file, l->number,
		    key->most, key->name);
	}
	p = realloc(to->settings, (to->n_settings + 1) * sizeof(*p));
	if (p == NULL) {
		free(copy);
		return sl_nomem(l->err);
	}
	to->settings = p;
	p[to->n_settings++] = (struct setting){ key, copy, l->number };
	return 0;
}

int
sl_settings_may_stand(enum sl_settings_block in, enum sl_settings_block block)
{
	return in == TOP || in == block || (in == CALL_HOME && block == PROFILE);
}

size_t
sl_settings_match(const struct sl_settings_rule *rule, const struct sl_settings_line *l, int *whole)
{
	const char *word = rule->words;
	size_t i = 0;

	*whole = 0;
	for (; i < l->n && i < SL_SETTINGS_WORDS_MAX && *word != '\0'; i++) {
		size_t len = strcspn(word, " ");
		const struct sl_settings_key *key = sl_settings_placeholder(word, len);

		if (key == NULL &&
		    (strlen(l->words[i]) != len || memcmp(l->words[i], word, len) != 0))
			return i;
		if (key != NULL && key->good != NULL && !key->good(l->words[i]))
			return i;
		word += len;
		word += strspn(word, " ");
	}
	*whole = *word == '\0' && i == l->n;
	return i;
}

const char *
sl_settings_rule_word(const struct sl_settings_rule *rule, size_t i, size_t *len)
{
	const char *word = rule->words;

	while (i-- > 0) {
		word += strcspn(word, " ");
		word += strspn(word, " ");
	}
	*len = strcspn(word, " ");
	return word;
}

/* Appends a warning for a destination that works but not as the reference wants it. */
static int
advise(struct sl_settings_line *l, const char *key, const char *url)
{
	struct sl_buf text = { 0 };

	sl_buf_printf(&text, "%s:%d: %s '", l->file, l->number, key);
	sl_settings_quote(&text, url);
	sl_buf_puts(&text, "': ");
	if (sl_settings_advise_url(&text, url))
		return warn(l, &text);
	sl_buf_free(&text);
	return 0;
}

/* The UDI's shape is the protocol's: the one check of it is asked, for pid and sn together. */
static int
check_udi(struct sl_settings_line *l)
{
	struct smartlic_error why;
	struct sl_udi udi;

	if (sl_udi_set(&udi, l->words[4], l->words[6], l->words[8], &why) == 0)
		return 0;
	return sl_fail_line(
	    l->err, SMARTLIC_E_CONFIG, l->number, "%s:%d: %s", l->file, l->number, why.text);
}

/* One value of those that go: a line that gives others in its place says so. */
static int
drop(struct sl_settings_line *l, size_t i, int quietly)
{
	struct smartlic_settings *to = l->to;
	struct setting gone = to->settings[i];
	struct sl_buf text = { 0 };

	to->n_settings--;
	memmove(
	    &to->settings[i], &to->settings[i + 1], (to->n_settings - i) * sizeof(*to->settings));
	if (!quietly) {
		sl_buf_printf(
		    &text, "%s:%d: this line drops %s '", l->file, l->number, gone.key->name);
		sl_settings_quote(&text, gone.value);
		sl_buf_printf(&text, "' of line %d", gone.line);
	}
	free(gone.value);
	return quietly ? 0 : warn(l, &text);
}

static int
clear(struct sl_settings_line *l, const char *prefix)
{
	struct smartlic_settings *to = l->to;
	int r = 0;

	for (size_t i = 0; i < to->n_settings && r == 0;) {
		const struct setting *p = &to->settings[i];

		if (p->line == l->number || strncmp(p->key->name, prefix, strlen(prefix)) != 0)
			i++;
		else
			r = drop(l, i, strcmp(l->words[0], "no") == 0);
	}
	return r;
}

static int
apply(struct sl_settings_line *l, const struct sl_settings_rule *rule)
{
	int r = 0;

	if (rule->key != NULL)
		return put(l, key_find(rule->key, strlen(rule->key)), rule->value);
	for (size_t i = 0; i < l->n && r == 0; i++) {
		size_t len;
		const char *word = sl_settings_rule_word(rule, i, &len);
		const struct sl_settings_key *key = sl_settings_placeholder(word, len);

		if (key == NULL)
			continue;
		if (strcmp(key->name, "udi-pid") == 0)
			r = check_udi(l);
		if (r == 0)
			r = put(l, key, l->words[i]);
		if (r == 0 && key->good == sl_settings_is_url)
			r = advise(l, key->name, l->words[i]);
	}
	return r == 0 && rule->clears != NULL ? clear(l, rule->clears) : r;
}

/* Cuts a line into words in place.  -1: a byte that no text has. */
static int
cut(struct sl_settings_line *l, char *text, size_t len)
{
	char *end = text + len, *p = text;

	if (len > 0 && end[-1] == '\r')
		*--end = '\0';
	for (; p < end; p++)
		if (*p == '\t')
			*p = ' ';
		else if ((unsigned char)*p < ' ' || *p == 0x7f)
			return -1;
	l->n = 0;
	for (p = text; *(p += strspn(p, " ")) != '\0' && l->n <= SL_SETTINGS_WORDS_MAX; l->n++) {
		l->words[l->n] = p;
		p += strcspn(p, " ");
		if (*p != '\0')
			*p++ = '\0';
	}
	return 0;
}

static int
parse_line(struct sl_settings_line *l, char *text, size_t len, enum sl_settings_block *block)
{
	if (cut(l, text, len) < 0)
		return sl_fail_line(l->err, SMARTLIC_E_CONFIG, l->number,
		    "%s:%d: a control character in the line; expected: plain text", l->file,
		    l->number);
	if (l->n == 0 || l->words[0][0] == '!')
		return 0;
	for (size_t i = 0; i < sl_settings_n_rules; i++) {
		int whole;

		(void)sl_settings_match(&sl_settings_rules[i], l, &whole);
		if (!sl_settings_may_stand(sl_settings_rules[i].in, *block) || !whole)
			continue;
		*block = sl_settings_rules[i].opens;
		return apply(l, &sl_settings_rules[i]);
	}
	return sl_settings_not_understood(l, *block);
}

static int
parse(struct sl_settings_line *l, char *text, size_t len)
{
	enum sl_settings_block block = TOP;
	char *end = text + len;
	int r = 0;

	for (char *p = text, *eol; p < end && r == 0; p = eol + 1) {
		eol = memchr(p, '\n', (size_t)(end - p));
		if (eol == NULL)
			eol = end;
		*eol = '\0'; /* at the end: the copy's own terminator */
		l->number++;
		r = parse_line(l, p, (size_t)(eol - p), &block);
	}
	return r;
}

int
smartlic_settings_parse(struct smartlic_settings **ret, const char *text, size_t len,
    const char *name, struct smartlic_error *err)
{
	struct sl_settings_line l = { .file = name != NULL ? name : "settings", .err = err };
	char *copy = NULL;
	int r;

	if (ret == NULL || (text == NULL && len > 0))
		return sl_fail(err, SMARTLIC_E_INVAL, "smartlic_settings_parse: NULL");
	if (len > TEXT_MAX)
		return sl_fail(err, SMARTLIC_E_LIMIT, "%s: %zu bytes; at most %d are read", l.file,
		    len, TEXT_MAX);
	l.to = calloc(1, sizeof(*l.to));
	copy = malloc(len + 1);
	if (l.to == NULL || copy == NULL) {
		r = sl_nomem(err);
		goto out;
	}
	if (len > 0)
		memcpy(copy, text, len);
	copy[len] = '\0';
	r = parse(&l, copy, len);
	if (r < 0)
		goto out;
	*ret = l.to;
	l.to = NULL;
out:
	free(copy);
	smartlic_settings_free(l.to);
	return r;
}

void
smartlic_settings_free(struct smartlic_settings *settings)
{
	if (settings == NULL)
		return;
	for (size_t i = 0; i < settings->n_settings; i++)
		free(settings->settings[i].value);
	for (size_t i = 0; i < settings->n_warnings; i++)
		free(settings->warnings[i]);
	free(settings->settings);
	free(settings->warnings);
	free(settings);
}

const char *
smartlic_settings_get(const struct smartlic_settings *settings, const char *key, size_t index)
{
	const struct sl_settings_key *k = key != NULL ? key_find(key, strlen(key)) : NULL;
	size_t seen = 0;

	if (k == NULL)
		return NULL;
	for (size_t i = 0; i < settings->n_settings; i++)
		if (settings->settings[i].key == k && seen++ == index)
			return settings->settings[i].value;
	return seen == 0 && index == 0 ? k->initial : NULL;
}

const char *
smartlic_settings_warning(const struct smartlic_settings *settings, size_t index)
{
	return index < settings->n_warnings ? settings->warnings[index] : NULL;
}
