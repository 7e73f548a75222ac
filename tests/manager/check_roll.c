/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "crl.h"
#include "envelope.h"
#include "file.h"
#include "pki/key.h"
#include "pki/roll.h"
#include "pki/satellite.h"
#include "tests/manager/site.h"

/* The authority's own keys followed by others: what waits, what takes whose place, what stays good.
 */

static struct site s;
static struct site_token token;
static struct device d;
static char dir[96];
static int told;

static void
setup(void)
{
	site_open(&s);
	(void)snprintf(dir, sizeof(dir), "%s/pki", s.dir);
	token = site_token_new(&s, "Default", 30, LEDGER_ANY_USES);
	d = device_new(&s, "CAT2231B18Y");
	ck_assert_int_eq(device_register(&s, &d, &token, 0), SL_DENIED_NONE);
	told = 0;
}

static void
teardown(void)
{
	site_check(&s);
	device_free(&d);
	site_close(&s);
}

static int
add_sn(void *ud, const struct ledger_instance *i)
{
	sl_buf_puts(ud, i->udi.sn);
	sl_buf_puts(ud, " ");
	return 0;
}

static void
count_told(void *ud, const char *text)
{
	(void)ud;
	ck_assert_ptr_nonnull(strstr(text, "pki/"));
	told++;
}

static void
roll_due(void)
{
	site_ok(&s, pki_roll_due(s.pki, s.now, count_told, NULL, &s.err));
}

static int
in_folder(const char *name)
{
	char path[FILE_PATH_SIZE];

	site_ok(&s, file_path(path, dir, name, &s.err));
	return access(path, F_OK) == 0;
}

static void
rename_in(const char *from, const char *to)
{
	char a[FILE_PATH_SIZE], b[FILE_PATH_SIZE];

	site_ok(&s, file_path(a, dir, from, &s.err));
	site_ok(&s, file_path(b, dir, to, &s.err));
	ck_assert_int_eq(rename(a, b), 0);
}

static void
remember(unsigned char ret[SL_SKI_LEN], const struct sl_cert *cert)
{
	memcpy(ret, sl_cert_ski(cert), SL_SKI_LEN);
}

/* The list of an answer, by who made it; NULL: it has none. */
static int
answer_has_list_of(const struct sl_buf *message, const struct sl_cert *ca)
{
	struct sl_envelope *envelope = NULL;
	struct sl_crl *crl = NULL;
	struct sl_buf answer = { 0 };
	const struct sl_der *lists;
	int found = 0;
	size_t n;

	site_ok(&s, authority_answer(s.authority, message->data, message->len, s.now, site_fill, &s,
			&answer, &s.err));
	site_ok(&s, sl_envelope_open(&envelope, s.crypto, answer.data, answer.len, &s.err));
	lists = sl_envelope_crls(envelope, &n);
	for (size_t i = 0; i < n; i++) {
		site_ok(&s, sl_crl_parse(&crl, s.crypto, lists[i].data, lists[i].len, &s.err));
		found |= sl_crl_is_of(crl, ca);
		sl_crl_unref(crl);
	}
	sl_envelope_free(envelope);
	sl_buf_free(&answer);
	return found;
}

/* ---- when --------------------------------------------------------------- */

START_TEST(a_signer_is_followed_in_time_and_by_itself)
{
	int64_t life = 730 * SITE_DAY, end = sl_cert_not_after(pki_signer(s.pki));
	unsigned char before[SL_SKI_LEN], next[SL_SKI_LEN];

	remember(before, pki_signer(s.pki));
	s.now = end - life / 3;
	roll_due();
	ck_assert_ptr_null(pki_successor(s.pki, PKI_KIND_SIGNER));
	ck_assert_int_eq(told, 0);
	s.now += 1;
	roll_due();
	ck_assert_ptr_nonnull(pki_successor(s.pki, PKI_KIND_SIGNER));
	remember(next, pki_successor(s.pki, PKI_KIND_SIGNER));
	ck_assert_int_eq(pki_successor_begins_s(s.pki, PKI_KIND_SIGNER), s.now + life / 12);
	ck_assert_int_eq(told, 1);
	s.now += life / 12 - 1;
	roll_due();
	ck_assert_mem_eq(sl_cert_ski(pki_signer(s.pki)), before, sizeof(before));
	s.now += 1;
	roll_due();
	ck_assert_mem_eq(sl_cert_ski(pki_signer(s.pki)), next, sizeof(next));
	ck_assert_ptr_null(pki_successor(s.pki, PKI_KIND_SIGNER));
	ck_assert_int_eq(told, 2);
	/* what the former one signed last is good for half a year */
	ck_assert_int_ge(end - s.now, 180 * SITE_DAY);
	ck_assert_int_eq(device_use(&s, &d, 0, 0), SL_DENIED_NONE);
}
END_TEST

