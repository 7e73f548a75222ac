/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "cli.h"
#include "foreground.h"
#include "notify.h"
#include "watch.h"

#define TRANSPORT_FDS 32

/* The configuration that was accepted last, and the inventory that it names.  An edit of the file
 * counts when we are told to read it. */
struct accepted {
	struct smartlic_settings *settings;
	const char *inventory; /* NULL: none is configured */
	struct watch watch;
};

/* `smartlic run`: one agent, for as long as the process lives. */
struct life {
	const struct cli *cli;
	struct smartlic_agent *agent;
	struct accepted conf;
	int signals;       /* the three that it listens to */
	int alarm;         /* what is due next, also when the machine sleeps until then */
	int clock;         /* tells when the wall clock is set */
	char failure[512]; /* of the library, said once */
	int end;
};

/* ---- descriptors --------------------------------------------------------------------------- */

static int
open_signals(void)
{
	sigset_t set;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGTERM);
	(void)sigaddset(&set, SIGINT);
	(void)sigaddset(&set, SIGHUP);
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
		return -1;
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

/* At a time that does not come; what matters is that setting the clock cancels it. */
static void
arm_clock(int fd)
{
	struct itimerspec never = { .it_value = { .tv_sec = INT32_MAX } };

	if (fd >= 0)
		(void)timerfd_settime(
		    fd, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &never, NULL);
}

static int
open_clock(void)
{
	int fd = timerfd_create(CLOCK_REALTIME, TFD_CLOEXEC | TFD_NONBLOCK);

	arm_clock(fd);
	return fd;
}

static void
arm_alarm(int fd, int64_t due_ms)
{
	struct itimerspec at = { .it_value = { .tv_sec = due_ms / 1000,
				     .tv_nsec = due_ms % 1000 * 1000000 + 1 } };

	(void)timerfd_settime(fd, TFD_TIMER_ABSTIME, &at, NULL);
}

static void
empty(int fd)
{
	uint64_t n;

	(void)!read(fd, &n, sizeof(n));
}

/* ---- what happens -------------------------------------------------------------------------- */

/* Before the file is read, so that no change is missed. */
static int
read_conf(struct accepted *ret, const struct cli *cli)
{
	int r;

	*ret = (struct accepted){ .watch = { .fd = -1 } };
	r = conf_settings(&ret->settings, cli);
	ret->inventory = r == 0 ? smartlic_settings_get(ret->settings, "inventory", 0) : NULL;
	if (ret->inventory != NULL)
		watch_open(&ret->watch, ret->inventory);
	return r;
}

static void
release(struct accepted *a)
{
	watch_close(&a->watch);
	smartlic_settings_free(a->settings);
	*a = (struct accepted){ .watch = { .fd = -1 } };
}

/* A configuration that cannot be used leaves everything as it is. */
static void
reload(struct life *l)
{
	struct accepted next, former = l->conf;

	notify("RELOADING=1");
	if (read_conf(&next, l->cli) == 0 && conf_reload(l->agent, l->cli, next.settings) == 0) {
		l->conf = next;
		release(&former);
		inform("%s was read again", l->cli->conf);
	} else {
		release(&next);
		complain("%s was not read again: everything stays as it was", l->cli->conf);
	}
	notify("READY=1");
}

/* As above: counts of a file that cannot be read are not zero, they are the last ones. */
static void
take_inventory(struct life *l)
{
	if (conf_recount(l->agent, l->cli, l->conf.settings) == 0)
		inform("%s has changed: counted anew", l->conf.inventory);
	else
		complain("the counts stay as they were until %s can be used", l->conf.inventory);
}

static void
take_signals(struct life *l)
{
	struct signalfd_siginfo info;

	while (read(l->signals, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
		if (info.ssi_signo == SIGHUP)
			reload(l);
		else
			l->end = 1;
	}
}

/* A full disk or want of memory: said when it begins; the agent tries again by itself. */
static void
take_failure(struct life *l)
{
	const char *text = smartlic_agent_error(l->agent)->text;

	if (strncmp(text, l->failure, sizeof(l->failure) - 1) == 0)
		return;
	complain("%s", text);
	(void)strncpy(l->failure, text, sizeof(l->failure) - 1);
}

/* The log has had their texts. */
static void
forget_events(struct smartlic_agent *agent)
{
	struct smartlic_event event = { .size = sizeof(event) };

	while (smartlic_agent_next_event(agent, &event) == 1)
		;
}

static void
work(struct life *l)
{
	int r;

	while ((r = smartlic_agent_process(l->agent)) == 1)
		forget_events(l->agent);
	if (r < 0)
		take_failure(l);
	else
		l->failure[0] = '\0';
	forget_events(l->agent);
}

/* ---- waiting ------------------------------------------------------------------------------- */

enum { FD_SIGNALS = 0, FD_ALARM, FD_CLOCK, FD_WATCH, FD_TRANSPORT };

static int
wait_for_work(struct life *l)
{
	struct pollfd fds[FD_TRANSPORT + TRANSPORT_FDS] = {
		[FD_SIGNALS] = { .fd = l->signals, .events = POLLIN },
		[FD_ALARM] = { .fd = l->alarm, .events = POLLIN },
		[FD_CLOCK] = { .fd = l->clock, .events = POLLIN },
		[FD_WATCH] = { .fd = l->conf.inventory != NULL ? l->conf.watch.fd : -1,
		    .events = POLLIN },
	};
	int64_t due = smartlic_agent_deadline(l->agent);
	size_t n = TRANSPORT_FDS;

	if (smartlic_agent_pollfds(l->agent, fds + FD_TRANSPORT, &n) < 0)
		n = 0;
	if (n > TRANSPORT_FDS)
		n = TRANSPORT_FDS;
	if (l->conf.inventory != NULL && l->conf.watch.next_ms < due)
		due = l->conf.watch.next_ms;
	arm_alarm(l->alarm, due);
	if (poll(fds, (nfds_t)(FD_TRANSPORT + n), -1) < 0 && errno != EINTR) {
		complain("cannot wait: %s", strerror(errno));
		return -1;
	}
	if (fds[FD_ALARM].revents != 0)
		empty(l->alarm);
	if (fds[FD_CLOCK].revents != 0) {
		empty(l->clock);
		arm_clock(l->clock);
	}
	if (fds[FD_SIGNALS].revents != 0)
		take_signals(l);
	if (l->conf.inventory != NULL && watch_changed(&l->conf.watch, run_mono_ms(NULL)))
		take_inventory(l);
	return 0;
}

int
foreground(const struct cli *cli, char *args[])
{
	struct life l = { .cli = cli, .conf.watch.fd = -1 };
	int r;

	(void)args;
	l.signals = open_signals();
	l.alarm = timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK);
	l.clock = open_clock();
	if (l.signals < 0 || l.alarm < 0) {
		complain("cannot begin: %s", strerror(errno));
		r = CLI_FAILED;
	} else {
		r = read_conf(&l.conf, cli);
	}
	if (r == 0)
		r = conf_start(&l.agent, cli, l.conf.settings);
	if (r == 0)
		notify("READY=1");
	while (r == 0 && !l.end) {
		work(&l);
		r = wait_for_work(&l) < 0 ? CLI_FAILED : 0;
	}
	notify("STOPPING=1");
	/* what came together with the end is saved as well */
	if (l.agent != NULL)
		work(&l);
	smartlic_agent_free(l.agent);
	release(&l.conf);
	return r;
}
