/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <openssl/pem.h>
#include <openssl/sha.h>
#include <openssl/x509v3.h>

#include "envelope.h"
#include "file.h"
#include "pki/pki.h"
#include "pki/profile.h"
#include "text.h"

#include "tests/suite.h"
#include "tests/support/rsa.h"

#define NOW_S INT64_C(1796000000) /* 2026-11-30 */
#define DAY_S INT64_C(86400)
#define O     "5b0c7a52-0b0c-4a3e-8a54-2f1f6b1f0a11"
#define CN    "01978a2e-1c00-7a10-8b2c-3d4e5f607181"
#define UDI   "PID:NCS1004 SN:CAT2231B18Y"

/* ---- a folder for each test --------------------------------------------- */

static char top[64], dir[80];
static struct smartlic_crypto *crypto;
static struct smartlic_error err;

static void
setup(void)
{
	strcpy(top, "/tmp/check_pki.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(top));
	(void)snprintf(dir, sizeof(dir), "%s/pki", top);
	ck_assert_int_eq(smartlic_crypto_new(&crypto, &err), 0);
}

static void
teardown(void)
{
	file_remove_dir(dir);
	file_remove_dir(top);
	smartlic_crypto_free(crypto);
}

#define ok(call) ck_assert_msg((call) == 0, "%s: %s", #call, err.text)

static struct pki *
made(int64_t now_s)
{
	struct pki *pki = NULL;

	ok(pki_create(dir, NULL, 0, now_s, &err));
	ok(pki_open(&pki, crypto, dir, &err));
	return pki;
}

/* Runs a command of the stock openssl in the folder; its exit status. */
static int
openssl(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

static int
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

static int
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

static X509 *
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

static void
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
static struct sl_cert *
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

/* ---- the folder --------------------------------------------------------- */

static int
mode_of(const char *name)
{
	char path[FILE_PATH_SIZE];
	struct stat st;

	ok(file_path(path, dir, name, &err));
	ck_assert_msg(stat(path, &st) == 0, "%s", path);
	return st.st_mode & 07777;
}

START_TEST(only_the_owner_reads_keys_whatever_the_umask)
{
	static const char *const stems[] = { "root", "issuing", "signer", "tls" };
	char name[32];
	mode_t before = umask(0);

	ok(pki_create(dir, NULL, 0, NOW_S, &err));
	(void)umask(before);
	ck_assert_int_eq(mode_of("."), 0700);
	for (size_t i = 0; i < 4; i++) {
		(void)snprintf(name, sizeof(name), "%s.key", stems[i]);
		ck_assert_int_eq(mode_of(name), 0600);
		(void)snprintf(name, sizeof(name), "%s.pem", stems[i]);
		ck_assert_int_eq(mode_of(name), 0644);
	}
}
END_TEST

START_TEST(a_folder_that_is_there_is_refused_and_left_alone)
{
	char path[FILE_PATH_SIZE];
	struct sl_buf before = { 0 }, after = { 0 };

	ok(pki_create(dir, NULL, 0, NOW_S, &err));
	ok(file_path(path, dir, "root.key", &err));
	ok(file_read(path, &before, &err));
	ck_assert_int_eq(pki_create(dir, NULL, 0, NOW_S, &err), SMARTLIC_E_EXISTS);
	ck_assert_ptr_nonnull(strstr(err.text, dir));
	ok(file_read(path, &after, &err));
	ck_assert_str_eq(before.data, after.data);
	sl_buf_free(&before);
	sl_buf_free(&after);
}
END_TEST

START_TEST(a_missing_folder_above_is_said)
{
	char below[96];

	(void)snprintf(below, sizeof(below), "%s/pki", dir);
	ck_assert_int_eq(pki_create(below, NULL, 0, NOW_S, &err), SMARTLIC_E_NOT_FOUND);
	ck_assert_ptr_nonnull(strstr(err.text, below));
}
END_TEST

START_TEST(what_cannot_be_finished_is_removed_again)
{
	struct rlimit before, none;

	ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &before), 0);
	none = (struct rlimit){ 0, before.rlim_max };
	(void)signal(SIGXFSZ, SIG_IGN);
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &none), 0);
	ck_assert_int_eq(pki_create(dir, NULL, 0, NOW_S, &err), SMARTLIC_E_SYSTEM);
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &before), 0);
	ck_assert_int_ne(access(dir, F_OK), 0);
	ok(pki_create(dir, NULL, 0, NOW_S, &err));
}
END_TEST

