/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent.h"
#include "envelope.h"
#include "plugin.h"
#include "text.h"

/* What a test finds of the configuration, and of who answers; the way is the transport's. */

#define OWN_MAX      5
#define CLOCK_GOOD_S 300
#define SYNC_OVERDUE ((int64_t)30 * 86400)

struct smartlic_test {
	struct smartlic_agent *a;
	void *tp; /* NULL: there is nothing to try */
	struct smartlic_finding own[OWN_MAX];
	size_t n, at;
};

/* Of no version that there will ever be: who reads it says who he is and which versions he knows,
 * and does nothing. */
static const char content[] =
    "{\"slx\":9007199254740991,\"msg\":\"request\",\"type\":\"register\"}";

static struct smartlic_finding *
add(struct smartlic_test *t, const char *place, const char *subject, int grade)
{
	struct smartlic_finding *f = &t->own[t->n++];

	*f = (struct smartlic_finding){ .grade = grade };
	(void)snprintf(f->place, sizeof(f->place), "%s", place);
	(void)snprintf(f->subject, sizeof(f->subject), "%s", subject);
	return f;
}

static void
say(struct smartlic_finding *f, const char *meaning, const char *cure)
{
	(void)snprintf(f->meaning, sizeof(f->meaning), "%s", meaning);
	(void)snprintf(f->cure, sizeof(f->cure), "%s", cure);
}

/* ---- before anything is sent -------------------------------------------------------------- */

/* 1: without it there is nothing to try. */
static int
look_at_configuration(struct smartlic_test *t)
{
	const char *missing = sl_agent_missing(t->a);
	struct smartlic_finding *f;

	f = add(
	    t, "", "configuration", missing[0] != '\0' ? SMARTLIC_GRADE_BAD : SMARTLIC_GRADE_GOOD);
	if (missing[0] == '\0') {
		(void)snprintf(f->found, sizeof(f->found), "transport %s, %.300s", t->a->transport,
		    sl_agent_way(t->a) != NULL ? sl_agent_way(t->a) : "");
		say(f, "it is known where requests go", "");
		return 0;
	}
	(void)snprintf(f->found, sizeof(f->found), "%s missing, or switched off", missing);
	say(f, "nothing is sent", "complete the configuration");
	return 1;
}

static int
look_at_anchor(struct smartlic_test *t)
{
	const struct smartlic_agent *a = t->a;
	size_t n = a->trust != NULL ? sl_trust_anchors(a->trust) : 0;
	struct smartlic_finding *f =
	    add(t, "", "trust anchor", n == 0 ? SMARTLIC_GRADE_BAD : SMARTLIC_GRADE_GOOD);
	const struct sl_cert *anchor;
	char end[SL_TIME_SIZE];

	if (n == 0) {
		(void)snprintf(f->found, sizeof(f->found), "none");
		say(f, "no answer is believed",
		    "give the authority's root to license smart trust-anchor");
		return 1;
	}
	anchor = sl_trust_anchor(a->trust, 0);
	sl_time(end, sl_cert_not_after(anchor));
	(void)snprintf(f->found, sizeof(f->found), "%zu, the first is %.200s, until %s", n,
	    sl_cert_cn(anchor), end);
	say(f, "answers under it are believed", "");
	if (sl_cert_not_after(anchor) < sl_clock_floor(&a->rec.clock)) {
		f->grade = SMARTLIC_GRADE_WARNING;
		say(f, "it has ended, and is believed all the same",
		    "get the authority's new root");
	}
	return 0;
}

/* A request that is open is no part of the test, and stays as it is. */
static void
look_at_request(struct smartlic_test *t)
{
	const struct smartlic_agent *a = t->a;
	const struct sl_open *open = &a->rec.open;
	int deferred = sl_agent_is_deferred(a);
	struct smartlic_finding *f;
	char since[SL_TIME_SIZE];

	if (open->type == 0 && !deferred)
		return;
	f = add(t, "", "request", SMARTLIC_GRADE_GOOD);
	if (open->type == 0) {
		(void)snprintf(f->found, sizeof(f->found), "none is open");
		say(f, "no answer is waited for", "");
		return;
	}
	sl_time(since, open->since_ms / SL_SECOND_MS);
	(void)snprintf(f->found, sizeof(f->found), "'%s' is open since %s, its id is %s",
	    sl_msg_type_name((enum sl_msg_type)open->type), since, open->request_id);
	say(f,
	    deferred ? "its answer is waited for, which may come days later"
		     : "its answer is waited for; until it comes it is sent again",
	    "");
}

