/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "record.h"
#include "store.h"
#include "tests/suite.h"
#include "tests/support/memstore.h"

static struct smartlic_crypto *crypto;
static struct smartlic_error err;
static struct mem_disk disk;
static struct sl_slots slots;

static void
setup(void)
{
	ck_assert_int_eq(smartlic_crypto_new(&crypto, &err), 0);
	mem_disk_init(&disk);
	slots = (struct sl_slots){ 0 };
}

static void
teardown(void)
{
	sl_slots_close(&slots);
	mem_disk_clear(&disk);
	smartlic_crypto_free(crypto);
}

static void
open_mem(void)
{
	struct smartlic_store store = mem_store(&disk);

	sl_slots_close(&slots);
	ck_assert_int_eq(sl_slots_open(&slots, &store, crypto, 0, &err), 0);
}

/* What is loaded after a restart; "" for nothing. */
static const char *
reloaded(int *damaged)
{
	static char text[64];
	struct sl_buf b = { 0 };
	int r, d;

	open_mem();
	r = sl_slots_load(&slots, &b, damaged != NULL ? damaged : &d, &err);
	ck_assert_msg(r >= 0, "%s", err.text);
	ck_assert_uint_lt(b.len, sizeof(text));
	text[0] = '\0';
	if (r == 1)
		memcpy(text, b.data, b.len + 1);
	sl_buf_free(&b);
	return text;
}

static int
save_to(struct sl_slots *to, const char *text, int both)
{
	struct sl_buf slot = { 0 };
	int r;

	sl_slots_begin(to, &slot);
	sl_buf_puts(&slot, text);
	r = sl_slots_save(to, &slot, both, &err);
	sl_buf_free(&slot);
	return r;
}

static int
save(const char *text, int both)
{
	return save_to(&slots, text, both);
}

START_TEST(an_empty_store_holds_nothing_and_is_not_damaged)
{
	int damaged;

	ck_assert_str_eq(reloaded(&damaged), "");
	ck_assert_int_eq(damaged, 0);
}
END_TEST

START_TEST(the_slots_alternate_and_the_newest_counts)
{
	open_mem();
	ck_assert_int_eq(save("one", 0), 0);
	ck_assert_uint_eq(disk.slot[1].len, 0);
	ck_assert_int_eq(save("two", 0), 0);
	ck_assert_uint_gt(disk.slot[1].len, 0);
	ck_assert_str_eq(reloaded(NULL), "two");
	ck_assert_int_eq(save("three", 0), 0);
	ck_assert_str_eq(reloaded(NULL), "three");
}
END_TEST

enum harm { TORN, TRUNCATED_1, FLIPPED, DELETED, APPENDED, FOREIGN, HARMS };

static void
do_harm(struct sl_buf *b, enum harm harm, size_t where)
{
	switch (harm) {
	case TORN:
		b->len /= 2;
		break;
	case TRUNCATED_1:
		b->len--;
		break;
	case FLIPPED:
		b->data[where % b->len] ^= 0x10;
		break;
	case DELETED:
		sl_buf_free(b);
		break;
	case APPENDED:
		sl_buf_add(b, "x", 1);
		break;
	case FOREIGN:
		sl_buf_free(b);
		sl_buf_puts(b, "something else altogether, and long enough to be looked at");
		break;
	case HARMS:
		break;
	}
}

START_TEST(a_harmed_slot_falls_back_to_the_other)
{
	int damaged;

	open_mem();
	ck_assert_int_eq(save("one", 0), 0);
	ck_assert_int_eq(save("two", 0), 0);
	do_harm(&disk.slot[1], (enum harm)_i, 3);
	ck_assert_str_eq(reloaded(&damaged), "one");
	ck_assert_int_eq(damaged, _i == DELETED ? 0 : 1);
	/* the harmed one is written next, not the only good one */
	ck_assert_int_eq(save("three", 0), 0);
	do_harm(&disk.slot[1], (enum harm)_i, 3);
	ck_assert_str_eq(reloaded(NULL), "one");
}
END_TEST