START_TEST(a_key_of_another_certificate_is_refused)
{
	char from[FILE_PATH_SIZE], to[FILE_PATH_SIZE];
	struct pki *pki = NULL;

	ok(pki_create(dir, NULL, 0, NOW_S, &err));
	ok(file_path(from, dir, "issuing.key", &err));
	ok(file_path(to, dir, "signer.key", &err));
	ck_assert_int_eq(rename(from, to), 0);
	ck_assert_int_eq(pki_open(&pki, crypto, dir, &err), SMARTLIC_E_STORE);
	ck_assert_ptr_nonnull(strstr(err.text, "issuing.key"));
	ok(file_path(from, dir, "root.key", &err));
	ok(file_path(to, dir, "issuing.key", &err));
	ck_assert_int_eq(rename(from, to), 0);
	ck_assert_int_eq(pki_open(&pki, crypto, dir, &err), SMARTLIC_E_STORE);
	ck_assert_ptr_nonnull(strstr(err.text, "is not the key of"));
	ck_assert_ptr_null(pki);
}
END_TEST

START_TEST(the_root_key_may_be_kept_offline)
{
	struct pki *pki = made(NOW_S);
	struct sl_buf der = { 0 };
	char path[FILE_PATH_SIZE];

	pki_free(pki);
	ok(file_path(path, dir, "root.key", &err));
	ck_assert_int_eq(unlink(path), 0);
	ok(pki_open(&pki, crypto, dir, &err));
	sl_cert_unref(device(pki, NOW_S));
	ok(pki_crl_new(pki, PKI_ISSUING, 1, NULL, 0, NOW_S, &der, &err));
	ck_assert_int_eq(
	    pki_crl_new(pki, PKI_ROOT, 1, NULL, 0, NOW_S, &der, &err), SMARTLIC_E_STORE);
	ck_assert_ptr_nonnull(strstr(err.text, path));
	sl_buf_free(&der);
	pki_free(pki);
}
END_TEST

/* ---- the profile -------------------------------------------------------- */

#define ARC   "2.25.190313832143684814877470670237696347942"
#define EMAIL "1.3.6.1.5.5.7.3.4"

static const struct {
	const char *file, *issuer;
	int bits, ca, path_length;
	const char *usages; /* "" none */
	int usages_critical;
	int64_t days;
} profile[] = {
	{ "root.pem", "root.pem", 384, 1, -1, "", 0, 7305 },
	{ "issuing.pem", "root.pem", 256, 1, 0, EMAIL " " ARC ".1 ", 1, 3652 },
	{ "signer.pem", "root.pem", 256, 0, -1, EMAIL " " ARC ".2 ", 1, 730 },
	{ "tls.pem", "root.pem", 256, 0, -1, "1.3.6.1.5.5.7.3.1 ", 0, 365 },
	{ "device.pem", "issuing.pem", 256, 0, -1, EMAIL " " ARC ".1 ", 1, 365 },
};
#define N_PROFILE (sizeof(profile) / sizeof(profile[0]))

static int64_t
seconds(const ASN1_TIME *t)
{
	ASN1_TIME *epoch = ASN1_TIME_set(NULL, 0);
	int days, s;

	ck_assert_int_eq(ASN1_TIME_diff(&days, &s, epoch, t), 1);
	ASN1_TIME_free(epoch);
	return days * DAY_S + s;
}