START_TEST(a_successor_that_comes_late_does_not_wait_for_the_end)
{
	int64_t end = sl_cert_not_after(pki_signer(s.pki));

	s.now = end - 70 * SITE_DAY;
	ck_assert_int_eq(pki_successor_make(s.pki, PKI_KIND_SIGNER, s.now, &s.err), 1);
	ck_assert_int_eq(pki_successor_begins_s(s.pki, PKI_KIND_SIGNER), end - 730 * SITE_DAY / 12);
	ck_assert_int_eq(pki_successor_begin(s.pki, PKI_KIND_SIGNER, &s.err), 1);
	/* after its end there is nothing to wait for */
	s.now = sl_cert_not_after(pki_signer(s.pki)) + SITE_DAY;
	roll_due();
	ck_assert_int_eq(told, 2);
	ck_assert_int_gt(sl_cert_not_after(pki_signer(s.pki)), s.now);
}
END_TEST

START_TEST(an_issuing_ca_is_followed_while_what_it_issues_can_still_end)
{
	int64_t end = sl_cert_not_after(pki_issuing(s.pki));
	unsigned char before[SL_SKI_LEN];

	remember(before, pki_issuing(s.pki));
	for (int month = 0; month < 120 && pki_former(s.pki, PKI_KIND_ISSUING, 0) == NULL;
	     month++) {
		s.now += 30 * SITE_DAY;
		roll_due();
	}
	ck_assert_int_ge(end - s.now, 2 * 365 * SITE_DAY);
	ck_assert_mem_eq(
	    sl_cert_ski(pki_former(s.pki, PKI_KIND_ISSUING, 0)), before, sizeof(before));
	ck_assert_ptr_null(pki_former(s.pki, PKI_KIND_ISSUING, 1));
}
END_TEST

START_TEST(without_the_roots_key_none_is_made_and_nothing_fails)
{
	rename_in("root.key", "away");
	site_ok(&s, pki_refresh(s.pki, &s.err));
	s.now = sl_cert_not_after(pki_signer(s.pki)) - 100 * SITE_DAY;
	roll_due();
	ck_assert_ptr_null(pki_successor(s.pki, PKI_KIND_SIGNER));
	ck_assert_int_eq(
	    pki_successor_make(s.pki, PKI_KIND_SIGNER, s.now, &s.err), SMARTLIC_E_STORE);
	ck_assert_ptr_nonnull(strstr(s.err.text, "root.key is not there"));
	/* what waits needs no root */
	rename_in("away", "root.key");
	site_ok(&s, pki_refresh(s.pki, &s.err));
	roll_due();
	rename_in("root.key", "away");
	site_ok(&s, pki_refresh(s.pki, &s.err));
	s.now += 61 * SITE_DAY;
	roll_due();
	ck_assert_int_eq(told, 2);
	rename_in("away", "root.key");
}
END_TEST

/* ---- processes and power cuts ------------------------------------------- */

START_TEST(a_key_in_a_token_gets_no_successor_in_a_file_by_itself)
{
	char path[FILE_PATH_SIZE];

	(void)snprintf(path, sizeof(path), "%s/signer.key", dir);
	site_ok(&s, pki_key_write_uri(path, "pkcs11:token=t;object=signer", &s.err));
	s.now += 600 * SITE_DAY;
	roll_due();
	ck_assert_int_eq(told, 0);
	ck_assert_ptr_null(pki_successor(s.pki, PKI_KIND_SIGNER));
	/* nor because somebody forgot to name one in the token */
	ck_assert_int_eq(
	    pki_successor_make(s.pki, PKI_KIND_SIGNER, s.now, &s.err), SMARTLIC_E_INVAL);
	ck_assert_ptr_nonnull(strstr(s.err.text, "--key 'pkcs11:"));
	ck_assert_int_eq(in_folder("signer-successor.key"), 0);
}
END_TEST

