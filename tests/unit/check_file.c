/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <smartlic/error.h>
#include <smartlic/transport.h>

#include "tests/unit/filing.h"

/* The request in the outbox, decoded; "" where there is none. */
static const char *
written(void)
{
	static char text[100];
	char path[200];
	int fd;
	struct sl_bundle b = { .read = sl_bundle_read_fd, .ud = &fd };

	text[0] = '\0';
	path_of(path, outbox, NAME ".slrq");
	fd = sl_bundle_open(AT_FDCWD, path);
	if (fd >= 0 && sl_bundle_next(&b) == SL_BUNDLE_BLOCK)
		(void)snprintf(text, sizeof(text), "%.*s", (int)b.len, (const char *)b.der);
	sl_bundle_release(&b);
	if (fd >= 0)
		(void)close(fd);
	return text;
}

START_TEST(a_request_is_written_under_its_name_and_waits_without_end)
{
	ck_assert_int_eq(ops->deadline(tp), INT64_MAX);
	ck_assert_int_eq(submit(ID), 0);
	ck_assert_int_eq(ops->deadline(tp), 0);
	ck_assert_int_eq(settle(), 0);
	ck_assert_str_eq(written(), ID);
	ck_assert_uint_eq(files_in(outbox), 1);
	ck_assert_int_eq(ops->deadline(tp), now_ms + 60000);
	ck_assert_uint_eq(ops->flags, SMARTLIC_TRANSPORT_DEFERRED);
}
END_TEST

START_TEST(the_same_request_again_leaves_the_file_alone)
{
	struct stat before, after;
	char path[200], text[200];

	ck_assert_int_eq(submit(ID), 0);
	ck_assert_int_eq(settle(), 0);
	path_of(path, outbox, NAME ".slrq");
	ck_assert_int_eq(stat(path, &before), 0);
	ops->close(tp);
	ck_assert_int_eq(open_with(outbox, inbox, text, sizeof(text)), 0);
	ck_assert_int_eq(submit(ID), 0);
	ck_assert_int_eq(settle(), 0);
	ck_assert_int_eq(stat(path, &after), 0);
	ck_assert_uint_eq(before.st_ino, after.st_ino);
}
END_TEST

START_TEST(a_torn_request_is_written_anew)
{
	put(outbox, NAME ".slrq", "-----BEGIN CMS-----\nMGY4", 24);
	ck_assert_int_eq(submit(ID), 0);
	ck_assert_int_eq(settle(), 0);
	ck_assert_str_eq(written(), ID);
	ck_assert_uint_eq(files_in(outbox), 1);
}
END_TEST

/* What has the name, or that of the file in the making, is replaced and never followed. */
START_TEST(a_link_in_the_outbox_is_replaced_and_not_followed)
{
	static const char *const names[] = { NAME ".slrq", NAME ".slrq.tmp" };
	char link[200], victim[200], now[20] = "";
	int fd;

	put(folder, "victim", "untouched", 9);
	path_of(victim, folder, "victim");
	path_of(link, outbox, names[_i]);
	ck_assert_int_eq(symlink(victim, link), 0);
	ck_assert_int_eq(submit(ID), 0);
	ck_assert_int_eq(settle(), 0);
	ck_assert_str_eq(written(), ID);
	fd = open(victim, O_RDONLY);
	ck_assert_int_eq(read(fd, now, sizeof(now)), 9);
	(void)close(fd);
	ck_assert_str_eq(now, "untouched");
}
END_TEST

START_TEST(an_answer_that_lies_there_is_taken_before_anything_is_written)
{
	put_answer("a.slrs", "{\"request_id\":\"" ID "\"}", 100);
	ck_assert_int_eq(rmdir(outbox), 0);
	ck_assert_int_eq(submit(ID), 0);
	ck_assert_int_eq(settle(), 1);
	ck_assert_int_eq(out.kind, SMARTLIC_OUTCOME_BODY);
	ck_assert_uint_eq(out.len, strlen("{\"request_id\":\"" ID "\"}"));
	ck_assert_int_eq(out.retry_after_ms, -1);
}
END_TEST

