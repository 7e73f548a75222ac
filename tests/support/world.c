/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "tests/support/world.h"

static struct smartlic_error err;
int world_in_agent;

/* Made once in a process: keys are dear, and many lives pass in a sweep. */
static struct {
	struct smartlic_crypto *crypto;
	struct tpki pki;
	struct tpki other; /* whose root the device does not trust; made when needed */
} kept;

/* ---- the host --------------------------------------------------------------------------- */

static int64_t
wall_ms(void *ud)
{
	return ((struct world *)ud)->wall_ms;
}

static int64_t
mono_ms(void *ud)
{
	return ((struct world *)ud)->mono_ms;
}

static int
boot_id(void *ud, char *ret, size_t size)
{
	(void)snprintf(ret, size, "boot-%d", ((struct world *)ud)->boot);
	return 0;
}

static int
fill_random(void *ud, void *buf, size_t len)
{
	struct world *w = ud;
	unsigned char *p = buf;

	for (size_t i = 0; i < len; i++) {
		w->random = w->random * 1664525u + 1013904223u;
		p[i] = (unsigned char)(w->random >> 24);
	}
	return 0;
}

static void
log_line(void *ud, int level, const char *message)
{
	struct world *w = ud;

	int inside = world_in_agent;

	world_in_agent = 0;
	sl_buf_printf(&w->log, "%d %s\n", level, message);
	world_in_agent = inside;
}

static int
local_time(void *ud, int64_t ms, struct smartlic_local_time *ret)
{
	(void)ud;
	(void)ms;
	*ret = (struct smartlic_local_time){ .year = 2026, .month = 1, .day = 1, .zone = "UTC" };
	return 0;
}

/* ---- the network ------------------------------------------------------------------------ */

static void
stranger_signs(struct world *w)
{
	if (kept.other.crypto == NULL)
		tpki_init(&kept.other, w->crypto);
	w->oracle.pki = kept.other;
	w->oracle.certs_always = 1;
	w->oracle.deny = "busy";
	w->oracle.deny_times = 1;
}

static void
ask_oracle(void *ud, const void *request, size_t len, int64_t now_s, struct sl_buf *ret)
{
	(void)now_s;
	oracle_answer(ud, request, len, ret);
}

static void
deliver(struct world *w, enum net net, const struct smartlic_message *m)
{
	struct tpki own = w->oracle.pki;
	int certs = w->oracle.certs_always;

	sl_buf_free(&w->before);
	w->before = w->answer;
	w->answer = (struct sl_buf){ 0 };
	if (net == NET_STRANGER)
		stranger_signs(w);
	w->respond(w->respond_ud, m->body, m->len, w->oracle.now_s, &w->answer);
	w->oracle.pki = own;
	w->oracle.certs_always = certs;
}

static int
respond(
    struct world *w, enum net net, const struct smartlic_message *m, struct smartlic_outcome *ret)
{
	static const char page[] = "<html>Welcome to the hotel</html>";

	switch (net) {
	case NET_SILENT:
		return 0;
	case NET_LOSES:
		deliver(w, net, m);
		__attribute__((fallthrough));
	case NET_DOWN:
	case NET_BUSY:
		ret->kind = SMARTLIC_OUTCOME_FAILED;
		ret->http_status = net == NET_BUSY ? 503 : 0;
		strcpy(ret->text, "no route to host; check the network");
		return 1;
	case NET_PORTAL:
		ret->body = page;
		ret->len = sizeof(page) - 1;
		return 1;
	case NET_UP:
	case NET_TRUNCATES:
	case NET_STRANGER:
	case NET_OLD:
	case NET_KINDS:
		break;
	}
	deliver(w, net, m);
	ret->body = net == NET_OLD ? w->before.data : w->answer.data;
	ret->len = net == NET_OLD         ? w->before.len
		   : net == NET_TRUNCATES ? w->answer.len / 2
					  : w->answer.len;
	return 1;
}