START_TEST(of_two_processes_one_makes_it)
{
	struct pki *other = NULL;

	site_ok(&s, pki_open(&other, s.crypto, dir, &s.err));
	ck_assert_int_eq(pki_successor_make(s.pki, PKI_KIND_ISSUING, s.now, &s.err), 1);
	ck_assert_int_eq(pki_successor_make(other, PKI_KIND_ISSUING, s.now, &s.err), 0);
	ck_assert_mem_eq(sl_cert_ski(pki_successor(other, PKI_KIND_ISSUING)),
	    sl_cert_ski(pki_successor(s.pki, PKI_KIND_ISSUING)), SL_SKI_LEN);
	ck_assert_int_eq(pki_successor_begin(other, PKI_KIND_ISSUING, &s.err), 1);
	ck_assert_int_eq(pki_successor_begin(s.pki, PKI_KIND_ISSUING, &s.err), 0);
	ck_assert_mem_eq(
	    sl_cert_ski(pki_issuing(other)), sl_cert_ski(pki_issuing(s.pki)), SL_SKI_LEN);
	pki_free(other);
}
END_TEST

/* What the folder holds after each step of a change that was cut there. */
START_TEST(a_power_cut_leaves_the_one_before_or_the_successor)
{
	unsigned char before[SL_SKI_LEN], next[SL_SKI_LEN];

	remember(before, pki_issuing(s.pki));
	/* a key without its certificate is none yet, and the next one takes its place */
	ck_assert_int_eq(pki_successor_make(s.pki, PKI_KIND_ISSUING, s.now, &s.err), 1);
	rename_in("issuing-successor.pem", "cut");
	site_ok(&s, pki_refresh(s.pki, &s.err));
	ck_assert_ptr_null(pki_successor(s.pki, PKI_KIND_ISSUING));
	ck_assert_mem_eq(sl_cert_ski(pki_issuing(s.pki)), before, sizeof(before));
	ck_assert_int_eq(pki_successor_make(s.pki, PKI_KIND_ISSUING, s.now, &s.err), 1);
	remember(next, pki_successor(s.pki, PKI_KIND_ISSUING));
	/* the key has its new name, the certificate not yet */
	rename_in("issuing-successor.key", "issuing.key");
	site_ok(&s, pki_refresh(s.pki, &s.err));
	ck_assert_mem_eq(sl_cert_ski(pki_issuing(s.pki)), next, sizeof(next));
	ck_assert_ptr_null(pki_successor(s.pki, PKI_KIND_ISSUING));
	ck_assert_int_eq(in_folder("issuing-successor.pem"), 0);
	ck_assert_int_eq(device_use(&s, &d, 0, 0), SL_DENIED_NONE);
	ck_assert_int_eq(device_renew_id(&s, &d), SL_DENIED_NONE);
}
END_TEST

/* ---- what stays good ---------------------------------------------------- */

static void
roll(enum pki_kind kind)
{
	ck_assert_int_eq(pki_successor_make(s.pki, kind, s.now, &s.err), 1);
	ck_assert_int_eq(pki_successor_begin(s.pki, kind, &s.err), 1);
}

START_TEST(what_a_former_ca_certified_is_good_and_renewed_by_the_next)
{
	unsigned char first[SL_SKI_LEN];

	remember(first, pki_issuing(s.pki));
	roll(PKI_KIND_ISSUING);
	s.now += 1;
	ck_assert_int_eq(device_use(&s, &d, 0, 0), SL_DENIED_NONE);
	ck_assert_mem_eq(sl_cert_ski(pki_issuing_of(s.pki, d.cert)), first, sizeof(first));
	ck_assert_int_eq(device_renew_id(&s, &d), SL_DENIED_NONE);
	ck_assert_ptr_eq(pki_issuing_of(s.pki, d.cert), pki_issuing(s.pki));
	roll(PKI_KIND_ISSUING);
	s.now += 1;
	ck_assert_int_eq(device_use(&s, &d, 0, 0), SL_DENIED_NONE);
	ck_assert_ptr_nonnull(pki_former(s.pki, PKI_KIND_ISSUING, 1));
}
END_TEST

