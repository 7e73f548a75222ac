/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <string.h>
#include <unistd.h>

#include "pki/names.h"

/* Letters, digits, '-' and '_' in labels of 1–63, with at most one '*' label in front. */
static int
is_dns_name(const char *text)
{
	size_t label = 0;
	const char *p = text;

	if (strlen(text) > 253)
		return 0;
	if (strncmp(p, "*.", 2) == 0)
		p += 2;
	for (;; p++) {
		if (*p == '.' || *p == '\0') {
			if (label == 0 || label > 63)
				return 0;
			if (*p == '\0')
				return 1;
			label = 0;
			continue;
		}
		if (!((*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') ||
			(*p >= '0' && *p <= '9') || *p == '-' || *p == '_'))
			return 0;
		label++;
	}
}

void
pki_host_name(char ret[PKI_HOST_NAME_SIZE])
{
	/* sizes: a subject's common name holds 64 characters at most */
	if (gethostname(ret, PKI_HOST_NAME_SIZE) < 0)
		ret[0] = '\0';
	ret[PKI_HOST_NAME_SIZE - 1] = '\0';
	if (!is_dns_name(ret))
		memcpy(ret, "localhost", sizeof("localhost"));
}

/* NULL: not a name, or no memory. */
static GENERAL_NAME *
name_new(const char *text)
{
	GENERAL_NAME *name = GENERAL_NAME_new();
	ASN1_OCTET_STRING *address = a2i_IPADDRESS(text);
	ASN1_IA5STRING *dns;

	if (name != NULL && address != NULL) {
		GENERAL_NAME_set0_value(name, GEN_IPADD, address);
		return name;
	}
	ASN1_OCTET_STRING_free(address);
	dns = ASN1_IA5STRING_new();
	if (name == NULL || dns == NULL || !is_dns_name(text) ||
	    !ASN1_STRING_set(dns, text, -1)) {
		ASN1_IA5STRING_free(dns);
		GENERAL_NAME_free(name);
		return NULL;
	}
	GENERAL_NAME_set0_value(name, GEN_DNS, dns);
	return name;
}

static int
contains(const GENERAL_NAMES *names, GENERAL_NAME *name)
{
	for (int i = 0; i < sk_GENERAL_NAME_num(names); i++)
		if (GENERAL_NAME_cmp(sk_GENERAL_NAME_value(names, i), name) == 0)
			return 1;
	return 0;
}

static int
add(GENERAL_NAMES *names, const char *text, struct smartlic_error *err)
{
	GENERAL_NAME *name = name_new(text);

	if (name == NULL)
		return sl_fail(err, SMARTLIC_E_INVAL,
		    "'%s' can be no name of a TLS certificate: give a DNS name or an address", text);
	if (contains(names, name)) {
		GENERAL_NAME_free(name);
		return 0;
	}
	if (sk_GENERAL_NAME_push(names, name) <= 0) {
		GENERAL_NAME_free(name);
		return sl_nomem(err);
	}
	return 0;
}

/* host: NULL: none */
static int
names_new(GENERAL_NAMES **ret, const char *host, const char *const *more, size_t n,
    struct smartlic_error *err)
{
	const char *own[] = { "localhost", "127.0.0.1", "::1", host };
	GENERAL_NAMES *names = sk_GENERAL_NAME_new_null();
	int r = 0;

	if (names == NULL)
		return sl_nomem(err);
	for (size_t i = 0; r == 0 && i < sizeof(own) / sizeof(own[0]); i++)
		if (own[i] != NULL)
			r = add(names, own[i], err);
	for (size_t i = 0; r == 0 && i < n; i++)
		r = add(names, more[i], err);
	if (r < 0) {
		GENERAL_NAMES_free(names);
		return r;
	}
	*ret = names;
	return 0;
}

int
pki_names_new(GENERAL_NAMES **ret, const char *const *more, size_t n, struct smartlic_error *err)
{
	char host[PKI_HOST_NAME_SIZE];

	pki_host_name(host);
	return names_new(ret, host, more, n, err);
}

int
pki_names_of(GENERAL_NAMES **ret, const char *const *more, size_t n, struct smartlic_error *err)
{
	return names_new(ret, NULL, more, n, err);
}

int
pki_names_cover(const GENERAL_NAMES *have, const GENERAL_NAMES *wanted)
{
	for (int i = 0; i < sk_GENERAL_NAME_num(wanted); i++)
		if (have == NULL || !contains(have, sk_GENERAL_NAME_value(wanted, i)))
			return 0;
	return 1;
}
