/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Signed requests a second, over TLS, with full durability, beside what verifying, signing, the
 * disk and the HTTP server alone allow in the same run. usage: bench_load FOLDER MANAGER ECHO
 * [INSTANCES [URL PID]] INSTANCES: 0 leaves the great ledger out; URL: an empty database of the
 * PostgreSQL server PID
 */
#include <config.h>

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "costs.h"
#include "fleet.h"
#include "load.h"
#include "parts.h"
#include "stats.h"

#define CLIENTS 32
#define EACH    400 /* requests of a client in a phase */
#define ENROL   40
/* What neighbours leave of a processor is more or less a minute later: parts and requests are
 * measured in turns, so often. */
#define ROUNDS 3
/* With PostgreSQL on the same processors: threads also wait for it, and phases are shorter. */
#define THREADS_A_CORE 4
#define EACH_DATABASE  100

static const char *folder, *manager, *echo;
static char data[200], port_file[220];
static struct fleet *fleet;
static struct parts parts;
static size_t of_each = EACH; /* client, requests in a phase */
static struct db *database;   /* NULL: the ledger is a file */
static pid_t database_pid;

/* ---- servers ------------------------------------------------------------ */

struct running {
	pid_t pid;
	int port;
};

/* The manager, or with an answer's size what answers so. */
static struct running
start(size_t answer)
{
	struct running ret = { 0, 0 };
	char threads[16], bytes[24];

	(void)snprintf(bytes, sizeof(bytes), "%zu", answer);
	(void)snprintf(threads, sizeof(threads), "%d",
	    (int)parts.cores * (database != NULL && answer == 0 ? THREADS_A_CORE : 1));
	(void)fflush(NULL);
	ret.pid = fork();
	if (ret.pid == 0) {
		if (answer > 0)
			(void)execl(echo, echo, data, port_file, threads, bytes, (char *)NULL);
		else
			(void)execl(manager, manager, "serve", "--data", data, "--listen",
			    "127.0.0.1:0", "--port-file", port_file, "--threads", threads,
			    (char *)NULL);
		_exit(127);
	}
	for (; ret.port == 0; (void)usleep(10000)) {
		FILE *f = fopen(port_file, "r");

		if (f != NULL && fscanf(f, "%d", &ret.port) != 1)
			ret.port = 0;
		if (f != NULL)
			(void)fclose(f);
		if (waitpid(ret.pid, NULL, WNOHANG) != 0) {
			(void)fprintf(stderr, "bench_load: a server does not start\n");
			exit(1);
		}
	}
	/* the next one's is awaited by the same name */
	(void)unlink(port_file);
	return ret;
}

static void
stop(const struct running *server)
{
	int status;

	(void)kill(server->pid, SIGTERM);
	if (waitpid(server->pid, &status, 0) != server->pid || status != 0)
		(void)fprintf(stderr, "bench_load: the server ended with status %d\n", status);
}

/* MiB that the server ever had in memory. */
static void
print_peak(const struct running *server)
{
	char path[64], line[128];
	double kib = 0;
	FILE *f;

	(void)snprintf(path, sizeof(path), "/proc/%d/status", (int)server->pid);
	f = fopen(path, "r");
	while (f != NULL && fgets(line, sizeof(line), f) != NULL)
		(void)sscanf(line, "VmHWM: %lf kB", &kib);
	if (f != NULL)
		(void)fclose(f);
	printf("%-46s %9.1f MiB\n", "memory of the server at most", kib / 1024);
}

/* ---- phases ------------------------------------------------------------- */

static struct sl_buf *
bodies_new(size_t clients, size_t each, void (*make)(size_t client, struct sl_buf *ret))
{
	struct sl_buf *ret = calloc(clients * each, sizeof(*ret));

	if (ret == NULL)
		exit(1);
	for (size_t i = 0; i < clients * each; i++)
		make(i / each, &ret[i]);
	return ret;
}

static void
bodies_free(struct sl_buf *bodies, size_t n)
{
	for (size_t i = 0; i < n; i++)
		sl_buf_free(&bodies[i]);
	free(bodies);
}