START_TEST(a_repeated_answer_has_the_list_of_the_ca_that_it_brings)
{
	struct device other = device_new(&s, "CAT2231B19Z");

	device_ask_register(&s, &other, &token, 0, NULL, 0);
	ck_assert_int_eq(answer_has_list_of(&other.message, pki_issuing(s.pki)), 1);
	roll(PKI_KIND_ISSUING);
	s.now += 1;
	ck_assert_int_eq(
	    answer_has_list_of(&other.message, pki_former(s.pki, PKI_KIND_ISSUING, 0)), 1);
	ck_assert_int_eq(answer_has_list_of(&other.message, pki_issuing(s.pki)), 0);
	ck_assert_int_eq(device_code(&s, &other), SL_DENIED_NONE);
	ck_assert_int_eq(device_use(&s, &other, 0, 0), SL_DENIED_NONE);
	device_free(&other);
}
END_TEST

START_TEST(a_former_cas_list_is_made_daily_until_its_end)
{
	struct ledger_crl first, later;
	const struct sl_cert *ca;
	char name[LIST_NAME_SIZE];

	roll(PKI_KIND_ISSUING);
	ca = pki_former(s.pki, PKI_KIND_ISSUING, 0);
	issuing_list_name(name, ca);
	site_ok(&s, authority_daily(s.authority, s.now, &s.err));
	ck_assert_int_eq(ledger_crl_get(s.ledger, name, &first, NULL, &s.err), 1);
	s.now += SITE_DAY;
	site_ok(&s, authority_daily(s.authority, s.now, &s.err));
	ck_assert_int_eq(ledger_crl_get(s.ledger, name, &later, NULL, &s.err), 1);
	ck_assert_int_gt(later.number, first.number);
	issuing_list_name(name, pki_issuing(s.pki));
	ck_assert_int_eq(ledger_crl_get(s.ledger, name, &later, NULL, &s.err), 1);
}
END_TEST

/* A list of before there could be several CAs: devices compare its number. */
START_TEST(the_numbers_of_an_earlier_version_go_on)
{
	struct ledger_crl crl = { .number = s.now + 500, .made_s = s.now - SITE_DAY }, got;
	char name[LIST_NAME_SIZE];
	struct sl_buf list = { 0 };

	issuing_list_name(name, pki_issuing(s.pki));
	ck_assert_int_eq(ledger_crl_get(s.ledger, name, &got, &list, &s.err), 1);
	site_ok(&s,
	    db_exec(ledger_db(s.ledger), &s.err, "DELETE FROM crl WHERE issuer = $1", "t", name));
	site_ok(&s, ledger_crl_put(s.ledger, "issuing", &crl, list.data, list.len, &s.err));
	sl_buf_free(&list);
	site_ok(&s, authority_daily(s.authority, s.now, &s.err));
	ck_assert_int_eq(ledger_crl_get(s.ledger, name, &got, NULL, &s.err), 1);
	ck_assert_int_eq(got.number, crl.number + 1);
}
END_TEST

/* The folder of keys is restored from before: what the lost CA certified is known by its keys. */
START_TEST(keys_restored_from_before_answer_devices_of_after)
{
	static const char *const names[] = { "issuing.pem", "issuing.key", "signer.pem",
		"signer.key" };
	char from[FILE_PATH_SIZE], to[FILE_PATH_SIZE], saved[32];

	for (size_t i = 0; i < 4; i++) {
		(void)snprintf(saved, sizeof(saved), "saved-%s", names[i]);
		site_ok(&s, file_path(from, dir, names[i], &s.err));
		site_ok(&s, file_path(to, dir, saved, &s.err));
		site_ok(&s, file_copy(from, to, &s.err));
	}
	roll(PKI_KIND_ISSUING);
	roll(PKI_KIND_SIGNER);
	s.now += 1;
	ck_assert_int_eq(device_renew_id(&s, &d), SL_DENIED_NONE);
	for (size_t i = 0; i < 4; i++) {
		(void)snprintf(saved, sizeof(saved), "saved-%s", names[i]);
		rename_in(saved, names[i]);
	}
	site_ok(&s, pki_refresh(s.pki, &s.err));
	s.now += 1;
	ck_assert_int_eq(device_use(&s, &d, 0, 0), SL_DENIED_NONE);
	ck_assert_int_eq(device_renew_id(&s, &d), SL_DENIED_NONE);
	ck_assert_int_eq(device_use(&s, &d, 0, 0), SL_DENIED_NONE);
}
END_TEST

