/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <smartlic/error.h>

#include "loop.h"

enum { WANTS_STEP, WANTS_ANSWER };

struct loop {
	struct sl_loop_peer *peer;
	struct smartlic_message request; /* what it points to is one block, `copy` */
	char *copy;                      /* NULL: no request is open */
	int state;
};

static int
loop_open(void **ret, const struct smartlic_host *host, const struct smartlic_option *options,
    size_t n, char *text, size_t cap)
{
	static const char missing[] = "option loop-peer: missing; print the peer's address with %p";
	struct sl_loop_peer *peer = NULL;
	struct loop *lp;

	(void)host;
	for (size_t i = 0; i < n; i++)
		if (strcmp(options[i].key, "loop-peer") == 0)
			peer =
			    (struct sl_loop_peer *)(uintptr_t)strtoumax(options[i].value, NULL, 16);
	lp = peer != NULL ? calloc(1, sizeof(*lp)) : NULL;
	if (lp == NULL) {
		if (cap > 0) {
			text[0] = '\0';
			strncat(text, peer == NULL ? missing : "out of memory", cap - 1);
		}
		return peer == NULL ? SMARTLIC_E_INVAL : SMARTLIC_E_NOMEM;
	}
	lp->peer = peer;
	*ret = lp;
	return 0;
}

static void
loop_cancel(void *tp)
{
	struct loop *lp = tp;

	free(lp->copy);
	lp->copy = NULL;
}

static void
loop_close(void *tp)
{
	loop_cancel(tp);
	free(tp);
}

/* Appends a string to the block at *at and returns where it stands. */
static const char *
keep(char **at, const char *s)
{
	size_t size = strlen(s) + 1;
	char *p = *at;

	memcpy(p, s, size);
	*at += size;
	return p;
}

static int
loop_submit(void *tp, const struct smartlic_message *request)
{
	const struct smartlic_message *r = request;
	struct loop *lp = tp;
	char *copy, *at;

	copy = malloc(r->len + strlen(r->type) + strlen(r->request_id) + strlen(r->pid) +
		      strlen(r->sn) + strlen(r->uuid) + 5);
	if (copy == NULL)
		return SMARTLIC_E_NOMEM;
	loop_cancel(lp);
	lp->copy = copy;
	lp->request = *r;
	if (r->len > 0)
		memcpy(copy, r->body, r->len);
	lp->request.body = copy;
	lp->request.lists = NULL; /* nobody here judges by them */
	lp->request.lists_len = 0;
	at = copy + r->len;
	lp->request.type = keep(&at, r->type);
	lp->request.request_id = keep(&at, r->request_id);
	lp->request.pid = keep(&at, r->pid);
	lp->request.sn = keep(&at, r->sn);
	lp->request.uuid = keep(&at, r->uuid);
	lp->state = WANTS_STEP;
	return 0;
}

static int
loop_step(void *tp, struct smartlic_outcome *ret)
{
	struct smartlic_outcome out = { .size = sizeof(out), .retry_after_ms = -1 };
	struct loop *lp = tp;

	if (lp->copy == NULL)
		return 0;
	lp->state = WANTS_ANSWER;
	if (lp->peer->answer(lp->peer->ud, &lp->request, &out) == 0)
		return 0;
	loop_cancel(lp);
	out.size = ret->size;
	*ret = out;
	return 1;
}

static int
loop_pollfds(void *tp, struct pollfd *fds, size_t *n)
{
	(void)tp;
	(void)fds;
	*n = 0;
	return 0;
}

/* At once for a request that the peer has not seen; then it is the test that says when. */
static int64_t
loop_deadline(void *tp)
{
	struct loop *lp = tp;

	return lp->copy != NULL && lp->state == WANTS_STEP ? 0 : INT64_MAX;
}

const struct smartlic_transport_ops smartlic_transport_loop = {
	.size = sizeof(smartlic_transport_loop),
	.abi = SMARTLIC_TRANSPORT_ABI,
	.name = "loop",
	.summary = "a function of the program answers; for tests and demonstrations",
	.open = loop_open,
	.close = loop_close,
	.submit = loop_submit,
	.step = loop_step,
	.cancel = loop_cancel,
	.pollfds = loop_pollfds,
	.deadline = loop_deadline,
};