/* ---- what is sent ------------------------------------------------------------------------- */

static int
make_request(struct smartlic_agent *a, struct sl_buf *ret)
{
	struct sl_cert *cert = NULL;
	struct sl_key *key = NULL;
	int r;

	r = sl_key_new(&key, a->env.crypto, &a->err);
	if (r == 0)
		r = sl_cert_self(
		    &cert, a->env.crypto, key, &a->udi, sl_clock_floor(&a->rec.clock), &a->err);
	if (r == 0)
		r = sl_envelope_sign(ret, a->env.crypto, key, cert, &cert, 1, NULL, 0, content,
		    sizeof(content) - 1, &a->err);
	sl_cert_unref(cert);
	sl_key_free(key);
	return r;
}

static int
submit(struct smartlic_test *t)
{
	struct smartlic_agent *a = t->a;
	struct sl_buf bytes = { 0 }, lists = { 0 };
	struct smartlic_message m = { .size = sizeof(m),
		.type = "register",
		.pid = a->udi.pid,
		.sn = a->udi.sn,
		.uuid = a->udi.uuid,
		.floor_ms = sl_clock_floor(&a->rec.clock) * SL_SECOND_MS };
	char id[37];
	int r;

	r = sl_agent_uuid(a, id, &a->err);
	if (r == 0)
		r = make_request(a, &bytes);
	for (size_t i = 0; i < a->rec.crls.n; i++)
		sl_buf_add(&lists, a->rec.crls.item[i].data, a->rec.crls.item[i].len);
	if (r == 0 && lists.failed)
		r = sl_nomem(&a->err);
	m.request_id = id;
	m.body = bytes.data;
	m.len = bytes.len;
	m.lists = lists.data;
	m.lists_len = lists.len;
	m.pending_id = a->rec.open.type != 0 ? a->rec.open.request_id : NULL;
	if (r == 0 && a->ops->test(t->tp, &m) < 0)
		r = sl_nomem(&a->err);
	sl_buf_free(&lists);
	sl_buf_free(&bytes);
	return r;
}

/* The transport is not to be had, or wrongly configured: that is a finding. */
static int
begin(struct smartlic_test *t)
{
	struct smartlic_agent *a = t->a;
	struct smartlic_error err = { 0 };
	struct smartlic_finding *f;
	char text[400] = "";
	int r = 0;

	if (a->ops == NULL)
		r = sl_plugin_find(&a->ops, a->transport, a->transport_dir, &err);
	if (r == 0)
		look_at_request(t);
	if (r == 0 && !(SMARTLIC_OPS_HAS(a->ops, finding) && a->ops->test != NULL &&
			  a->ops->finding != NULL)) {
		f = add(t, "", "transport", SMARTLIC_GRADE_SKIPPED);
		(void)snprintf(
		    f->found, sizeof(f->found), "%s has no test of its way", a->transport);
		say(f, "nothing more can be said beforehand", "");
		return 0;
	}
	if (r == 0) {
		r = sl_agent_open_transport(a, &t->tp, text, sizeof(text));
		if (r == SMARTLIC_E_NOMEM)
			return r;
	}
	if (r < 0) {
		t->tp = NULL;
		f = add(t, "", "transport", SMARTLIC_GRADE_BAD);
		(void)snprintf(
		    f->found, sizeof(f->found), "%.380s", text[0] != '\0' ? text : err.text);
		say(f, "nothing is sent", "see what was found");
		return 0;
	}
	return submit(t);
}