START_TEST(what_was_saved_in_both_survives_the_loss_of_either)
{
	open_mem();
	ck_assert_int_eq(save("one", 0), 0);
	ck_assert_int_eq(save("request", 1), 0);
	do_harm(&disk.slot[_i & 1], (enum harm)(_i / 2), 20);
	ck_assert_str_eq(reloaded(NULL), "request");
}
END_TEST

START_TEST(any_flipped_bit_is_found)
{
	open_mem();
	ck_assert_int_eq(save("the only one", 0), 0);
	for (size_t i = 0; i < disk.slot[0].len; i++) {
		int damaged;

		do_harm(&disk.slot[0], FLIPPED, i);
		ck_assert_str_eq(reloaded(&damaged), "");
		ck_assert_int_eq(damaged, 1);
		do_harm(&disk.slot[0], FLIPPED, i);
	}
	ck_assert_str_eq(reloaded(NULL), "the only one");
}
END_TEST

/* 3 kinds of power cut × the 6 writes of: save, save both, save, save both */
START_TEST(power_cut_at_any_write_leaves_the_old_or_the_new)
{
	static const struct {
		const char *text;
		int both;
	} steps[] = { { "a", 0 }, { "b", 1 }, { "c", 0 }, { "d", 1 } };
	const char *before = "", *got;

	disk.fault_at = _i / MEM_FAULTS;
	disk.fault = (enum mem_fault)(_i % MEM_FAULTS);
	open_mem();
	for (size_t i = 0; i < 4; i++) {
		if (save(steps[i].text, steps[i].both) == 0) {
			before = steps[i].text;
			continue;
		}
		disk.power_off = 0;
		disk.fault_at = -1;
		got = reloaded(NULL);
		ck_assert_msg(strcmp(got, before) == 0 || strcmp(got, steps[i].text) == 0,
		    "'%s' after '%s' while '%s' was written", got, before, steps[i].text);
		ck_assert_int_eq(save("after", 0), 0);
		ck_assert_str_eq(reloaded(NULL), "after");
		return;
	}
	ck_abort_msg("no write failed");
}
END_TEST

START_TEST(a_sound_slot_of_another_form_is_a_version_error)
{
	unsigned char sum[SL_SHA256_LEN];
	struct sl_buf b = { 0 };
	int damaged;

	open_mem();
	ck_assert_int_eq(save("one", 1), 0);
	disk.slot[1].data[6] = '2';
	disk.slot[1].len -= SL_SHA256_LEN;
	ck_assert_int_eq(sl_sha256(crypto, disk.slot[1].data, disk.slot[1].len, sum, &err), 0);
	sl_buf_add(&disk.slot[1], sum, sizeof(sum));
	open_mem();
	ck_assert_int_eq(sl_slots_load(&slots, &b, &damaged, &err), SMARTLIC_E_STORE_VERSION);
	sl_buf_free(&b);
}
END_TEST

START_TEST(a_table_that_is_too_small_is_refused)
{
	struct smartlic_store_ops ops;
	struct smartlic_store store = mem_store(&disk);

	ops = *store.ops;
	store.ops = &ops;
	ops.size = sizeof(ops.size);
	ck_assert_int_eq(sl_slots_open(&slots, &store, crypto, 0, &err), SMARTLIC_E_ABI);
	ops.size = sizeof(ops);
	ops.write = NULL;
	ck_assert_int_eq(sl_slots_open(&slots, &store, crypto, 0, &err), SMARTLIC_E_ABI);
}
END_TEST

/* ---- on files --------------------------------------------------------------------------- */

static char folder[64];
static char path[80];

