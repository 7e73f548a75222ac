/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One authorize by the agent over loopback TLS beside libcurl posting the same bytes to the same
 * server, each on a new connection (cold) and on a kept one (warm).
 * usage: bench_exchange FOLDER PORT <TOKEN ; FOLDER holds root.pem
 */
#include <config.h>

#include <poll.h>
#include <string.h>

#include <curl/curl.h>
#include <smartlic/smartlic.h>

#include "plugin.h"
#include "stats.h"

#define N 60
/* An authorize makes the command due (1 slot), stores the request (2) and the answer (1); a slot is
 * made durable by two fsyncs, of the file and of its folder. */
#define FSYNCS 8
#define TAG "regid.2018-05.com.cisco.S-NCS1K4-LIC-100G=,1.0_03df009f-5ac5-48da-af50-4279ddea5e24"

static char folder[200], url[200], root_pem[8192];
static size_t root_len;

static void
die(const char *what, const char *why)
{
	(void)fprintf(stderr, "bench_exchange: %s: %s\n", what, why);
	exit(1);
}

/* The direct transport, with the last request's bytes kept and step's own time taken. */
static const struct smartlic_transport_ops *direct;
static struct smartlic_transport_ops recorder;
static unsigned char body[400000];
static size_t body_len;

static int
record_submit(void *tp, const struct smartlic_message *request)
{
	if (request->len <= sizeof(body)) {
		memcpy(body, request->body, request->len);
		body_len = request->len;
	}
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
		if (took > longest_us)
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

static struct smartlic_agent *
open_agent(void)
{
	const struct smartlic_option options[] = { { "destination", url, strlen(url) } };
	struct smartlic_agent *agent = NULL;
	struct smartlic_store store;
	struct smartlic_error err;
	char path[256];

	(void)snprintf(path, sizeof(path), "%s/store", folder);
	if (smartlic_agent_new(&agent, NULL, &err) < 0 ||
	    smartlic_store_file_new(&store, path, 0, &err) < 0)
		die("agent", err.text);
	if (smartlic_agent_set_store(agent, &store, 0) < 0 ||
	    smartlic_agent_set_udi(agent, "NCS1004", "CAT2231B18Y", "default-sdr") < 0 ||
	    smartlic_agent_set_trust_anchor(agent, root_pem, root_len) < 0 ||
	    smartlic_agent_set_transport_ops(agent, &recorder, options, 1) < 0 ||
	    smartlic_agent_set_count(agent, TAG, 8) < 0)
		die("agent", smartlic_agent_error(agent)->text);
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

static size_t
drop(char *data, size_t size, size_t n, void *ud)
{
	(void)data;
	(void)ud;
	return size * n;
}

static CURL *
open_curl(struct curl_slist *headers)
{
	CURL *curl = curl_easy_init();
	char path[256];

	(void)snprintf(path, sizeof(path), "%s/root.pem", folder);
	(void)curl_easy_setopt(curl, CURLOPT_URL, url);
	(void)curl_easy_setopt(curl, CURLOPT_CAINFO, path);
	(void)curl_easy_setopt(curl, CURLOPT_PROXY, "");
	(void)curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
	(void)curl_easy_setopt(curl, CURLOPT_POSTFIELDS, (char *)body);
	(void)curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE, (long)body_len);
	(void)curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, drop);
	return curl;
}

static void
post(CURL *curl)
{
	CURLcode code = curl_easy_perform(curl);
	long status = 0;

	(void)curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
	if (code != CURLE_OK || status != 200)
		die("curl", curl_easy_strerror(code));
}

static void
read_inputs(char *token, size_t size)
{
	char path[256];
	FILE *f;

	if (fgets(token, (int)size, stdin) == NULL)
		die("token", "nothing on standard input");
	token[strcspn(token, "\n")] = '\0';
	(void)snprintf(path, sizeof(path), "%s/root.pem", folder);
	f = fopen(path, "r");
	if (f == NULL)
		die(path, "cannot be read");
	root_len = fread(root_pem, 1, sizeof(root_pem) - 1, f);
	(void)fclose(f);
}

int
main(int argc, char **argv)
{
	static struct stats agent_cold = { .name = "agent, new process state and connection" };
	static struct stats agent_warm = { .name = "agent, kept connection" };
	static struct stats curl_cold = { .name = "libcurl, new connection" };
	static struct stats curl_warm = { .name = "libcurl, kept connection" };
	static struct stats disk = { .name = "raw write + fsync of 4 KiB" };
	struct curl_slist *headers = NULL;
	struct smartlic_agent *agent;
	struct smartlic_error err;
	char token[200];
	double durable;
	CURL *curl;

	if (argc != 3)
		return 2;
	(void)snprintf(folder, sizeof(folder), "%s", argv[1]);
	(void)snprintf(url, sizeof(url),
	    "https://localhost:%s/its/service/oddce/services/DDCEService", argv[2]);
	read_inputs(token, sizeof(token));
	if (sl_plugin_find(&direct, "direct", NULL, &err) < 0)
		die("transport", err.text);
	recorder = *direct;
	recorder.submit = record_submit;
	(void)curl_global_init(CURL_GLOBAL_DEFAULT);
	headers = curl_slist_append(headers, "Content-Type: application/cms");

	agent = open_agent();
	if (smartlic_agent_register(agent, token, 0) < 0)
		die("register", smartlic_agent_error(agent)->text);
	run(agent);
	authorize(agent);
	for (int i = 0; i < N; i++) {
		double from = now_us();

		authorize(agent);
		stats_add(&agent_warm, now_us() - from);
	}
	smartlic_agent_free(agent);
	for (int i = 0; i < N; i++) {
		double from = now_us();

		agent = open_agent();
		authorize(agent);
		stats_add(&agent_cold, now_us() - from);
		smartlic_agent_free(agent);
	}
	curl = open_curl(headers);
	post(curl);
	for (int i = 0; i < N; i++) {
		double from = now_us();

		post(curl);
		stats_add(&curl_warm, now_us() - from);
	}
	curl_easy_cleanup(curl);
	for (int i = 0; i < N; i++) {
		double from = now_us();

		curl = open_curl(headers);
		post(curl);
		curl_easy_cleanup(curl);
		stats_add(&curl_cold, now_us() - from);
	}
	curl_slist_free_all(headers);
	stats_fsync(&disk, folder, 200);

	stats_print(&agent_cold);
	stats_print(&curl_cold);
	stats_print(&agent_warm);
	stats_print(&curl_warm);
	stats_print(&disk);
	durable = FSYNCS * stats_at(&disk, 0.5);
	stats_ratio("agent / libcurl, cold", &agent_cold, stats_at(&curl_cold, 0.5));
	stats_ratio("agent / libcurl, warm", &agent_warm, stats_at(&curl_warm, 0.5));
	stats_ratio("agent / (libcurl + its 8 fsyncs), cold", &agent_cold,
	    stats_at(&curl_cold, 0.5) + durable);
	stats_ratio("agent / (libcurl + its 8 fsyncs), warm", &agent_warm,
	    stats_at(&curl_warm, 0.5) + durable);
	printf("%-46s %9.1f µs\n", "longest call of process", longest_us);
	return 0;
}
