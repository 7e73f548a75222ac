/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "file.h"
#include "pem.h"
#include "pki/satellite.h"
#include "trust.h"

#include "tests/suite.h"

/* The certificates of satellites: what the upstream issues and a satellite makes of it. */

#define NOW_S   INT64_C(1796000000) /* 2026-11-30 */
#define DAY_S   INT64_C(86400)
#define O       "5b0c7a52-0b0c-4a3e-8a54-2f1f6b1f0a11"
#define OTHER_O "6c1d8b63-1c1d-4b4f-9b65-3a2a7c2a1b22"

static char top[64], up[96], edge[96];
static struct smartlic_crypto *crypto;
static struct pki *upstream, *satellite;
static struct smartlic_error err;

#define ok(call) ck_assert_msg((call) == 0, "%s: %s", #call, err.text)

static void
read_file(struct sl_buf *ret, const char *dir, const char *name)
{
	char path[FILE_PATH_SIZE];

	ok(file_path(path, dir, name, &err));
	ok(file_read(path, ret, &err));
}

static void
csr_of(struct sl_buf *ret_spki, const char *stem)
{
	struct sl_udi udi = { "SATELLITE", "0123abcd", "edge" };
	unsigned char ski[SL_SKI_LEN];
	struct sl_buf csr = { 0 };
	struct sl_key *key = NULL;

	ok(pki_join_key(&key, edge, stem, crypto, &err));
	ok(sl_csr_new(&csr, crypto, key, &udi, &err));
	ok(sl_csr_check(crypto, csr.data, csr.len, ski, ret_spki, &err));
	sl_buf_free(&csr);
	sl_key_free(key);
}

/* What a join does, without the messages. */
static void
join(void)
{
	static const char *const names[] = { "edge.example.net" };
	struct sl_buf root = { 0 }, spki = { 0 }, tls_spki = { 0 }, ca = { 0 }, tls = { 0 };
	struct sl_buf satellites = { 0 };
	const void *der;
	size_t len;

	ok(pki_satellites_make(upstream, NOW_S, &err));
	read_file(&root, up, "root.pem");
	ok(pki_join_create(edge, root.data, root.len, crypto, &err));
	csr_of(&spki, "issuing");
	csr_of(&tls_spki, "tls");
	ok(pki_issue_satellite(upstream, spki.data, spki.len, O, "Edge", NOW_S, &ca, &err));
	ok(pki_issue_tls(upstream, tls_spki.data, tls_spki.len, names, 1, NOW_S, &tls, &err));
	der = sl_cert_der(pki_satellites(upstream), &len);
	sl_buf_add(&satellites, der, len);
	ok(pki_join_put(edge, &satellites, &ca, &tls, NULL, crypto, &err));
	ck_assert_int_eq(pki_signer_renew(edge, O, 0, NOW_S, crypto, &err), 1);
	ok(pki_open(&satellite, crypto, edge, &err));
	sl_buf_free(&root);
	sl_buf_free(&spki);
	sl_buf_free(&tls_spki);
	sl_buf_free(&ca);
	sl_buf_free(&tls);
	sl_buf_free(&satellites);
}

