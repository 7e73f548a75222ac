/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <event2/event.h>

#include "api/guesses.h"
#include "api/metrics.h"
#include "api/server.h"
#include "api/tls.h"
#include "api/worker.h"
#include "api/writer.h"
#include "file.h"
#include "system.h"

#define CHORES_PERIOD_S 600
#define TRIM_EVERY      6 /* times */
#define TRIM_PAUSE_US   10000 /* between two steps, which take about as long */

/* The thread that started all: signals, what is due by the hour, metrics.  Devices are answered by
 * the workers. */
struct server {
	struct authority *beside;
	const struct server_options *options;
	struct worker_shared shared;
	pthread_mutex_t turn; /* whose it is to write, the writer's or this thread's */
	struct counts writer_counts;
	struct worker **workers;
	struct counts **counts;
	size_t n_workers, n_started, n_ended;
	int ended_fd[2];
	struct event_base *base;
	struct event *term, *interrupt, *chores, *trim, *ended;
	unsigned int n_chores;
	struct ledger_trim trim_run;
	struct metrics *metrics;
	int stopping;
	int port_file_made, http_port_file_made, metrics_port_file_made;
};

static void
tell_all(struct server *s, enum worker_order order)
{
	for (size_t i = 0; i < s->n_started; i++)
		worker_tell(s->workers[i], order);
}

/* ---- beside requests ---------------------------------------------------- */

static void
renew_tls(struct server *s)
{
	const struct server_options *o = s->options;
	struct smartlic_error e = { 0 };
	int r = o->renew_tls == NULL ? 0 : o->renew_tls(o->ud, system_now_s(), &e);

	if (r < 0)
		system_log("the TLS certificate could not be renewed: %s", e.text);
	else if (r == 1)
		tell_all(s, WORKER_NEW_TLS);
}

/* One step at a time: in between requests have their turn, and a signal is heard. */
static void
on_trim(evutil_socket_t fd, short what, void *ud)
{
	static const struct timeval pause = { 0, TRIM_PAUSE_US };
	struct server *s = ud;
	struct smartlic_error e = { 0 };
	int r;

	(void)fd;
	(void)what;
	if (s->stopping)
		return;
	(void)pthread_mutex_lock(&s->turn);
	r = authority_trim(s->beside, &s->trim_run, system_now_s(), &e);
	(void)pthread_mutex_unlock(&s->turn);
	if (r == 1)
		(void)evtimer_add(s->trim, &pause);
	else if (r < 0)
		system_log("old usage samples could not be removed: %s", e.text);
	else if (s->trim_run.removed > 0)
		system_log("%lld old usage samples were removed", (long long)s->trim_run.removed);
}

static void
on_chores(evutil_socket_t fd, short what, void *ud)
{
	static const struct timeval at_once = { 0, 0 };
	static const struct timeval period = { CHORES_PERIOD_S, 0 };
	struct server *s = ud;
	const struct server_options *o = s->options;
	struct smartlic_error e = { 0 };
	int r;

	(void)fd;
	(void)what;
	(void)pthread_mutex_lock(&s->turn);
	r = authority_daily(s->beside, system_now_s(), &e);
	(void)pthread_mutex_unlock(&s->turn);
	if (r < 0)
		system_log("what is due daily could not be done: %s", e.text);
	if (o->chores != NULL)
		o->chores(o->ud, system_now_s());
	renew_tls(s);
	/* one that has not ended goes on */
	if (s->n_chores++ % TRIM_EVERY == 0 && !evtimer_pending(s->trim, NULL)) {
		s->trim_run = (struct ledger_trim){ 0 };
		(void)evtimer_add(s->trim, &at_once);
	}
	(void)evtimer_add(s->chores, &period);
}

static void
tell_starter(const struct server *s, const char *state)
{
	if (s->options->tell_starter != NULL)
		s->options->tell_starter(state);
}

static void
on_signal(evutil_socket_t fd, short what, void *ud)
{
	struct server *s = ud;

	(void)fd;
	(void)what;
	if (!s->stopping) {
		system_log("stopping");
		tell_starter(s, "STOPPING=1");
	}
	s->stopping = 1;
	tell_all(s, WORKER_STOP);
}