/* ---- the root ------------------------------------------------------------ */

static void
next_root(char ret[LEDGER_ROOT_SIZE])
{
	ck_assert_int_eq(authority_next_root(s.authority, ret), 1);
}

static int64_t
without(void)
{
	char root[LEDGER_ROOT_SIZE];
	int64_t n;

	next_root(root);
	site_ok(&s, ledger_without_root_count(s.ledger, root, &n, &s.err));
	return n;
}

static void
begin_root(void)
{
	static const enum pki_kind kinds[] = { PKI_KIND_ROOT, PKI_KIND_SIGNER, PKI_KIND_ISSUING };

	for (size_t i = 0; i < 3; i++)
		roll(kinds[i]);
	ck_assert_int_eq(pki_tls_renew(s.pki, NULL, 0, s.now, &s.err), 1);
}

START_TEST(a_next_root_is_signed_by_itself_and_by_the_present_one)
{
	unsigned char present[SL_SKI_LEN];

	remember(present, pki_root(s.pki));
	ck_assert_ptr_null(pki_cross(s.pki));
	ck_assert_int_eq(pki_successor_make(s.pki, PKI_KIND_ROOT, s.now, &s.err), 1);
	ck_assert_ptr_eq(pki_next_root(s.pki), pki_successor(s.pki, PKI_KIND_ROOT));
	ck_assert_mem_eq(
	    sl_cert_ski(pki_cross(s.pki)), sl_cert_ski(pki_next_root(s.pki)), SL_SKI_LEN);
	ck_assert_ptr_null(pki_former_root(s.pki));
	ck_assert_int_eq(pki_successor_begin(s.pki, PKI_KIND_ROOT, &s.err), 1);
	ck_assert_ptr_eq(pki_next_root(s.pki), pki_root(s.pki));
	ck_assert_mem_eq(sl_cert_ski(pki_former_root(s.pki)), present, sizeof(present));
	/* one after the other */
	ck_assert_int_eq(pki_successor_make(s.pki, PKI_KIND_ROOT, s.now, &s.err), SMARTLIC_E_STATE);
	ck_assert_ptr_nonnull(strstr(s.err.text, "key retire"));
}
END_TEST

/* Nobody but the device says that it has it. */
START_TEST(devices_without_the_next_root_are_counted_and_brought_it)
{
	size_t before;

	ck_assert_int_eq(device_use(&s, &d, 0, 0), SL_DENIED_NONE);
	before = s.last_certs;
	ck_assert_int_eq(pki_successor_make(s.pki, PKI_KIND_ROOT, s.now, &s.err), 1);
	ck_assert_int_eq(without(), 1);
	ck_assert_int_eq(device_use(&s, &d, 0, 0), SL_DENIED_NONE);
	ck_assert_uint_eq(s.last_certs, before + 2);
	ck_assert_int_eq(without(), 1);
}
END_TEST

