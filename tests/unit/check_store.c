/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "le.h"
#include "record.h"
#include "store.h"
#include "tests/suite.h"
#include "tests/support/memstore.h"

static struct smartlic_crypto *crypto;
static struct smartlic_error err;
static struct mem_disk disk;
static struct sl_slots slots;
static struct sl_buf tail; /* of what was loaded last */

#define HEAD      24 /* of a slot; in it: */
#define LENGTH_AT 16

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
	sl_buf_free(&tail);
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
	sl_buf_free(&tail);
	r = sl_slots_load(&slots, &b, &tail, damaged != NULL ? damaged : &d, &err);
	ck_assert_msg(r >= 0, "%s", err.text);
	ck_assert_uint_lt(b.len, sizeof(text));
	text[0] = '\0';
	if (r == 1)
		memcpy(text, b.data, b.len + 1);
	sl_buf_free(&b);
	return text;
}

static int
save_with_tail(struct sl_slots *to, const char *text, const char *behind, size_t len, int both)
{
	struct sl_buf slot = { 0 };
	int r;

	sl_slots_begin(to, &slot);
	sl_buf_puts(&slot, text);
	r = sl_slots_save(to, &slot, behind, len, both, &err);
	sl_buf_free(&slot);
	return r;
}

static int
save_to(struct sl_slots *to, const char *text, int both)
{
	return save_with_tail(to, text, NULL, 0, both);
}

static int
save(const char *text, int both)
{
	return save_to(&slots, text, both);
}

/* Ends by hand what stands in a slot. */
static void
add_sum(struct sl_buf *slot)
{
	unsigned char sum[SL_SHA256_LEN];

	ck_assert_int_eq(sl_sha256(crypto, slot->data, slot->len, sum, &err), 0);
	sl_buf_add(slot, sum, sizeof(sum));
}