static int
answer(void *ud, const struct smartlic_message *m, struct smartlic_outcome *ret)
{
	struct world *w = ud;
	int inside = world_in_agent, r;

	world_in_agent = 0;
	*ret = (struct smartlic_outcome){
		.size = sizeof(*ret), .http_status = 200, .retry_after_ms = w->retry_after_ms
	};
	sl_buf_add(&w->wire, m->body, m->len);
	r = respond(w, w->exchanges++ == w->net_at ? w->net_fault : w->net, m, ret);
	world_in_agent = inside;
	return r;
}

/* ---- life ------------------------------------------------------------------------------- */

static void
free_kept(void)
{
	if (kept.other.crypto != NULL)
		tpki_free(&kept.other);
	tpki_free(&kept.pki);
	smartlic_crypto_free(kept.crypto);
}

static void
make_kept(void)
{
	if (kept.crypto != NULL)
		return;
	ck_assert_int_eq(smartlic_crypto_new(&kept.crypto, &err), 0);
	tpki_init(&kept.pki, kept.crypto);
	ck_assert_int_eq(atexit(free_kept), 0);
}

void
world_init(struct world *w, enum drive drive)
{
	*w = (struct world){
		.wall_ms = TPKI_NOW * 1000,
		.mono_ms = 5000,
		.random = 1,
		.retry_after_ms = -1,
		.net_at = -1,
		.drive = drive,
		.counts = { 8, 8 },
		.pid = "NCS1004",
		.sn = "CAT2231B18Y",
	};
	make_kept();
	w->crypto = kept.crypto;
	mem_disk_init(&w->disk);
	oracle_init(&w->oracle, &kept.pki);
	w->env = (struct smartlic_env){ .size = sizeof(w->env),
		.userdata = w,
		.wall_ms = wall_ms,
		.mono_ms = mono_ms,
		.boot_id = boot_id,
		.random = fill_random,
		.log = log_line,
		.local_time = local_time,
		.crypto = w->crypto };
	w->respond = ask_oracle;
	w->respond_ud = &w->oracle;
	w->anchor = w->oracle.pki.root_pem.data;
	w->anchor_len = w->oracle.pki.root_pem.len;
	w->token = ORACLE_TOKEN;
	w->peer = (struct sl_loop_peer){ .ud = w, .answer = answer };
	(void)snprintf(w->peer_text, sizeof(w->peer_text), "%p", (void *)&w->peer);
	w->option[1] = (struct smartlic_option){ .key = "crl", .value = "optional", .len = 8 };
	w->option[0] = (struct smartlic_option){
		.key = "loop-peer", .value = w->peer_text, .len = strlen(w->peer_text)
	};
	ck_assert_int_eq(world_start(w), 0);
}

static void
hear(struct world *w)
{
	struct smartlic_event e = { .size = sizeof(e) };

	while (w->agent != NULL && smartlic_agent_next_event(w->agent, &e) == 1) {
		ck_assert(e.type > 0 && e.type < WORLD_EVENTS);
		w->events[e.type]++;
		(void)snprintf(w->last[e.type], sizeof(w->last[0]), "%s", e.message);
	}
}

void
world_hush(struct world *w)
{
	hear(w);
	memset(w->events, 0, sizeof(w->events));
	memset(w->last, 0, sizeof(w->last));
}

void
world_stop(struct world *w)
{
	hear(w);
	smartlic_agent_free(w->agent);
	w->agent = NULL;
	w->disk.locked = 0;
}

void
world_free(struct world *w)
{
	world_stop(w);
	oracle_free(&w->oracle);
	mem_disk_clear(&w->disk);
	sl_buf_free(&w->answer);
	sl_buf_free(&w->before);
	sl_buf_free(&w->log);
	sl_buf_free(&w->wire);
}

/* 0, or what failed first: no memory, or a store without power */
static int
start(struct world *w)
{
	struct smartlic_store store = mem_store(&w->disk);
	struct smartlic_agent *a = NULL;
	int r;

	r = smartlic_agent_new(&a, &w->env, &err);
	if (r < 0)
		return r;
	r = smartlic_agent_set_store(a, &store, 0);
	if (r == 0)
		r = smartlic_agent_set_udi(a, w->pid, w->sn, "default-sdr");
	if (r == 0)
		r = smartlic_agent_set_transport_ops(
		    a, &smartlic_transport_loop, w->option, w->crl_optional ? 2 : 1);
	if (r == 0)
		r = smartlic_agent_set_trust_anchor(a, w->anchor, w->anchor_len);
	if (r == 0 && w->counts[0] >= 0)
		r = smartlic_agent_set_count(a, TAG_G, w->counts[0]);
	if (r == 0 && w->counts[1] >= 0)
		r = smartlic_agent_set_count(a, TAG_X, w->counts[1]);
	if (r < 0) {
		smartlic_agent_free(a);
		w->disk.locked = 0;
		return r;
	}
	w->agent = a;
	return 0;
}

