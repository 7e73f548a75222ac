/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MANAGER_PKI_PROFILE_H
#define MANAGER_PKI_PROFILE_H

#include <stdint.h>

/*
 * What each kind of certificate looks like: the only place that knows key kinds, lives, path
 * lengths and usages.
 */
enum pki_kind {
	PKI_KIND_ROOT,
	PKI_KIND_ISSUING,
	PKI_KIND_SIGNER,
	PKI_KIND_TLS,
	PKI_KIND_SATELLITES,
	PKI_KIND_DEVICE,
	PKI_KIND_SATELLITE,
	PKI_KIND_SATELLITE_SIGNER,
};
#define PKI_KINDS 8
/* The first ones have files in the folder; a device and a satellite keep their own. */
#define PKI_KINDS_KEPT 5
/* The first ones of these are there from the begin; the CA of satellites comes with the first. */
#define PKI_KINDS_MADE 4

#define PKI_USAGES_MAX 3

struct pki_profile {
	const char *file; /* stem of its .pem and .key; NULL where none is kept */
	const char *cn;   /* NULL: of the subject */
	enum pki_kind issuer;
	int p384;
	int ca;
	int path_length; /* -1: not limited */
	int bound;       /* issues for one account only: a critical name constraint */
	const char *usages[PKI_USAGES_MAX + 1]; /* extended key usage, by OID; none: no such extension */
	int usages_critical;
	int64_t life_s;
};

extern const struct pki_profile pki_profiles[PKI_KINDS];

/*
 * Certificates and lists begin this long before the moment they are made: a peer whose clock runs
 * a little behind ours, or our own after it was set back, must not find them "not yet valid".
 * Ends count from the moment itself.
 */
#define PKI_BACKDATE_S 3600

#define PKI_CRL_LIFE_S (INT64_C(180) * 86400)
#define PKI_CRL_LIFE_ROOT_S (INT64_C(400) * 86400)
/* The TLS certificate is made anew when less than this is left. */
#define PKI_TLS_RENEW_S (INT64_C(120) * 86400)

#endif