int
smartlic_test_new(struct smartlic_test **ret, struct smartlic_agent *agent)
{
	struct smartlic_test *t;
	int missing, r = 0;

	if (agent == NULL)
		return SMARTLIC_E_INVAL;
	if (sl_agent_enter(agent) < 0)
		return SMARTLIC_E_STATE;
	if (ret == NULL)
		return sl_fail(&agent->err, SMARTLIC_E_INVAL, "test_new: nowhere to put it");
	t = calloc(1, sizeof(*t));
	if (t == NULL)
		return sl_nomem(&agent->err);
	t->a = agent;
	sl_agent_tick(agent);
	missing = look_at_configuration(t);
	missing |= look_at_anchor(t);
	if (!missing)
		r = begin(t);
	if (r < 0) {
		smartlic_test_free(t);
		return r;
	}
	*ret = t;
	return 0;
}

void
smartlic_test_free(struct smartlic_test *test)
{
	if (test == NULL)
		return;
	if (test->tp != NULL)
		test->a->ops->close(test->tp);
	free(test);
}

/* ---- who answers -------------------------------------------------------------------------- */

static const char *
cure_of(int code)
{
	switch (code) {
	case SMARTLIC_E_CHAIN:
	case SMARTLIC_E_ROLE:
		return "correct the destination, or give the root of who answers there to license "
		       "smart trust-anchor";
	case SMARTLIC_E_VALIDITY:
	case SMARTLIC_E_REVOCATION:
		return "have the authority's certificates and lists renewed";
	default:
		return "this is no license authority: correct the destination";
	}
}

static void
disbelieve(struct smartlic_finding *f, int code, const struct smartlic_error *err)
{
	f->grade = SMARTLIC_GRADE_BAD;
	(void)snprintf(
	    f->found, sizeof(f->found), "%s: %.300s", smartlic_strerror(code), err->text);
	say(f, "its answers are not believed", cure_of(code));
}

/* Of the two that a refusal names: the asker's, which is no version, comes first. */
static const char *
version_of(const struct sl_reply *reply)
{
	const char *last = strrchr(reply->error.versions, ' ');

	return last != NULL ? last + 1 : reply->error.versions;
}

static void
identify(struct smartlic_test *t, struct smartlic_finding *f, const struct sl_answer *answer)
{
	const struct sl_cert *signer = answer->chain.cert[0];
	int satellite = sl_cert_roles(signer) == SL_ROLE_SATELLITE, tolerated = 0, r;
	int64_t time_s = answer->reply->time_s;
	const char *own = t->a->rec.current.account;
	struct smartlic_error err = { 0 };

	(void)snprintf(f->found, sizeof(f->found), "%s %.100s, ledger %s%s%s",
	    satellite ? "the satellite" : "the authority", sl_cert_cn(signer),
	    answer->reply->ledger, answer->reply->error.versions[0] != '\0' ? ", protocol " : "",
	    version_of(answer->reply));
	say(f, "its answers are believed", "");
	r = sl_chain_validity(&answer->chain, time_s, sl_clock_floor(&t->a->rec.clock), &err);
	if (r == 0)
		r = sl_trust_revocation(t->a->trust, &answer->chain, answer->crls, answer->n_crls,
		    time_s, t->a->revocation, &tolerated, &err);
	if (r < 0)
		disbelieve(f, r, &err);
	if (r == 0 && satellite && own[0] != '\0' && strcmp(sl_cert_o(signer), own) != 0) {
		f->grade = SMARTLIC_GRADE_BAD;
		say(f, "it is a satellite of another account than this device's",
		    "correct the satellite's address");
	}
}