START_TEST(a_root_is_retired_when_nothing_in_use_is_its_own_and_no_device_needs_it)
{
	const struct sl_cert *former;
	char name[LIST_NAME_SIZE];
	struct sl_buf der = { 0 };
	struct ledger_crl info;
	struct sl_crl *list = NULL;
	struct authority_without n = { .devices = 0 };
	int64_t end;

	ck_assert_int_eq(
	    authority_root_retire(s.authority, 1, s.now, &n, &s.err), SMARTLIC_E_STATE);
	ck_assert_ptr_nonnull(strstr(s.err.text, "no former root"));
	roll(PKI_KIND_ROOT);
	ck_assert_int_eq(
	    authority_root_retire(s.authority, 1, s.now, &n, &s.err), SMARTLIC_E_STATE);
	ck_assert_ptr_nonnull(strstr(s.err.text, "key roll signer --now"));
	roll(PKI_KIND_SIGNER);
	roll(PKI_KIND_ISSUING);
	ck_assert_int_eq(
	    authority_root_retire(s.authority, 1, s.now, &n, &s.err), SMARTLIC_E_STATE);
	ck_assert_ptr_nonnull(strstr(s.err.text, "tls.pem"));
	ck_assert_int_eq(pki_tls_renew(s.pki, NULL, 0, s.now, &s.err), 1);
	ck_assert_int_eq(
	    authority_root_retire(s.authority, 0, s.now, &n, &s.err), SMARTLIC_E_STATE);
	ck_assert_int_eq(n.devices, 1);
	ck_assert_ptr_nonnull(strstr(s.err.text, "1 devices have not said"));
	former = pki_former_root(s.pki);
	end = sl_cert_not_after(former);
	root_list_name(name, former);
	site_ok(&s, authority_root_retire(s.authority, 1, s.now, &n, &s.err));
	ck_assert_ptr_null(pki_former_root(s.pki));
	ck_assert_ptr_null(pki_cross(s.pki));
	ck_assert_int_eq(pki_signs(s.pki, pki_former(s.pki, PKI_KIND_ROOT, 0)), 0);
	/* what it revoked is known until its end, and nothing makes another list of it */
	s.now += 2 * SITE_DAY;
	site_ok(&s, authority_daily(s.authority, s.now, &s.err));
	ck_assert_int_eq(ledger_crl_get(s.ledger, name, &info, &der, &s.err), 1);
	site_ok(&s, sl_crl_parse(&list, s.crypto, der.data, der.len, &s.err));
	ck_assert_int_eq(sl_crl_next_update(list), end);
	sl_crl_unref(list);
	sl_buf_free(&der);
	/* what it issued is good: the device's own certificate */
	ck_assert_int_eq(device_use(&s, &d, 0, 0), SL_DENIED_NONE);
	ck_assert_int_eq(device_renew_id(&s, &d), SL_DENIED_NONE);
}
END_TEST

START_TEST(a_successor_whose_key_is_gone_takes_no_place_but_a_root)
{
	char path[FILE_PATH_SIZE];

	ck_assert_int_eq(pki_successor_make(s.pki, PKI_KIND_SIGNER, s.now, &s.err), 1);
	site_ok(&s, file_path(path, dir, "signer-successor.key", &s.err));
	ck_assert_int_eq(remove(path), 0);
	site_ok(&s, pki_refresh(s.pki, &s.err));
	ck_assert_int_eq(pki_successor_begin(s.pki, PKI_KIND_SIGNER, &s.err), SMARTLIC_E_NOT_FOUND);
	site_ok(&s, pki_refresh(s.pki, &s.err));
	ck_assert_int_eq(device_use(&s, &d, 0, 0), SL_DENIED_NONE);
	/* the root's may be carried away between two uses of it */
	ck_assert_int_eq(pki_successor_make(s.pki, PKI_KIND_ROOT, s.now, &s.err), 1);
	site_ok(&s, file_path(path, dir, "root-successor.key", &s.err));
	ck_assert_int_eq(remove(path), 0);
	site_ok(&s, pki_refresh(s.pki, &s.err));
	ck_assert_ptr_nonnull(pki_successor(s.pki, PKI_KIND_ROOT));
	ck_assert_int_eq(pki_successor_begin(s.pki, PKI_KIND_ROOT, &s.err), 1);
	ck_assert_int_eq(pki_signs(s.pki, pki_root(s.pki)), 0);
	ck_assert_int_eq(pki_signs(s.pki, pki_former_root(s.pki)), 1);
	ck_assert_int_eq(device_use(&s, &d, 0, 0), SL_DENIED_NONE);
}
END_TEST

/* One that knows the present root alone could not judge a path below the former one. */
START_TEST(satellites_join_below_the_present_root)
{
	ck_assert_int_eq(pki_successor_make(s.pki, PKI_KIND_ROOT, s.now, &s.err), 1);
	site_ok(&s, pki_satellites_make(s.pki, s.now, &s.err));
	site_ok(&s, pki_satellites_make(s.pki, s.now, &s.err));
	ck_assert_int_eq(pki_successor_begin(s.pki, PKI_KIND_ROOT, &s.err), 1);
	ck_assert_int_eq(pki_satellites_make(s.pki, s.now, &s.err), SMARTLIC_E_STATE);
	ck_assert_ptr_nonnull(strstr(s.err.text, "'key roll satellites --now'"));
	roll(PKI_KIND_SATELLITES);
	site_ok(&s, pki_satellites_make(s.pki, s.now, &s.err));
}
END_TEST