static void
on_ended(evutil_socket_t fd, short what, void *ud)
{
	struct server *s = ud;
	char byte;

	(void)what;
	while (read(fd, &byte, 1) == 1)
		s->n_ended++;
	if (s->n_ended == s->n_started)
		(void)event_base_loopbreak(s->base);
}

static int
write_metrics(void *ud, struct sl_buf *ret, struct smartlic_error *err)
{
	struct server *s = ud;
	const struct server_options *o = s->options;
	int64_t expires_s = DB_NULL_INT;
	int r;

	counts_write(ret, s->counts, s->n_workers + 1);
	if (o->write_metrics == NULL)
		return 0;
	r = tls_expiry(&expires_s, o->cert_path, err);
	return r < 0 ? r : o->write_metrics(o->ud, system_now_s(), expires_s, ret, err);
}

static int
check_health(void *ud, struct smartlic_error *err)
{
	const struct server *s = ud;

	if (s->stopping)
		return sl_fail(err, SMARTLIC_E_STATE, "it is stopping");
	return authority_alive(s->beside, err);
}

/* ---- starting ----------------------------------------------------------- */

/* One for all threads: who guesses may meet any of them. */
static int
open_guesses(struct server *s, struct smartlic_error *err)
{
	uint64_t seed;

	if (system_random(NULL, &seed, sizeof(seed)) < 0)
		return sl_fail(err, SMARTLIC_E_SYSTEM, "no randomness");
	return guesses_new(&s->shared.guesses, seed, err);
}

static int
open_workers(
    struct server *s, struct authority *const *authorities, size_t n, struct smartlic_error *err)
{
	int r = 0;

	if (pipe2(s->ended_fd, O_CLOEXEC | O_NONBLOCK) < 0)
		return sl_fail(err, SMARTLIC_E_SYSTEM, "no pipe for workers: %s", strerror(errno));
	s->shared =
	    (struct worker_shared){ .options = s->options, .n = n, .ended_fd = s->ended_fd[1] };
	r = open_guesses(s, err);
	if (r < 0)
		return r;
	s->workers = calloc(n, sizeof(struct worker *));
	s->counts = calloc(n + 1, sizeof(struct counts *));
	if (s->workers == NULL || s->counts == NULL)
		return sl_nomem(err);
	s->counts[n] = &s->writer_counts;
	for (size_t i = 0; r == 0 && i < n; i++) {
		r = worker_new(&s->workers[i], i, authorities[i], &s->shared, err);
		if (r == 0) {
			s->counts[i] = worker_counts(s->workers[i]);
			s->n_workers++;
		}
	}
	return r;
}

static int
open_events(struct server *s, struct smartlic_error *err)
{
	static const struct timeval at_once = { 0, 0 };

	s->term = evsignal_new(s->base, SIGTERM, on_signal, s);
	s->interrupt = evsignal_new(s->base, SIGINT, on_signal, s);
	s->chores = evtimer_new(s->base, on_chores, s);
	s->trim = evtimer_new(s->base, on_trim, s);
	s->ended = event_new(s->base, s->ended_fd[0], EV_READ | EV_PERSIST, on_ended, s);
	if (s->term == NULL || s->interrupt == NULL || s->chores == NULL || s->trim == NULL ||
	    s->ended == NULL || event_add(s->term, NULL) < 0 || event_add(s->interrupt, NULL) < 0 ||
	    event_add(s->chores, &at_once) < 0 || event_add(s->ended, NULL) < 0)
		return sl_nomem(err);
	return 0;
}

/* A line of the log, and the file that a starter waits for. */
static int
announce(const char *what, const char *where, int port, const char *path, int *ret_made,
    struct smartlic_error *err)
{
	char text[16];
	int n = snprintf(text, sizeof(text), "%d\n", port), r;

	system_log("%s on %.*s:%d", what, (int)(strrchr(where, ':') - where), where, port);
	if (path == NULL)
		return 0;
	r = file_write(path, 0644, text, (size_t)n, err);
	*ret_made = r == 0;
	return r;
}

