/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <smartlic/agent.h>

#include "agent.h"
#include "text.h"

/*
 * What a device has used hour by hour, for shell tests, which do not wait for hours:
 *
 *	hours CONF pass SECONDS
 *	hours CONF book
 *
 * `pass` is a process of the device in which another hour passes, so that it collects, asks for its
 * authorization and reports.  It gives its answers at most SECONDS of real time, and leaves with 0
 * when all that was collected is acknowledged.
 * `book` prints the samples that the store has, "known" where the authority has acknowledged one:
 * "open|known N TAG START HOURS MAX LAST".
 */

/* An hour, and what a device that was off waits at most before it calls. */
#define PASSED_MS INT64_C(4500000)

static int64_t passed_ms;

static int64_t
clock_ms(clockid_t id)
{
	struct timespec ts;

	(void)clock_gettime(id, &ts);
	return passed_ms + (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static int64_t
mono_ms(void *userdata)
{
	(void)userdata;
	return clock_ms(CLOCK_BOOTTIME);
}

static int64_t
wall_ms(void *userdata)
{
	(void)userdata;
	return clock_ms(CLOCK_REALTIME);
}

static void
die(const char *what, const char *text)
{
	(void)fprintf(stderr, "%s: %s\n", what, text);
	exit(2);
}

static char *
slurp(const char *path, size_t *ret_len)
{
	size_t max = 1 << 20;
	FILE *f = fopen(path, "rb");
	char *data = malloc(max);

	if (f == NULL || data == NULL)
		die(path, strerror(errno));
	*ret_len = fread(data, 1, max, f);
	(void)fclose(f);
	return data;
}

static const char *
need(const struct smartlic_settings *settings, const char *key)
{
	const char *value = smartlic_settings_get(settings, key, 0);

	if (value == NULL)
		die(key, "not in the configuration");
	return value;
}

/* Counts stay as the last command has left them. */
static struct smartlic_agent *
open_agent(const char *conf, int read_only)
{
	/* no boot's name: each process is after a boot of its own, and only its own time passes */
	struct smartlic_env env = { .size = sizeof(env), .wall_ms = wall_ms, .mono_ms = mono_ms };
	struct smartlic_settings *settings = NULL;
	struct smartlic_agent *a = NULL;
	struct smartlic_store store = { 0 };
	struct smartlic_error err = { 0 };
	char *text, *anchor;
	size_t len;

	text = slurp(conf, &len);
	if (smartlic_settings_parse(&settings, text, len, conf, &err) < 0 ||
	    smartlic_store_file_new(&store, need(settings, "store"), read_only, &err) < 0 ||
	    smartlic_agent_new(&a, &env, &err) < 0)
		die(conf, err.text);
	free(text);
	anchor = slurp(need(settings, "trust-anchor"), &len);
	if (smartlic_agent_set_trust_anchor(a, anchor, len) < 0 ||
	    smartlic_agent_set_store(a, &store, read_only) < 0 ||
	    smartlic_agent_configure(a, settings) < 0)
		die(conf, smartlic_agent_error(a)->text);
	free(anchor);
	smartlic_settings_free(settings);
	return a;
}

/* All that was collected is acknowledged, and nothing is asked. */
static int
has_reported(const struct smartlic_agent *a)
{
	return a->rec.open.type == 0 && sl_usage_waiting(&a->rec.usage) == 0;
}

/* Until that, or until nothing is to be done, or waited for, before `end_ms`. */
static void
work(struct smartlic_agent *a, int64_t end_ms)
{
	struct smartlic_event event = { .size = sizeof(event) };
	int64_t due_ms, now_ms;
	struct pollfd fds[16];
	size_t n;
	int r;

	for (;;) {
		while ((r = smartlic_agent_process(a)) == 1)
			;
		while (smartlic_agent_next_event(a, &event) == 1)
			(void)fprintf(stderr, "%s\n", event.message);
		if (r < 0)
			die("not done", smartlic_agent_error(a)->text);
		now_ms = mono_ms(NULL);
		due_ms = smartlic_agent_deadline(a);
		if (now_ms >= end_ms || (!a->in_flight && (due_ms > end_ms || has_reported(a))))
			return;
		due_ms = due_ms < end_ms ? due_ms : end_ms;
		n = 16;
		if (smartlic_agent_pollfds(a, fds, &n) != 0)
			die("not done", "too many descriptors");
		if (due_ms > now_ms)
			(void)poll(fds, n, (int)(due_ms - now_ms));
	}
}

static int
pass(const char *conf, int64_t seconds)
{
	struct smartlic_agent *a = open_agent(conf, 0);
	int reported;

	passed_ms = PASSED_MS;
	work(a, mono_ms(NULL) + seconds * 1000);
	reported = has_reported(a);
	smartlic_agent_free(a);
	return reported ? 0 : 1;
}

static int
book(const char *conf)
{
	struct smartlic_agent *a = open_agent(conf, 1);
	const struct sl_usage_book *b = &a->rec.usage;
	char start[SL_TIME_SIZE];

	for (size_t i = 0; i < b->n_samples; i++) {
		const struct sl_sample *s = &b->samples[i];

		sl_time(start, s->start_s);
		(void)printf("%s %" PRId64 " %s %s %d %" PRId64 " %" PRId64 "\n",
		    s->n <= b->kept_n ? "known" : "open", s->n, b->tags[s->tag].tag, start,
		    s->hours, s->max, s->last);
	}
	smartlic_agent_free(a);
	return 0;
}

int
main(int argc, char **argv)
{
	if (argc == 4 && strcmp(argv[2], "pass") == 0)
		return pass(argv[1], strtoll(argv[3], NULL, 10));
	if (argc == 3 && strcmp(argv[2], "book") == 0)
		return book(argv[1]);
	(void)fprintf(stderr, "usage: hours CONF pass SECONDS | CONF book\n");
	return 2;
}