/* By hand; the generation is below 256. */
static void
make_form1(struct sl_buf *slot, unsigned char generation, const char *record)
{
	const unsigned char le[8] = { generation };

	sl_buf_free(slot);
	sl_buf_puts(slot, "SLSLOT1\n");
	sl_buf_add(slot, le, sizeof(le));
	sl_buf_puts(slot, record);
	add_sum(slot);
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

enum harm { TORN, TRUNCATED_1, FLIPPED, DELETED, FOREIGN, HARMS };

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

static void
flip(struct sl_buf *b, size_t bit)
{
	b->data[bit / 8] ^= (char)(1 << bit % 8);
}

/* Of what the checksum covers, and of itself; form 1 covers all. */
START_TEST(any_flipped_bit_is_found)
{
	struct sl_buf *slot = &disk.slot[0];
	size_t covered;
	int damaged;

	open_mem();
	ck_assert_int_eq(save_with_tail(&slots, "the only one", "tail", 4, 0), 0);
	covered = slot->len - 4;
	if (_i == 1) {
		make_form1(slot, 1, "the only one");
		covered = slot->len;
	}
	for (size_t bit = 0; bit < 8 * covered; bit++) {
		flip(slot, bit);
		ck_assert_str_eq(reloaded(&damaged), "");
		ck_assert_int_eq(damaged, 1);
		flip(slot, bit);
	}
	ck_assert_str_eq(reloaded(NULL), "the only one");
}
END_TEST

/* ---- the tail --------------------------------------------------------------------------- */

/* The tail itself, any bytes, is what it is: whoever reads it checks it. */
START_TEST(a_tail_is_loaded_with_its_record_from_either_slot)
{
	open_mem();
	ck_assert_int_eq(save_with_tail(&slots, "one", "a\0b", 3, 0), 0);
	ck_assert_str_eq(reloaded(NULL), "one");
	ck_assert_uint_eq(tail.len, 3);
	ck_assert_mem_eq(tail.data, "a\0b", 3);
	ck_assert_int_eq(save_with_tail(&slots, "two", "newer", 5, 1), 0);
	ck_assert_uint_eq(disk.slot[0].len, disk.slot[1].len);
	ck_assert_mem_eq(disk.slot[0].data, disk.slot[1].data, disk.slot[0].len);
	do_harm(&disk.slot[_i], DELETED, 0);
	ck_assert_str_eq(reloaded(NULL), "two");
	ck_assert_str_eq(tail.data, "newer");
	ck_assert_int_eq(save("three", 1), 0);
	ck_assert_str_eq(reloaded(NULL), "three");
	ck_assert_uint_eq(tail.len, 0);
}
END_TEST

/* Nor does what stands behind it. */
START_TEST(no_harm_to_the_tail_harms_the_slot)
{
	static const char behind[] = "what the agent did";
	struct sl_buf *slot = &disk.slot[1];
	size_t sound;
	int damaged;

	open_mem();
	ck_assert_int_eq(save("old", 0), 0);
	ck_assert_int_eq(save_with_tail(&slots, "new", behind, strlen(behind), 0), 0);
	sound = slot->len - strlen(behind);
	for (size_t bit = 8 * sound; bit < 8 * slot->len; bit++) {
		flip(slot, bit);
		ck_assert_str_eq(reloaded(&damaged), "new");
		ck_assert_int_eq(damaged, 0);
		ck_assert(slots.generation == 2 && slots.next == 0);
		flip(slot, bit);
	}
	sl_buf_puts(slot, " and more");
	for (; slot->len >= sound; slot->len--) {
		ck_assert_str_eq(reloaded(&damaged), "new");
		ck_assert_int_eq(damaged, 0);
		ck_assert(slots.generation == 2 && slots.next == 0);
		ck_assert_uint_eq(tail.len, slot->len - sound);
	}
	ck_assert_str_eq(reloaded(&damaged), "old");
	ck_assert_int_eq(damaged, 1);
}
END_TEST

START_TEST(of_a_tail_that_is_too_long_the_rest_is_left_out)
{
	struct sl_buf text = { 0 };
	int damaged;

	for (size_t i = 0; i <= SL_TAIL_MAX; i++)
		sl_buf_add(&text, "x", 1);
	open_mem();
	ck_assert_int_eq(save_with_tail(&slots, "one", text.data, text.len, 1), 0);
	ck_assert_str_eq(reloaded(&damaged), "one");
	ck_assert_int_eq(damaged, 0);
	ck_assert_uint_eq(tail.len, SL_TAIL_MAX);
	sl_buf_free(&text);
}
END_TEST

START_TEST(the_longest_record_and_tail_are_read_and_longer_slots_are_damaged)
{
	struct sl_buf slot = { 0 }, b = { 0 }, behind = { 0 };
	int damaged;

	for (size_t i = 0; i < SL_TAIL_MAX; i++)
		sl_buf_add(&behind, "x", 1);
	open_mem();
	sl_slots_begin(&slots, &slot);
	for (size_t i = 0; i < SL_RECORD_MAX / SL_TAIL_MAX; i++)
		sl_buf_add(&slot, behind.data, behind.len);
	ck_assert_int_eq(sl_slots_save(&slots, &slot, behind.data, behind.len, 0, &err), 0);
	ck_assert_int_eq(sl_slots_load(&slots, &b, NULL, &damaged, &err), 1);
	ck_assert_uint_eq(b.len, SL_RECORD_MAX);
	sl_buf_add(&disk.slot[0], "x", 1);
	ck_assert_int_eq(sl_slots_load(&slots, &b, NULL, &damaged, &err), 0);
	ck_assert_int_eq(damaged, 1);
	sl_buf_free(&slot);
	sl_buf_free(&b);
	sl_buf_free(&behind);
}
END_TEST

/* The checksum of what the lie says fits in none of them, and nothing beyond the slot is read. */
START_TEST(a_length_that_lies_is_damage)
{
	static const uint64_t lies[] = { 0, 2, 4, 4 + SL_SHA256_LEN, 5 + SL_SHA256_LEN, 1000,
		UINT64_MAX, UINT64_MAX - HEAD, UINT64_MAX - HEAD - SL_SHA256_LEN, INT64_MAX,
		UINT64_C(1) << 32 };
	int damaged;

	open_mem();
	ck_assert_int_eq(save_with_tail(&slots, "one", "x", 1, 0), 0);
	for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
		sl_le_put(disk.slot[0].data + LENGTH_AT, lies[i], 8);
		ck_assert_str_eq(reloaded(&damaged), "");
		ck_assert_int_eq(damaged, 1);
	}
	sl_le_put(disk.slot[0].data + LENGTH_AT, 3, 8);
	ck_assert_str_eq(reloaded(&damaged), "one");
}
END_TEST