static void
print(const char *name, const struct load *l)
{
	printf("%-46s %9.0f /s  (p50 %.2f, p99 %.2f ms; n %zu; refused %zu, failed %zu)\n", name,
	    load_rate(l), load_at(l, 0.5) / 1e3, load_at(l, 0.99) / 1e3, l->ok, l->refused,
	    l->failed);
	(void)fflush(stdout);
}

static void
make_authorize(size_t client, struct sl_buf *ret)
{
	fleet_authorize(fleet, client, 8, ret);
}

static void
make_change(size_t client, struct sl_buf *ret)
{
	static int64_t count;

	fleet_authorize(fleet, client, 1 + ++count % 7, ret);
}

static void
make_report(size_t client, struct sl_buf *ret)
{
	fleet_report(fleet, client, ret);
}

static void
make_register(size_t client, struct sl_buf *ret)
{
	(void)client;
	fleet_register(fleet, ret);
}

/* What there is of each kind to measure; the answer's size is found out, the echo is measured. */
static struct kind {
	const char *name, *phase;
	void (*make)(size_t client, struct sl_buf *ret);
	int handshake;
	struct needs needs;
	size_t answer;
	struct stats share, share_with_rows; /* of what the parts allow, in percent */
} authorize = { .name = "authorize",
	.phase = "authorize, unchanged, kept-alive",
	.make = make_authorize,
	.needs = { .verifications = 1, .signatures = 1 } },
  change = { .name = "authorize, changed",
	  .phase = "authorize, changed, all on one pool",
	  .make = make_change,
	  .needs = { .verifications = 1, .signatures = 1 } },
  report = { .name = "report",
	  .phase = "report of a day, kept-alive",
	  .make = make_report,
	  .needs = { .verifications = 1, .signatures = 1, .samples = 24 } },
  /* the envelope, its certificate request; the certificate, the answer.  The handshake's own are in
   * the echo. */
    enrol = { .name = "register",
	    .phase = "register, 32 clients, full handshakes",
	    .make = make_register,
	    .handshake = 1,
	    .needs = { .verifications = 2, .signatures = 2 } };

#define KINDS 4
static struct kind *const kinds[KINDS] = { &authorize, &change, &report, &enrol };

static void
learn_answer(struct kind *k)
{
	struct sl_buf request = { 0 };

	k->make(0, &request);
	k->answer = fleet_answer_size(fleet, &request);
	printf("%-46s %9zu bytes, %zu of its answer\n", k->name, request.len, k->answer);
	sl_buf_free(&request);
}

/* Runs prepared requests against the server; its rate. */
static double
phase(const char *name, struct load l, void (*make)(size_t, struct sl_buf *),
    const struct running *server)
{
	struct sl_buf *bodies = bodies_new(l.clients, l.each, make);
	struct costs from = costs_now(server->pid, database_pid, database), to;
	double rate;

	l.port = server->port;
	l.bodies = bodies;
	load_run(&l);
	to = costs_now(server->pid, database_pid, database);
	rate = load_rate(&l);
	print(name, &l);
	costs_print(&from, &to, (double)(l.clients * l.each));
	bodies_free(bodies, l.clients * l.each);
	free(l.us);
	return rate;
}

static void
measure_echo(struct kind *k)
{
	struct load l = { .clients = CLIENTS,
		.each = k->handshake ? ENROL : 2 * EACH,
		.echo = 1,
		.handshake = k->handshake };
	struct running server = start(k->answer);
	char name[64];

	(void)snprintf(name, sizeof(name), "HTTP server alone: %s's bytes%s", k->name,
	    k->handshake ? ", handshakes" : "");
	k->needs.echo = phase(name, l, k->make, &server);
	stop(&server);
	/* what a thread's clients have asked for meanwhile is made durable together */
	k->needs.a_commit = CLIENTS / parts.cores;
}

static double
measure(struct kind *k, const struct running *server)
{
	struct load l = { .clients = CLIENTS,
		.each = k->handshake ? ENROL : of_each,
		.handshake = k->handshake };

	return phase(k->phase, l, k->make, server);
}

