/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "cli.h"
#include "outbox.h"
#include "syslog.h"

#define FDS_MAX 32

int64_t
run_mono_ms(void *userdata)
{
	struct timespec ts = { 0 };

	(void)userdata;
	(void)clock_gettime(CLOCK_BOOTTIME, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static void
take_events(struct smartlic_agent *agent, struct run *run)
{
	struct smartlic_event event = { .size = sizeof(event) };

	while (smartlic_agent_next_event(agent, &event) == 1) {
		const char *text = strstr(event.message, " : ");

		tell(event.severity, event.message);
		if (event.type >= 0 && event.type < 64)
			run->seen |= UINT64_C(1) << event.type;
		if (event.severity <= SMARTLIC_LOG_ERROR && run->failure[0] == '\0')
			(void)snprintf(run->failure, sizeof(run->failure), "%s",
			    text != NULL ? text + 3 : event.message);
	}
}

/* Says once per request what is waited for. */
static void
announce(struct smartlic_agent *agent, char said[40], int timeout_s)
{
	const struct smartlic_status *st = smartlic_agent_status(agent);

	/* by file nobody waits */
	if (st == NULL || st->pending_type[0] == '\0' || outbox_is_used(st) || strcmp(said, st->pending_request_id) == 0)
		return;
	(void)snprintf(said, 40, "%s", st->pending_request_id);
	(void)fprintf(stderr, "waiting for %s (%s), up to %d s\n",
	    st->destination[0] != '\0' ? st->destination : st->transport, st->pending_type,
	    timeout_s);
}

enum run_end
run_until_idle(struct smartlic_agent *agent, const struct cli *cli, struct run *run)
{
	char said[40] = "";

	for (;;) {
		struct pollfd fds[FDS_MAX];
		size_t n = FDS_MAX;
		int64_t now, due;
		int r;

		while ((r = smartlic_agent_process(agent)) == 1)
			take_events(agent, run);
		take_events(agent, run);
		if (r < 0)
			return RUN_FAILED;
		if (!smartlic_agent_busy(agent))
			return RUN_IDLE;
		announce(agent, said, cli->timeout_s);
		now = run_mono_ms(NULL);
		if (now >= run->end_ms)
			return RUN_TIMED_OUT;
		if (smartlic_agent_pollfds(agent, fds, &n) < 0)
			return RUN_FAILED;
		due = smartlic_agent_deadline(agent);
		if (due > run->end_ms)
			due = run->end_ms;
		if (n > FDS_MAX)
			n = FDS_MAX;
		if (due > now && poll(fds, (nfds_t)n, (int)(due - now)) < 0 && errno != EINTR)
			return RUN_TIMED_OUT;
	}
}