static void
make_folder(void)
{
	setup();
	strcpy(folder, "/tmp/check-store-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	(void)snprintf(path, sizeof(path), "%s/store", folder);
}

static void
remove_folder(void)
{
	static const char *const names[] = { "slot-0", "slot-1", "lock", "slot-0.new",
		"slot-1.new" };
	char name[128];

	teardown();
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		(void)snprintf(name, sizeof(name), "%s/%s", path, names[i]);
		(void)unlink(name);
	}
	(void)rmdir(path);
	ck_assert_int_eq(rmdir(folder), 0);
}

static void
open_file(struct sl_slots *ret, int read_only)
{
	struct smartlic_store store;

	ck_assert_msg(smartlic_store_file_new(&store, path, read_only, &err) == 0, "%s", err.text);
	ck_assert_msg(sl_slots_open(ret, &store, crypto, read_only, &err) == 0, "%s", err.text);
}

static unsigned int
mode_of(const char *name)
{
	char full[128];
	struct stat st;

	(void)snprintf(full, sizeof(full), "%s%s", path, name);
	ck_assert_int_eq(stat(full, &st), 0);
	return st.st_mode & 07777;
}

START_TEST(files_are_the_owners_alone_and_nothing_else_stays)
{
	struct dirent *e;
	DIR *dir;
	int n = 0;

	(void)umask(0);
	open_file(&slots, 0);
	ck_assert_int_eq(save("one", 1), 0);
	ck_assert_uint_eq(mode_of(""), 0700);
	ck_assert_uint_eq(mode_of("/slot-0"), 0600);
	ck_assert_uint_eq(mode_of("/slot-1"), 0600);
	ck_assert_uint_eq(mode_of("/lock"), 0600);
	dir = opendir(path);
	while ((e = readdir(dir)) != NULL)
		n += e->d_name[0] != '.';
	(void)closedir(dir);
	ck_assert_int_eq(n, 3);
}
END_TEST

START_TEST(a_second_writer_is_told_whose_store_it_is)
{
	struct smartlic_store store;
	struct sl_slots other = { 0 };
	char holder[48];

	open_file(&slots, 0);
	ck_assert_int_eq(smartlic_store_file_new(&store, path, 0, &err), 0);
	ck_assert_int_eq(sl_slots_open(&other, &store, crypto, 0, &err), SMARTLIC_E_STORE_BUSY);
	ck_assert_ptr_nonnull(strstr(err.text, path));
	(void)snprintf(holder, sizeof(holder), "process (number %ld): ", (long)getpid());
	ck_assert_msg(strstr(err.text, holder) != NULL, "%s", err.text);
	sl_slots_close(&slots);
	ck_assert_int_eq(sl_slots_open(&other, &store, crypto, 0, &err), 0);
	sl_slots_close(&other);
}
END_TEST

START_TEST(a_reader_needs_no_lock_creates_nothing_and_cannot_write)
{
	struct sl_slots reader = { 0 };
	struct sl_buf b = { 0 };
	struct stat st;
	int damaged;

	open_file(&reader, 1);
	ck_assert_int_eq(sl_slots_load(&reader, &b, &damaged, &err), 0);
	ck_assert_int_eq(stat(path, &st), -1);
	sl_slots_close(&reader);

	open_file(&slots, 0);
	ck_assert_int_eq(save("one", 0), 0);
	open_file(&reader, 1);
	ck_assert_int_eq(sl_slots_load(&reader, &b, &damaged, &err), 1);
	ck_assert_str_eq(b.data, "one");
	ck_assert_int_eq(save_to(&reader, "x", 0), SMARTLIC_E_STATE);
	sl_slots_close(&reader);
	sl_buf_free(&b);
}
END_TEST

START_TEST(a_missing_parent_is_an_error_that_says_so)
{
	struct smartlic_store store;
	char deep[128];

	(void)snprintf(deep, sizeof(deep), "%s/no/store", folder);
	ck_assert_int_eq(smartlic_store_file_new(&store, deep, 0, &err), SMARTLIC_E_STORE);
	ck_assert_ptr_nonnull(strstr(err.text, deep));
	ck_assert_ptr_nonnull(strstr(err.text, "parent"));
	ck_assert_int_eq(smartlic_store_file_new(&store, "", 0, &err), SMARTLIC_E_INVAL);
}
END_TEST

