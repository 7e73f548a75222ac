/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include <openssl/err.h>

#include "pki/former.h"
#include "pki/roll.h"
#include "text.h"

#define SUCCESSOR "-successor"
#define MARK_LEN  4 /* bytes of the key's identifier in the name of a former one */

int
pki_lock(const char *dir, int *ret, struct smartlic_error *err)
{
	int r, fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return sl_fail(err, errno == ENOENT ? SMARTLIC_E_NOT_FOUND : SMARTLIC_E_SYSTEM,
		    "%s: cannot be read: %s", dir, strerror(errno));
	do
		r = flock(fd, LOCK_EX);
	while (r < 0 && errno == EINTR);
	if (r < 0) {
		r = sl_fail(
		    err, SMARTLIC_E_SYSTEM, "%s: cannot be locked: %s", dir, strerror(errno));
		(void)close(fd);
		return r;
	}
	*ret = fd;
	return 0;
}

void
pki_unlock(int lock)
{
	(void)close(lock);
}

/* dir/STEM<suffix>.{pem,key} */
static int
paths(struct pki_identity *id, const char *dir, enum pki_kind kind, const char *suffix,
    struct smartlic_error *err)
{
	char name[64];
	int r;

	(void)snprintf(name, sizeof(name), "%s%s.pem", pki_profiles[kind].file, suffix);
	r = file_path(id->cert_path, dir, name, err);
	(void)snprintf(name, sizeof(name), "%s%s.key", pki_profiles[kind].file, suffix);
	return r < 0 ? r : file_path(id->key_path, dir, name, err);
}

int
pki_successor_paths(
    struct pki_identity *id, const char *dir, enum pki_kind kind, struct smartlic_error *err)
{
	return paths(id, dir, kind, SUCCESSOR, err);
}

int
pki_former_paths(struct pki_identity *id, const char *dir, enum pki_kind kind,
    const struct sl_cert *cert, struct smartlic_error *err)
{
	char hex[2 * MARK_LEN + 1], suffix[2 * MARK_LEN + 2];

	sl_hex(hex, sl_cert_ski(cert), MARK_LEN);
	(void)snprintf(suffix, sizeof(suffix), "-%s", hex);
	return paths(id, dir, kind, suffix, err);
}

int
pki_cross_path(struct pki_identity *id, const char *dir, struct smartlic_error *err)
{
	return file_path(id->cert_path, dir, "root-cross.pem", err);
}

int
pki_successor_is_there(const char *dir, enum pki_kind kind, struct smartlic_error *err)
{
	struct pki_identity id = { .key = NULL };
	int r = pki_successor_paths(&id, dir, kind, err);

	return r < 0 ? r : access(id.cert_path, F_OK) == 0;
}

/* ---- taking the place --------------------------------------------------- */

/* Is the key that is in the place already the one of the successor's certificate?  1 or 0. */
static int
has_its_key(const struct pki_identity *next, const struct pki_identity *id,
    struct smartlic_crypto *crypto, struct smartlic_error *err)
{
	struct pki_identity moved = *next;
	int r;

	moved.key = NULL;
	memcpy(moved.key_path, id->key_path, sizeof(moved.key_path));
	r = pki_identity_read(&moved, crypto, err);
	if (r == SMARTLIC_E_STORE) {
		sl_error_clear(err);
		r = 0;
	} else if (r == 0) {
		r = moved.key != NULL;
	}
	pki_identity_release(&moved);
	return r;
}

/* A key without its successor's name beside a certificate that still has it: the key is in its
 * place already; or kept elsewhere, as a root's is, and at a satellite. */
static int
settle(
    const char *dir, enum pki_kind kind, struct smartlic_crypto *crypto, struct smartlic_error *err)
{
	struct pki_identity next = { .key = NULL }, id = { .key = NULL };
	int r = pki_successor_paths(&next, dir, kind, err);

	if (r == 0)
		r = pki_identity_paths(&id, dir, kind, err);
	if (r < 0 || access(next.cert_path, F_OK) < 0 || access(next.key_path, F_OK) == 0)
		return r;
	r = has_its_key(&next, &id, crypto, err);
	return r == 1 ? file_rename(next.cert_path, id.cert_path, err) : r;
}

int
pki_settle(const char *dir, struct smartlic_crypto *crypto, struct smartlic_error *err)
{
	int r = 0;

	for (int kind = 0; r == 0 && kind < PKI_KINDS_KEPT; kind++)
		r = settle(dir, (enum pki_kind)kind, crypto, err);
	return r;
}

/* A second name for the same file: whether the first is replaced or not, it stays. */
static int
keep(const char *path, const char *as, struct smartlic_error *err)
{
	if (link(path, as) == 0 || errno == EEXIST || errno == ENOENT)
		return 0;
	return sl_fail(
	    err, SMARTLIC_E_SYSTEM, "%s: cannot be kept as %s: %s", path, as, strerror(errno));
}

