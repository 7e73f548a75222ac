/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <string.h>

#include "pki/uri.h"
#include "text.h"

#define SCHEME "pkcs11:"

int
pki_is_uri(const char *text)
{
	return strncmp(text, SCHEME, strlen(SCHEME)) == 0;
}

/* Bytes of `text`, where %xx stands for one, into ret; their number, or -1. */
static long
decode(const char *text, size_t len, char *ret, size_t size)
{
	unsigned char byte;
	char hex[3] = "";
	size_t n = 0;

	for (size_t i = 0; i < len; i++, n++) {
		if (n + 1 >= size)
			return -1;
		ret[n] = text[i];
		if (text[i] != '%')
			continue;
		if (i + 2 >= len)
			return -1;
		/* both cases of hex are allowed here */
		for (int k = 0; k < 2; k++)
			hex[k] =
			    (char)(text[i + 1 + (size_t)k] |
				   (text[i + 1 + (size_t)k] >= 'A' && text[i + 1 + (size_t)k] <= 'F'
					   ? 0x20
					   : 0));
		if (sl_unhex(&byte, 1, hex) < 0)
			return -1;
		ret[n] = (char)byte;
		i += 2;
	}
	ret[n] = '\0';
	return (long)n;
}

struct attribute {
	const char *name;
	char *to;
	size_t size;
	int query;
};

/* One name=value; where: its place in the URI's path or query. */
static int
take(struct pki_uri *uri, const char *text, size_t len, int query, struct smartlic_error *err)
{
	char scratch[32];
	const struct attribute known[] = {
		{ "token", uri->token, sizeof(uri->token), 0 },
		{ "manufacturer", uri->manufacturer, sizeof(uri->manufacturer), 0 },
		{ "model", uri->model, sizeof(uri->model), 0 },
		{ "serial", uri->serial, sizeof(uri->serial), 0 },
		{ "object", uri->object, sizeof(uri->object), 0 },
		{ "id", (char *)uri->id, sizeof(uri->id), 0 },
		{ "type", scratch, sizeof(scratch), 0 },
		{ "module-path", uri->module, sizeof(uri->module), 1 },
		{ "pin-source", uri->pin_source, sizeof(uri->pin_source), 1 },
	};
	const char *equal = memchr(text, '=', len);
	size_t name_len = equal != NULL ? (size_t)(equal - text) : len;
	long n;

	/* its value is not quoted, whatever it is */
	if (name_len == 9 && memcmp(text, "pin-value", 9) == 0)
		return sl_fail(err, SMARTLIC_E_INVAL,
		    "a PIN in a URI is seen by others: put it into a file, pin-source=file:/path");
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (known[i].query != query || strlen(known[i].name) != name_len ||
		    memcmp(known[i].name, text, name_len) != 0 || equal == NULL)
			continue;
		n = decode(equal + 1, len - name_len - 1, known[i].to, known[i].size);
		if (n <= 0)
			return sl_fail(err, SMARTLIC_E_INVAL,
			    "pkcs11: URI: the value of %s is empty, too long or not well formed",
			    known[i].name);
		if (known[i].to == (char *)uri->id)
			uri->id_len = (size_t)n;
		else if (strlen(known[i].to) != (size_t)n)
			return sl_fail(
			    err, SMARTLIC_E_INVAL, "pkcs11: URI: a NUL in %s", known[i].name);
		if (known[i].to == scratch && strcmp(scratch, "private") != 0)
			return sl_fail(err, SMARTLIC_E_INVAL,
			    "pkcs11: URI: type=%s: a private key is wanted", scratch);
		return 0;
	}
	return sl_fail(err, SMARTLIC_E_INVAL, "pkcs11: URI: '%.*s' is not understood there; %s",
	    (int)(name_len < 40 ? name_len : 40), text,
	    query ? "module-path and pin-source are"
		  : "token, manufacturer, model, serial, object, id and type are");
}

static int
take_all(struct pki_uri *uri, const char *text, size_t len, int query, struct smartlic_error *err)
{
	const char *end = text + len, *next;
	int r = 0;

	for (; r == 0 && text < end; text = next + 1) {
		next = memchr(text, query ? '&' : ';', (size_t)(end - text));
		if (next == NULL)
			next = end;
		r = take(uri, text, (size_t)(next - text), query, err);
	}
	return r;
}

/* What must be there. */
static int
check(struct pki_uri *uri, struct smartlic_error *err)
{
	if (strncmp(uri->pin_source, "file:", 5) == 0) {
		const char *path = uri->pin_source + 5;

		if (strncmp(path, "//", 2) == 0)
			path += 2;
		memmove(uri->pin_source, path, strlen(path) + 1);
	}
	if (uri->token[0] == '\0' && uri->serial[0] == '\0')
		return sl_fail(err, SMARTLIC_E_INVAL, "pkcs11: URI: token=NAME is missing");
	if (uri->object[0] == '\0' && uri->id_len == 0)
		return sl_fail(
		    err, SMARTLIC_E_INVAL, "pkcs11: URI: object=NAME or id=%%xx is missing");
	if (uri->module[0] != '/')
		return sl_fail(err, SMARTLIC_E_INVAL,
		    "pkcs11: URI: module-path=/PATH after a '?' is missing: the token's library");
	if (uri->pin_source[0] != '/')
		return sl_fail(err, SMARTLIC_E_INVAL,
		    "pkcs11: URI: pin-source=file:/PATH after a '?' is missing: a file with the "
		    "PIN");
	return 0;
}

int
pki_uri_read(struct pki_uri *ret, const char *text, struct smartlic_error *err)
{
	struct pki_uri uri = { .token = "" };
	const char *path, *query;
	size_t len = strlen(text);
	int r;

	if (!pki_is_uri(text) || len > PKI_URI_MAX)
		return sl_fail(err, SMARTLIC_E_INVAL,
		    "a URI that begins with pkcs11: is expected, of %d bytes at most", PKI_URI_MAX);
	path = text + strlen(SCHEME);
	query = strchr(path, '?');
	r = take_all(&uri, path, query != NULL ? (size_t)(query - path) : strlen(path), 0, err);
	if (r == 0 && query != NULL)
		r = take_all(&uri, query + 1, strlen(query + 1), 1, err);
	if (r == 0)
		r = check(&uri, err);
	if (r == 0)
		*ret = uri;
	return r;
}
