/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MANAGER_PKI_STORE_H
#define MANAGER_PKI_STORE_H

#include <openssl/x509v3.h>

#include "file.h"
#include "pki/profile.h"
#include "trust.h"

/* One key pair of the folder. */
struct pki_identity {
	char cert_path[FILE_PATH_SIZE];
	char key_path[FILE_PATH_SIZE];
	struct sl_key *key;   /* NULL: kept elsewhere */
	X509 *x509;           /* the same certificate for OpenSSL … */
	struct sl_cert *cert; /* … and for the library */
};

/* One whose place another has taken. */
struct pki_former {
	enum pki_kind kind;
	struct pki_identity id;
};

struct pki {
	struct smartlic_crypto *crypto;
	char dir[FILE_PATH_SIZE];
	struct pki_identity id[PKI_KINDS_KEPT];
	struct pki_identity successor[PKI_KINDS_KEPT]; /* cert NULL: none waits */
	struct pki_identity cross; /* of the next root, by the present one; or by the former one */
	struct pki_former *former;
	size_t n_former;
	unsigned int reads; /* since it was opened */
};

/* pki.c, shared by the files of pki/: certifies the key of id[kind], whose issuer is there (or is
 * itself) */
int pki_certify_own(struct pki *pki, enum pki_kind kind, const char *cn, const GENERAL_NAMES *names,
    int64_t now_s, struct smartlic_error *err);
/* … with a new key, both written */
int pki_identity_create(struct pki *pki, const char *dir, enum pki_kind kind, const char *cn,
    const GENERAL_NAMES *names, int64_t now_s, struct smartlic_error *err);
/* The key of a CA, or the error that says which file is away. */
int pki_need_key(const struct pki_identity *id, const char *purpose, struct smartlic_error *err);

void pki_identity_release(struct pki_identity *id);
int pki_identity_paths(struct pki_identity *id, const char *dir, enum pki_kind kind,
    struct smartlic_error *err);
/* Reads the certificate (the file's first) and the key, which must belong together; a key that is
 * not there is left NULL. */
int pki_identity_read(struct pki_identity *id, struct smartlic_crypto *crypto,
    struct smartlic_error *err);
/* The halves of it; of the certificate, which may be anybody's, only x509. */
int pki_identity_read_x509(struct pki_identity *id, struct smartlic_crypto *crypto,
    struct smartlic_error *err);
int pki_identity_read_key(struct pki_identity *id, struct smartlic_crypto *crypto,
    struct smartlic_error *err);
/* Parses what x509 holds into cert. */
int pki_identity_take_x509(struct pki_identity *id, struct smartlic_crypto *crypto,
    struct smartlic_error *err);
/* Key 0600, certificate 0644. */
int pki_identity_write_key(const struct pki_identity *id, struct smartlic_error *err);
int pki_identity_write_cert(const struct pki_identity *id, struct smartlic_error *err);
/* With the certificate of its issuer, for those who know that one's issuer; NULL: without. */
int pki_identity_write_chain(const struct pki_identity *id, const struct pki_identity *issuer,
    struct smartlic_error *err);

#endif
