/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <smartlic/env.h>

#include "plugin.h"

/*
 * One transport, driven as the agent drives it, for shell tests:
 *
 *	exchange [-p NAME] [-d DIR] [-f FLOOR_S] [-x SPEED] [-c CANCEL_MS] [-n TIMES] [-a APART_MS]
 *	    [-t 1] [-o FILE] [-l LISTS] REQUEST [KEY=VALUE]…
 *
 * REQUEST is a file to send, LISTS one of revocation lists; a VALUE that begins with '@' names a
 *file that has it.  -x makes the transport's clock run faster, -a go on between two requests, so
 *that nobody waits for its limits.
 *Prints a line for each fact: "kind body", "text …", "threads 1"; leaves with 0 for a body, 1 for a
 *failure, 3 if not opened.
 */
#define MAX_OPTIONS 16

struct clock {
	int64_t start_us;
	int64_t speed;
	int64_t later_ms;
};

struct args {
	const char *dir;
	const char *name;
	const char *out;
	const char *lists;
	int64_t floor_ms;
	int64_t cancel_ms;
	int64_t speed;
	int64_t apart_ms;
	int times;
	int tests;
};

struct seen {
	int threads;
	int64_t longest_us;
};

static int64_t
real_us(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

static int64_t
mono_ms(void *ctx)
{
	struct clock *c = ctx;

	return 1000000 + c->later_ms + (real_us() - c->start_us) * c->speed / 1000;
}

static void
print_log(void *ctx, int level, const char *text)
{
	(void)ctx;
	if (level == SMARTLIC_LOG_DEBUG)
		return;
	(void)printf("log %d %s\n", level, text);
}

static int
entries(const char *path)
{
	DIR *dir = opendir(path);
	int n = 0;

	if (dir == NULL)
		return -1;
	while (readdir(dir) != NULL)
		n++;
	(void)closedir(dir);
	return n - 2;
}

/* Terminated; leaves the program if it cannot. */
static char *
slurp(const char *path, size_t *len)
{
	FILE *f = fopen(path, "rb");
	char *data = malloc(1 << 20);

	if (f == NULL || data == NULL) {
		perror(path);
		exit(2);
	}
	*len = fread(data, 1, (1 << 20) - 1, f);
	data[*len] = '\0';
	(void)fclose(f);
	return data;
}

static void
save(const char *path, const void *data, size_t len)
{
	FILE *f = fopen(path, "wb");

	if (f == NULL || fwrite(data, 1, len, f) != len || fclose(f) != 0) {
		perror(path);
		exit(2);
	}
}

static size_t
read_options(struct smartlic_option options[MAX_OPTIONS], char **argv)
{
	size_t n = 0;

	for (; *argv != NULL && n < MAX_OPTIONS; argv++, n++) {
		char *value = strchr(*argv, '=');

		if (value == NULL) {
			(void)fprintf(stderr, "%s: not KEY=VALUE\n", *argv);
			exit(2);
		}
		*value++ = '\0';
		options[n] = (struct smartlic_option){ .key = *argv, .len = strlen(value) };
		options[n].value =
		    value[0] == '@' ? slurp(value + 1, &options[n].len) : strdup(value);
	}
	return n;
}

/* One call of step, and what it cost. */
static int
step(const struct smartlic_transport_ops *ops, void *tp, struct smartlic_outcome *ret,
    struct seen *seen)
{
	int64_t before = real_us(), took;
	int r = ops->step(tp, ret), threads = entries("/proc/self/task");

	took = real_us() - before;
	seen->longest_us = took > seen->longest_us ? took : seen->longest_us;
	seen->threads = threads > seen->threads ? threads : seen->threads;
	return r;
}

/* 1: an outcome; 0: cancelled */
static int
run(const struct smartlic_transport_ops *ops, void *tp, struct clock *clock,
    const struct args *args, struct smartlic_outcome *ret, struct seen *seen)
{
	int64_t cancel_at = args->cancel_ms >= 0 ? mono_ms(clock) + args->cancel_ms : INT64_MAX;
	struct pollfd fds[8];

	while (step(ops, tp, ret, seen) == 0) {
		int64_t now = mono_ms(clock), until = ops->deadline(tp), took;
		size_t n = 8;

		if (now >= cancel_at) {
			took = real_us();
			ops->cancel(tp);
			(void)printf("cancelled-in-us %" PRId64 "\n", real_us() - took);
			return 0;
		}
		until = until < cancel_at ? until : cancel_at;
		if (ops->pollfds(tp, fds, &n) != 0)
			(void)printf("descriptors more than %d\n", 8);
		until = until < now ? 0 : (until - now) / clock->speed;
		(void)poll(fds, n < 8 ? n : 8, until > 60000 ? 60000 : (int)until);
	}
	return 1;
}

static void
print_outcome(const struct smartlic_outcome *out, const char *path)
{
	static const char *const kinds[] = { "body", "failed", "config" };

	(void)printf("kind %s\nstatus %d\nretry-after-ms %" PRId64 "\nlength %zu\n",
	    kinds[out->kind], out->http_status, out->retry_after_ms, out->len);
	if (out->peer != NULL)
		(void)printf("peer %s\n", out->peer);
	if (out->text[0] != '\0')
		(void)printf("text %s\n", out->text);
	if (path != NULL && out->kind == SMARTLIC_OUTCOME_BODY)
		save(path, out->body, out->len);
}

/* Its findings in place of an exchange. */
static int
test(const struct smartlic_transport_ops *ops, void *tp, struct clock *clock,
    const struct smartlic_message *m)
{
	static const char *const grades[] = { "good", "warning", "bad", "skipped" };
	struct smartlic_finding f = { .size = sizeof(f) };
	int r, bad = 0;

	if (ops->test(tp, m) < 0)
		return 3;
	while ((r = ops->finding(tp, &f)) != 2) {
		struct pollfd fds[8];
		size_t n = 8;
		int64_t wait = ops->deadline(tp) - mono_ms(clock);

		if (r == 1) {
			(void)printf("finding %s %s: %s; %s; %s\n", grades[f.grade], f.subject,
			    f.found, f.meaning, f.cure);
			bad += f.grade == SMARTLIC_GRADE_BAD;
			continue;
		}
		(void)ops->pollfds(tp, fds, &n);
		(void)poll(fds, n, wait < 0 ? 0 : wait > 1000 ? 1000 : (int)wait);
	}
	return bad > 0;
}

static int
exchange(const struct smartlic_transport_ops *ops, const struct args *args,
    const struct smartlic_option *options, size_t n, const char *request)
{
	struct clock clock = { .start_us = real_us(), .speed = args->speed };
	struct smartlic_host host = {
		.size = sizeof(host), .ctx = &clock, .mono_ms = mono_ms, .log = print_log
	};
	struct smartlic_message m = { .size = sizeof(m),
		.type = "register",
		.request_id = "0192f0c4-0000-7000-8000-000000000001",
		.pid = "NCS1004",
		.sn = "CAT2231B18Y",
		.uuid = "default-sdr",
		.floor_ms = args->floor_ms };
	struct smartlic_outcome out = { .size = sizeof(out) };
	struct seen seen = { 0 };
	char text[400] = "", *body, *lists;
	int before = entries("/proc/self/fd"), r = 3;
	void *tp;

	if (ops->open(&tp, &host, options, n, text, sizeof(text)) < 0) {
		(void)printf("text %s\n", text);
		return 3;
	}
	for (int i = 0; i < args->times; i++) {
		body = slurp(request, &m.len);
		m.body = body;
		lists = args->lists != NULL ? slurp(args->lists, &m.lists_len) : NULL;
		m.lists = lists;
		if (args->tests) {
			r = test(ops, tp, &clock, &m);
			free(body);
			free(lists);
			break;
		}
		r = ops->submit(tp, &m);
		/* borrowed for the call only */
		memset(body, 0, m.len);
		free(body);
		free(lists);
		if (r < 0)
			break;
		if (run(ops, tp, &clock, args, &out, &seen) == 0)
			break;
		print_outcome(&out, args->out);
		r = out.kind == SMARTLIC_OUTCOME_BODY ? 0 : 1;
		clock.later_ms += args->apart_ms;
	}
	ops->close(tp);
	(void)printf("threads %d\nlongest-step-us %" PRId64 "\ndescriptors-left %d\n", seen.threads,
	    seen.longest_us, entries("/proc/self/fd") - before);
	return r;
}

int
main(int argc, char **argv)
{
	struct args args = { .name = "direct",
		.floor_ms = (int64_t)time(NULL) * 1000,
		.cancel_ms = -1,
		.speed = 1,
		.times = 1 };
	struct smartlic_option options[MAX_OPTIONS];
	const struct smartlic_transport_ops *ops;
	struct smartlic_error err = { 0 };
	size_t n;
	int c, r;

	while ((c = getopt(argc, argv, "p:d:f:x:c:n:a:o:l:t:")) != -1) {
		switch (c) {
		case 'p':
			args.name = optarg;
			break;
		case 'd':
			args.dir = optarg;
			break;
		case 'f':
			args.floor_ms = strtoll(optarg, NULL, 10) * 1000;
			break;
		case 'x':
			args.speed = strtoll(optarg, NULL, 10);
			break;
		case 'c':
			args.cancel_ms = strtoll(optarg, NULL, 10);
			break;
		case 'n':
			args.times = (int)strtol(optarg, NULL, 10);
			break;
		case 't':
			args.tests = (int)strtol(optarg, NULL, 10);
			break;
		case 'a':
			args.apart_ms = strtoll(optarg, NULL, 10);
			break;
		case 'o':
			args.out = optarg;
			break;
		case 'l':
			args.lists = optarg;
			break;
		default:
			return 2;
		}
	}
	if (optind >= argc)
		return 2;
	if (sl_plugin_find(&ops, args.name, args.dir, &err) < 0) {
		(void)printf("text %s\n", err.text);
		return 4;
	}
	n = read_options(options, argv + optind + 1);
	r = exchange(ops, &args, options, n, argv[optind]);
	for (size_t i = 0; i < n; i++)
		free((char *)(uintptr_t)options[i].value);
	return r;
}