START_TEST(an_answer_is_given_once)
{
	put_answer("a.slrs", "answer to " ID, 100);
	put_answer("b.slrs", "answer to " ID, 100);
	put_answer("c.slrs", "another answer to " ID, 100);
	ck_assert_int_eq(submit(ID), 0);
	ck_assert_int_eq(settle(), 1);
	ck_assert_int_eq(settle(), 1);
	ck_assert_int_eq(settle(), 0);
	now_ms += 60000;
	ck_assert_int_eq(settle(), 0);
	ck_assert_uint_eq(files_in(inbox), 3);
}
END_TEST

START_TEST(answers_to_others_are_passed_over)
{
	put_answer("a.slrs", "answer to " OTHER, 100);
	put_answer("b.SLRS", "answer to nothing", 100);
	ck_assert_int_eq(submit(ID), 0);
	ck_assert_int_eq(settle(), 0);
	ck_assert_str_eq(written(), ID);
	/* they are looked at for the request that they are for */
	ck_assert_int_eq(submit(OTHER), 0);
	ck_assert_int_eq(settle(), 1);
	ck_assert_int_eq(out.kind, SMARTLIC_OUTCOME_BODY);
}
END_TEST

START_TEST(a_half_copied_file_counts_when_it_is_whole)
{
	put_answer("a.slrs", "answer to " ID ", which is long enough to be cut", (size_t)_i * 10);
	ck_assert_int_eq(submit(ID), 0);
	ck_assert_int_eq(settle(), 0);
	put_answer("a.slrs", "answer to " ID ", which is long enough to be cut", 100);
	ck_assert_int_eq(settle(), 0);
	now_ms += 60000;
	ck_assert_int_eq(settle(), 1);
	ck_assert_int_eq(out.kind, SMARTLIC_OUTCOME_BODY);
}
END_TEST

/* Its size is right from the beginning, as some systems copy. */
START_TEST(a_file_of_zeros_counts_when_it_is_whole)
{
	static const char zeros[200];
	const char text[] = "answer to " ID;
	size_t len;
	char *armoured = sl_bundle_armour(text, strlen(text), &len);

	put(inbox, "a.slrs", zeros, len);
	ck_assert_int_eq(submit(ID), 0);
	ck_assert_int_eq(settle(), 0);
	put(inbox, "a.slrs", armoured, len);
	free(armoured);
	now_ms += 60000;
	ck_assert_int_eq(settle(), 1);
}
END_TEST

START_TEST(what_is_no_regular_file_is_not_opened)
{
	char path[200], target[200];

	path_of(path, inbox, "fifo.slrs");
	ck_assert_int_eq(mkfifo(path, 0600), 0);
	path_of(path, inbox, "folder.slrs");
	ck_assert_int_eq(mkdir(path, 0700), 0);
	path_of(path, inbox, "zero.slrs");
	ck_assert_int_eq(symlink("/dev/zero", path), 0);
	put_answer("real", "answer to " ID, 100);
	path_of(target, inbox, "real");
	path_of(path, inbox, "link.slrs");
	ck_assert_int_eq(symlink(target, path), 0);
	ck_assert_int_eq(submit(ID), 0);
	ck_assert_int_eq(settle(), 0);
}
END_TEST

START_TEST(a_huge_file_is_not_read)
{
	char path[200];

	put_answer("a.slrs", "answer to " ID, 100);
	path_of(path, inbox, "a.slrs");
	ck_assert_int_eq(truncate(path, SL_BUNDLE_BYTES_MAX + 1), 0);
	ck_assert_int_eq(submit(ID), 0);
	ck_assert_int_eq(settle(), 0);
}
END_TEST