static int
keep_former(
    const char *dir, enum pki_kind kind, struct smartlic_crypto *crypto, struct smartlic_error *err)
{
	struct pki_identity id = { .key = NULL }, as = { .key = NULL };
	int r = pki_identity_paths(&id, dir, kind, err);

	if (r == 0)
		r = pki_identity_read_x509(&id, crypto, err);
	if (r == 0)
		r = pki_identity_take_x509(&id, crypto, err);
	if (r == 0)
		r = pki_former_paths(&as, dir, kind, id.cert, err);
	if (r == 0)
		r = keep(id.key_path, as.key_path, err);
	if (r == 0)
		r = keep(id.cert_path, as.cert_path, err);
	pki_identity_release(&id);
	return r;
}

static int
remove_file(const char *path, struct smartlic_error *err)
{
	if (unlink(path) == 0 || errno == ENOENT)
		return 0;
	return sl_fail(err, SMARTLIC_E_SYSTEM, "%s: cannot be removed: %s", path, strerror(errno));
}

/* The key first: from then on pki_settle() ends it.  Renaming makes the names above durable too. */
int
pki_successor_take_place(
    const char *dir, enum pki_kind kind, struct smartlic_crypto *crypto, struct smartlic_error *err)
{
	struct pki_identity next = { .key = NULL }, id = { .key = NULL };
	int r = pki_profiles[kind].ca ? keep_former(dir, kind, crypto, err) : 0;

	if (r == 0)
		r = pki_successor_paths(&next, dir, kind, err);
	if (r == 0)
		r = pki_identity_paths(&id, dir, kind, err);
	/* a root's may be elsewhere; the former one's has its other name, and is not the next one's */
	if (r == 0 && kind == PKI_KIND_ROOT && access(next.key_path, F_OK) < 0)
		r = remove_file(id.key_path, err);
	else if (r == 0)
		r = file_rename(next.key_path, id.key_path, err);
	return r < 0 ? r : file_rename(next.cert_path, id.cert_path, err);
}

int
pki_former_remove_key(
    const struct pki *pki, const struct sl_cert *former, struct smartlic_error *err)
{
	const struct pki_identity *id = pki_identity_of(pki, former);
	int r = id == NULL ? 0 : remove_file(id->key_path, err);

	return r < 0 ? r : remove_file(pki->cross.cert_path, err);
}

/* ---- reading ------------------------------------------------------------ */

/* 1: there was one. */
static int
read_other(struct pki *pki, struct pki_identity *id, struct smartlic_error *err)
{
	int r = pki_identity_read(id, pki->crypto, err);

	if (r < 0)
		pki_identity_release(id);
	if (r == SMARTLIC_E_NOT_FOUND) {
		sl_error_clear(err);
		return 0;
	}
	return r < 0 ? r : 1;
}

/* The kind whose former certificate has this name, and its suffix; -1: none. */
static int
kind_of(const char *name, char suffix[2 * MARK_LEN + 2])
{
	for (int kind = 0; kind < PKI_KINDS_KEPT; kind++) {
		size_t stem = strlen(pki_profiles[kind].file);

		if (strncmp(name, pki_profiles[kind].file, stem) != 0 || name[stem] != '-' ||
		    strspn(name + stem + 1, "0123456789abcdef") != 2 * (size_t)MARK_LEN ||
		    strcmp(name + stem + 1 + 2 * (size_t)MARK_LEN, ".pem") != 0)
			continue;
		memcpy(suffix, name + stem, 2 * (size_t)MARK_LEN + 1);
		suffix[2 * MARK_LEN + 1] = '\0';
		return kind;
	}
	return -1;
}

static int
add_former(struct pki *pki, const char *name, struct smartlic_error *err)
{
	struct pki_former former = { .id = { .key = NULL } }, *more;
	char suffix[2 * MARK_LEN + 2];
	int kind = kind_of(name, suffix), r;

	if (kind < 0)
		return 0;
	former.kind = (enum pki_kind)kind;
	r = paths(&former.id, pki->dir, former.kind, suffix, err);
	if (r == 0)
		r = read_other(pki, &former.id, err);
	if (r <= 0)
		return r;
	/* a power cut came before its successor took its place */
	if (pki->id[kind].cert != NULL &&
	    memcmp(sl_cert_ski(pki->id[kind].cert), sl_cert_ski(former.id.cert), SL_SKI_LEN) == 0) {
		pki_identity_release(&former.id);
		return 0;
	}
	more = realloc(pki->former, (pki->n_former + 1) * sizeof(*more));
	if (more == NULL) {
		pki_identity_release(&former.id);
		return sl_nomem(err);
	}
	pki->former = more;
	pki->former[pki->n_former++] = former;
	return 0;
}

int
pki_is_by_former_root(const char *dir, struct smartlic_crypto *crypto, X509 *x509)
{
	struct pki_identity root = { .key = NULL };
	char suffix[2 * MARK_LEN + 2];
	DIR *folder = opendir(dir);
	struct dirent *e;
	int found = 0;

	while (folder != NULL && !found && (e = readdir(folder)) != NULL) {
		if (kind_of(e->d_name, suffix) != PKI_KIND_ROOT ||
		    paths(&root, dir, PKI_KIND_ROOT, suffix, NULL) < 0)
			continue;
		found = pki_identity_read_x509(&root, crypto, NULL) == 0 &&
			X509_check_issued(root.x509, x509) == X509_V_OK &&
			X509_verify(x509, X509_get0_pubkey(root.x509)) == 1;
		ERR_clear_error();
		pki_identity_release(&root);
	}
	if (folder != NULL)
		(void)closedir(folder);
	return found;
}

