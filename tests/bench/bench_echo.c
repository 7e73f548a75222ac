/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The manager's HTTP server with nothing behind it: whatever is asked, the answer is that many
 * bytes. What it does is the limit of what the authority behind it can reach. usage: bench_echo
 * FOLDER PORT-FILE THREADS BYTES ; FOLDER holds pki/tls.pem and pki/tls.key
 */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/server.h"
#include "envelope.h"

#define THREADS_MAX 64

struct exchange {
	char unused;
};

static char answer[SL_ENVELOPE_MAX];
static size_t answer_len;

int
authority_prepare(struct exchange **ret, struct authority *authority, const void *request,
    size_t len, int64_t now_s, int (*random)(void *ud, void *buf, size_t len), void *ud,
    struct smartlic_error *err)
{
	struct exchange *x = calloc(1, sizeof(*x));

	(void)authority;
	(void)request;
	(void)len;
	(void)now_s;
	(void)random;
	(void)ud;
	if (x == NULL)
		return sl_nomem(err);
	*ret = x;
	return 0;
}

void
authority_execute(struct exchange *const *list, size_t n)
{
	(void)list;
	(void)n;
}

int
authority_seal(const struct exchange *x, struct sl_buf *ret, struct smartlic_error *err)
{
	(void)x;
	sl_buf_add(ret, answer, answer_len);
	return ret->failed ? sl_nomem(err) : 0;
}

void
authority_forget(struct exchange *x)
{
	free(x);
}

int
authority_exchange(struct exchange **ret, struct authority *authority, const void *request,
    size_t len, int64_t now_s, int (*random)(void *ud, void *buf, size_t len), void *ud,
    struct sl_buf *ret_response, struct smartlic_error *err)
{
	int r = authority_prepare(ret, authority, request, len, now_s, random, ud, err);

	return r < 0 ? r : authority_seal(*ret, ret_response, err);
}

void
authority_outcome(const struct exchange *x, struct authority_outcome *ret)
{
	(void)x;
	*ret = (struct authority_outcome){ .request_id = "" };
}

int
authority_alive(struct authority *authority, struct smartlic_error *err)
{
	(void)authority;
	(void)err;
	return 0;
}

void
authority_set_guard(struct authority *authority, const struct authority_guard *guard)
{
	(void)authority;
	(void)guard;
}

int
authority_daily(struct authority *authority, int64_t now_s, struct smartlic_error *err)
{
	(void)authority;
	(void)now_s;
	(void)err;
	return 0;
}

int
authority_trim(struct authority *authority, struct ledger_trim *run, int64_t now_s,
    struct smartlic_error *err)
{
	(void)authority;
	(void)run;
	(void)now_s;
	(void)err;
	return 0;
}

int
main(int argc, char **argv)
{
	struct authority *authorities[THREADS_MAX] = { NULL };
	struct server_options options = { .listen = "127.0.0.1:0" };
	struct smartlic_error err = { 0 };
	char cert[300], key[300];
	int threads = argc == 5 ? atoi(argv[3]) : 0;

	if (threads < 1 || threads > THREADS_MAX)
		return 2;
	answer_len = strtoul(argv[4], NULL, 10);
	if (answer_len > sizeof(answer))
		return 2;
	memset(answer, 'x', answer_len);
	(void)snprintf(cert, sizeof(cert), "%s/pki/tls.pem", argv[1]);
	(void)snprintf(key, sizeof(key), "%s/pki/tls.key", argv[1]);
	options.cert_path = cert;
	options.key_path = key;
	options.port_file = argv[2];
	if (server_run(NULL, authorities, (size_t)threads, &options, &err) < 0) {
		(void)fprintf(stderr, "bench_echo: %s\n", err.text);
		return 1;
	}
	return 0;
}