START_TEST(a_folder_that_may_only_be_read_serves_as_inbox)
{
	put_answer("a.slrs", "answer to " ID, 100);
	ck_assert_int_eq(chmod(inbox, 0500), 0);
	ck_assert_int_eq(submit(ID), 0);
	ck_assert_int_eq(settle(), 1);
	ck_assert_int_eq(out.kind, SMARTLIC_OUTCOME_BODY);
	ck_assert_uint_eq(files_in(inbox), 1);
}
END_TEST

START_TEST(an_outbox_that_is_not_there_is_named_with_the_cure)
{
	ck_assert_int_eq(rmdir(outbox), 0);
	ck_assert_int_eq(submit(ID), 0);
	ck_assert_int_eq(settle(), 1);
	ck_assert_int_eq(out.kind, SMARTLIC_OUTCOME_CONFIG);
	ck_assert_ptr_nonnull(strstr(out.text, outbox));
	ck_assert_ptr_nonnull(strstr(out.text, "put the stick in"));
	ck_assert_int_eq(ops->deadline(tp), INT64_MAX);
	/* it comes back */
	ck_assert_int_eq(mkdir(outbox, 0700), 0);
	ck_assert_int_eq(submit(ID), 0);
	ck_assert_int_eq(settle(), 0);
	ck_assert_str_eq(written(), ID);
}
END_TEST

START_TEST(an_inbox_that_is_not_there_is_waited_for)
{
	ck_assert_int_eq(rmdir(inbox), 0);
	ck_assert_int_eq(submit(ID), 0);
	ck_assert_int_eq(settle(), 0);
	ck_assert_int_eq(mkdir(inbox, 0700), 0);
	put_answer("a.slrs", "answer to " ID, 100);
	now_ms += 60000;
	ck_assert_int_eq(settle(), 1);
}
END_TEST

START_TEST(without_its_folders_it_is_not_opened)
{
	char text[200];

	ops->close(tp);
	tp = NULL;
	ck_assert_int_eq(open_with(NULL, inbox, text, sizeof(text)), SMARTLIC_E_INVAL);
	ck_assert_ptr_nonnull(strstr(text, "option outbox: missing"));
	ck_assert_int_eq(open_with(outbox, "", text, sizeof(text)), SMARTLIC_E_INVAL);
	ck_assert_ptr_nonnull(strstr(text, "'license smart file inbox DIR'"));
	ck_assert_ptr_null(tp);
}
END_TEST

START_TEST(a_cancelled_request_asks_for_nothing_more)
{
	put_answer("a.slrs", "answer to " ID, 100);
	ck_assert_int_eq(submit(ID), 0);
	ops->cancel(tp);
	ops->cancel(tp);
	ck_assert_int_eq(ops->step(tp, &out), 0);
	ck_assert_int_eq(ops->deadline(tp), INT64_MAX);
	ck_assert_uint_eq(files_in(outbox), 0);
}
END_TEST

/* ---- names ------------------------------------------------------------------------------ */

START_TEST(names_hold_letters_digits_and_dashes)
{
	static const struct {
		const char *pid, *sn, *uuid, *name;
	} cases[] = {
		{ "NCS1004", "CAT1", "default-sdr", "NCS1004-CAT1-default-sdr-0f8fad5b.slrq" },
		{ "../etc", ".", "/", "%2E%2E%2Fetc-%2E-%2F-0f8fad5b.slrq" },
		{ "a+b=c", "x:y", "a b%41", "a%2Bb%3Dc-x%3Ay-a%20b%2541-0f8fad5b.slrq" },
	};
	char name[SL_BUNDLE_NAME_SIZE];

	ck_assert_int_eq(sl_bundle_name(name, sizeof(name), cases[_i].pid, cases[_i].sn,
			     cases[_i].uuid, ID, ".slrq"),
	    0);
	ck_assert_str_eq(name, cases[_i].name);
}
END_TEST

