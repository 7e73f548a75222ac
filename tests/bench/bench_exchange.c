/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One authorize by the agent over loopback TLS beside libcurl posting the same bytes to the same
 * server, each on a kept connection (warm), on a new one (cold), and of a new agent as after the
 * process's start (start), with the store on files and in memory.  Of the two who comes first has
 * the request executed, the other gets the kept answer: they take turns, and like is compared with
 * like.  And a program that starts, authorizes once and ends, beside the program curl.
 * usage: bench_exchange FOLDER PORT <TOKEN ; FOLDER holds root.pem, and gets a request
 *        bench_exchange FOLDER PORT agent|curl <TOKEN ; prints the peak memory of one process
 *        bench_exchange FOLDER PORT once ; authorizes, with the store on files of before
 */
#include <config.h>

#include <poll.h>
#include <spawn.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <curl/curl.h>
#include <smartlic/smartlic.h>

#include "plugin.h"
#include "stats.h"
#include "tests/support/memstore.h"

#define N 240
/* An authorize stores the request (2 slots) and the answer (1); a slot is made durable by two
 * fsyncs, of the file and of its folder. */
#define FSYNCS 6
#define TAG    "regid.2018-05.com.cisco.S-NCS1K4-LIC-100G=,1.0_03df009f-5ac5-48da-af50-4279ddea5e24"

static char folder[200], url[200], root_pem[8192];
static size_t root_len;

static void
die(const char *what, const char *why)
{
	(void)fprintf(stderr, "bench_exchange: %s: %s\n", what, why);
	exit(1);
}

static unsigned char body[400000]; /* of the last request */
static size_t body_len;

/* ---- libcurl alone ---- */

static struct curl_slist *headers;
static CURL *kept; /* its connection is; NULL: each post makes a new one */

static size_t
drop(char *data, size_t size, size_t n, void *ud)
{
	(void)data;
	(void)ud;
	return size * n;
}

static CURL *
open_curl(void)
{
	CURL *curl = curl_easy_init();
	char path[256];

	(void)snprintf(path, sizeof(path), "%s/root.pem", folder);
	(void)curl_easy_setopt(curl, CURLOPT_URL, url);
	(void)curl_easy_setopt(curl, CURLOPT_CAINFO, path);
	(void)curl_easy_setopt(curl, CURLOPT_PROXY, "");
	(void)curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
	(void)curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, drop);
	return curl;
}

static void
init_curl(void)
{
	(void)curl_global_init(CURL_GLOBAL_DEFAULT);
	headers = curl_slist_append(NULL, "Content-Type: application/cms");
}

/* How long it took. */
static double
post(void)
{
	double from = now_us();
	CURL *curl = kept != NULL ? kept : open_curl();
	CURLcode code;
	long status = 0;

	(void)curl_easy_setopt(curl, CURLOPT_POSTFIELDS, (char *)body);
	(void)curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE, (long)body_len);
	code = curl_easy_perform(curl);
	(void)curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
	if (code != CURLE_OK || status != 200)
		die("curl", curl_easy_strerror(code));
	if (curl != kept)
		curl_easy_cleanup(curl);
	return now_us() - from;
}

/* ---- the agent ---- */

/* The direct transport; each request is kept, and posted by libcurl where that is to come first. */
static const struct smartlic_transport_ops *direct;
static struct smartlic_transport_ops recorder;
static int curl_first;
static double curl_us;

static int
record_submit(void *tp, const struct smartlic_message *request)
{
	if (request->len > sizeof(body))
		die("request", "too long");
	memcpy(body, request->body, request->len);
	body_len = request->len;
	if (curl_first)
		curl_us = post();
	return direct->submit(tp, request);
}

static double longest_us; /* that one call of process was busy */

static void
run(struct smartlic_agent *agent)
{
	while (smartlic_agent_busy(agent)) {
		double from = now_us(), took;
		int r = smartlic_agent_process(agent);

		took = now_us() - from;
		if (took > longest_us && !curl_first)
			longest_us = took;
		if (r < 0)
			die("process", smartlic_agent_error(agent)->text);
		if (r == 0 && smartlic_agent_busy(agent)) {
			struct pollfd fds[32];
			size_t n = 32;
			int64_t wait = smartlic_agent_deadline(agent) - (int64_t)(now_us() / 1e3);

			if (smartlic_agent_pollfds(agent, fds, &n) < 0)
				die("pollfds", smartlic_agent_error(agent)->text);
			(void)poll(fds, (nfds_t)n, wait < 0 ? 0 : wait > 1000 ? 1000 : (int)wait);
		}
	}
}

static struct mem_disk *disk; /* NULL: the store is on files */

/* A transport that is set anew has no connection yet. */
static void
set_transport(struct smartlic_agent *agent)
{
	const struct smartlic_option options[] = { { "destination", url, strlen(url) } };

	if (smartlic_agent_set_transport_ops(agent, &recorder, options, 1) < 0)
		die("transport", smartlic_agent_error(agent)->text);
}

