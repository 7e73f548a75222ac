/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "api/gauges.h"
#include "api/server.h"
#include "authority/sync.h"
#include "commands/command.h"
#include "commands/done.h"
#include "commands/session.h"
#include "ledger/satellites.h"
#include "pem.h"
#include "pki/roll.h"
#include "pki/satellite.h"
#include "system.h"
#include "tools/notify.h"

#define LISTEN_DEFAULT "127.0.0.1:8443"
/* A thread serves many: it does not wait long for other writers, the device comes again. */
#define BUSY_MS     1000
#define THREADS_MAX 64

struct names {
	struct session *session; /* the first is this thread's, then one for each worker */
	const struct call *call;
	pid_t sync; /* the process that synchronises; 0: none */
	int asked;  /* once since the start */
	struct ledger_figures figures;
};

static void
tell_rolled(void *ud, const char *text)
{
	(void)ud;
	system_log("%s", text);
}

/* By `key roll` in another process, or by a synchronisation, the folder may have changed. */
static int
renew_tls(void *ud, int64_t now_s, struct smartlic_error *err)
{
	const struct names *n = ud;
	struct pki *pki = n->session->pki;
	struct smartlic_error e = { 0 };
	int r = pki_refresh(pki, err);

	/* a satellite's certificates are renewed by synchronising */
	if (r == 0 && pki_roll_due(pki, now_s, tell_rolled, NULL, &e) < 0)
		system_log("a key could not be rolled over: %s", e.text);
	if (r == 0 && !pki_is_satellite(pki))
		r = pki_tls_renew(pki, n->call->repeat, n->call->n_repeats, now_s, err);
	return r < 0 ? r : 1;
}

/* Each thread has its own copy. */
static int
refresh(void *ud, size_t worker, struct smartlic_error *err)
{
	const struct names *n = ud;

	return pki_refresh(n->session[1 + worker].pki, err);
}

/* What the synchronisation says is an event of this log; it may say it in an hour. */
static void *
log_lines(void *ud)
{
	static const char prefix[] = "smartlic-manager: ";
	FILE *lines = ud;
	char line[1024];

	while (fgets(line, sizeof(line), lines) != NULL) {
		const char *text = line;

		line[strcspn(line, "\n")] = '\0';
		if (strncmp(text, prefix, sizeof(prefix) - 1) == 0)
			text += sizeof(prefix) - 1;
		system_log("synchronisation: %s", text);
	}
	(void)fclose(lines);
	return NULL;
}

/* A thread that reads what comes there. */
static void
log_from(int fd)
{
	FILE *lines = fdopen(fd, "r");
	int r = lines == NULL ? errno : 0;
	pthread_t thread;

	if (r == 0)
		r = pthread_create(&thread, NULL, log_lines, lines);
	if (r == 0) {
		(void)pthread_detach(thread);
		return;
	}
	system_log("what the synchronisation says is not heard: %s", strerror(r));
	if (lines != NULL)
		(void)fclose(lines);
	else
		(void)close(fd);
}

/* With both outputs there; 0 or an errno. */
static int
spawn_sync(const char *data, int fd, pid_t *ret)
{
	const char *const argv[] = { "smartlic-manager", "satellite", "sync", "--data", data,
		NULL };
	posix_spawn_file_actions_t actions;
	int r = posix_spawn_file_actions_init(&actions);

	if (r == 0)
		r = posix_spawn_file_actions_adddup2(&actions, fd, STDOUT_FILENO);
	if (r == 0)
		r = posix_spawn_file_actions_adddup2(&actions, fd, STDERR_FILENO);
	if (r == 0)
		r = posix_spawn(
		    ret, "/proc/self/exe", &actions, NULL, (char *const *)argv, environ);
	(void)posix_spawn_file_actions_destroy(&actions);
	return r;
}

