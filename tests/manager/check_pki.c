/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file.h"
#include "tests/manager/pki_folder.h"

/* The folder: who may read it, what is not overwritten, what makes it unfit. */

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

int
main(void)
{
	Suite *s = suite_create("pki");
	TCase *t = pki_case(s, "folder");

	tcase_add_test(t, only_the_owner_reads_keys_whatever_the_umask);
	tcase_add_test(t, a_folder_that_is_there_is_refused_and_left_alone);
	tcase_add_test(t, a_missing_folder_above_is_said);
	tcase_add_test(t, what_cannot_be_finished_is_removed_again);
	tcase_add_test(t, a_key_of_another_certificate_is_refused);
	tcase_add_test(t, the_root_key_may_be_kept_offline);
	return run_suite(s);
}