static void
compare_clocks(struct smartlic_test *t, struct smartlic_finding *f, int64_t time_s)
{
	int64_t ahead_s = t->a->wall_ms / SL_SECOND_MS - time_s;
	struct smartlic_error err = { 0 };
	char there[SL_TIME_SIZE];

	sl_time(there, time_s);
	(void)snprintf(f->found, sizeof(f->found),
	    "it is %s there, the device's clock is %" PRId64 " seconds %s", there,
	    ahead_s < 0 ? -ahead_s : ahead_s, ahead_s < 0 ? "behind" : "ahead");
	say(f, "times are shown as they are", "");
	if (ahead_s > CLOCK_GOOD_S || ahead_s < -CLOCK_GOOD_S) {
		f->grade = SMARTLIC_GRADE_WARNING;
		say(f, "times are shown wrongly; nothing expires by that",
		    "set the device's clock");
	}
	if (sl_clock_judge(&t->a->rec.clock, time_s, SL_NO_TIME, &err) < 0) {
		f->grade = SMARTLIC_GRADE_BAD;
		(void)snprintf(f->found, sizeof(f->found), "%.380s", err.text);
		say(f, "its answers are refused for their time",
		    "set the authority's clock; where that is right now, license smart clock "
		    "accept");
	}
}

static void
look_at_synchronisation(struct smartlic_test *t, const char *place, const struct sl_reply *reply)
{
	struct smartlic_finding *f;
	int64_t behind_s;
	char when[SL_TIME_SIZE];

	if (reply->synchronised_s == SL_NO_TIME)
		return;
	behind_s = reply->time_s - reply->synchronised_s;
	sl_time(when, reply->synchronised_s);
	f = add(t, place, "synchronisation",
	    behind_s > SYNC_OVERDUE ? SMARTLIC_GRADE_WARNING : SMARTLIC_GRADE_GOOD);
	(void)snprintf(
	    f->found, sizeof(f->found), "last on %s, %" PRId64 " seconds before", when, behind_s);
	if (behind_s > SYNC_OVERDUE)
		say(f, "overdue: at 90 days it cannot answer any more",
		    "see why the satellite does not reach its authority");
	else
		say(f, "it knows what the authority knew then", "");
}

/* The answer is advice, since there was no request that it could be bound to. */
static int
look_at_answer(struct smartlic_test *t, const struct smartlic_finding *got)
{
	struct smartlic_agent *a = t->a;
	struct sl_expected nothing = { .type = SL_MSG_REGISTER };
	struct sl_answer answer = { 0 };
	struct smartlic_finding *f;
	struct smartlic_error err = { 0 };
	int r;

	r = sl_answer_check(&answer, a->env.crypto, a->trust, &a->rec.clock, a->revocation,
	    &nothing, got->body, got->len, &err);
	if (r == SMARTLIC_E_NOMEM) {
		sl_answer_release(&answer);
		return sl_nomem(&a->err);
	}
	f = add(t, got->place, "authority", SMARTLIC_GRADE_GOOD);
	if (answer.advice) {
		identify(t, f, &answer);
		compare_clocks(
		    t, add(t, got->place, "clock", SMARTLIC_GRADE_GOOD), answer.reply->time_s);
		look_at_synchronisation(t, got->place, answer.reply);
	} else {
		disbelieve(f, r, &err);
	}
	sl_answer_release(&answer);
	return 0;
}

/* ---- going on ----------------------------------------------------------------------------- */

int
smartlic_test_step(struct smartlic_test *test, struct smartlic_finding *ret)
{
	size_t size = ret->size;
	int r;

	sl_error_clear(&test->a->err);
	if (size < sizeof(*ret))
		return sl_fail(&test->a->err, SMARTLIC_E_ABI,
		    "test_step: set size to sizeof(struct smartlic_finding)");
	if (test->at < test->n) {
		*ret = test->own[test->at++];
		ret->size = size;
		return 1;
	}
	test->n = test->at = 0;
	if (test->tp == NULL)
		return 2;
	r = test->a->ops->finding(test->tp, ret);
	if (r == 1 && ret->body != NULL) {
		r = look_at_answer(test, ret);
		if (r < 0)
			return r;
		return 1;
	}
	return r;
}

int
smartlic_test_pollfds(struct smartlic_test *test, struct pollfd *fds, size_t *n)
{
	if (test->tp != NULL)
		return test->a->ops->pollfds(test->tp, fds, n);
	*n = 0;
	return 0;
}

int64_t
smartlic_test_deadline(struct smartlic_test *test)
{
	if (test->at < test->n)
		return 0;
	return test->tp != NULL ? test->a->ops->deadline(test->tp) : INT64_MAX;
}
