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

#define CLIENTS 32
#define EACH    400 /* requests of a client in a phase */
#define ENROL   40
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

static pid_t server;
static int port;

/* The manager, or with an answer's size what answers so. */
static void
start(size_t answer)
{
	char threads[16], bytes[24];

	(void)snprintf(bytes, sizeof(bytes), "%zu", answer);
	(void)snprintf(threads, sizeof(threads), "%d",
	    (int)parts.cores * (database != NULL && answer == 0 ? THREADS_A_CORE : 1));
	(void)fflush(NULL);
	server = fork();
	if (server == 0) {
		if (answer > 0)
			(void)execl(echo, echo, data, port_file, threads, bytes, (char *)NULL);
		else
			(void)execl(manager, manager, "serve", "--data", data, "--listen",
			    "127.0.0.1:0", "--port-file", port_file, "--threads", threads,
			    (char *)NULL);
		_exit(127);
	}
	for (port = 0; port == 0; (void)usleep(10000)) {
		FILE *f = fopen(port_file, "r");

		if (f != NULL && fscanf(f, "%d", &port) != 1)
			port = 0;
		if (f != NULL)
			(void)fclose(f);
		if (waitpid(server, NULL, WNOHANG) != 0) {
			(void)fprintf(stderr, "bench_load: a server does not start\n");
			exit(1);
		}
	}
}

static void
stop(void)
{
	int status;

	(void)kill(server, SIGTERM);
	if (waitpid(server, &status, 0) != server || status != 0)
		(void)fprintf(stderr, "bench_load: the server ended with status %d\n", status);
}

