/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Signed requests a second, over TLS, with full durability, beside what verifying, signing and the
 * HTTP server alone allow in the same run.
 * usage: bench_load FOLDER MANAGER ECHO [INSTANCES [URL PID]]
 * INSTANCES: 0 leaves the great ledger out; URL: an empty database of the PostgreSQL server PID
 */
#include <config.h>

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <openssl/evp.h>

#include "costs.h"
#include "fleet.h"
#include "load.h"
#include "stats.h"

#define CLIENTS 32
#define EACH    400 /* requests of a client in a phase */
#define ENROL   40
#define RAW     1500
/* With PostgreSQL on the same processors: threads also wait for it, and phases are shorter. */
#define THREADS_A_CORE 4
#define EACH_DATABASE  100

static const char *folder, *manager, *echo;
static char data[200], port_file[220];
static struct fleet *fleet;
static double verify_us, sign_us, cores;
static size_t of_each = EACH; /* client, requests in a phase */
static struct db *database;   /* NULL: the ledger is a file */
static pid_t database_pid;

/* ---- servers ------------------------------------------------------------ */

static pid_t server;
static int port;

static void
start(int is_echo)
{
	char threads[16];

	(void)snprintf(threads, sizeof(threads), "%d",
	    (int)cores * (database != NULL && !is_echo ? THREADS_A_CORE : 1));
	(void)fflush(NULL);
	server = fork();
	if (server == 0) {
		if (is_echo)
			(void)execl(echo, echo, data, port_file, threads, (char *)NULL);
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

/* ---- limits ------------------------------------------------------------- */

static void
measure_raw(void)
{
	static struct stats verify = { .name = "raw P-256 verify" },
			    sign = { .name = "raw P-256 sign" };
	static struct stats disk = { .name = "raw write + fsync of 4 KiB" };
	EVP_PKEY *raw = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
	unsigned char input[600] = { 7 }, sig[128];

	for (int i = 0; i < RAW; i++) {
		EVP_MD_CTX *ctx = EVP_MD_CTX_new();
		size_t len = sizeof(sig);
		double from = now_us();

		if (EVP_DigestSignInit_ex(ctx, NULL, "SHA256", NULL, NULL, raw, NULL) != 1 ||
		    EVP_DigestSign(ctx, sig, &len, input, sizeof(input)) != 1)
			exit(1);
		stats_add(&sign, now_us() - from);
		EVP_MD_CTX_free(ctx);
		ctx = EVP_MD_CTX_new();
		from = now_us();
		if (EVP_DigestVerifyInit_ex(ctx, NULL, "SHA256", NULL, NULL, raw, NULL) != 1 ||
		    EVP_DigestVerify(ctx, sig, len, input, sizeof(input)) != 1)
			exit(1);
		stats_add(&verify, now_us() - from);
		EVP_MD_CTX_free(ctx);
	}
	EVP_PKEY_free(raw);
	stats_fsync(&disk, folder, 400);
	stats_print(&verify);
	stats_print(&sign);
	stats_print(&disk);
	verify_us = stats_at(&verify, 0.5);
	sign_us = stats_at(&sign, 0.5);
}

/* What `echo` and so many verifications and signatures for each allow on all cores together. */
static double
together(double echo_rate, int verifications, int signatures)
{
	return cores /
	       (cores / echo_rate + (verifications * verify_us + signatures * sign_us) / 1e6);
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
print(const char *name, const struct load *l, double limit)
{
	printf("%-46s %9.0f /s  (p50 %.2f, p99 %.2f ms; n %zu; refused %zu, failed %zu)", name,
	    load_rate(l), load_at(l, 0.5) / 1e3, load_at(l, 0.99) / 1e3, l->ok, l->refused,
	    l->failed);
	if (limit > 0)
		printf("\n%-46s %9.0f %%   of %.0f /s that the parts allow together", "",
		    100 * load_rate(l) / limit, limit);
	printf("\n");
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

/* Runs prepared requests against the server that is up; its rate. */
static double
phase(const char *name, struct load l, void (*make)(size_t, struct sl_buf *), double limit)
{
	struct sl_buf *bodies = bodies_new(l.clients, l.each, make);
	struct costs from = costs_now(server, database_pid, database), to;
	double rate;

	l.port = port;
	l.bodies = bodies;
	load_run(&l);
	to = costs_now(server, database_pid, database);
	rate = load_rate(&l);
	print(name, &l, limit);
	if (!l.echo)
		costs_print(&from, &to, (double)(l.clients * l.each));
	bodies_free(bodies, l.clients * l.each);
	free(l.us);
	return rate;
}

static double kept_echo, new_echo;

static void
measure_echo(void)
{
	start(1);
	kept_echo = phase("HTTP server alone, kept-alive: echo",
	    (struct load){ .clients = CLIENTS, .each = 2 * EACH, .echo = 1 }, make_authorize, 0);
	new_echo = phase("HTTP server alone, full handshakes: echo",
	    (struct load){ .clients = CLIENTS, .each = ENROL, .echo = 1, .handshake = 1 },
	    make_register, 0);
	stop();
}

static double
measure_small(void)
{
	struct load kept = { .clients = CLIENTS, .each = of_each };
	double limit = together(kept_echo, 1, 1), rate;

	start(0);
	/* the first knows no certificates yet */
	(void)phase("warming", (struct load){ .clients = CLIENTS, .each = 20 }, make_authorize, 0);
	rate = phase("authorize, unchanged, kept-alive", kept, make_authorize, limit);
	kept.per_second = rate / 2;
	(void)phase("  at half of that", kept, make_authorize, 0);
	kept.per_second = 0;
	(void)phase("authorize, changed, all on one pool", kept, make_change, limit);
	(void)phase("report of a day, kept-alive", kept, make_report, limit);
	(void)phase("register, 32 clients, full handshakes",
	    (struct load){ .clients = CLIENTS, .each = ENROL, .handshake = 1 }, make_register,
	    together(new_echo, 2, 2));
	(void)phase("register, one alone",
	    (struct load){ .clients = 1, .each = 100, .handshake = 1 }, make_register, 0);
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
	(void)phase("warming", (struct load){ .clients = CLIENTS, .each = 20 }, make_authorize, 0);
	rate = phase(
	    "authorize, unchanged, kept-alive", kept, make_authorize, together(kept_echo, 1, 1));
	printf("%-46s %9.1f %%\n", "cost of a request beside the small ledger",
	    100 * small_rate / rate);
	(void)phase("authorize, changed, all on one pool", kept, make_change, 0);
	(void)phase("register, 32 clients, full handshakes",
	    (struct load){ .clients = CLIENTS, .each = ENROL, .handshake = 1 }, make_register, 0);
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
	double small_rate;

	if (argc < 4)
		return 2;
	folder = argv[1];
	manager = argv[2];
	echo = argv[3];
	cores = (double)sysconf(_SC_NPROCESSORS_ONLN);
	(void)snprintf(data, sizeof(data), "%s/data", folder);
	(void)snprintf(port_file, sizeof(port_file), "%s/port", folder);
	(void)signal(SIGPIPE, SIG_IGN);
	fleet = fleet_new(data, argc > 6 ? argv[5] : NULL);
	if (argc > 6)
		open_database(argv[5], argv[6]);
	fleet_grow(fleet, CLIENTS);
	fleet_fill(fleet, 1000);
	fleet_close(fleet);
	measure_raw();
	measure_echo();
	small_rate = measure_small();
	if (argc > 4 && atoll(argv[4]) > 0)
		measure_great(small_rate, atoll(argv[4]));
	fleet_free(fleet);
	db_close(database);
	return 0;
}