static int
open_metrics(struct server *s, struct smartlic_error *err)
{
	const struct metrics_source source = { write_metrics, check_health, s };
	const struct server_options *o = s->options;
	int port, r;

	if (o->metrics == NULL)
		return 0;
	r = metrics_new(&s->metrics, s->base, o->metrics, &source, &port, err);
	return r < 0 ? r
		     : announce("metrics are", o->metrics, port, o->metrics_port_file,
			   &s->metrics_port_file_made, err);
}

static int
announce_doors(struct server *s, struct smartlic_error *err)
{
	const struct server_options *o = s->options;
	int r = 0;

	/* the one that a starter waits for comes last */
	if (o->listen_http != NULL)
		r = announce("listening in plain HTTP, which anybody on the way can read,",
		    o->listen_http, s->shared.port[DOOR_PLAIN], o->http_port_file,
		    &s->http_port_file_made, err);
	return r < 0 ? r
		     : announce("listening", o->listen, s->shared.port[DOOR_TLS], o->port_file,
			   &s->port_file_made, err);
}

/* Signals are this thread's. */
static int
start_workers(struct server *s, struct smartlic_error *err)
{
	sigset_t all, before;
	int r = 0;

	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	if (!s->options->parallel_writes)
		r = writer_start(&s->shared.writer, &s->turn, &s->writer_counts, err);
	for (size_t i = 0; r == 0 && i < s->n_workers; i++) {
		r = worker_start(s->workers[i], err);
		if (r == 0)
			s->n_started++;
	}
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	return r;
}

static void
release(struct server *s)
{
	if (s->port_file_made)
		(void)unlink(s->options->port_file);
	if (s->http_port_file_made)
		(void)unlink(s->options->http_port_file);
	if (s->metrics_port_file_made)
		(void)unlink(s->options->metrics_port_file);
	/* twice: what could not be started wholly has nothing to finish */
	tell_all(s, WORKER_STOP);
	tell_all(s, WORKER_STOP);
	for (size_t i = 0; i < s->n_workers; i++)
		worker_free(s->workers[i]);
	writer_free(s->shared.writer);
	guesses_free(s->shared.guesses);
	free(s->workers);
	free(s->counts);
	metrics_free(s->metrics);
	if (s->term != NULL)
		event_free(s->term);
	if (s->interrupt != NULL)
		event_free(s->interrupt);
	if (s->chores != NULL)
		event_free(s->chores);
	if (s->trim != NULL)
		event_free(s->trim);
	if (s->ended != NULL)
		event_free(s->ended);
	if (s->base != NULL)
		event_base_free(s->base);
	for (size_t i = 0; i < 2; i++)
		if (s->ended_fd[i] >= 0)
			(void)close(s->ended_fd[i]);
	(void)pthread_mutex_destroy(&s->turn);
}

int
server_run(struct authority *beside, struct authority *const *workers, size_t n,
    const struct server_options *options, struct smartlic_error *err)
{
	struct server s = { .beside = beside, .options = options, .ended_fd = { -1, -1 } };
	struct sigaction ignore = { .sa_handler = SIG_IGN }, before;
	int r;

	/* a peer that goes away while it is written to is no reason to end */
	(void)sigaction(SIGPIPE, &ignore, &before);
	(void)pthread_mutex_init(&s.turn, NULL);
	s.base = event_base_new();
	r = s.base == NULL ? sl_nomem(err) : open_workers(&s, workers, n, err);
	if (r == 0)
		r = open_events(&s, err);
	if (r == 0)
		r = start_workers(&s, err);
	if (r == 0)
		r = open_metrics(&s, err);
	if (r == 0)
		r = announce_doors(&s, err);
	if (r < 0)
		goto out;
	tell_starter(&s, "READY=1");
	if (event_base_dispatch(s.base) < 0)
		r = sl_fail(err, SMARTLIC_E_SYSTEM, "the event loop failed: %s", strerror(errno));
	system_log("stopped");
out:
	release(&s);
	(void)sigaction(SIGPIPE, &before, NULL);
	return r;
}