static void
usages_of(X509 *x, char *ret, size_t size, int *critical)
{
	EXTENDED_KEY_USAGE *list = X509_get_ext_d2i(x, NID_ext_key_usage, critical, NULL);

	ret[0] = '\0';
	for (int i = 0; i < sk_ASN1_OBJECT_num(list); i++) {
		char oid[80];

		(void)OBJ_obj2txt(oid, sizeof(oid), sk_ASN1_OBJECT_value(list, i), 1);
		ck_assert_uint_lt(strlen(ret) + strlen(oid) + 2, size);
		strcat(strcat(ret, oid), " ");
	}
	sk_ASN1_OBJECT_pop_free(list, ASN1_OBJECT_free);
}

START_TEST(each_kind_is_as_the_profile_says)
{
	struct pki *pki = made(NOW_S);
	char usages[200];
	unsigned char digest[SHA256_DIGEST_LENGTH];
	X509 *x, *issuer;
	const ASN1_BIT_STRING *bits;
	int critical;

	sl_cert_unref(device(pki, NOW_S));
	x = read_cert(profile[_i].file);
	issuer = read_cert(profile[_i].issuer);

	ck_assert_int_eq(EVP_PKEY_get_bits(X509_get0_pubkey(x)), profile[_i].bits);
	ck_assert_int_eq(X509_verify(x, X509_get0_pubkey(issuer)), 1);
	ck_assert_int_eq(X509_get_signature_nid(x),
	    EVP_PKEY_get_bits(X509_get0_pubkey(issuer)) == 384 ? NID_ecdsa_with_SHA384
							       : NID_ecdsa_with_SHA256);
	ck_assert_int_eq(X509_check_ca(x), profile[_i].ca);
	ck_assert_int_eq((int)X509_get_pathlen(x), profile[_i].path_length);
	ck_assert_uint_eq(X509_get_key_usage(x),
	    profile[_i].ca ? KU_KEY_CERT_SIGN | KU_CRL_SIGN : KU_DIGITAL_SIGNATURE);
	ck_assert_int_ge(X509_get_ext_by_NID(x, NID_key_usage, -1), 0);
	ck_assert_int_eq(X509_EXTENSION_get_critical(X509_get_ext(
			     x, X509_get_ext_by_NID(x, NID_key_usage, -1))), 1);
	usages_of(x, usages, sizeof(usages), &critical);
	ck_assert_str_eq(usages, profile[_i].usages);
	if (usages[0] != '\0')
		ck_assert_int_eq(critical, profile[_i].usages_critical);

	/* begins a little early, so that a peer's clock may be a little late */
	ck_assert_int_eq(seconds(X509_get0_notBefore(x)), NOW_S - 3600);
	ck_assert_int_eq(seconds(X509_get0_notAfter(x)), NOW_S + profile[_i].days * DAY_S);

	bits = X509_get0_pubkey_bitstr(x);
	(void)SHA256(bits->data, (size_t)bits->length, digest);
	ck_assert_int_eq(ASN1_STRING_length(X509_get0_subject_key_id(x)), 20);
	ck_assert_mem_eq(ASN1_STRING_get0_data(X509_get0_subject_key_id(x)), digest, 20);
	if (x != issuer && strcmp(profile[_i].file, "root.pem") != 0)
		ck_assert_int_eq(ASN1_OCTET_STRING_cmp(X509_get0_authority_key_id(x),
				     X509_get0_subject_key_id(issuer)), 0);

	ck_assert_int_eq(ASN1_STRING_length(X509_get0_serialNumber(x)), 16);
	ck_assert_int_eq(ASN1_STRING_type(X509_get0_serialNumber(x)), V_ASN1_INTEGER);
	X509_free(x);
	X509_free(issuer);
	pki_free(pki);
}
END_TEST

