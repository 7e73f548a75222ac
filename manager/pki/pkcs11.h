/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MANAGER_PKI_PKCS11_H
#define MANAGER_PKI_PKCS11_H

#include <openssl/evp.h>

#include "pki/uri.h"

/*
 * Keys in PKCS#11 tokens, by libp11.  A token's library can be loaded once in a process and logged
 * in to once: what is loaded stays so for the process's life, and threads share it.
 */

/* The private key that a URI names, which signs in the token; the caller's.  SMARTLIC_E_STORE says
 * which of library, token, PIN and key is at fault. */
int pki_pkcs11_load(EVP_PKEY **ret, const struct pki_uri *uri, struct smartlic_error *err);

#endif
