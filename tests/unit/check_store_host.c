/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <string.h>

#include "error.h"
#include "store.h"
#include "tests/suite.h"

/* A store of the host's own that keeps no more of its contract than it must. */

static struct smartlic_crypto *crypto;
static struct smartlic_error err;
static struct sl_slots slots;

/* What each function of it returns, without a word. */
static struct {
	int lock, read, write;
	size_t len; /* what it says that a slot has */
} curt;

static int
curt_lock(void *store, struct smartlic_error *e)
{
	(void)store;
	(void)e;
	return curt.lock;
}

static void
curt_nothing(void *store)
{
	(void)store;
}

static int
curt_read(void *store, int slot, void *buf, size_t cap, size_t *len, struct smartlic_error *e)
{
	(void)store;
	(void)slot;
	(void)e;
	memset(buf, 0, cap);
	memcpy(buf, "SLSLOT1\n", 8);
	*len = curt.len;
	return curt.read;
}

static int
curt_write(void *store, int slot, const void *buf, size_t len, struct smartlic_error *e)
{
	(void)store;
	(void)slot;
	(void)buf;
	(void)len;
	(void)e;
	return curt.write;
}

static const struct smartlic_store_ops curt_ops = {
	.size = sizeof(curt_ops),
	.lock = curt_lock,
	.unlock = curt_nothing,
	.read = curt_read,
	.write = curt_write,
	.free = curt_nothing,
};

static void
setup(void)
{
	memset(&curt, 0, sizeof(curt));
	slots = (struct sl_slots){ 0 };
	ck_assert_int_eq(smartlic_crypto_new(&crypto, &err), 0);
}

static void
teardown(void)
{
	sl_slots_close(&slots);
	smartlic_crypto_free(crypto);
}

static int
open_curt(void)
{
	struct smartlic_store store = { .ops = &curt_ops };

	err = (struct smartlic_error){ .text = "" };
	return sl_slots_open(&slots, &store, crypto, 0, &err);
}

static int
save(void)
{
	struct sl_buf slot = { 0 };
	int r;

	sl_slots_begin(&slots, &slot);
	sl_buf_puts(&slot, "a record");
	r = sl_slots_save(&slots, &slot, NULL, 0, 1, &err);
	sl_buf_free(&slot);
	return r;
}

static void
check_told(int r, int code, const char *word)
{
	ck_assert_int_eq(r, code);
	ck_assert_int_eq(err.code, code);
	ck_assert_msg(strstr(err.text, word) != NULL, "%s", err.text);
	err = (struct smartlic_error){ .text = "" };
}

START_TEST(a_store_that_fails_without_a_word_is_given_some)
{
	struct sl_buf b = { 0 };
	int damaged;

	curt.lock = SMARTLIC_E_STORE_BUSY;
	check_told(open_curt(), SMARTLIC_E_STORE_BUSY, "lock");
	curt.lock = 0;
	ck_assert_int_eq(open_curt(), 0);
	curt.read = SMARTLIC_E_SYSTEM;
	check_told(sl_slots_load(&slots, &b, NULL, &damaged, &err), SMARTLIC_E_SYSTEM, "read");
	curt.write = SMARTLIC_E_STORE;
	check_told(save(), SMARTLIC_E_STORE, "write");
	sl_buf_free(&b);
}
END_TEST

/* An errno, say: nothing is in the store that was not said to be. */
START_TEST(a_store_that_returns_no_code_has_failed)
{
	struct sl_buf b = { 0 };
	int damaged;

	curt.lock = 5;
	check_told(open_curt(), SMARTLIC_E_STORE, "lock");
	curt.lock = 0;
	ck_assert_int_eq(open_curt(), 0);
	curt.read = 5;
	check_told(sl_slots_load(&slots, &b, NULL, &damaged, &err), SMARTLIC_E_STORE, "read");
	curt.write = 5;
	check_told(save(), SMARTLIC_E_STORE, "write");
	sl_buf_free(&b);
}
END_TEST

START_TEST(a_length_beyond_the_room_is_damage)
{
	struct sl_buf b = { 0 };
	int damaged = 0;

	curt.len = (size_t)1 << 40;
	ck_assert_int_eq(open_curt(), 0);
	ck_assert_int_eq(sl_slots_load(&slots, &b, NULL, &damaged, &err), 0);
	ck_assert_int_eq(damaged, 2);
	sl_buf_free(&b);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("store, host");
	TCase *t = tcase_create("host");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, a_store_that_fails_without_a_word_is_given_some);
	tcase_add_test(t, a_store_that_returns_no_code_has_failed);
	tcase_add_test(t, a_length_beyond_the_room_is_damage);
	suite_add_tcase(s, t);
	return run_suite(s);
}