START_TEST(serials_and_roots_differ_from_one_authority_to_the_next)
{
	struct pki *pki = made(NOW_S);
	X509 *a, *b, *c;

	a = read_cert("root.pem");
	b = read_cert("signer.pem");
	ck_assert_int_ne(ASN1_INTEGER_cmp(X509_get0_serialNumber(a), X509_get0_serialNumber(b)), 0);
	file_remove_dir(dir);
	pki_free(pki);
	pki = made(NOW_S);
	c = read_cert("root.pem");
	ck_assert_int_ne(X509_NAME_cmp(X509_get_subject_name(a), X509_get_subject_name(c)), 0);
	X509_free(a);
	X509_free(b);
	X509_free(c);
	pki_free(pki);
}
END_TEST

START_TEST(dates_beyond_2049_are_written_in_full)
{
	struct pki *pki = made(INT64_C(2450000000)); /* 2047 */
	X509 *x = read_cert("root.pem");

	ck_assert_int_eq(ASN1_STRING_type(X509_get0_notBefore(x)), V_ASN1_UTCTIME);
	ck_assert_int_eq(ASN1_STRING_type(X509_get0_notAfter(x)), V_ASN1_GENERALIZEDTIME);
	ck_assert_int_eq(
	    sl_cert_not_after(pki_root(pki)), INT64_C(2450000000) + 7305 * DAY_S);
	X509_free(x);
	pki_free(pki);
}
END_TEST

START_TEST(a_device_certificate_names_the_device)
{
	struct pki *pki = made(NOW_S);
	struct sl_cert *cert = device(pki, NOW_S);

	ck_assert_str_eq(sl_cert_o(cert), O);
	ck_assert_str_eq(sl_cert_cn(cert), CN);
	ck_assert_str_eq(sl_cert_serial_number(cert), UDI);
	ck_assert_uint_eq(sl_cert_roles(cert), SL_ROLE_DEVICE);
	sl_cert_unref(cert);
	pki_free(pki);
}
END_TEST

START_TEST(a_key_of_any_kind_is_certified_as_it_stands)
{
	static const unsigned char serial[16] = { 1 };
	struct sl_udi udi = { "NCS1004", "CAT2231B18Y", "default-sdr" };
	struct sl_buf csr = { 0 }, spki = { 0 }, der = { 0 };
	unsigned char ski[SL_SKI_LEN];
	struct pki *pki = made(NOW_S);
	struct sl_cert *cert = NULL;
	struct sl_key *key = NULL;
	const void *certified;
	size_t len;

	if (_i == 0)
		ok(sl_key_new_p384(&key, crypto, &err));
	else
		ok(sl_key_read_pem(&key, crypto, test_rsa_key, strlen(test_rsa_key), &err));
	ok(sl_csr_new(&csr, crypto, key, &udi, &err));
	ok(sl_csr_check(crypto, csr.data, csr.len, ski, &spki, &err));
	ok(pki_issue_device(pki, spki.data, spki.len, O, UDI, CN, NOW_S, serial, &der, &err));
	ok(sl_cert_parse(&cert, crypto, der.data, der.len, &err));
	certified = sl_cert_spki(cert, &len);
	ck_assert_uint_eq(len, spki.len);
	ck_assert_mem_eq(certified, spki.data, len);
	ck_assert_mem_eq(sl_cert_ski(cert), ski, sizeof(ski));
	sl_cert_unref(cert);
	sl_buf_free(&csr);
	sl_buf_free(&spki);
	sl_buf_free(&der);
	sl_key_free(key);
	pki_free(pki);
}
END_TEST

START_TEST(bytes_that_are_no_key_are_not_certified)
{
	static const unsigned char serial[16] = { 1 };
	struct pki *pki = made(NOW_S);
	struct sl_buf der = { 0 };

	ck_assert_int_eq(
	    pki_issue_device(pki, "0", 1, O, UDI, CN, NOW_S, serial, &der, &err), SMARTLIC_E_CRYPTO);
	ck_assert_uint_eq(der.len, 0);
	sl_buf_free(&der);
	pki_free(pki);
}
END_TEST