int
world_start(struct world *w)
{
	int r;

	world_in_agent = 1;
	r = start(w);
	world_in_agent = 0;
	return r;
}

void
world_restart(struct world *w)
{
	world_stop(w);
	ck_assert_int_eq(world_start(w), 0);
}

void
world_reboot(struct world *w, int64_t off_ms)
{
	world_stop(w);
	w->boot++;
	w->mono_ms = 700;
	w->wall_ms += off_ms;
	w->oracle.now_s += off_ms / 1000;
	ck_assert_int_eq(world_start(w), 0);
}

/* ---- driving ---------------------------------------------------------------------------- */

static void
look_around(struct world *w)
{
	struct pollfd fds[4];
	size_t n = 4;

	ck_assert_int_ge(smartlic_agent_pollfds(w->agent, fds, &n), 0);
	/* what is left to do now is due now */
	if (smartlic_agent_busy(w->agent) && w->net != NET_SILENT && w->last_error == 0)
		ck_assert_int_le(smartlic_agent_deadline(w->agent), w->mono_ms);
}

static int
process(struct world *w)
{
	int r;

	world_in_agent = 1;
	r = smartlic_agent_process(w->agent);
	world_in_agent = 0;
	return r;
}

/*
 * After two steps of three, so that a request that was sent may be answered.  In months in which
 * nothing but time is stored, after one of 24: a start costs a hundred such steps.
 */
static int
is_restarted_now(struct world *w)
{
	long heard = 0;

	for (int i = 0; i < WORLD_EVENTS; i++)
		heard += w->events[i];
	heard += w->exchanges + (world_status(w)->pending_type[0] != '\0');
	w->quiet = heard == w->heard ? w->quiet + 1 : 0;
	w->heard = heard;
	return ++w->steps % 3 != 0 && (w->quiet < 6 || w->quiet % 24 == 0);
}

void
world_settle(struct world *w)
{
	int r, rounds = 0;

	while ((r = process(w)) == 1) {
		hear(w);
		ck_assert_msg(rounds++ < 200, "it never comes to rest");
		if (w->drive == DRIVE_STEP)
			look_around(w);
		if (w->drive == DRIVE_RESTART && is_restarted_now(w))
			world_restart(w);
	}
	w->last_error = r < 0 ? r : 0;
	hear(w);
}

static void
tick(struct world *w, int64_t ms)
{
	int64_t before = w->mono_ms / 1000;

	w->wall_ms += ms;
	w->mono_ms += ms;
	w->oracle.now_s += w->mono_ms / 1000 - before;
}

void
world_pass(struct world *w, int64_t ms)
{
	int64_t end = w->mono_ms + ms;

	world_settle(w);
	while (w->mono_ms < end) {
		int64_t at = smartlic_agent_deadline(w->agent);

		ck_assert_msg(at > w->mono_ms, "it wants to be called again at once");
		tick(w, (at < end ? at : end) - w->mono_ms);
		world_settle(w);
	}
}

void
world_register(struct world *w)
{
	ck_assert_msg(smartlic_agent_register(w->agent, w->token, 0) == 0, "%s",
	    smartlic_agent_error(w->agent)->text);
	world_settle(w);
}

const struct smartlic_status *
world_status(struct world *w)
{
	const struct smartlic_status *st = smartlic_agent_status(w->agent);

	ck_assert_ptr_nonnull(st);
	return st;
}

void
world_ready(struct world *w)
{
	world_register(w);
	ck_assert_int_eq(world_status(w)->registration, SMARTLIC_REG_REGISTERED);
	ck_assert_int_eq(world_status(w)->authorization, SMARTLIC_AUTH_AUTHORIZED);
	world_hush(w);
}
