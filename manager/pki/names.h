/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MANAGER_PKI_NAMES_H
#define MANAGER_PKI_NAMES_H

#include <stddef.h>

#include <openssl/x509v3.h>

#include "error.h"

/*
 * The names of the TLS certificate: localhost, the loopback addresses, the host's name, and those
 * given (DNS names, "*.example.net", or addresses), each once.  SMARTLIC_E_INVAL names one that is
 * neither.  *ret is the caller's.
 */
int pki_names_new(GENERAL_NAMES **ret, const char *const *more, size_t n,
    struct smartlic_error *err);

/* The same for another host, whose own name is among those given. */
int pki_names_of(GENERAL_NAMES **ret, const char *const *more, size_t n,
    struct smartlic_error *err);

/* 1 when every one of `wanted` is in `have` (NULL: none). */
int pki_names_cover(const GENERAL_NAMES *have, const GENERAL_NAMES *wanted);

#define PKI_HOST_NAME_SIZE 65
/* The host's name, or "localhost" where it is none that a certificate could carry. */
void pki_host_name(char ret[PKI_HOST_NAME_SIZE]);

#endif
