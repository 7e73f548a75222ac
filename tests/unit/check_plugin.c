/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "plugin.h"
#include "tests/suite.h"
#include "transports/loop.h"

#define LONG_32 "abcdefghijklmnopqrstuvwxyz-01234"

static const char *const bad_names[] = { "", "../x", "/x", "a/b", ".", "..", "a.b", "A", "a_b",
	"a b", "\xc3\xa4", LONG_32 "5", NULL };

START_TEST(a_name_has_32_letters_digits_and_dashes_at_most)
{
	const struct smartlic_transport_ops *ops = &smartlic_transport_loop;
	struct smartlic_error err = { 0 };

	ck_assert_int_eq(sl_plugin_find(&ops, bad_names[_i], NULL, &err), SMARTLIC_E_TRANSPORT);
	ck_assert_ptr_nonnull(strstr(err.text, "not a name"));
	ck_assert_ptr_eq(ops, &smartlic_transport_loop);
}
END_TEST

START_TEST(a_table_of_the_hosts_own_passes_the_same_checks)
{
	struct smartlic_transport_ops ops = smartlic_transport_loop;
	struct smartlic_error err = { 0 };

	ck_assert_int_eq(sl_plugin_check(&ops, NULL, &err), 0);
	ck_assert_int_eq(sl_plugin_check(&ops, "loop", &err), 0);
	ck_assert_int_eq(sl_plugin_check(NULL, NULL, &err), SMARTLIC_E_INVAL);
	ck_assert_int_eq(sl_plugin_check(&ops, "other", &err), SMARTLIC_E_TRANSPORT);
	ops.name = "../x";
	ck_assert_int_eq(sl_plugin_check(&ops, NULL, &err), SMARTLIC_E_TRANSPORT);
	ops.name = "loop";
	ops.summary = NULL;
	ck_assert_int_eq(sl_plugin_check(&ops, NULL, &err), SMARTLIC_E_TRANSPORT);
	ops.summary = "x";
	ops.cancel = NULL;
	ck_assert_int_eq(sl_plugin_check(&ops, NULL, &err), SMARTLIC_E_TRANSPORT);
	ck_assert_ptr_nonnull(strstr(err.text, "lacks a function"));
	ops = smartlic_transport_loop;
	ops.abi++;
	ck_assert_int_eq(sl_plugin_check(&ops, NULL, &err), SMARTLIC_E_ABI);
}
END_TEST

#ifdef SL_PLUGINS

static char folder[64];
static char path[160];

