/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "file.h"
#include "tests/manager/pki_folder.h"

/* The TLS server's certificate: its names, its end, and when it is made anew. */

static int
tls_names(const char *name)
{
	return openssl("verify -x509_strict -purpose sslserver -attime %lld -CAfile root.pem %s %s"
		       " tls.pem",
		   (long long)NOW_S,
		   strchr(name, ':') != NULL || name[0] <= '9' ? "-verify_ip" : "-verify_hostname",
		   name) == 0;
}

START_TEST(names_that_are_missing_make_the_tls_certificate_anew)
{
	static const char *const names[] = { "lic.example.net", "192.0.2.7", "*.example.org",
		"2001:db8::1" };
	struct pki *pki = made(NOW_S);
	char path[FILE_PATH_SIZE];
	struct sl_buf before = { 0 }, after = { 0 };

	ck_assert(!tls_names("lic.example.net"));
	ok(file_path(path, dir, "tls.key", &err));
	ok(file_read(path, &before, &err));
	ck_assert_int_eq(pki_tls_renew(pki, names, 4, NOW_S, &err), 1);
	ck_assert(tls_names("localhost") && tls_names("lic.example.net") &&
		  tls_names("192.0.2.7") && tls_names("a.example.org") && tls_names("2001:db8::1"));
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

	ck_assert_int_eq(
	    openssl("req -x509 -newkey rsa:2048 -nodes -subj /CN=x -days 3 -keyout tls.key"
		    " -out tls.pem"),
	    0);
	ck_assert_int_eq(pki_tls_renew(pki, names, 1, NOW_S + 1000 * DAY_S, &err), 0);
	pki_free(pki);
}
END_TEST

static const char *const bad_names[] = { "", "a b", "-?", "a..b", ".a", "a.", "*", "a.*.b",
	"http://a", "1.2.3.4/8" };

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
	Suite *s = suite_create("pki, TLS");
	TCase *t = pki_case(s, "tls");

	tcase_add_test(t, names_that_are_missing_make_the_tls_certificate_anew);
	tcase_add_test(t, a_tls_certificate_near_its_end_is_made_anew);
	tcase_add_test(t, a_tls_certificate_from_elsewhere_is_left_alone);
	tcase_add_loop_test(
	    t, what_is_no_name_is_refused_by_its_text, 0, sizeof(bad_names) / sizeof(bad_names[0]));
	return run_suite(s);
}