static struct smartlic_agent *
open_agent(const char *serial)
{
	struct smartlic_agent *agent = NULL;
	struct smartlic_store store;
	struct smartlic_error err;
	char path[256];

	(void)snprintf(path, sizeof(path), "%s/store", folder);
	if (smartlic_agent_new(&agent, NULL, &err) < 0)
		die("agent", err.text);
	if (disk != NULL)
		store = mem_store(disk);
	else if (smartlic_store_file_new(&store, path, 0, &err) < 0)
		die("store", err.text);
	if (smartlic_agent_set_store(agent, &store, 0) < 0 ||
	    smartlic_agent_set_udi(agent, "NCS1004", serial, "default-sdr") < 0 ||
	    smartlic_agent_set_trust_anchor(agent, root_pem, root_len) < 0 ||
	    smartlic_agent_set_count(agent, TAG, 8) < 0)
		die("agent", smartlic_agent_error(agent)->text);
	set_transport(agent);
	return agent;
}

static void
authorize(struct smartlic_agent *agent)
{
	const struct smartlic_status *status;

	if (smartlic_agent_renew_auth(agent) < 0)
		die("renew auth", smartlic_agent_error(agent)->text);
	run(agent);
	status = smartlic_agent_status(agent);
	if (status->authorization != SMARTLIC_AUTH_AUTHORIZED ||
	    status->last_communication.outcome != SMARTLIC_ATTEMPT_SUCCEEDED)
		die("authorize", status->last_communication.reason);
}

static void
read_token(char *token, size_t size)
{
	if (fgets(token, (int)size, stdin) == NULL)
		die("token", "nothing on standard input");
	token[strcspn(token, "\n")] = '\0';
}

static void
read_root(void)
{
	char path[256];
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s/root.pem", folder);
	f = fopen(path, "r");
	if (f == NULL)
		die(path, "cannot be read");
	root_len = fread(root_pem, 1, sizeof(root_pem) - 1, f);
	(void)fclose(f);
}

static void
enrol(struct smartlic_agent *agent, const char *token)
{
	if (smartlic_agent_register(agent, token, SMARTLIC_REGISTER_FORCE) < 0)
		die("register", smartlic_agent_error(agent)->text);
	run(agent);
	authorize(agent);
}

/* ---- both ---- */

enum { EXECUTED, REPEATED };
enum { WARM, COLD, START, HOWS };

struct pair {
	struct stats agent[2], curl[2];
};

/* Ready to authorize; what that takes is part of an exchange but where it is warm. */
static struct smartlic_agent *
prepare(struct smartlic_agent *agent, int how, const char *serial)
{
	if (how == START)
		return open_agent(serial);
	if (how == COLD)
		set_transport(agent);
	return agent;
}

/* agent is not used at a START */
static void
take_turns(struct pair *p, int how, struct smartlic_agent *agent, const char *serial)
{
	for (int i = 0; i < N; i++) {
		struct smartlic_agent *one;
		double from, took;

		curl_first = i % 2;
		curl_us = 0;
		from = now_us();
		one = prepare(agent, how, serial);
		authorize(one);
		took = now_us() - from - curl_us;
		if (!curl_first)
			curl_us = post();
		stats_add(&p->agent[curl_first ? REPEATED : EXECUTED], took);
		stats_add(&p->curl[curl_first ? EXECUTED : REPEATED], curl_us);
		if (one != agent)
			smartlic_agent_free(one);
	}
	curl_first = 0;
}

static void
measure(struct pair pairs[HOWS], const char *serial, const char *token)
{
	struct smartlic_agent *agent = open_agent(serial);

	enrol(agent, token);
	kept = open_curl();
	(void)post();
	take_turns(&pairs[WARM], WARM, agent, serial);
	curl_easy_cleanup(kept);
	kept = NULL;
	take_turns(&pairs[COLD], COLD, agent, serial);
	smartlic_agent_free(agent);
	take_turns(&pairs[START], START, NULL, serial);
}

static void
print_pair(struct pair *p, const char *store, int how, double durable)
{
	static const char *const hows[] = { "warm", "cold", "start" };
	static const char *const whats[] = { "executed", "repeated" };
	char name[80];

	for (int i = 0; i < 2; i++) {
		(void)snprintf(name, sizeof(name), "agent, %s, %s, %s", store, hows[how], whats[i]);
		p->agent[i].name = name;
		stats_print(&p->agent[i]);
		p->curl[i].name = "  libcurl";
		stats_print(&p->curl[i]);
		stats_ratio("  agent / libcurl", &p->agent[i], stats_at(&p->curl[i], 0.5));
		if (durable > 0)
			stats_ratio("  agent / (libcurl + 6 fsyncs of its store)", &p->agent[i],
			    stats_at(&p->curl[i], 0.5) + durable);
	}
}

