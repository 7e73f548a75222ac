/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "tests/suite.h"
#include "tests/support/story.h"

/*
 * Every allocation of the agent fails once: its own by the linker's --wrap, jansson's by its hook.
 * That nothing leaks is for valgrind and the sanitizers to see.
 */

void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t size);
char *__real_strdup(const char *s);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t size);
char *__wrap_strdup(const char *s);

static long count, fail_at = -1;

static int
fails(void)
{
	return world_in_agent && count++ == fail_at;
}

void *
__wrap_malloc(size_t size)
{
	return fails() ? NULL : __real_malloc(size);
}

void *
__wrap_calloc(size_t n, size_t size)
{
	return fails() ? NULL : __real_calloc(n, size);
}

void *
__wrap_realloc(void *p, size_t size)
{
	return fails() ? NULL : __real_realloc(p, size);
}

char *
__wrap_strdup(const char *s)
{
	return fails() ? NULL : __real_strdup(s);
}

static struct world w;

/* A life; `begin` only up to its authorization. */
static long
life(long at, int begin)
{
	long n;

	fail_at = -1;
	world_init(&w, DRIVE_POLL);
	world_stop(&w);
	count = 0;
	fail_at = at;
	if (world_start(&w) < 0) {
		ck_assert_int_ge(at, 0);
		ck_assert_int_eq(world_start(&w), 0);
	}
	if (begin)
		story_begin(&w);
	else
		story_live(&w);
	n = count;
	fail_at = -1;
	if (!begin)
		story_check(&w);
	world_free(&w);
	return n;
}

/* Each of the beginning, and some of the rest of a life: it is the same code, with other data. */
START_TEST(any_failed_allocation_delays_and_loses_nothing)
{
	long n = life(-1, 1), whole = life(-1, 0), step = 100 / test_percent();

	ck_assert_int_gt(n, 300);
	ck_assert_int_gt(whole, 2 * n);
	for (long at = 0; at < n; at += step)
		(void)life(at, 1);
	for (long at = n; at < whole; at += 13 * step)
		(void)life(at, 0);
}
END_TEST

START_TEST(status_and_show_without_memory_say_so)
{
	char *text = NULL;
	int failed = 0;

	fail_at = -1;
	world_init(&w, DRIVE_POLL);
	world_ready(&w);
	for (long at = 0; at < 40; at++) {
		const struct smartlic_status *st;
		int r;

		count = 0;
		fail_at = at;
		world_in_agent = 1;
		st = smartlic_agent_status(w.agent);
		count = 0;
		r = smartlic_agent_show(w.agent, SMARTLIC_SHOW_ALL, SMARTLIC_SHOW_JSON, &text);
		world_in_agent = 0;
		failed += st == NULL || r < 0;
		ck_assert(r == 0 || r == SMARTLIC_E_NOMEM);
		if (r == 0)
			free(text);
	}
	ck_assert_int_ge(failed, 2);
	fail_at = -1;
	ck_assert_ptr_nonnull(smartlic_agent_status(w.agent));
	world_free(&w);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("fault, memory");
	TCase *t = tcase_create("sweep");

	json_set_alloc_funcs(__wrap_malloc, free);
	tcase_set_timeout(t, 240);
	tcase_add_test(t, any_failed_allocation_delays_and_loses_nothing);
	tcase_add_test(t, status_and_show_without_memory_say_so);
	suite_add_tcase(s, t);
	return run_suite(s);
}