START_TEST(a_name_that_no_folder_takes_is_refused)
{
	char name[SL_BUNDLE_NAME_SIZE], uuid[65];

	memset(uuid, '/', 64);
	uuid[64] = '\0';
	/* the longest that a UDI has: 64 and 55 characters, each as %XX, would not fit */
	ck_assert_int_eq(sl_bundle_name(name, sizeof(name), "P", "S", uuid, ID, ".slrq"), 0);
	ck_assert_int_eq(
	    sl_bundle_name(name, sizeof(name), "////////////////////", "S", uuid, ID, ".slrq"), -1);
}
END_TEST

/* ---- bundles ---------------------------------------------------------------------------- */

struct memory {
	const char *at;
	size_t left, portion;
};

static ssize_t
read_memory(void *ud, void *buf, size_t size)
{
	struct memory *m = ud;
	size_t n = size < m->left ? size : m->left;

	n = n < m->portion ? n : m->portion;
	memcpy(buf, m->at, n);
	m->at += n;
	m->left -= n;
	return (ssize_t)n;
}

#define BEGIN "-----BEGIN CMS-----\n"
#define END   "-----END CMS-----\n"

/* What is found, a letter each: b block, x bad, c cut, . end. */
START_TEST(blocks_are_found_among_other_text)
{
	static const struct {
		const char *text, *found;
	} cases[] = {
		{ "", "." },
		{ "no block\n", "." },
		{ BEGIN "aGVsbG8=\n" END, "b." },
		{ "To: you\r\n" BEGIN "aGVs\r\nbG8=\r\n" END "text\n" BEGIN "aA==\n" END, "bb." },
		{ BEGIN "aGVsbG8=\n-----END CMS-----", "b." },
		{ BEGIN "aGVsbG8=\n", "c" },
		{ BEGIN, "c" },
		{ "-----BEGIN CMS-----", "c" },
		{ BEGIN END, "x." },
		{ BEGIN "aGVsbG8\n" END, "x." },
		{ BEGIN "aGVsbG9=\n" END, "x." },
		{ BEGIN "aGVs!\n" END BEGIN "aA==\n" END, "xb." },
		{ BEGIN "aGVs\n" BEGIN "aA==\n" END, "xb." },
		{ BEGIN "aGVs\n-----END CERTIFICATE-----\n" BEGIN "aA==\n" END, "xb." },
		{ "-----BEGIN CERTIFICATE-----\naGVs\n-----END CERTIFICATE-----\n", "." },
		{ BEGIN "aA==aA==\n" END, "x." },
	};
	static const char letter[] = ".bxc";
	char found[20] = "";
	struct memory m = { cases[_i].text, strlen(cases[_i].text), 1 };
	struct sl_bundle b = { .read = read_memory, .ud = &m };
	enum sl_bundle_found f;

	do {
		f = sl_bundle_next(&b);
		found[strlen(found)] = letter[f];
	} while (f == SL_BUNDLE_BLOCK || f == SL_BUNDLE_BAD);
	sl_bundle_release(&b);
	ck_assert_str_eq(found, cases[_i].found);
}
END_TEST

START_TEST(what_is_armoured_is_read_back)
{
	unsigned char bytes[300];
	size_t len;
	char *text;
	struct memory m = { .portion = 7 };
	struct sl_bundle b = { .read = read_memory, .ud = &m };

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (unsigned char)(i * 37);
	text = sl_bundle_armour(bytes, (size_t)_i + 1, &len);
	ck_assert_uint_eq(strlen(text), len);
	m.at = text;
	m.left = len;
	ck_assert_int_eq(sl_bundle_next(&b), SL_BUNDLE_BLOCK);
	ck_assert_uint_eq(b.len, (size_t)_i + 1);
	ck_assert_mem_eq(b.der, bytes, b.len);
	ck_assert_int_eq(sl_bundle_next(&b), SL_BUNDLE_END);
	sl_bundle_release(&b);
	free(text);
}
END_TEST

struct endless {
	const char *text;
	size_t len, at;
};

