/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <string.h>

#include "envelope.h"
#include "file.h"
#include "tests/manager/pki_folder.h"
#include "text.h"
#include "trust.h"

/* Others agree: the stock openssl, and the library. */

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
			     (long long)NOW_S),
	    0);
	ck_assert_int_ne(
	    openssl("verify -attime %lld -CAfile root.pem -purpose sslserver signer.pem",
		(long long)NOW_S),
	    0);
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
	static const char verify[] =
	    "verify -x509_strict -crl_check_all -attime %lld -CAfile root.pem"
	    " -CRLfile root.crl -CRLfile issuing.crl -untrusted issuing.pem device.pem";

	make_lists(pki, revoked, 1);
	ck_assert_int_eq(openssl(verify, (long long)NOW_S), 0);
	ck_assert_int_eq(
	    sl_copy(revoked[1].serial, sizeof(revoked[1].serial), sl_cert_serial(cert)), 0);
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
	ck_assert_int_eq(
	    openssl("crl -in issuing.crl -noout -nextupdate -verify -CAfile issuing.pem"), 0);
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
				 " -signer s.pem -out r.json",
			     (long long)NOW_S),
	    0);
	ck_assert_int_eq(openssl("x509 -in s.pem -noout -ext extendedKeyUsage"), 0);
	ck_assert(out_contains(ARC ".2"));
	sl_buf_free(&der);
	sl_buf_free(&crl);
	pki_free(pki);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("pki, peers");
	TCase *t = pki_case(s, "peers");

	tcase_add_test(t, the_stock_tool_verifies_each_chain_strictly);
	tcase_add_test(t, the_library_builds_the_same_chains);
	tcase_add_test(t, a_list_revokes_what_it_names_and_nothing_else);
	tcase_add_test(t, lists_have_their_number_and_their_lives);
	tcase_add_test(t, a_message_of_the_signer_passes_the_stock_check_strictly);
	return run_suite(s);
}
