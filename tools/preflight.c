/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "preflight.h"

#define FDS_MAX 16

static const char *const grades[] = {
	[SMARTLIC_GRADE_GOOD] = "good",
	[SMARTLIC_GRADE_WARNING] = "warning",
	[SMARTLIC_GRADE_BAD] = "bad",
	[SMARTLIC_GRADE_SKIPPED] = "skipped",
};

/* The findings so far. */
struct told {
	const struct cli *cli;
	int n, bad;
	char place[sizeof(((struct smartlic_finding *)0)->place)];
};

/* Texts are printable ASCII, as far as the library makes them; what strangers wrote is made so. */
static void
put_json(const char *member, const char *value, const char *after)
{
	(void)printf("    \"%s\": \"", member);
	for (; *value != '\0'; value++) {
		if (*value == '"' || *value == '\\')
			(void)putchar('\\');
		(void)putchar(*value >= ' ' && *value <= '~' ? *value : '?');
	}
	(void)printf("\"%s\n", after);
}

static void
tell_json(const struct told *t, const struct smartlic_finding *f)
{
	(void)printf("%s\n  {\n", t->n > 0 ? "," : "[");
	put_json("place", f->place, ",");
	put_json("subject", f->subject, ",");
	put_json("grade", grades[f->grade], ",");
	put_json("found", f->found, ",");
	put_json("meaning", f->meaning, ",");
	put_json("cure", f->cure, "");
	(void)printf("  }");
}

static void
tell_line(struct told *t, const struct smartlic_finding *f)
{
	if (strcmp(f->place, t->place) != 0)
		(void)printf("%s:\n", f->place);
	memcpy(t->place, f->place, sizeof(t->place));
	(void)printf("%s%-15s %-8s %s; %s; %s\n", f->place[0] != '\0' ? "  " : "", f->subject,
	    grades[f->grade], f->found, f->meaning, f->cure[0] != '\0' ? f->cure : "nothing to do");
}

static void
tell_finding(struct told *t, const struct smartlic_finding *f)
{
	if (t->cli->json)
		tell_json(t, f);
	else
		tell_line(t, f);
	t->n++;
	t->bad += f->grade == SMARTLIC_GRADE_BAD;
}

/* Until something happens; -1: not before the end of what the command may take. */
static int
wait_for(struct smartlic_test *test, int64_t end_ms)
{
	struct pollfd fds[FDS_MAX];
	int64_t now = run_mono_ms(NULL), due = smartlic_test_deadline(test);
	size_t n = FDS_MAX;

	if (now >= end_ms)
		return -1;
	if (smartlic_test_pollfds(test, fds, &n) < 0 || n > FDS_MAX)
		n = 0;
	due = due < end_ms ? due : end_ms;
	if (due > now && poll(fds, (nfds_t)n, (int)(due - now)) < 0 && errno != EINTR)
		return -1;
	return 0;
}

static int
run_test(struct smartlic_agent *agent, struct told *t)
{
	int64_t end_ms = run_mono_ms(NULL) + (int64_t)t->cli->timeout_s * 1000;
	struct smartlic_finding finding = { .size = sizeof(finding) };
	struct smartlic_test *test = NULL;
	int r = smartlic_test_new(&test, agent);

	while (r >= 0 && (r = smartlic_test_step(test, &finding)) >= 0 && r != 2) {
		if (r == 1)
			tell_finding(t, &finding);
		else if (wait_for(test, end_ms) < 0)
			break;
	}
	smartlic_test_free(test);
	if (t->cli->json)
		(void)printf("%s\n", t->n > 0 ? "\n]" : "[]");
	if (r < 0)
		complain("%s", smartlic_agent_error(agent)->text);
	if (r == 0)
		complain("the test is not over after %d s; --timeout gives it longer",
		    t->cli->timeout_s);
	return r == 2 && t->bad == 0 ? CLI_DONE : CLI_FAILED;
}

int
preflight(const struct cli *cli, char *args[])
{
	struct told told = { .cli = cli };
	struct smartlic_agent *agent = NULL;
	int r = conf_test(&agent, cli);

	(void)args;
	if (r == 0)
		r = run_test(agent, &told);
	smartlic_agent_free(agent);
	return r;
}