static void
setup(void)
{
	strcpy(top, "/tmp/check_pki.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(top));
	(void)snprintf(up, sizeof(up), "%s/up", top);
	(void)snprintf(edge, sizeof(edge), "%s/edge", top);
	ok(smartlic_crypto_new(&crypto, &err));
	ok(pki_create(up, NULL, 0, NOW_S, &err));
	ok(pki_open(&upstream, crypto, up, &err));
	join();
}

static void
teardown(void)
{
	pki_free(satellite);
	satellite = NULL;
	pki_free(upstream);
	file_remove_dir(up);
	file_remove_dir(edge);
	file_remove_dir(top);
	smartlic_crypto_free(crypto);
}

/* A device's certificate by the satellite's CA, whatever account it names; in device.pem too. */
static struct sl_cert *
device(const char *o)
{
	static const unsigned char serial[16] = { 1, 2, 3 };
	struct sl_buf spki = { 0 }, der = { 0 }, pem = { 0 };
	struct sl_cert *cert = NULL;
	char path[FILE_PATH_SIZE];

	csr_of(&spki, "tls");
	ok(pki_issue_device(satellite, spki.data, spki.len, o, "PID:NCS1004 SN:CAT2231B18Y",
	    "01978a2e-1c00-7a10-8b2c-3d4e5f607181", NOW_S, serial, &der, &err));
	ok(sl_cert_parse(&cert, crypto, der.data, der.len, &err));
	sl_pem_write(&pem, "CERTIFICATE", der.data, der.len);
	ok(file_path(path, edge, "device.pem", &err));
	ok(file_write(path, 0644, pem.data, pem.len, &err));
	sl_buf_free(&spki);
	sl_buf_free(&der);
	sl_buf_free(&pem);
	return cert;
}

/* The exit status of the stock openssl in the satellite's folder. */
static int
verify(const char *args)
{
	const char *program = getenv("OPENSSL");
	char line[1024];
	int status;

	(void)snprintf(line, sizeof(line),
	    "cd %s && %s verify -x509_strict -attime %lld -CAfile root.pem %s >out 2>&1", edge,
	    program != NULL ? program : "openssl", (long long)NOW_S, args);
	status = system(line);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int
said(const char *text)
{
	struct sl_buf out = { 0 };
	int found;

	read_file(&out, edge, "out");
	found = out.len > 0 && strstr(out.data, text) != NULL;
	sl_buf_free(&out);
	return found;
}

START_TEST(the_stock_tool_verifies_a_satellites_chains_strictly)
{
	static const char *const lines[] = {
		"satellites.pem",
		"-untrusted satellites.pem issuing.pem",
		"-purpose smimesign -untrusted satellites.pem -untrusted issuing.pem signer.pem",
		"-purpose smimesign -untrusted satellites.pem -untrusted issuing.pem device.pem",
		"-purpose sslserver -verify_hostname edge.example.net tls.pem",
		"-purpose sslserver -verify_ip 127.0.0.1 tls.pem",
	};

	sl_cert_unref(device(O));
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		ck_assert_msg(verify(lines[i]) == 0, "%s", lines[i]);
}
END_TEST

START_TEST(the_stock_tool_refuses_another_account_under_a_satellites_ca)
{
	sl_cert_unref(device(OTHER_O));
	ck_assert_int_ne(
	    verify(
		"-purpose smimesign -untrusted satellites.pem -untrusted issuing.pem device.pem"),
	    0);
	ck_assert(said("permitted subtree violation"));
}
END_TEST

static int
chain_of(struct sl_cert *leaf, unsigned int roles, size_t *ret_n)
{
	struct sl_cert *more[] = { pki_issuing(satellite), pki_satellites(satellite) };
	struct sl_chain chain = { 0 };
	struct sl_trust *trust = NULL;
	struct sl_buf root = { 0 };
	int r;

	read_file(&root, edge, "root.pem");
	ok(sl_trust_new(&trust, crypto, &err));
	ok(sl_trust_add_anchors(trust, root.data, root.len, &err));
	r = sl_trust_chain(trust, leaf, more, 2, roles, &chain, &err);
	*ret_n = chain.n;
	sl_chain_release(&chain);
	sl_trust_free(trust);
	sl_buf_free(&root);
	return r;
}

START_TEST(the_library_builds_the_same_chains_and_refuses_the_same)
{
	struct sl_cert *good = device(O), *bad = device(OTHER_O);
	size_t n;

	ok(chain_of(pki_signer(satellite), SL_ROLE_SATELLITE, &n));
	ck_assert_uint_eq(n, 4);
	ok(chain_of(good, SL_ROLE_DEVICE, &n));
	ck_assert_uint_eq(n, 4);
	ck_assert_int_eq(chain_of(bad, SL_ROLE_DEVICE, &n), SMARTLIC_E_CHAIN);
	/* a satellite's signer is not the authority's */
	ck_assert_int_eq(chain_of(pki_signer(satellite), SL_ROLE_RESPONSE, &n), SMARTLIC_E_ROLE);
	sl_cert_unref(good);
	sl_cert_unref(bad);
}
END_TEST

static const struct {
	const char *what;
	int64_t days;
	unsigned int roles;
} profile[] = {
	{ "satellites", 3652, SL_ROLE_DEVICE | SL_ROLE_SATELLITE },
	{ "issuing", 730, SL_ROLE_DEVICE | SL_ROLE_SATELLITE },
	{ "signer", 90, SL_ROLE_SATELLITE },
};

START_TEST(each_kind_has_its_life_and_roles)
{
	struct sl_cert *cert[] = { pki_satellites(satellite), pki_issuing(satellite),
		pki_signer(satellite) };

	ck_assert_int_eq(sl_cert_not_before(cert[_i]), NOW_S - 3600);
	ck_assert_int_eq(sl_cert_not_after(cert[_i]), NOW_S + profile[_i].days * DAY_S);
	ck_assert_uint_eq(sl_cert_roles(cert[_i]), profile[_i].roles);
	ck_assert(pki_is_satellite(satellite));
	ck_assert(!pki_is_satellite(upstream));
}
END_TEST

START_TEST(the_name_constraint_is_critical_and_names_the_account)
{
	char line[300];

	(void)snprintf(line, sizeof(line),
	    "cd %s && openssl x509 -in issuing.pem -noout -ext nameConstraints >out", edge);
	ck_assert_int_eq(system(line), 0);
	ck_assert(said("X509v3 Name Constraints: critical"));
	ck_assert(said("Permitted:"));
	ck_assert(said("DirName:O = " O));
}
END_TEST

START_TEST(a_signer_is_renewed_under_a_new_key_when_its_end_is_near)
{
	unsigned char before[SL_SKI_LEN];

	memcpy(before, sl_cert_ski(pki_signer(satellite)), sizeof(before));
	ck_assert_int_eq(
	    pki_signer_renew(edge, O, 60 * DAY_S, NOW_S + 29 * DAY_S, crypto, &err), 0);
	ok(pki_refresh(satellite, &err));
	ck_assert_mem_eq(sl_cert_ski(pki_signer(satellite)), before, sizeof(before));
	ck_assert_int_eq(
	    pki_signer_renew(edge, O, 60 * DAY_S, NOW_S + 31 * DAY_S, crypto, &err), 1);
	ok(pki_refresh(satellite, &err));
	ck_assert_int_ne(memcmp(sl_cert_ski(pki_signer(satellite)), before, sizeof(before)), 0);
	ck_assert_int_eq(sl_cert_not_after(pki_signer(satellite)), NOW_S + 121 * DAY_S);
}
END_TEST

/* The power goes between the two names of a new pair: only the key has its own yet, or neither. */
START_TEST(a_renewal_that_was_interrupted_is_ended_by_the_next_start)
{
	static const char *const files[] = { "signer-next.key", "signer-next.pem" };
	char from[FILE_PATH_SIZE], to[FILE_PATH_SIZE];
	unsigned char before[SL_SKI_LEN], after[SL_SKI_LEN];
	struct sl_buf old_key = { 0 }, old_pem = { 0 }, pem = { 0 }, key = { 0 };

	memcpy(before, sl_cert_ski(pki_signer(satellite)), sizeof(before));
	read_file(&old_key, edge, "signer.key");
	read_file(&old_pem, edge, "signer.pem");
	ck_assert_int_eq(pki_signer_renew(edge, O, 90 * DAY_S, NOW_S + DAY_S, crypto, &err), 1);
	ok(pki_refresh(satellite, &err));
	memcpy(after, sl_cert_ski(pki_signer(satellite)), sizeof(after));
	read_file(&key, edge, "signer.key");
	read_file(&pem, edge, "signer.pem");
	ok(file_path(to, edge, "signer.pem", &err));
	ok(file_write(to, 0644, old_pem.data, old_pem.len, &err));
	ok(file_path(from, edge, files[1], &err));
	ok(file_write(from, 0644, pem.data, pem.len, &err));
	if (_i == 1) {
		ok(file_path(to, edge, "signer.key", &err));
		ok(file_write(to, 0600, old_key.data, old_key.len, &err));
		ok(file_path(from, edge, files[0], &err));
		ok(file_write(from, 0600, key.data, key.len, &err));
	}
	ok(pki_refresh(satellite, &err));
	ck_assert_mem_eq(sl_cert_ski(pki_signer(satellite)), after, sizeof(after));
	ck_assert_int_ne(memcmp(before, after, sizeof(before)), 0);
	for (size_t i = 0; i < 2; i++) {
		ok(file_path(from, edge, files[i], &err));
		ck_assert_int_ne(access(from, F_OK), 0);
	}
	sl_buf_free(&old_key);
	sl_buf_free(&old_pem);
	sl_buf_free(&key);
	sl_buf_free(&pem);
}
END_TEST

START_TEST(the_ca_of_satellites_outlives_the_roots_absence)
{
	struct sl_buf spki = { 0 }, der = { 0 };
	char path[FILE_PATH_SIZE];

	ok(file_path(path, up, "root.key", &err));
	ck_assert_int_eq(unlink(path), 0);
	ok(pki_refresh(upstream, &err));
	ok(pki_satellites_make(upstream, NOW_S, &err));
	csr_of(&spki, "issuing");
	ok(pki_issue_satellite(upstream, spki.data, spki.len, O, "Edge", NOW_S, &der, &err));
	sl_buf_free(&der);
	ok(pki_crl_new(upstream, PKI_SATELLITES, 1, NULL, 0, NOW_S, &der, &err));
	ck_assert_int_eq(pki_issue_tls(upstream, spki.data, spki.len, NULL, 0, NOW_S, &der, &err),
	    SMARTLIC_E_STORE);
	ck_assert_ptr_nonnull(strstr(err.text, "root.key"));
	sl_buf_free(&spki);
	sl_buf_free(&der);
}
END_TEST

START_TEST(a_certificate_for_another_key_is_not_put_in_place)
{
	struct sl_buf none = { 0 }, spki = { 0 }, der = { 0 }, before = { 0 }, after = { 0 };

	csr_of(&spki, "tls");
	ok(pki_issue_satellite(upstream, spki.data, spki.len, O, "Edge", NOW_S, &der, &err));
	read_file(&before, edge, "issuing.pem");
	ck_assert_int_eq(
	    pki_join_put(edge, &none, &der, &none, NULL, crypto, &err), SMARTLIC_E_STORE);
	read_file(&after, edge, "issuing.pem");
	ck_assert_str_eq(before.data, after.data);
	sl_buf_free(&spki);
	sl_buf_free(&der);
	sl_buf_free(&before);
	sl_buf_free(&after);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("pki_satellite");
	TCase *t = tcase_create("satellite");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, the_stock_tool_verifies_a_satellites_chains_strictly);
	tcase_add_test(t, the_stock_tool_refuses_another_account_under_a_satellites_ca);
	tcase_add_test(t, the_library_builds_the_same_chains_and_refuses_the_same);
	tcase_add_loop_test(t, each_kind_has_its_life_and_roles, 0, 3);
	tcase_add_test(t, the_name_constraint_is_critical_and_names_the_account);
	tcase_add_test(t, a_signer_is_renewed_under_a_new_key_when_its_end_is_near);
	tcase_add_loop_test(t, a_renewal_that_was_interrupted_is_ended_by_the_next_start, 0, 2);
	tcase_add_test(t, the_ca_of_satellites_outlives_the_roots_absence);
	tcase_add_test(t, a_certificate_for_another_key_is_not_put_in_place);
	suite_add_tcase(s, t);
	return run_suite(s);
}