START_TEST(a_folder_that_others_may_write_is_refused)
{
	struct smartlic_store store;

	ck_assert_int_eq(mkdir(path, 0700), 0);
	ck_assert_int_eq(chmod(path, 0770), 0);
	ck_assert_int_eq(smartlic_store_file_new(&store, path, 0, &err), SMARTLIC_E_STORE);
	ck_assert_ptr_nonnull(strstr(err.text, "0770"));
}
END_TEST

/* Only root can give a folder away. */
START_TEST(a_folder_of_another_user_is_read_and_not_written)
{
	struct smartlic_store store;

	ck_assert_int_eq(mkdir(path, 0700), 0);
	ck_assert_int_eq(chown(path, 12345, (gid_t)-1), 0);
	ck_assert_int_eq(smartlic_store_file_new(&store, path, 0, &err), SMARTLIC_E_STORE);
	ck_assert_ptr_nonnull(strstr(err.text, "another user (number 12345)"));
	ck_assert_int_eq(smartlic_store_file_new(&store, path, 1, &err), 0);
	smartlic_store_release(&store);
}
END_TEST

START_TEST(a_slot_that_is_no_regular_file_is_not_read)
{
	struct sl_buf b = { 0 };
	char name[128];
	int damaged;

	open_file(&slots, 0);
	(void)snprintf(name, sizeof(name), "%s/slot-0", path);
	ck_assert_int_eq(mkfifo(name, 0600), 0);
	ck_assert_int_eq(sl_slots_load(&slots, &b, &damaged, &err), SMARTLIC_E_STORE);
	ck_assert_int_eq(unlink(name), 0);
	ck_assert_int_eq(symlink("/etc/passwd", name), 0);
	ck_assert_int_eq(sl_slots_load(&slots, &b, &damaged, &err), SMARTLIC_E_STORE);
	/* while the other one is good, it is a lost slot */
	slots.next = 1;
	ck_assert_int_eq(save("good", 0), 0);
	ck_assert_int_eq(sl_slots_load(&slots, &b, &damaged, &err), 1);
	ck_assert_str_eq(b.data, "good");
	ck_assert_int_eq(slots.next, 0);
	sl_buf_free(&b);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("store");
	TCase *t = tcase_create("slots");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, an_empty_store_holds_nothing_and_is_not_damaged);
	tcase_add_test(t, the_slots_alternate_and_the_newest_counts);
	tcase_add_loop_test(t, a_harmed_slot_falls_back_to_the_other, 0, HARMS);
	tcase_add_loop_test(t, what_was_saved_in_both_survives_the_loss_of_either, 0, 2 * HARMS);
	tcase_add_test(t, any_flipped_bit_is_found);
	tcase_add_loop_test(t, power_cut_at_any_write_leaves_the_old_or_the_new, 0, MEM_FAULTS * 6);
	tcase_add_test(t, a_sound_slot_of_another_form_is_a_version_error);
	tcase_add_test(t, a_table_that_is_too_small_is_refused);
	suite_add_tcase(s, t);

	t = tcase_create("files");
	tcase_add_checked_fixture(t, make_folder, remove_folder);
	tcase_add_test(t, files_are_the_owners_alone_and_nothing_else_stays);
	tcase_add_test(t, a_second_writer_is_told_whose_store_it_is);
	tcase_add_test(t, a_reader_needs_no_lock_creates_nothing_and_cannot_write);
	tcase_add_test(t, a_missing_parent_is_an_error_that_says_so);
	tcase_add_test(t, a_folder_that_others_may_write_is_refused);
	if (geteuid() == 0)
		tcase_add_test(t, a_folder_of_another_user_is_read_and_not_written);
	tcase_add_test(t, a_slot_that_is_no_regular_file_is_not_read);
	suite_add_tcase(s, t);
	return run_suite(s);
}