static int
newest_first(const void *va, const void *vb)
{
	const struct pki_former *a = va, *b = vb;
	int64_t a_s = sl_cert_not_after(a->id.cert), b_s = sl_cert_not_after(b->id.cert);

	return (a_s < b_s) - (a_s > b_s);
}

int
pki_read_others(struct pki *pki, struct smartlic_error *err)
{
	struct dirent *e;
	DIR *dir;
	int r = 0;

	for (int kind = 0; r >= 0 && kind < PKI_KINDS_KEPT; kind++) {
		r = pki_successor_paths(&pki->successor[kind], pki->dir, (enum pki_kind)kind, err);
		if (r == 0)
			r = read_other(pki, &pki->successor[kind], err);
	}
	if (r < 0)
		return r;
	r = pki_cross_path(&pki->cross, pki->dir, err);
	if (r == 0)
		r = pki_identity_read_x509(&pki->cross, pki->crypto, err);
	if (r == 0)
		r = pki_identity_take_x509(&pki->cross, pki->crypto, err);
	if (r == SMARTLIC_E_NOT_FOUND) {
		/* what was begun to be read is nothing */
		pki_identity_release(&pki->cross);
		sl_error_clear(err);
		r = 0;
	}
	if (r < 0)
		return r;
	dir = opendir(pki->dir);
	if (dir == NULL)
		return sl_fail(
		    err, SMARTLIC_E_SYSTEM, "%s: cannot be read: %s", pki->dir, strerror(errno));
	r = 0;
	while (r == 0 && (e = readdir(dir)) != NULL)
		r = add_former(pki, e->d_name, err);
	(void)closedir(dir);
	if (pki->n_former > 1)
		qsort(pki->former, pki->n_former, sizeof(pki->former[0]), newest_first);
	return r;
}

void
pki_release_others(struct pki *pki)
{
	for (int kind = 0; kind < PKI_KINDS_KEPT; kind++)
		pki_identity_release(&pki->successor[kind]);
	pki_identity_release(&pki->cross);
	for (size_t i = 0; i < pki->n_former; i++)
		pki_identity_release(&pki->former[i].id);
	free(pki->former);
	pki->former = NULL;
	pki->n_former = 0;
}

const struct pki_identity *
pki_identity_of(const struct pki *pki, const struct sl_cert *cert)
{
	if (cert == NULL)
		return NULL;
	for (int kind = 0; kind < PKI_KINDS_KEPT; kind++) {
		if (pki->id[kind].cert == cert)
			return &pki->id[kind];
		if (pki->successor[kind].cert == cert)
			return &pki->successor[kind];
	}
	for (size_t i = 0; i < pki->n_former; i++)
		if (pki->former[i].id.cert == cert)
			return &pki->former[i].id;
	return NULL;
}

int
pki_signs(const struct pki *pki, const struct sl_cert *ca)
{
	const struct pki_identity *id = pki_identity_of(pki, ca);

	return id != NULL && id->key != NULL;
}

struct sl_cert *
pki_former(const struct pki *pki, enum pki_kind kind, size_t i)
{
	for (size_t f = 0; f < pki->n_former; f++)
		if (pki->former[f].kind == kind && i-- == 0)
			return pki->former[f].id.cert;
	return NULL;
}

/* Of the CAs of one kind that there are or were, that which issued it. */
static struct sl_cert *
issuer_of(const struct pki *pki, enum pki_kind kind, const struct sl_cert *leaf)
{
	const struct pki_identity *id = &pki->id[kind];
	const unsigned char *p;
	struct sl_cert *ret = NULL;
	size_t len;
	X509 *x509;

	/* as it mostly is */
	if (pki->n_former == 0)
		return id->cert;
	p = sl_cert_der(leaf, &len);
	x509 = d2i_X509(NULL, &p, (long)len);
	if (x509 == NULL)
		return NULL;
	if (id->x509 != NULL && X509_check_issued(id->x509, x509) == X509_V_OK)
		ret = id->cert;
	for (size_t i = 0; ret == NULL && i < pki->n_former; i++)
		if (pki->former[i].kind == kind &&
		    X509_check_issued(pki->former[i].id.x509, x509) == X509_V_OK)
			ret = pki->former[i].id.cert;
	X509_free(x509);
	return ret;
}

struct sl_cert *
pki_issuing_of(const struct pki *pki, const struct sl_cert *leaf)
{
	return issuer_of(pki, PKI_KIND_ISSUING, leaf);
}

struct sl_cert *
pki_satellites_of(const struct pki *pki, const struct sl_cert *ca)
{
	return issuer_of(pki, PKI_KIND_SATELLITES, ca);
}