static void
folder_make(void)
{
	strcpy(folder, "/tmp/smartlic-plugin-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
}

static void
folder_remove(void)
{
	(void)unlink(path);
	ck_assert_int_eq(rmdir(folder), 0);
}

/* Puts the object with the odd tables where transport `name` is looked for. */
static void
install(const char *name)
{
	char from[512];
	const char *top = getenv("TOP_BUILDDIR");
	FILE *in, *out;
	int c;

	(void)snprintf(
	    from, sizeof(from), "%s/tests/unit/.libs/odd_plugins.so", top != NULL ? top : ".");
	(void)snprintf(path, sizeof(path), "%s/smartlic-transport-%s.so", folder, name);
	in = fopen(from, "rb");
	ck_assert_msg(in != NULL, "%s: %s", from, strerror(errno));
	out = fopen(path, "wb");
	ck_assert_ptr_nonnull(out);
	while ((c = getc(in)) != EOF)
		(void)putc(c, out);
	ck_assert_int_eq(fclose(out), 0);
	ck_assert_int_eq(fclose(in), 0);
	ck_assert_int_eq(chmod(path, 0644), 0);
}

static const struct {
	const char *name;
	int code;
	const char *text; /* the text names the path and says this */
} tables[] = {
	{ "good", 0, "" },
	{ "two-words", 0, "" },
	{ "later", 0, "" },
	{ "first", 0, "" },
	{ "old-abi", SMARTLIC_E_ABI, "made for transport interface 0, this library has 1" },
	{ "new-abi", SMARTLIC_E_ABI, "made for transport interface 2, this library has 1" },
	{ "short", SMARTLIC_E_ABI, "bytes, at least" },
	{ "empty", SMARTLIC_E_ABI, "made for transport interface" },
	{ "alias", SMARTLIC_E_TRANSPORT, "calls itself 'direct', not 'alias'" },
	{ "unnamed", SMARTLIC_E_TRANSPORT, "table without name" },
	{ "no-step", SMARTLIC_E_TRANSPORT, "lacks a function" },
	{ "missing", SMARTLIC_E_TRANSPORT, "has no symbol smartlic_transport_missing" },
};

START_TEST(a_table_is_taken_or_refused_with_path_and_cause)
{
	const struct smartlic_transport_ops *ops = &smartlic_transport_loop;
	struct smartlic_error err = { 0 };

	install(tables[_i].name);
	ck_assert_int_eq(sl_plugin_find(&ops, tables[_i].name, folder, &err), tables[_i].code);
	ck_assert_msg(strstr(err.text, tables[_i].text) != NULL, "%s", err.text);
	if (tables[_i].code == 0) {
		ck_assert_str_eq(ops->name, tables[_i].name);
		return;
	}
	ck_assert_ptr_eq(ops, &smartlic_transport_loop);
	ck_assert_msg(strstr(err.text, path) != NULL, "%s", err.text);
}
END_TEST

START_TEST(found_twice_is_the_same_table)
{
	const struct smartlic_transport_ops *first, *second;
	struct smartlic_error err = { 0 };

	install("good");
	ck_assert_int_eq(sl_plugin_find(&first, "good", folder, &err), 0);
	ck_assert_int_eq(sl_plugin_find(&second, "good", folder, &err), 0);
	ck_assert_ptr_eq(first, second);
}
END_TEST

/* What each does to a good file or its folder before the transport is looked for. */
static void
nothing_there(void)
{
	ck_assert_int_eq(unlink(path), 0);
}

static void
group_writes_file(void)
{
	ck_assert_int_eq(chmod(path, 0664), 0);
}

static void
world_writes_file(void)
{
	ck_assert_int_eq(chmod(path, 0646), 0);
}

static void
world_writes_folder(void)
{
	ck_assert_int_eq(chmod(folder, 0777), 0);
}

static void
group_writes_folder(void)
{
	ck_assert_int_eq(chmod(folder, 0770), 0);
}

static void
link_to_it(void)
{
	const char *top = getenv("TOP_BUILDDIR");
	char real[512];

	(void)snprintf(
	    real, sizeof(real), "%s/tests/unit/.libs/odd_plugins.so", top != NULL ? top : ".");
	ck_assert_int_eq(unlink(path), 0);
	ck_assert_int_eq(symlink(real, path), 0);
}

static void
link_to_a_folder(void)
{
	ck_assert_int_eq(unlink(path), 0);
	ck_assert_int_eq(symlink("/tmp", path), 0);
}

static void
a_text_file(void)
{
	FILE *out = fopen(path, "wb");

	ck_assert_ptr_nonnull(out);
	(void)fputs("#!/bin/sh\n", out);
	ck_assert_int_eq(fclose(out), 0);
}

static void
strangers_file(void)
{
	ck_assert_int_eq(chown(path, 12345, (gid_t)-1), 0);
}

static const struct {
	void (*spoil)(void);
	const char *text;
} spoilt[] = {
	{ nothing_there, "no such file; install the transport 'good'" },
	{ group_writes_file, "can be written by others" },
	{ world_writes_file, "can be written by others" },
	{ group_writes_folder, "can be written by others" },
	{ world_writes_folder, "can be written by others" }, { link_to_it, "not a regular file" },
	{ link_to_a_folder, "not a regular file" }, { a_text_file, "cannot load" },
	{ strangers_file, "belongs to another user" }, /* last: only root can make it */
};
#define N_SPOILT (sizeof(spoilt) / sizeof(spoilt[0]))

START_TEST(a_file_that_others_could_swap_is_not_loaded)
{
	const struct smartlic_transport_ops *ops = NULL;
	struct smartlic_error err = { 0 };

	install("good");
	spoilt[_i].spoil();
	ck_assert_int_eq(sl_plugin_find(&ops, "good", folder, &err), SMARTLIC_E_TRANSPORT);
	ck_assert_msg(strstr(err.text, spoilt[_i].text) != NULL, "%s", err.text);
	ck_assert_msg(strstr(err.text, folder) != NULL, "%s", err.text);
	ck_assert_ptr_null(ops);
}
END_TEST

static const struct {
	mode_t mode;
	uid_t owner; /* 0: the present one */
	const char *text;
} above[] = {
	{ 0755, 0, NULL },
	{ 01777, 0, NULL }, /* as /tmp: only owners rename in it */
	{ 0777, 0, "can be written by others" },
	{ 0757, 0, "can be written by others" },
	{ 0755, 12345, "belongs to another user" },
	{ 01777, 12345, "belongs to another user" },
};
#define N_ABOVE (sizeof(above) / sizeof(above[0]))

START_TEST(a_folder_above_that_others_could_swap_is_named)
{
	const struct smartlic_transport_ops *ops = NULL;
	struct smartlic_error err = { 0 };
	char top[64], link[80];
	int r, fits;

	strcpy(top, folder);
	if (above[_i].owner != 0 && geteuid() != 0)
		return;
	(void)snprintf(folder, sizeof(folder), "%s/below", top);
	(void)snprintf(link, sizeof(link), "%s/link", top);
	ck_assert_int_eq(mkdir(folder, 0755), 0);
	ck_assert_int_eq(symlink("below", link), 0);
	install("good");
	ck_assert_int_eq(chmod(top, above[_i].mode), 0);
	if (above[_i].owner != 0)
		ck_assert_int_eq(chown(top, above[_i].owner, (gid_t)-1), 0);
	/* by whichever name: what counts is where it is */
	r = sl_plugin_find(&ops, "good", _i % 2 ? folder : link, &err);
	fits = above[_i].text == NULL ? r == 0 : r == SMARTLIC_E_TRANSPORT;
	ck_assert_msg(fits, "%d %s", r, err.text);
	if (above[_i].text != NULL) {
		ck_assert_msg(strstr(err.text, above[_i].text) != NULL, "%s", err.text);
		ck_assert_msg(strstr(err.text, top) == err.text, "%s", err.text);
		ck_assert_ptr_null(ops);
	}
	(void)unlink(link);
	(void)unlink(path);
	(void)rmdir(folder);
	strcpy(folder, top);
}
END_TEST

static const struct {
	const char *dir;
	const char *text;
} folders[] = {
	{ "", "not an absolute path" },
	{ "lib", "not an absolute path" },
	{ "./lib", "not an absolute path" },
	{ "/nonexistent/transports", "No such file or directory" },
	{ "/dev/null", "not a folder" },
};

START_TEST(the_folder_is_absolute_and_there)
{
	const struct smartlic_transport_ops *ops;
	struct smartlic_error err = { 0 };

	ck_assert_int_eq(sl_plugin_find(&ops, "good", folders[_i].dir, &err), SMARTLIC_E_TRANSPORT);
	ck_assert_msg(strstr(err.text, folders[_i].text) != NULL, "%s", err.text);
}
END_TEST

START_TEST(no_variable_of_the_environment_finds_another_folder)
{
	const struct smartlic_transport_ops *ops = NULL;
	struct smartlic_error err = { 0 };

	install("good");
	(void)setenv("SMARTLIC_TRANSPORT_DIR", folder, 1);
	(void)setenv("LD_LIBRARY_PATH", folder, 1);
	ck_assert_int_eq(sl_plugin_find(&ops, "good", NULL, &err), SMARTLIC_E_TRANSPORT);
	ck_assert_ptr_null(ops);
	ck_assert_ptr_null(strstr(err.text, folder));
}
END_TEST

static TCase *
files(void)
{
	TCase *t = tcase_create("files");
	size_t n = geteuid() == 0 ? N_SPOILT : N_SPOILT - 1;

	tcase_add_checked_fixture(t, folder_make, folder_remove);
	tcase_add_loop_test(t, a_table_is_taken_or_refused_with_path_and_cause, 0,
	    (int)(sizeof(tables) / sizeof(tables[0])));
	tcase_add_test(t, found_twice_is_the_same_table);
	tcase_add_loop_test(t, a_file_that_others_could_swap_is_not_loaded, 0, (int)n);
	tcase_add_loop_test(t, a_folder_above_that_others_could_swap_is_named, 0, (int)N_ABOVE);
	tcase_add_loop_test(
	    t, the_folder_is_absolute_and_there, 0, (int)(sizeof(folders) / sizeof(folders[0])));
	tcase_add_test(t, no_variable_of_the_environment_finds_another_folder);
	return t;
}

#else

START_TEST(without_plugins_the_text_says_how_to_build_one_in)
{
	const struct smartlic_transport_ops *ops;
	struct smartlic_error err = { 0 };

	ck_assert_int_eq(sl_plugin_find(&ops, "good", NULL, &err), SMARTLIC_E_TRANSPORT);
	ck_assert_ptr_nonnull(strstr(err.text, "--with-builtin-transports=good"));
}
END_TEST

static TCase *
files(void)
{
	TCase *t = tcase_create("no plugins");

	tcase_add_test(t, without_plugins_the_text_says_how_to_build_one_in);
	return t;
}

#endif

#ifdef SL_BUILTIN_DIRECT
START_TEST(a_transport_that_is_built_in_wins)
{
	const struct smartlic_transport_ops *ops;
	struct smartlic_error err = { 0 };

	ck_assert_int_eq(sl_plugin_find(&ops, "direct", "/nonexistent", &err), 0);
	ck_assert_str_eq(ops->name, "direct");
}
END_TEST
#endif

int
main(void)
{
	Suite *s = suite_create("plugin");
	TCase *t = tcase_create("names and tables");

	tcase_add_loop_test(t, a_name_has_32_letters_digits_and_dashes_at_most, 0,
	    (int)(sizeof(bad_names) / sizeof(bad_names[0])));
	tcase_add_test(t, a_table_of_the_hosts_own_passes_the_same_checks);
#ifdef SL_BUILTIN_DIRECT
	tcase_add_test(t, a_transport_that_is_built_in_wins);
#endif
	suite_add_tcase(s, t);
	suite_add_tcase(s, files());
	return run_suite(s);
}
