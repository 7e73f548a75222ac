/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/manager/site.h"

/*
 * A seeded random run: a few devices, each in several copies of its store, register, use, renew,
 * deregister, lose answers and deliver old messages again, while an administrator removes and
 * licenses change.  After each step the ledger's sums hold, and what is old has no effect.
 */
#define STEPS   2500
#define UDIS    4
#define DEVICES (3 * UDIS) /* three stores of each UDI */
#define HISTORY 48

static struct site s;
static struct device devices[DEVICES];
static struct site_token tokens[3];

/* Messages that were executed, with the body that was answered. */
static struct past {
	struct sl_buf message;
	char *body;
	int is_register;
} history[HISTORY];

static unsigned int
draw(unsigned int n)
{
	return (unsigned int)(site_random(&s) % n);
}

static void
setup(void)
{
	char sn[8];

	site_open(&s);
	s.seed = 20261125;
	site_ok(&s, ledger_virtual_account_create(s.ledger, "NCS1000", "admin", s.now, &s.err));
	for (int i = 0; i < DEVICES; i++) {
		snprintf(sn, sizeof(sn), "SN%d", i % UDIS);
		devices[i] = device_new(&s, sn);
	}
}

static void
teardown(void)
{
	for (int i = 0; i < DEVICES; i++)
		device_free(&devices[i]);
	for (int i = 0; i < HISTORY; i++) {
		sl_buf_free(&history[i].message);
		free(history[i].body);
	}
	site_close(&s);
}

static void
new_tokens(void)
{
	tokens[0] = site_token_new(&s, "NCS1000", 365, LEDGER_ANY_USES);
	tokens[1] = site_token_new(&s, "NCS1000", 20, 2);
	tokens[2] = site_token_new(&s, LEDGER_DEFAULT, 60, LEDGER_ANY_USES);
}

/* What nothing old may change: keys in use, counted usage, charged tokens, alerts. */
static char *
live_state(void)
{
	static const char *const queries[] = {
		"SELECT instance || ski FROM key WHERE state = 'current' ORDER BY 1",
		"SELECT instance || tag || count || ' ' || held FROM usage ORDER BY 1",
		"SELECT token || uses FROM token ORDER BY 1",
		"SELECT name || source || times FROM alert ORDER BY 1",
		"SELECT instance || state || sequence FROM instance ORDER BY 1",
	};
	struct sl_buf text = { 0 };
	struct db_row *row;

	for (size_t i = 0; i < sizeof(queries) / sizeof(queries[0]); i++) {
		site_ok(&s, db_query(ledger_db(s.ledger), &row, &s.err, queries[i], ""));
		while (db_next(row, &s.err) == 1) {
			sl_buf_puts(&text, db_text(row, 0));
			sl_buf_puts(&text, "\n");
		}
	}
	return sl_buf_take(&text);
}

static void
remember(const struct device *d, const struct sl_reply *reply)
{
	struct past *p = &history[draw(HISTORY)];

	if (reply->status != SL_REPLY_OK)
		return;
	sl_buf_free(&p->message);
	free(p->body);
	sl_buf_add(&p->message, d->message.data, d->message.len);
	p->body = site_last_body(&s);
	p->is_register = reply->type == SL_MSG_REGISTER;
}

static void
take_refusal(struct device *d, const struct sl_reply *reply)
{
	if (reply->error.sequence >= 0)
		d->sequence = reply->error.sequence;
	if (reply->error.code == SL_DENIED_TOKEN_EXPIRED)
		new_tokens();
	if (reply->error.code == SL_DENIED_INSTANCE_REMOVED && draw(4) > 0) {
		sl_key_free(d->key);
		d->key = NULL;
	}
}

/* Delivers the device's message; one in five answers is lost. */
static void
deliver(struct device *d)
{
	int lost = draw(5) == 0;
	struct sl_reply *reply = lost ? site_send(&s, &d->message) : device_send(&s, d);

	remember(d, reply);
	if (!lost && reply->status == SL_REPLY_ERROR)
		take_refusal(d, reply);
	sl_reply_free(reply);
}