/* The parts, then at once what is made of them. */
static void
compare(struct kind *k, const struct running *server, const char *ledger)
{
	struct needs plain;
	double rate;

	parts_measure(&parts, folder, k->needs.samples > 0 ? ledger : NULL);
	measure_echo(k);
	rate = measure(k, server);
	plain = k->needs;
	plain.samples = 0;
	stats_add(&k->share, 100 * rate / parts_together(&parts, &plain));
	if (k->needs.samples > 0 && parts.sample_us > 0)
		stats_add(&k->share_with_rows, 100 * rate / parts_together(&parts, &k->needs));
}

static void
print_shares(void)
{
	for (size_t i = 0; i < KINDS; i++) {
		struct stats *share = &kinds[i]->share, *with = &kinds[i]->share_with_rows;

		printf("%-46s %9.0f %%   of what the parts allow together (%.0f – %.0f, n %zu)\n",
		    kinds[i]->phase, stats_at(share, 0.5), stats_at(share, 0), stats_at(share, 1),
		    share->n);
		if (with->n > 0)
			printf("%-46s %9.0f %%   with the samples' rows in raw SQLite (%.0f – "
			       "%.0f, n %zu)\n",
			    "", stats_at(with, 0.5), stats_at(with, 0), stats_at(with, 1), with->n);
	}
}

/* The first knows no certificates yet. */
static void
warm(const struct running *server)
{
	(void)phase(
	    "warming", (struct load){ .clients = CLIENTS, .each = 20 }, make_authorize, server);
}

static void
measure_small(const char *ledger)
{
	struct running server = start(0);
	double rate;

	warm(&server);
	for (int i = 0; i < ROUNDS; i++)
		for (size_t k = 0; k < KINDS; k++)
			compare(kinds[k], &server, ledger);
	rate = measure(&authorize, &server);
	(void)phase("  at half of that",
	    (struct load){ .clients = CLIENTS, .each = of_each, .per_second = rate / 2 },
	    make_authorize, &server);
	(void)phase("register, one alone",
	    (struct load){ .clients = 1, .each = 100, .handshake = 1 }, make_register, &server);
	print_peak(&server);
	stop(&server);
	print_shares();
}

static void
measure_great(int64_t instances)
{
	struct running server;

	printf("filling the ledger: %lld instances in one pool\n", (long long)instances);
	(void)fflush(stdout);
	fleet_open(fleet);
	fleet_fill(fleet, instances);
	fleet_close(fleet);
	server = start(0);
	warm(&server);
	for (int i = 0; i < ROUNDS; i++) {
		(void)measure(&authorize, &server);
		(void)measure(&change, &server);
		(void)measure(&enrol, &server);
	}
	print_peak(&server);
	stop(&server);
}

static void
open_database(const char *url, const char *pid)
{
	struct smartlic_error err = { 0 };

	of_each = EACH_DATABASE;
	database_pid = (pid_t)atoi(pid);
	if (db_open(&database, url, 0, &err) == 0)
		return;
	(void)fprintf(stderr, "bench_load: %s\n", err.text);
	exit(1);
}

int
main(int argc, char **argv)
{
	char ledger[220];

	if (argc < 4)
		return 2;
	folder = argv[1];
	manager = argv[2];
	echo = argv[3];
	(void)snprintf(data, sizeof(data), "%s/data", folder);
	(void)snprintf(port_file, sizeof(port_file), "%s/port", folder);
	(void)signal(SIGPIPE, SIG_IGN);
	parts.cores = (double)sysconf(_SC_NPROCESSORS_ONLN);
	fleet = fleet_new(data, argc > 6 ? argv[5] : NULL);
	if (argc > 6)
		open_database(argv[5], argv[6]);
	fleet_grow(fleet, CLIENTS);
	fleet_fill(fleet, 1000);
	for (size_t i = 0; i < KINDS; i++)
		learn_answer(kinds[i]);
	fleet_close(fleet);
	(void)snprintf(ledger, sizeof(ledger), "%s/ledger.db", data);
	measure_small(database == NULL ? ledger : NULL);
	if (argc > 4 && atoll(argv[4]) > 0)
		measure_great(atoll(argv[4]));
	fleet_free(fleet);
	db_close(database);
	return 0;
}