/* Nothing behind its end is looked at: there what was read before may stand, a sound slot. */
START_TEST(a_slot_that_is_cut_off_anywhere_is_damage)
{
	struct sl_buf *slot = &disk.slot[1];
	int damaged;

	open_mem();
	ck_assert_int_eq(save("one", 1), 0);
	if (_i == 1) {
		make_form1(&disk.slot[0], 1, "one");
		make_form1(slot, 1, "one");
	}
	for (slot->len--; slot->len > 0; slot->len--) {
		ck_assert_str_eq(reloaded(&damaged), "one");
		ck_assert_int_eq(damaged, 1);
	}
	/* nor where a length is all that it has */
	sl_buf_free(&disk.slot[0]);
	slot->len = HEAD;
	sl_le_put(slot->data + LENGTH_AT, INT64_MAX, 8);
	ck_assert_str_eq(reloaded(&damaged), "");
	ck_assert_int_eq(damaged, 1);
}
END_TEST

START_TEST(the_older_form_is_read_and_followed_by_the_newer)
{
	int damaged;

	make_form1(&disk.slot[0], 7, "older");
	make_form1(&disk.slot[1], 8, "old");
	ck_assert_str_eq(reloaded(&damaged), "old");
	ck_assert_int_eq(damaged, 0);
	ck_assert_uint_eq(tail.len, 0);
	ck_assert_int_eq(save_with_tail(&slots, "new", "tail", 4, 0), 0);
	ck_assert_mem_eq(disk.slot[0].data, "SLSLOT2\n\011\0\0\0\0\0\0\0\003", 17);
	ck_assert_mem_eq(disk.slot[1].data, "SLSLOT1\n\010", 9);
	ck_assert_str_eq(reloaded(&damaged), "new");
	ck_assert_int_eq(damaged, 0);
	ck_assert_str_eq(tail.data, "tail");
	do_harm(&disk.slot[0], TORN, 0);
	ck_assert_str_eq(reloaded(&damaged), "old");
	ck_assert_int_eq(damaged, 1);
	/* it has nothing behind its checksum */
	sl_buf_add(&disk.slot[1], "x", 1);
	ck_assert_str_eq(reloaded(&damaged), "");
	ck_assert_int_eq(damaged, 2);
}
END_TEST

/* each kind of power cut × the 6 writes of: save, save both, save, save both */
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
	struct sl_buf b = { 0 }, *slot = &disk.slot[1];
	int damaged;

	open_mem();
	ck_assert_int_eq(save("one", 1), 0);
	slot->data[6] = '3';
	slot->len = HEAD + 3;
	add_sum(slot);
	sl_buf_puts(slot, "and what a later form has there");
	open_mem();
	ck_assert_int_eq(sl_slots_load(&slots, &b, NULL, &damaged, &err), SMARTLIC_E_STORE_VERSION);
	/* altered it claims nothing */
	slot->data[HEAD] ^= 1;
	ck_assert_int_eq(sl_slots_load(&slots, &b, NULL, &damaged, &err), 1);
	ck_assert_int_eq(damaged, 1);
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
	ck_assert_int_eq(sl_slots_load(&reader, &b, NULL, &damaged, &err), 0);
	ck_assert_int_eq(stat(path, &st), -1);
	sl_slots_close(&reader);

	open_file(&slots, 0);
	ck_assert_int_eq(save("one", 0), 0);
	open_file(&reader, 1);
	ck_assert_int_eq(sl_slots_load(&reader, &b, NULL, &damaged, &err), 1);
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
	ck_assert_int_eq(sl_slots_load(&slots, &b, NULL, &damaged, &err), SMARTLIC_E_STORE);
	ck_assert_int_eq(unlink(name), 0);
	ck_assert_int_eq(symlink("/etc/passwd", name), 0);
	ck_assert_int_eq(sl_slots_load(&slots, &b, NULL, &damaged, &err), SMARTLIC_E_STORE);
	/* while the other one is good, it is a lost slot */
	slots.next = 1;
	ck_assert_int_eq(save("good", 0), 0);
	ck_assert_int_eq(sl_slots_load(&slots, &b, NULL, &damaged, &err), 1);
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
	tcase_add_loop_test(t, any_flipped_bit_is_found, 0, 2);
	tcase_add_loop_test(t, a_tail_is_loaded_with_its_record_from_either_slot, 0, 2);
	tcase_add_test(t, no_harm_to_the_tail_harms_the_slot);
	tcase_add_test(t, of_a_tail_that_is_too_long_the_rest_is_left_out);
	tcase_add_test(t, the_longest_record_and_tail_are_read_and_longer_slots_are_damaged);
	tcase_add_test(t, a_length_that_lies_is_damage);
	tcase_add_loop_test(t, a_slot_that_is_cut_off_anywhere_is_damage, 0, 2);
	tcase_add_test(t, the_older_form_is_read_and_followed_by_the_newer);
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