/* ---- others agree ------------------------------------------------------- */

START_TEST(the_stock_tool_verifies_each_chain_strictly)
{
	static const char *const lines[] = {
		"root.pem",
		"issuing.pem",
		"-purpose smimesign signer.pem",
		"-purpose smimesign -untrusted issuing.pem device.pem",
		"-purpose sslserver -verify_hostname localhost tls.pem",
		"-purpose sslserver -verify_ip 127.0.0.1 tls.pem",
		"-purpose sslserver -verify_ip ::1 tls.pem",
	};
	struct pki *pki = made(NOW_S);

	sl_cert_unref(device(pki, NOW_S));
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		ck_assert_msg(openssl("verify -x509_strict -attime %lld -CAfile root.pem %s",
				  (long long)NOW_S, lines[i]) == 0,
		    "%s", lines[i]);
	/* a TLS certificate signs no messages, a signer serves no TLS */
	ck_assert_int_ne(openssl("verify -attime %lld -CAfile root.pem -purpose smimesign tls.pem",
			     (long long)NOW_S), 0);
	ck_assert_int_ne(openssl("verify -attime %lld -CAfile root.pem -purpose sslserver signer.pem",
			     (long long)NOW_S), 0);
	pki_free(pki);
}
END_TEST

START_TEST(the_library_builds_the_same_chains)
{
	struct pki *pki = made(NOW_S);
	struct sl_cert *leaf = device(pki, NOW_S), *issuing = pki_issuing(pki);
	struct sl_chain chain = { 0 };
	struct sl_trust *trust = NULL;
	char path[FILE_PATH_SIZE];
	struct sl_buf root = { 0 };

	ok(file_path(path, dir, "root.pem", &err));
	ok(file_read(path, &root, &err));
	ok(sl_trust_new(&trust, crypto, &err));
	ok(sl_trust_add_anchors(trust, root.data, root.len, &err));
	ok(sl_trust_chain(trust, leaf, &issuing, 1, SL_ROLE_DEVICE, &chain, &err));
	ck_assert_uint_eq(chain.n, 3);
	ok(sl_chain_validity(&chain, NOW_S, NOW_S, &err));
	sl_chain_release(&chain);
	ok(sl_trust_chain(trust, pki_signer(pki), NULL, 0, SL_ROLE_RESPONSE, &chain, &err));
	ck_assert_uint_eq(chain.n, 2);
	sl_chain_release(&chain);
	sl_buf_free(&root);
	sl_trust_free(trust);
	sl_cert_unref(leaf);
	pki_free(pki);
}
END_TEST

static void
make_lists(const struct pki *pki, const struct pki_revoked *revoked, size_t n)
{
	struct sl_buf der = { 0 };

	ok(pki_crl_new(pki, PKI_ROOT, 7, NULL, 0, NOW_S, &der, &err));
	write_pem("root.crl", "X509 CRL", der.data, der.len);
	der.len = 0;
	ok(pki_crl_new(pki, PKI_ISSUING, NOW_S, revoked, n, NOW_S, &der, &err));
	write_pem("issuing.crl", "X509 CRL", der.data, der.len);
	sl_buf_free(&der);
}

START_TEST(a_list_revokes_what_it_names_and_nothing_else)
{
	struct pki *pki = made(NOW_S);
	struct sl_cert *cert = device(pki, NOW_S);
	struct pki_revoked revoked[] = { { "0a0b0c", NOW_S - 5 }, { "", NOW_S } };
	static const char verify[] = "verify -x509_strict -crl_check_all -attime %lld -CAfile root.pem"
			     " -CRLfile root.crl -CRLfile issuing.crl -untrusted issuing.pem device.pem";

	make_lists(pki, revoked, 1);
	ck_assert_int_eq(openssl(verify, (long long)NOW_S), 0);
	ck_assert_int_eq(sl_copy(revoked[1].serial, sizeof(revoked[1].serial), sl_cert_serial(cert)), 0);
	make_lists(pki, revoked, 2);
	ck_assert_int_ne(openssl(verify, (long long)NOW_S), 0);
	ck_assert(out_contains("certificate revoked"));
	sl_cert_unref(cert);
	pki_free(pki);
}
END_TEST