static void
write_request(void)
{
	char path[256];
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s/request", folder);
	f = fopen(path, "w");
	if (f == NULL || fwrite(body, 1, body_len, f) != body_len || fclose(f) != 0)
		die(path, "cannot be written");
}

static void
read_request(void)
{
	char path[256];
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s/request", folder);
	f = fopen(path, "r");
	if (f == NULL)
		die(path, "cannot be read");
	body_len = fread(body, 1, sizeof(body), f);
	(void)fclose(f);
}

static void
find_direct(void)
{
	struct smartlic_error err;

	if (sl_plugin_find(&direct, "direct", NULL, &err) < 0)
		die("transport", err.text);
	recorder = *direct;
	recorder.submit = record_submit;
}

/* One process that does the one or the other, and has loaded nothing for the other. */
static void
peak_memory(const char *who)
{
	struct rusage usage;
	char token[200];

	if (strcmp(who, "agent") == 0) {
		struct smartlic_agent *agent;

		find_direct();
		read_token(token, sizeof(token));
		agent = open_agent("PEAK");
		enrol(agent, token);
		smartlic_agent_free(agent);
	} else {
		init_curl();
		read_request();
		(void)post();
	}
	(void)getrusage(RUSAGE_SELF, &usage);
	printf("%-46s %9ld KiB\n", who, usage.ru_maxrss);
}

/* ---- programs ---- */

#define PROGRAMS 30

static void
once(void)
{
	struct smartlic_agent *agent;

	find_direct();
	agent = open_agent("FILES");
	authorize(agent);
	smartlic_agent_free(agent);
}

static double
run_program(const char *const argv[])
{
	extern char **environ;
	double from = now_us();
	int status = 1;
	pid_t pid;

	if (posix_spawnp(&pid, argv[0], NULL, NULL, (char *const *)(uintptr_t)argv, environ) != 0 ||
	    waitpid(pid, &status, 0) < 0 || status != 0)
		die(argv[0], "did not end well");
	return now_us() - from;
}

/* Curl has the kept answer, which is the cheaper one. */
static void
measure_programs(const char *self, const char *port, struct stats *agent, struct stats *curl)
{
	char root[256], data[256];
	const char *const ours[] = { self, folder, port, "once", NULL };
	const char *const theirs[] = { "curl", "-sS", "--fail", "--noproxy", "*", "-o", "/dev/null",
		"--cacert", root, "--data-binary", data, "-H", "Content-Type: application/cms", url,
		NULL };

	(void)snprintf(root, sizeof(root), "%s/root.pem", folder);
	(void)snprintf(data, sizeof(data), "@%s/request", folder);
	for (int i = 0; i < PROGRAMS; i++) {
		stats_add(agent, run_program(ours));
		stats_add(curl, run_program(theirs));
	}
}

static void
print_programs(struct stats *agent, struct stats *curl)
{
	stats_print(agent);
	stats_print(curl);
	stats_ratio("  agent's program / curl", agent, stats_at(curl, 0.5));
}

int
main(int argc, char **argv)
{
	static struct pair files[HOWS], in_memory[HOWS];
	static struct stats page = { .name = "raw write + fsync of 4 KiB" };
	static struct stats program = { .name = "agent's program, files, executed" };
	static struct stats curl = { .name = "  curl, the program" };
	struct mem_disk memory;
	double longest_files;
	char token[200];

	if (argc != 3 && argc != 4)
		return 2;
	(void)snprintf(folder, sizeof(folder), "%s", argv[1]);
	(void)snprintf(url, sizeof(url),
	    "https://localhost:%s/its/service/oddce/services/DDCEService", argv[2]);
	read_root();
	if (argc == 4 && strcmp(argv[3], "once") == 0) {
		once();
		return 0;
	}
	if (argc == 4) {
		peak_memory(argv[3]);
		return 0;
	}
	read_token(token, sizeof(token));
	find_direct();
	init_curl();
	measure(files, "FILES", token);
	stats_fsync(&page, folder, 200);
	longest_files = longest_us;
	longest_us = 0;
	mem_disk_init(&memory);
	disk = &memory;
	measure(in_memory, "MEMORY", token);
	write_request();
	mem_disk_clear(&memory);
	curl_slist_free_all(headers);
	measure_programs(argv[0], argv[2], &program, &curl);

	stats_print(&page);
	for (int how = 0; how < HOWS; how++)
		print_pair(&files[how], "files", how, FSYNCS * stats_at(&page, 0.5));
	for (int how = 0; how < HOWS; how++)
		print_pair(&in_memory[how], "memory", how, 0);
	print_programs(&program, &curl);
	printf("%-46s %9.1f µs\n", "longest call of process, store on files", longest_files);
	printf("%-46s %9.1f µs\n", "longest call of process, store in memory", longest_us);
	return 0;
}