static ssize_t
read_endless(void *ud, void *buf, size_t size)
{
	struct endless *e = ud;

	for (size_t i = 0; i < size; i++)
		((char *)buf)[i] = e->text[e->at++ % e->len];
	return (ssize_t)size;
}

START_TEST(what_has_no_end_is_given_up)
{
	static const struct {
		const char *text, *why;
		int blocks;
	} cases[] = {
		{ "x", "larger than 64 MiB", 0 },
		{ BEGIN "aA==\n" END, "more than 10000 blocks", 10000 },
	};
	struct endless e = { .text = cases[_i].text, .len = strlen(cases[_i].text) };
	struct sl_bundle b = { .read = read_endless, .ud = &e };
	enum sl_bundle_found f;

	do
		f = sl_bundle_next(&b);
	while (f == SL_BUNDLE_BLOCK);
	ck_assert_int_eq(f, SL_BUNDLE_LIMIT);
	ck_assert_str_eq(b.why, cases[_i].why);
	ck_assert_int_eq(b.blocks, cases[_i].blocks);
	ck_assert_int_eq(sl_bundle_next(&b), SL_BUNDLE_END);
	sl_bundle_release(&b);
}
END_TEST

START_TEST(a_block_of_more_than_a_message_is_bad)
{
	size_t len;
	char *der = calloc(1, SL_BUNDLE_MESSAGE_MAX + 1), *text;
	struct memory m = { .portion = 4096 };
	struct sl_bundle b = { .read = read_memory, .ud = &m };

	text = sl_bundle_armour(der, SL_BUNDLE_MESSAGE_MAX + (size_t)_i, &len);
	m.at = text;
	m.left = len;
	ck_assert_int_eq(sl_bundle_next(&b), _i == 0 ? SL_BUNDLE_BLOCK : SL_BUNDLE_BAD);
	if (_i == 1)
		ck_assert_str_eq(b.why, "larger than 384 KiB");
	sl_bundle_release(&b);
	free(text);
	free(der);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("file");
	TCase *tc = tcase_create("transport");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, a_request_is_written_under_its_name_and_waits_without_end);
	tcase_add_test(tc, the_same_request_again_leaves_the_file_alone);
	tcase_add_test(tc, a_torn_request_is_written_anew);
	tcase_add_loop_test(tc, a_link_in_the_outbox_is_replaced_and_not_followed, 0, 2);
	tcase_add_test(tc, an_answer_that_lies_there_is_taken_before_anything_is_written);
	tcase_add_test(tc, an_answer_is_given_once);
	tcase_add_test(tc, answers_to_others_are_passed_over);
	tcase_add_loop_test(tc, a_half_copied_file_counts_when_it_is_whole, 0, 10);
	tcase_add_test(tc, a_file_of_zeros_counts_when_it_is_whole);
	tcase_add_test(tc, what_is_no_regular_file_is_not_opened);
	tcase_add_test(tc, a_huge_file_is_not_read);
	tcase_add_test(tc, a_folder_that_may_only_be_read_serves_as_inbox);
	tcase_add_test(tc, an_outbox_that_is_not_there_is_named_with_the_cure);
	tcase_add_test(tc, an_inbox_that_is_not_there_is_waited_for);
	tcase_add_test(tc, without_its_folders_it_is_not_opened);
	tcase_add_test(tc, a_cancelled_request_asks_for_nothing_more);
	suite_add_tcase(s, tc);
	tc = tcase_create("bundle");
	tcase_add_loop_test(tc, names_hold_letters_digits_and_dashes, 0, 3);
	tcase_add_test(tc, a_name_that_no_folder_takes_is_refused);
	tcase_add_loop_test(tc, blocks_are_found_among_other_text, 0, 16);
	tcase_add_loop_test(tc, what_is_armoured_is_read_back, 0, 130);
	tcase_add_loop_test(tc, what_has_no_end_is_given_up, 0, 2);
	tcase_add_loop_test(tc, a_block_of_more_than_a_message_is_bad, 0, 2);
	suite_add_tcase(s, tc);
	return run_suite(s);
}