/* In a process of its own, so that an upstream that is slow or away keeps no device waiting. */
static pid_t
start_sync(const char *data)
{
	pid_t pid = 0;
	int says[2], r = pipe2(says, O_CLOEXEC) < 0 ? errno : 0;

	if (r == 0) {
		r = spawn_sync(data, says[1], &pid);
		(void)close(says[1]);
		if (r == 0)
			log_from(says[0]);
		else
			(void)close(says[0]);
	}
	if (r != 0)
		system_log("the synchronisation cannot be started: %s", strerror(r));
	return r == 0 ? pid : 0;
}

static void
sync_if_due(void *ud, int64_t now_s)
{
	struct names *n = ud;
	struct ledger_upstream u;

	if (n->sync != 0 && waitpid(n->sync, NULL, WNOHANG) == 0)
		return;
	n->sync = 0;
	if (!pki_is_satellite(n->session->pki) ||
	    ledger_is_sealed(n->session->ledger, NULL) != 0 ||
	    ledger_upstream_get(n->session->ledger, &u, NULL) != 1 ||
	    !sync_is_due(&u, n->asked, now_s))
		return;
	n->asked = 1;
	n->sync = start_sync(n->call->option[OPTION_DATA]);
}

struct ends {
	struct gauges_certificate list[GAUGES_CERTIFICATES_MAX];
	size_t n;
};

/* Of former ones there may be any number, and they are in nobody's way. */
static int
add_end(void *ud, const struct pki_entry *entry)
{
	struct ends *e = ud;

	if (entry->state != PKI_FORMER && e->n < GAUGES_CERTIFICATES_MAX)
		e->list[e->n++] = (struct gauges_certificate){ entry->name,
			entry->state == PKI_SUCCESSOR ? "successor" : "current",
			sl_cert_not_after(entry->cert) };
	return 0;
}

/* In the thread that does chores, whose session is the first. */
static int
write_metrics(
    void *ud, int64_t now_s, int64_t tls_expires_s, struct sl_buf *ret, struct smartlic_error *err)
{
	struct names *n = ud;
	struct ends ends = { .list = { { "tls", "current", tls_expires_s } }, .n = 1 };
	int r = ledger_figures_read(n->session->ledger, &n->figures, now_s, err);

	if (r < 0)
		return r;
	(void)pki_each(n->session->pki, add_end, &ends);
	gauges_write(ret, &n->figures, ends.list, ends.n, now_s);
	return 0;
}

/* As many as processors: each is busy with verifying and signing. */
static int
thread_count(const char *text, size_t *ret, struct smartlic_error *err)
{
	size_t processors = system_processors();
	int64_t n = processors > THREADS_MAX ? THREADS_MAX : (int64_t)processors;
	int r = text == NULL ? 0 : command_number("--threads", text, 1, THREADS_MAX, &n, err);

	*ret = (size_t)n;
	return r;
}

/* Opens the data folder once for each: a handle of the ledger belongs to one thread. */
static int
open_sessions(struct session *s, struct authority **authorities, size_t n, const struct call *call,
    struct smartlic_error *err)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < n; i++) {
		r = session_open_authority(&s[i], call, err);
		if (r == 0) {
			db_set_busy_ms(ledger_db(s[i].ledger), BUSY_MS);
			authority_set_threads(s[i].authority, n - 1);
		}
		authorities[i] = s[i].authority;
	}
	return r;
}

/* All that the workers have verified is written by one handle, in a thread of its own. */
static int
share_writer(struct session *writer, struct authority **workers, size_t n, const struct call *call,
    struct smartlic_error *err)
{
	int r = session_open(writer, call, err);

	if (r == 0)
		r = smartlic_crypto_new(&writer->crypto, err);
	if (r < 0)
		return r;
	db_set_busy_ms(ledger_db(writer->ledger), BUSY_MS);
	for (size_t i = 0; r == 0 && i < n; i++)
		r = authority_write_by(workers[i], writer->ledger, writer->crypto, err);
	return r;
}

