/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pki/pkcs11.h"
#include "tests/suite.h"

#define QUERY "?module-path=/lib/m.so&pin-source=file:/etc/pin"

static struct pki_uri uri;
static struct smartlic_error err;

START_TEST(a_uri_names_a_key_in_a_token)
{
	ck_assert_int_eq(pki_uri_read(&uri,
			     "pkcs11:token=The%20Software%3B%20PKCS%2311;serial=4D5a;object=signer;"
			     "id=%0A%ff;type="
			     "private" QUERY,
			     &err),
	    0);
	ck_assert_str_eq(uri.token, "The Software; PKCS#11");
	ck_assert_str_eq(uri.serial, "4D5a");
	ck_assert_str_eq(uri.object, "signer");
	ck_assert_uint_eq(uri.id_len, 2);
	ck_assert_int_eq(memcmp(uri.id, "\x0a\xff", 2), 0);
	ck_assert_str_eq(uri.module, "/lib/m.so");
	ck_assert_str_eq(uri.pin_source, "/etc/pin");
}
END_TEST

START_TEST(the_file_with_the_pin_has_three_spellings)
{
	static const char *const spellings[] = { "/etc/pin", "file:/etc/pin", "file:///etc/pin" };
	char text[200];

	for (size_t i = 0; i < sizeof(spellings) / sizeof(spellings[0]); i++) {
		(void)snprintf(text, sizeof(text),
		    "pkcs11:token=t;object=o?pin-source=%s&module-path=/m.so", spellings[i]);
		ck_assert_int_eq(pki_uri_read(&uri, text, &err), 0);
		ck_assert_str_eq(uri.pin_source, "/etc/pin");
	}
}
END_TEST

static const struct {
	const char *text, *said;
} refused[] = {
	{ "", "begins with pkcs11:" },
	{ "file:/etc/key", "begins with pkcs11:" },
	{ "pkcs11:", "token=NAME is missing" },
	{ "pkcs11:object=o" QUERY, "token=NAME is missing" },
	{ "pkcs11:token=t" QUERY, "object=NAME or id=%xx is missing" },
	{ "pkcs11:token=t;object=o", "module-path=/PATH" },
	{ "pkcs11:token=t;object=o?module-path=m.so&pin-source=file:/p", "module-path=/PATH" },
	{ "pkcs11:token=t;object=o?module-path=/m.so", "pin-source=file:/PATH" },
	{ "pkcs11:token=t;object=o?module-path=/m.so&pin-source=|cat", "pin-source=file:/PATH" },
	{ "pkcs11:token=t;object=o?module-path=/m.so&pin-value=1234", "seen by others" },
	{ "pkcs11:token=t;object=o;pin-value=1234" QUERY, "seen by others" },
	{ "pkcs11:token=t;object=o?module-name=m&pin-source=/p",
	    "'module-name' is not understood" },
	{ "pkcs11:token=t;object=o;slot-id=3" QUERY, "'slot-id' is not understood" },
	{ "pkcs11:token=t;object=o;x-own=3" QUERY, "'x-own' is not understood" },
	{ "pkcs11:token=t;object" QUERY, "'object' is not understood" },
	{ "pkcs11:token=t;;object=o" QUERY, "'' is not understood" },
	{ "pkcs11:token=t;object=o;type=cert" QUERY, "a private key is wanted" },
	{ "pkcs11:token=t;object=" QUERY, "value of object" },
	{ "pkcs11:token=t;object=%4" QUERY, "value of object" },
	{ "pkcs11:token=t;object=%zz" QUERY, "value of object" },
	{ "pkcs11:token=t;object=a%00b" QUERY, "a NUL in object" },
	{ "pkcs11:token=0123456789012345678901234567890123456789012345678901234567890123456789;"
	  "object=o" QUERY,
	    "value of token" },
};

START_TEST(what_names_no_key_for_certain_is_refused)
{
	struct pki_uri before;

	memset(&uri, 7, sizeof(uri));
	before = uri;
	ck_assert_int_eq(pki_uri_read(&uri, refused[_i].text, &err), SMARTLIC_E_INVAL);
	ck_assert_msg(
	    strstr(err.text, refused[_i].said) != NULL, "%s: %s", refused[_i].text, err.text);
	ck_assert_ptr_null(strstr(err.text, "1234"));
	ck_assert_int_eq(memcmp(&uri, &before, sizeof(uri)), 0);
}
END_TEST

/* Whoever can write the data folder names the library, and root may be who loads it. */
START_TEST(a_library_that_another_user_could_change_is_not_loaded)
{
	static const struct {
		mode_t mode, dir_mode;
		uid_t owner;
		const char *said;
	} cases[] = {
		{ 0644, 0700, 0, "no PKCS#11 library can be loaded there" },
		{ 0644, 01777, 0, "no PKCS#11 library can be loaded there" },
		{ 0666, 0700, 0, "others may write" },
		{ 0644, 0777, 0, "others may write" },
		{ 0644, 0700, 1, "belongs to another user" },
	};
	char dir[] = "/tmp/check_uri.XXXXXX", path[64];
	EVP_PKEY *key = NULL;
	FILE *f;
	int r;

	ck_assert_ptr_nonnull(mkdtemp(dir));
	(void)snprintf(path, sizeof(path), "%s/m.so", dir);
	f = fopen(path, "w");
	ck_assert_ptr_nonnull(f);
	ck_assert_int_eq(fclose(f), 0);
	ck_assert_int_eq(chmod(path, cases[_i].mode), 0);
	ck_assert_int_eq(chmod(dir, cases[_i].dir_mode), 0);
	r = cases[_i].owner != 0 && geteuid() == 0 ? chown(path, cases[_i].owner, 0) : 0;
	ck_assert_int_eq(r, 0);
	uri = (struct pki_uri){ .token = "t" };
	(void)snprintf(uri.module, sizeof(uri.module), "%s", path);
	ck_assert_int_ne(pki_pkcs11_load(&key, &uri, &err), 0);
	(void)unlink(path);
	(void)rmdir(dir);
	if (cases[_i].owner != 0 && geteuid() != 0)
		return;
	ck_assert_msg(
	    strstr(err.text, "without") != NULL || strstr(err.text, cases[_i].said) != NULL, "%s",
	    err.text);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("uri");
	TCase *t = tcase_create("pkcs11");

	tcase_add_test(t, a_uri_names_a_key_in_a_token);
	tcase_add_test(t, the_file_with_the_pin_has_three_spellings);
	tcase_add_loop_test(
	    t, what_names_no_key_for_certain_is_refused, 0, sizeof(refused) / sizeof(refused[0]));
	tcase_add_loop_test(t, a_library_that_another_user_could_change_is_not_loaded, 0, 5);
	suite_add_tcase(suite, t);
	return run_suite(suite);
}