START_TEST(lists_have_their_number_and_their_lives)
{
	struct pki *pki = made(NOW_S);

	make_lists(pki, NULL, 0);
	ck_assert_int_eq(openssl("crl -in root.crl -noout -crlnumber -nextupdate"), 0);
	ck_assert(out_contains("crlNumber=0x07\n"));
	ck_assert(out_contains("nextUpdate=Jan  4 ")); /* 400 days on: 2028-01-04 */
	ck_assert_int_eq(openssl("crl -in issuing.crl -noout -nextupdate -verify -CAfile issuing.pem"), 0);
	ck_assert(out_contains("verify OK"));
	ck_assert(out_contains("nextUpdate=May 29 ")); /* 180 days on */
	pki_free(pki);
}
END_TEST

START_TEST(a_message_of_the_signer_passes_the_stock_check_strictly)
{
	static const char content[] = "{\"slx\":1}";
	struct pki *pki = made(NOW_S);
	struct sl_cert *certs[] = { pki_signer(pki) };
	struct sl_buf der = { 0 }, crl = { 0 };
	char path[FILE_PATH_SIZE];
	struct sl_der list;

	ok(pki_crl_new(pki, PKI_ROOT, 1, NULL, 0, NOW_S, &crl, &err));
	list = (struct sl_der){ crl.data, crl.len };
	ok(sl_envelope_sign(&der, crypto, pki_signer_key(pki), pki_signer(pki), certs, 1, &list, 1,
	    content, strlen(content), &err));
	ok(file_path(path, dir, "r.der", &err));
	ok(file_write(path, 0600, der.data, der.len, &err));
	ck_assert_int_eq(openssl("cms -verify -binary -inform DER -in r.der -CAfile root.pem"
				 " -purpose smimesign -x509_strict -crl_check_all -attime %lld"
				 " -signer s.pem -out r.json", (long long)NOW_S), 0);
	ck_assert_int_eq(openssl("x509 -in s.pem -noout -ext extendedKeyUsage"), 0);
	ck_assert(out_contains(ARC ".2"));
	sl_buf_free(&der);
	sl_buf_free(&crl);
	pki_free(pki);
}
END_TEST

/* ---- TLS names ---------------------------------------------------------- */

static int
tls_names(const char *name)
{
	return openssl("verify -x509_strict -purpose sslserver -attime %lld -CAfile root.pem %s %s"
		       " tls.pem",
	    (long long)NOW_S, strchr(name, ':') != NULL || name[0] <= '9' ? "-verify_ip" : "-verify_hostname",
	    name) == 0;
}

START_TEST(names_that_are_missing_make_the_tls_certificate_anew)
{
	static const char *const names[] = { "lic.example.net", "192.0.2.7", "*.example.org", "2001:db8::1" };
	struct pki *pki = made(NOW_S);
	char path[FILE_PATH_SIZE];
	struct sl_buf before = { 0 }, after = { 0 };

	ck_assert(!tls_names("lic.example.net"));
	ok(file_path(path, dir, "tls.key", &err));
	ok(file_read(path, &before, &err));
	ck_assert_int_eq(pki_tls_renew(pki, names, 4, NOW_S, &err), 1);
	ck_assert(tls_names("localhost") && tls_names("lic.example.net") && tls_names("192.0.2.7") &&
	    tls_names("a.example.org") && tls_names("2001:db8::1"));
	ck_assert_int_eq(pki_tls_renew(pki, names, 4, NOW_S, &err), 0);
	/* fewer are no reason */
	ck_assert_int_eq(pki_tls_renew(pki, names, 1, NOW_S, &err), 0);
	ok(file_read(path, &after, &err));
	ck_assert_str_eq(before.data, after.data);
	sl_buf_free(&before);
	sl_buf_free(&after);
	pki_free(pki);
}
END_TEST

