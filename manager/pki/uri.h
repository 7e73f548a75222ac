/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MANAGER_PKI_URI_H
#define MANAGER_PKI_URI_H

#include <stddef.h>

#include "file.h"

/*
 * A key in a PKCS#11 token, as RFC 7512 names it:
 *
 *	pkcs11:token=smartlic;object=signer?module-path=/usr/lib/…/module.so&pin-source=file:/etc/…
 *
 * Token (or serial number), key (object or id), module and the file with the PIN must be there;
 * manufacturer and model may.  What else could select a key is refused, since ignoring it could
 *take another one; so is a PIN in the URI, which is seen and logged.
 */
struct pki_uri {
	char token[65], manufacturer[65], model[33], serial[33]; /* "": any */
	char object[256];                                        /* "": any */
	unsigned char id[64];
	size_t id_len; /* 0: any */
	char module[FILE_PATH_SIZE];
	char pin_source[FILE_PATH_SIZE]; /* a file's path */
};
#define PKI_URI_MAX 2048

/* 1: it begins as one. */
int pki_is_uri(const char *text);
/* SMARTLIC_E_INVAL says what is wrong with it. */
int pki_uri_read(struct pki_uri *ret, const char *text, struct smartlic_error *err);

#endif