int
command_serve(const struct call *call, struct smartlic_error *err)
{
	struct session s[1 + THREADS_MAX] = { { 0 } }, writer = { 0 };
	struct authority *authorities[1 + THREADS_MAX];
	struct ledger_upstream upstream;
	struct names names = { .session = s, .call = call };
	struct server_options options = {
		.listen = LISTEN_DEFAULT,
		.port_file = call->option[OPTION_PORT_FILE],
		.listen_http = call->option[OPTION_LISTEN_HTTP],
		.http_port_file = call->option[OPTION_HTTP_PORT_FILE],
		.metrics = call->option[OPTION_METRICS],
		.metrics_port_file = call->option[OPTION_METRICS_PORT_FILE],
		.debug = call->option[OPTION_DEBUG] != NULL,
		.renew_tls = renew_tls,
		.refresh = refresh,
		.chores = sync_if_due,
		.write_metrics = write_metrics,
		.tell_starter = notify,
		.ud = &names,
	};
	size_t n = 0;
	int r;

	if (call->option[OPTION_LISTEN] != NULL)
		options.listen = call->option[OPTION_LISTEN];
	r = thread_count(call->option[OPTION_THREADS], &n, err);
	if (r == 0)
		r = open_sessions(s, authorities, 1 + n, call, err);
	if (r < 0)
		goto out;
	if (pki_is_satellite(s[0].pki) && (r = sync_upstream(s[0].authority, &upstream, err)) < 0)
		goto out;
	options.parallel_writes = db_is_server(ledger_db(s[0].ledger));
	if (!options.parallel_writes &&
	    (r = share_writer(&writer, authorities + 1, n, call, err)) < 0)
		goto out;
	r = renew_tls(&names, system_now_s(), err);
	if (r < 0)
		goto out;
	options.cert_path = pki_tls_cert_path(s[0].pki);
	options.key_path = pki_tls_key_path(s[0].pki);
	r = server_run(authorities[0], authorities + 1, n, &options, err);
	if (names.sync != 0) {
		(void)kill(names.sync, SIGTERM);
		(void)waitpid(names.sync, NULL, 0);
	}
out:
	ledger_figures_free(&names.figures);
	for (size_t i = 0; i <= n; i++)
		session_close(&s[i]);
	session_close(&writer);
	return r;
}

/* Beside the root the one that follows it, or that it follows: either may have signed the next
 * answer. */
static int
add_other_root(void *ud, const struct pki_entry *e)
{
	struct sl_buf *pem = ud;
	const void *der;
	size_t len;

	if (strcmp(e->name, "root") != 0 || e->state == PKI_CURRENT ||
	    (e->state == PKI_FORMER && !e->has_key))
		return 0;
	der = sl_cert_der(e->cert, &len);
	sl_pem_write(pem, "CERTIFICATE", der, len);
	return 0;
}

static int
read_other_roots(const char *dir, struct sl_buf *pem, struct smartlic_error *err)
{
	struct smartlic_crypto *crypto = NULL;
	struct pki *pki = NULL;
	int r = smartlic_crypto_new(&crypto, err);

	/* a folder that is not whole has a root to trust nevertheless */
	if (r == 0 && pki_open(&pki, crypto, dir, NULL) == 0)
		r = pki_each(pki, add_other_root, pem);
	pki_free(pki);
	smartlic_crypto_free(crypto);
	return r == 0 && pem->failed ? sl_nomem(err) : r;
}

int
command_trust_anchor(const struct call *call, struct smartlic_error *err)
{
	char dir[FILE_PATH_SIZE], path[FILE_PATH_SIZE];
	struct sl_buf pem = { 0 };
	int r = file_path(dir, call->option[OPTION_DATA], DATA_PKI, err);

	if (r == 0)
		r = file_path(path, dir, "root.pem", err);
	if (r == 0)
		r = file_read(path, &pem, err);
	if (r == SMARTLIC_E_NOT_FOUND)
		r = sl_fail(err, r, "%s: no data folder: make one with 'smartlic-manager init'",
		    call->option[OPTION_DATA]);
	if (r == 0)
		r = read_other_roots(dir, &pem, err);
	if (r == 0) {
		done_string(call, "pem", pem.data);
		done_text(call, "%s", pem.data);
	}
	sl_buf_free(&pem);
	return r;
}