START_TEST(what_a_former_root_issued_is_followed_by_itself)
{
	int64_t wait_s;

	roll(PKI_KIND_ROOT);
	roll_due();
	ck_assert_ptr_nonnull(pki_successor(s.pki, PKI_KIND_SIGNER));
	ck_assert_ptr_nonnull(pki_successor(s.pki, PKI_KIND_ISSUING));
	wait_s = pki_successor_begins_s(s.pki, PKI_KIND_ISSUING) - s.now;
	ck_assert_int_gt(wait_s, 300 * SITE_DAY);
	s.now += wait_s;
	roll_due();
	ck_assert_int_eq(pki_tls_renew(s.pki, NULL, 0, s.now, &s.err), 1);
	site_ok(&s, pki_root_may_retire(s.pki, &s.err));
}
END_TEST

START_TEST(the_next_roots_page_is_the_devices_that_lack_it)
{
	struct device other = device_new(&s, "CAT2231B19Z");
	char root[LEDGER_ROOT_SIZE];
	struct sl_buf seen = { 0 };
	int more;

	ck_assert_int_eq(device_register(&s, &other, &token, 0), SL_DENIED_NONE);
	begin_root();
	next_root(root);
	site_ok(
	    &s, ledger_without_root_list(s.ledger, root, NULL, 1, add_sn, &seen, &more, &s.err));
	ck_assert_str_eq(seen.data, "CAT2231B18Y ");
	ck_assert_int_eq(more, 1);
	site_ok(&s,
	    ledger_without_root_list(s.ledger, root, d.instance, 1, add_sn, &seen, &more, &s.err));
	ck_assert_str_eq(seen.data, "CAT2231B18Y CAT2231B19Z ");
	ck_assert_int_eq(more, 0);
	sl_buf_free(&seen);
	device_free(&other);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("roll-over");
	TCase *t = tcase_create("roll-over");

	tcase_set_timeout(t, 120);
	tcase_add_unchecked_fixture(t, site_keep, site_drop);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, a_signer_is_followed_in_time_and_by_itself);
	tcase_add_test(t, a_successor_that_comes_late_does_not_wait_for_the_end);
	tcase_add_test(t, an_issuing_ca_is_followed_while_what_it_issues_can_still_end);
	tcase_add_test(t, without_the_roots_key_none_is_made_and_nothing_fails);
	tcase_add_test(t, a_key_in_a_token_gets_no_successor_in_a_file_by_itself);
	tcase_add_test(t, of_two_processes_one_makes_it);
	tcase_add_test(t, a_power_cut_leaves_the_one_before_or_the_successor);
	tcase_add_test(t, what_a_former_ca_certified_is_good_and_renewed_by_the_next);
	tcase_add_test(t, a_repeated_answer_has_the_list_of_the_ca_that_it_brings);
	tcase_add_test(t, a_former_cas_list_is_made_daily_until_its_end);
	tcase_add_test(t, the_numbers_of_an_earlier_version_go_on);
	tcase_add_test(t, keys_restored_from_before_answer_devices_of_after);
	tcase_add_test(t, a_next_root_is_signed_by_itself_and_by_the_present_one);
	tcase_add_test(t, devices_without_the_next_root_are_counted_and_brought_it);
	tcase_add_test(t, a_root_is_retired_when_nothing_in_use_is_its_own_and_no_device_needs_it);
	tcase_add_test(t, a_successor_whose_key_is_gone_takes_no_place_but_a_root);
	tcase_add_test(t, satellites_join_below_the_present_root);
	tcase_add_test(t, what_a_former_root_issued_is_followed_by_itself);
	tcase_add_test(t, the_next_roots_page_is_the_devices_that_lack_it);
	suite_add_tcase(suite, t);
	return run_suite(suite);
}
