/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_MANAGER_PKI_FOLDER_H
#define TESTS_MANAGER_PKI_FOLDER_H

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <openssl/pem.h>

#include "file.h"
#include "pki/pki.h"
#include "tests/suite.h"
#include "trust.h"

/* An authority's folder for each test, in it the certificate of a device, and the stock openssl. */

#define NOW_S INT64_C(1796000000) /* 2026-11-30 */
#define DAY_S INT64_C(86400)
#define O     "5b0c7a52-0b0c-4a3e-8a54-2f1f6b1f0a11"
#define CN    "01978a2e-1c00-7a10-8b2c-3d4e5f607181"
#define UDI   "PID:NCS1004 SN:CAT2231B18Y"
/* of the roles */
#define ARC "2.25.190313832143684814877470670237696347942"

static char top[64], dir[80];
static struct smartlic_crypto *crypto;
static struct smartlic_error err;

#define ok(call) ck_assert_msg((call) == 0, "%s: %s", #call, err.text)

/* A place for the folder, which is not there yet. */
static inline void
setup(void)
{
	strcpy(top, "/tmp/check_pki.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(top));
	(void)snprintf(dir, sizeof(dir), "%s/pki", top);
	ck_assert_int_eq(smartlic_crypto_new(&crypto, &err), 0);
}

static inline void
teardown(void)
{
	file_remove_dir(dir);
	file_remove_dir(top);
	smartlic_crypto_free(crypto);
}

/* The folder, made then. */
static inline struct pki *
made(int64_t now_s)
{
	struct pki *pki = NULL;

	ok(pki_create(dir, NULL, 0, now_s, &err));
	ok(pki_open(&pki, crypto, dir, &err));
	return pki;
}

/* Runs a command of the stock openssl in the folder; its exit status. */
static inline int openssl(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

static inline int
openssl(const char *fmt, ...)
{
	const char *program = getenv("OPENSSL");
	char args[1024], line[1400];
	va_list ap;
	int status;

	va_start(ap, fmt);
	(void)vsnprintf(args, sizeof(args), fmt, ap);
	va_end(ap);
	(void)snprintf(line, sizeof(line), "cd %s && %s %s >out 2>&1", dir,
	    program != NULL ? program : "openssl", args);
	status = system(line);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* 1 when it has said so. */
static inline int
out_contains(const char *text)
{
	char path[FILE_PATH_SIZE];
	struct sl_buf b = { 0 };
	int found;

	ok(file_path(path, dir, "out", &err));
	ok(file_read(path, &b, &err));
	found = b.len > 0 && strstr(b.data, text) != NULL;
	sl_buf_free(&b);
	return found;
}

static inline X509 *
read_cert(const char *name)
{
	char path[FILE_PATH_SIZE];
	X509 *x;
	FILE *f;

	ok(file_path(path, dir, name, &err));
	f = fopen(path, "r");
	ck_assert_ptr_nonnull(f);
	x = PEM_read_X509(f, NULL, NULL, NULL);
	(void)fclose(f);
	ck_assert_ptr_nonnull(x);
	return x;
}

static inline void
write_pem(const char *name, const char *what, const void *der, size_t len)
{
	char path[FILE_PATH_SIZE];
	FILE *f;

	ok(file_path(path, dir, name, &err));
	f = fopen(path, "w");
	ck_assert_ptr_nonnull(f);
	ck_assert_int_gt(PEM_write(f, what, "", der, (long)len), 0);
	(void)fclose(f);
}

/* A device's certificate, in device.pem too. */
static inline struct sl_cert *
device(const struct pki *pki, int64_t now_s)
{
	static const unsigned char serial[16] = { 0xff, 1, 2, 3 };
	struct sl_udi udi = { "NCS1004", "CAT2231B18Y", "default-sdr" };
	struct sl_buf csr = { 0 }, spki = { 0 }, der = { 0 };
	unsigned char ski[SL_SKI_LEN];
	struct sl_cert *cert = NULL;
	struct sl_key *key = NULL;

	ok(sl_key_new(&key, crypto, &err));
	ok(sl_csr_new(&csr, crypto, key, &udi, &err));
	ok(sl_csr_check(crypto, csr.data, csr.len, ski, &spki, &err));
	ok(pki_issue_device(pki, spki.data, spki.len, O, UDI, CN, now_s, serial, &der, &err));
	ok(sl_cert_parse(&cert, crypto, der.data, der.len, &err));
	ck_assert_mem_eq(sl_cert_ski(cert), ski, sizeof(ski));
	write_pem("device.pem", "CERTIFICATE", der.data, der.len);
	sl_buf_free(&csr);
	sl_buf_free(&spki);
	sl_buf_free(&der);
	sl_key_free(key);
	return cert;
}

/* Since 1970. */
static inline int64_t
seconds(const ASN1_TIME *t)
{
	ASN1_TIME *epoch = ASN1_TIME_set(NULL, 0);
	int days, s;

	ck_assert_int_eq(ASN1_TIME_diff(&days, &s, epoch, t), 1);
	ASN1_TIME_free(epoch);
	return days * DAY_S + s;
}

/* A case of the suite, whose tests follow. */
static inline TCase *
pki_case(Suite *s, const char *name)
{
	TCase *t = tcase_create(name);

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 60);
	suite_add_tcase(s, t);
	return t;
}

#endif
