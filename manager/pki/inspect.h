/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MANAGER_PKI_INSPECT_H
#define MANAGER_PKI_INSPECT_H

#include "file.h"
#include "pki/profile.h"

/*
 * Looks at each key and certificate of a folder by itself, so that one that is damaged does not
 * keep the others from being looked at; nothing is renewed, and nothing that was interrupted is
 * ended.
 */
struct pki_inspected {
	const char *name; /* "signer" */
	enum pki_kind kind;
	char cert_path[FILE_PATH_SIZE], key_path[FILE_PATH_SIZE];
	int satellite; /* it is a satellite's folder, whose upstream has the keys of root and
			  satellites */
	struct smartlic_error cert; /* why the certificate cannot be read; code 0: it can */
	struct smartlic_error key;  /* the same of the key, or that it is another certificate's */
	int key_there;
	/* of a certificate that can be read */
	int anchored; /* signed by those of the folder up to the root, as CAs may */
	int64_t begins_s, ends_s;
};

/* In the order of the folder's kinds; a CA of satellites that was never made is left out. */
int pki_inspect(const char *dir, void (*fn)(void *ud, const struct pki_inspected *inspected),
    void *ud, struct smartlic_error *err);

#endif