/* Invariant 1: what was executed before has its old answer or a refusal, and no effect. */
static void
deliver_old(void)
{
	struct past *p = &history[draw(HISTORY)];
	struct sl_reply *reply;
	char *before, *after, *body;

	if (p->body == NULL)
		return;
	before = live_state();
	reply = site_send(&s, &p->message);
	after = live_state();
	ck_assert_str_eq(before, after);
	if (reply->status == SL_REPLY_OK) {
		body = site_last_body(&s);
		ck_assert_str_eq(body, p->body);
		free(body);
	}
	ck_assert(!p->is_register || reply->status == SL_REPLY_OK);
	sl_reply_free(reply);
	free(before);
	free(after);
}

/* The store is copied over another one of the same UDI. */
static void
copy_store(int i)
{
	struct device *from = &devices[i], *to = &devices[(i + UDIS) % DEVICES];
	struct sl_buf der = { 0 };

	if (from->key == NULL)
		return;
	device_free(to);
	*to = *from;
	to->key = to->next_key = NULL;
	to->message = (struct sl_buf){ 0 };
	site_ok(&s, sl_key_write(from->key, &der, &s.err));
	site_ok(&s, sl_key_read(&to->key, s.crypto, der.data, der.len, &s.err));
	to->cert = sl_cert_ref(from->cert);
	sl_buf_free(&der);
}

static void
ask_register(struct device *d)
{
	struct sl_usage usage[] = { { TAG_G, 1 + draw(9) } };

	device_ask_register(&s, d, &tokens[draw(3)], draw(2) == 0, usage, draw(2));
	deliver(d);
}

static void
administer(struct device *d)
{
	int r;

	switch (draw(4)) {
	case 0:
		r = ledger_instance_remove(s.ledger, d->udi.sn, "admin", s.now, &s.err);
		ck_assert(r == 0 || r == SMARTLIC_E_NOT_FOUND);
		break;
	case 1:
		site_ok(&s, ledger_license_add(s.ledger, "NCS1000", TAG_G, draw(30), 1, s.now,
				&s.err));
		break;
	case 2:
		site_ok(&s, authority_daily(s.authority, s.now, &s.err));
		break;
	default:
		new_tokens();
	}
}

static void
step(void)
{
	int i = (int)draw(DEVICES);
	struct device *d = &devices[i];
	unsigned int what = draw(100);

	s.now += draw(10) == 0 ? draw(40 * 86400) : draw(3600);
	if (what < 4 || (d->key == NULL && what < 60)) {
		ask_register(d);
	} else if (what < 60) {
		device_ask_usage(&s, d, draw(4), draw(4));
		deliver(d);
	} else if (what < 68 && d->key != NULL) {
		device_ask_renew_id(&s, d);
		deliver(d);
	} else if (what < 72 && d->key != NULL) {
		device_ask_deregister(&s, d);
		deliver(d);
	} else if (what < 76) {
		copy_store(i);
	} else if (what < 80) {
		administer(d);
	} else {
		deliver_old();
	}
}

/* Invariant 4: whatever happened, a fresh token and force, then authorize, is ok. */
static void
recover(int i)
{
	struct site_token t;
	struct ledger_instance live;
	struct device *d = &devices[i];
	const char *va = LEDGER_DEFAULT;

	if (ledger_instance_find(s.ledger, d->udi.sn, &live, &s.err) == 0 &&
	    strcmp(live.state, "live") == 0)
		va = live.virtual_account;
	t = site_token_new(&s, va, 1, 1);
	device_ask_register(&s, d, &t, 1, NULL, 0);
	ck_assert_int_eq(device_code(&s, d), SL_DENIED_NONE);
	for (int k = 0; k < 10; k++)
		deliver_old();
	ck_assert_int_eq(device_use(&s, d, 2, 1), SL_DENIED_NONE);
}

START_TEST(the_sums_hold_after_every_step_and_nothing_old_has_effect)
{
	int steps = test_all_or(STEPS, STEPS / 5);

	new_tokens();
	for (int n = 0; n < steps; n++) {
		step();
		site_check(&s);
	}
	for (int i = 0; i < DEVICES; i++) {
		recover(i);
		site_check(&s);
	}
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("authority_run");
	TCase *t = tcase_create("authority_run");

	tcase_add_unchecked_fixture(t, site_keep, site_drop);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 300);
	tcase_add_test(t, the_sums_hold_after_every_step_and_nothing_old_has_effect);
	suite_add_tcase(suite, t);
	return run_suite(suite);
}