START_TEST(a_tls_certificate_near_its_end_is_made_anew)
{
	struct pki *pki = made(NOW_S);
	X509 *x;

	ck_assert_int_eq(pki_tls_renew(pki, NULL, 0, NOW_S + 244 * DAY_S, &err), 0);
	ck_assert_int_eq(pki_tls_renew(pki, NULL, 0, NOW_S + 245 * DAY_S, &err), 1);
	x = read_cert("tls.pem");
	ck_assert_int_eq(seconds(X509_get0_notAfter(x)), NOW_S + (245 + 365) * DAY_S);
	X509_free(x);
	pki_free(pki);
}
END_TEST

START_TEST(a_tls_certificate_from_elsewhere_is_left_alone)
{
	static const char *const names[] = { "lic.example.net" };
	struct pki *pki = made(NOW_S);

	ck_assert_int_eq(openssl("req -x509 -newkey rsa:2048 -nodes -subj /CN=x -days 3 -keyout tls.key"
				 " -out tls.pem"), 0);
	ck_assert_int_eq(pki_tls_renew(pki, names, 1, NOW_S + 1000 * DAY_S, &err), 0);
	pki_free(pki);
}
END_TEST

static const char *const bad_names[] = { "", "a b", "-?", "a..b", ".a", "a.", "*", "a.*.b", "http://a",
	"1.2.3.4/8" };

START_TEST(what_is_no_name_is_refused_by_its_text)
{
	char quoted[40];

	(void)snprintf(quoted, sizeof(quoted), "'%s'", bad_names[_i]);
	ck_assert_int_eq(pki_create(dir, &bad_names[_i], 1, NOW_S, &err), SMARTLIC_E_INVAL);
	ck_assert_ptr_nonnull(strstr(err.text, quoted));
	ck_assert_int_ne(access(dir, F_OK), 0);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("pki");
	TCase *t = tcase_create("pki");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, only_the_owner_reads_keys_whatever_the_umask);
	tcase_add_test(t, a_folder_that_is_there_is_refused_and_left_alone);
	tcase_add_test(t, a_missing_folder_above_is_said);
	tcase_add_test(t, what_cannot_be_finished_is_removed_again);
	tcase_add_test(t, a_key_of_another_certificate_is_refused);
	tcase_add_test(t, the_root_key_may_be_kept_offline);
	tcase_add_loop_test(t, each_kind_is_as_the_profile_says, 0, N_PROFILE);
	tcase_add_test(t, serials_and_roots_differ_from_one_authority_to_the_next);
	tcase_add_test(t, dates_beyond_2049_are_written_in_full);
	tcase_add_test(t, a_device_certificate_names_the_device);
	tcase_add_loop_test(t, a_key_of_any_kind_is_certified_as_it_stands, 0, 2);
	tcase_add_test(t, bytes_that_are_no_key_are_not_certified);
	tcase_add_test(t, the_stock_tool_verifies_each_chain_strictly);
	tcase_add_test(t, the_library_builds_the_same_chains);
	tcase_add_test(t, a_list_revokes_what_it_names_and_nothing_else);
	tcase_add_test(t, lists_have_their_number_and_their_lives);
	tcase_add_test(t, a_message_of_the_signer_passes_the_stock_check_strictly);
	tcase_add_test(t, names_that_are_missing_make_the_tls_certificate_anew);
	tcase_add_test(t, a_tls_certificate_near_its_end_is_made_anew);
	tcase_add_test(t, a_tls_certificate_from_elsewhere_is_left_alone);
	tcase_add_loop_test(t, what_is_no_name_is_refused_by_its_text, 0,
	    sizeof(bad_names) / sizeof(bad_names[0]));
	suite_add_tcase(s, t);
	return run_suite(s);
}