/* MiB that the server ever had in memory. */
static double
server_peak(void)
{
	char path[64], line[128];
	double kib = 0;
	FILE *f;

	(void)snprintf(path, sizeof(path), "/proc/%d/status", (int)server);
	f = fopen(path, "r");
	while (f != NULL && fgets(line, sizeof(line), f) != NULL)
		(void)sscanf(line, "VmHWM: %lf kB", &kib);
	if (f != NULL)
		(void)fclose(f);
	return kib / 1024;
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
print_part(double rate, const struct needs *needs, const char *what)
{
	double limit = parts_together(&parts, needs);

	printf("%-46s %9.0f %%   of %.0f /s that %s\n", "", 100 * rate / limit, limit, what);
}

/* needs: NULL: it is not compared. */
static void
print(const char *name, const struct load *l, const struct needs *needs)
{
	struct needs plain;

	printf("%-46s %9.0f /s  (p50 %.2f, p99 %.2f ms; n %zu; refused %zu, failed %zu)\n", name,
	    load_rate(l), load_at(l, 0.5) / 1e3, load_at(l, 0.99) / 1e3, l->ok, l->refused,
	    l->failed);
	if (needs != NULL) {
		plain = *needs;
		plain.samples = 0;
		print_part(load_rate(l), &plain, "the parts allow together");
	}
	if (needs != NULL && needs->samples > 0 && parts.sample_us > 0)
		print_part(load_rate(l), needs, "they allow with the samples' rows in raw SQLite");
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
	const char *name;
	void (*make)(size_t client, struct sl_buf *ret);
	int handshake;
	struct needs needs;
	size_t answer;
} authorize = { "authorize", make_authorize, 0, { .verifications = 1, .signatures = 1 }, 0 },
  report = { "report", make_report, 0, { .verifications = 1, .signatures = 1, .samples = 24 }, 0 },
  /* the envelope, its certificate request; the certificate, the answer.  The handshake's own are in
   * the echo. */
    enrol = { "register", make_register, 1, { .verifications = 2, .signatures = 2 }, 0 };

static void
learn_answer(struct kind *k)
{
	struct sl_buf request = { 0 };

	k->make(0, &request);
	k->answer = fleet_answer_size(fleet, &request);
	printf("%-46s %9zu bytes, %zu of its answer\n", k->name, request.len, k->answer);
	sl_buf_free(&request);
}

/* Runs prepared requests against the server that is up; its rate. */
static double
phase(const char *name, struct load l, void (*make)(size_t, struct sl_buf *),
    const struct needs *needs)
{
	struct sl_buf *bodies = bodies_new(l.clients, l.each, make);
	struct costs from = costs_now(server, database_pid, database), to;
	double rate;

	l.port = port;
	l.bodies = bodies;
	load_run(&l);
	to = costs_now(server, database_pid, database);
	rate = load_rate(&l);
	print(name, &l, needs);
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
	char name[64];

	(void)snprintf(name, sizeof(name), "HTTP server alone: %s's bytes%s", k->name,
	    k->handshake ? ", handshakes" : "");
	start(k->answer);
	k->needs.echo = phase(name, l, k->make, NULL);
	stop();
	/* what a thread's clients have asked for meanwhile is made durable together */
	k->needs.a_commit = CLIENTS / parts.cores;
}

static double
measure_small(void)
{
	struct load kept = { .clients = CLIENTS, .each = of_each };
	double rate;

	start(0);
	/* the first knows no certificates yet */
	(void)phase(
	    "warming", (struct load){ .clients = CLIENTS, .each = 20 }, make_authorize, NULL);
	rate = phase("authorize, unchanged, kept-alive", kept, make_authorize, &authorize.needs);
	kept.per_second = rate / 2;
	(void)phase("  at half of that", kept, make_authorize, NULL);
	kept.per_second = 0;
	(void)phase("authorize, changed, all on one pool", kept, make_change, &authorize.needs);
	(void)phase("report of a day, kept-alive", kept, make_report, &report.needs);
	(void)phase("register, 32 clients, full handshakes",
	    (struct load){ .clients = CLIENTS, .each = ENROL, .handshake = 1 }, make_register,
	    &enrol.needs);
	(void)phase("register, one alone",
	    (struct load){ .clients = 1, .each = 100, .handshake = 1 }, make_register, NULL);
	printf("%-46s %9.1f MiB\n", "memory of the server at most", server_peak());
	stop();
	return rate;
}

static void
measure_great(double small_rate, int64_t instances)
{
	struct load kept = { .clients = CLIENTS, .each = of_each };
	double rate;

	printf("filling the ledger: %lld instances in one pool\n", (long long)instances);
	(void)fflush(stdout);
	fleet_open(fleet);
	fleet_fill(fleet, instances);
	fleet_close(fleet);
	start(0);
	(void)phase(
	    "warming", (struct load){ .clients = CLIENTS, .each = 20 }, make_authorize, NULL);
	rate = phase("authorize, unchanged, kept-alive", kept, make_authorize, &authorize.needs);
	printf("%-46s %9.1f %%\n", "cost of a request beside the small ledger",
	    100 * small_rate / rate);
	(void)phase("authorize, changed, all on one pool", kept, make_change, NULL);
	(void)phase("register, 32 clients, full handshakes",
	    (struct load){ .clients = CLIENTS, .each = ENROL, .handshake = 1 }, make_register,
	    NULL);
	printf("%-46s %9.1f MiB\n", "memory of the server at most", server_peak());
	stop();
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
	struct kind *const kinds[] = { &authorize, &report, &enrol };
	char ledger[220];
	double small_rate;

	if (argc < 4)
		return 2;
	folder = argv[1];
	manager = argv[2];
	echo = argv[3];
	(void)snprintf(data, sizeof(data), "%s/data", folder);
	(void)snprintf(port_file, sizeof(port_file), "%s/port", folder);
	(void)signal(SIGPIPE, SIG_IGN);
	fleet = fleet_new(data, argc > 6 ? argv[5] : NULL);
	if (argc > 6)
		open_database(argv[5], argv[6]);
	fleet_grow(fleet, CLIENTS);
	fleet_fill(fleet, 1000);
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		learn_answer(kinds[i]);
	fleet_close(fleet);
	(void)snprintf(ledger, sizeof(ledger), "%s/ledger.db", data);
	parts_measure(&parts, folder, database == NULL ? ledger : NULL);
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		measure_echo(kinds[i]);
	small_rate = measure_small();
	if (argc > 4 && atoll(argv[4]) > 0)
		measure_great(small_rate, atoll(argv[4]));
	fleet_free(fleet);
	db_close(database);
	return 0;
}
