/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "le.h"
#include "tests/simulation/simulation.h"
#include "text.h"

/* The protocol's invariants at each home: 1 to 7, 9 to 11; 8 is in samples.c, 12 in quiet.c.  What
 * a restored ledger has forgotten is excepted where the protocol says so. */

/* ---- stores that were copied -------------------------------------------------------------- */

int
taint_has(const struct sim *sim, const char *id)
{
	for (size_t i = 0; id[0] != '\0' && i < sim->n_taints; i++)
		if (strcmp(sim->taints[i].id, id) == 0)
			return 1;
	return 0;
}

void
taint_add(struct sim *sim, const char *id)
{
	if (id[0] == '\0' || taint_has(sim, id))
		return;
	if (sim->n_taints == SIM_TAINTS)
		(void)sim_fail(sim, "no room for another copied store");
	else
		(void)sl_copy(sim->taints[sim->n_taints++].id, SL_UUID_SIZE, id);
}

/* What one slot holds, as lib/store.c writes it: 24 bytes, of which the last 8 say the length of
 * the record, that, its checksum, the trace.  1: it is good, and the record is the caller's. */
static int
read_slot(struct sim *sim, const struct sl_buf *slot, struct sl_record *ret)
{
	unsigned char sum[SL_SHA256_LEN];
	size_t len;

	if (slot->len < 24 + sizeof(sum))
		return 0;
	len = (size_t)sl_le_get(slot->data + 16, 8);
	if (len > slot->len - 24 - sizeof(sum) ||
	    sl_sha256(sim->crypto, slot->data, 24 + len, sum, &sim->err) < 0 ||
	    memcmp(slot->data + 24 + len, sum, sizeof(sum)) != 0)
		return 0;
	return sl_record_read(ret, slot->data + 24, len, &sim->err) == 0;
}

static void
taint_slot(struct sim *sim, const struct sl_buf *slot)
{
	struct sl_record rec;

	if (!read_slot(sim, slot, &rec))
		return;
	taint_add(sim, rec.current.instance);
	taint_add(sim, rec.open.instance);
	taint_add(sim, rec.store_id);
	if (rec.open.type == SL_MSG_REGISTER)
		taint_add(sim, rec.open.request_id);
	sl_record_clear(&rec);
}

void
device_taint(struct device *d, const struct mem_disk *disk)
{
	struct sim *sim = d->sim;

	taint_add(sim, d->instance);
	for (size_t i = 0; i < SIM_DEVICE_KEPT && d->kept[i] != NULL; i++) {
		taint_add(sim, d->kept[i]->instance);
		if (d->kept[i]->type == SL_MSG_REGISTER)
			taint_add(sim, d->kept[i]->request_id);
	}
	for (int i = 0; i < SMARTLIC_STORE_SLOTS; i++)
		taint_slot(sim, &disk->slot[i]);
}

/* ---- after a request has reached the authority ---------------------------------------------- */

static char
state_in(const struct sight *s, const char *instance)
{
	for (size_t i = 0; i < s->n_instances && i < SIM_INSTANCES; i++)
		if (strcmp(s->instance[i], instance) == 0)
			return s->state[i];
	return 0;
}

static void
check_states(struct sim *sim, const struct sight *before, const struct sight *after)
{
	for (size_t i = 0; i < before->n_instances && i < SIM_INSTANCES; i++) {
		char was = before->state[i], is = state_in(after, before->instance[i]);

		if (is != 0 && was != is && (was == 'c' || (was == 'l' && is != 'c')))
			(void)sim_fail(sim, "invariant 5: instance %s was %c and is %c",
			    before->instance[i], was, is);
	}
}

/* Something older than the last answered request, as far as that can be said: an instance that
 * waits for its first request has not yet replaced the one before it. */
static int
is_old(struct office *o, const struct letter *l, const struct sight *before)
{
	const struct sim *sim = o->sim;
	const struct device *d = &sim->devices[l->device];

	if (l->serial > d->answered_serial[o->number] || taint_has(sim, l->instance) ||
	    taint_has(sim, d->instance) || taint_has(sim, l->request_id))
		return 0;
	return strcmp(l->instance, d->instance) == 0 || state_in(before, d->instance) == 'l';
}

static void
check_old(struct sim *sim, const struct letter *l, const struct sight *before,
    const struct sight *after)
{
	const char *what = strcmp(before->live, after->live) != 0 ? "the live instance" :
	    strcmp(before->live_key, after->live_key) != 0        ? "the live key" :
	    before->usage != after->usage                         ? "usage" :
	    before->alerts != after->alerts                       ? "alerts" :
								    NULL;

	if (what == NULL && (l->type != SL_MSG_REGISTER || before->known)) {
		if (before->uses != after->uses)
			what = "a token's uses";
		if (before->n_instances != after->n_instances)
			what = "instances";
	}
	if (what != NULL)
		(void)sim_fail(sim, "invariant 1: an old %s %s of %s changed %s",
		    sl_msg_type_name(l->type), l->request_id, sim->devices[l->device].sn, what);
}

static void
check_usage(struct office *o, const struct letter *l)
{
	struct sim *sim = o->sim;
	struct db_row *row;
	size_t n = 0, same = 0;
	int r;

	r = sight_query(o, row, "SELECT tag, count, CASE WHEN reserved > count THEN held - reserved + count"
	    " ELSE held END FROM usage WHERE account = $1 AND instance = $2 AND count <> 0", "tt",
	    SIM_ACCOUNT, l->instance);
	while (r == 0 && (r = db_next(row, &sim->err)) == 1) {
		n++;
		for (int i = 0; i < 2; i++)
			same += strcmp(db_text(row, 0), l->usage[i].tag) == 0 &&
			    db_int(row, 1) == l->usage[i].count && db_int(row, 2) == l->usage[i].count;
		r = 0;
	}
	sim_must(sim, r);
	if (n != same || n != (size_t)(l->usage[0].count > 0) + (l->usage[1].count > 0))
		(void)sim_fail(sim, "invariant 3: instance %s does not hold what it said", l->instance);
}

static void
check_alerts(struct sim *sim, const struct letter *l, const struct sight *before,
    const struct sight *after, const struct sl_reply *reply)
{
	int more = after->clone_alerts > before->clone_alerts;
	char was = state_in(before, l->instance);
	int due = l->type != SL_MSG_REGISTER && reply != NULL && !l->broken && !before->known &&
	    before->used && (before->key == 'i' || before->key == 'c') && was != 'c' && was != 0 &&
	    (before->live[0] == '\0' || strcmp(before->live, l->instance) <= 0);

	if (more && !taint_has(sim, l->instance))
		(void)sim_fail(sim, "invariant 9: a clone alert, and no store was copied: %s %s",
		    sl_msg_type_name(l->type), l->request_id);
	if (due && !more)
		(void)sim_fail(sim, "invariant 9: sequence %lld was reused without an alert",
		    (long long)l->sequence);
}

void
check_delivery(struct office *o, const struct letter *l, const struct sight *before,
    const struct sight *after, const struct sl_reply *reply)
{
	struct sim *sim = o->sim;
	int ok = reply != NULL && reply->status == SL_REPLY_OK;

	check_states(sim, before, after);
	if (is_old(o, l, before))
		check_old(sim, l, before, after);
	check_alerts(sim, l, before, after, reply);
	if (ok && !after->known)
		(void)sim_fail(sim, "invariant 7: %s %s was answered before it was committed",
		    sl_msg_type_name(l->type), l->request_id);
	if (after->uses != after->users || after->uses - before->uses > 1)
		(void)sim_fail(sim, "invariant 2: %lld uses of tokens by %lld devices",
		    (long long)after->uses, (long long)after->users);
	if (before->known && (after->uses != before->uses || after->usage != before->usage ||
		after->n_instances != before->n_instances || after->alerts != before->alerts))
		(void)sim_fail(sim, "a repeated %s %s had an effect", sl_msg_type_name(l->type),
		    l->request_id);
	if (ok && !before->known && l->type == SL_MSG_AUTHORIZE)
		check_usage(o, l);
	if (ok && !before->known)
		sim->stats.executed++;
	if (ok && l->type != SL_MSG_REGISTER && before->key == 0 && after->key != 0)
		sim->stats.adoptions++;
	if (reply != NULL && !ok)
		sim->stats.refusals++;
}

/* ---- before a request leaves its device ---------------------------------------------------- */

/* Is it in so many slots?  Those that are damaged do not count. */
static int
in_slots(struct sim *sim, const struct device *d, const char *id, int least)
{
	struct sl_record rec;
	int n = 0;

	for (int i = 0; i < SMARTLIC_STORE_SLOTS && n < least; i++)
		if (read_slot(sim, &d->disk.slot[i], &rec)) {
			n += strcmp(rec.open.request_id, id) == 0;
			sl_record_clear(&rec);
		}
	return n == least;
}

void
check_submission(struct device *d, const struct letter *l)
{
	struct sim *sim = d->sim;
	int first = 1;

	for (size_t i = 0; i < SIM_DEVICE_KEPT && d->kept[i] != NULL; i++) {
		const struct letter *k = d->kept[i];

		if (strcmp(k->request_id, l->request_id) == 0) {
			first = 0;
			if (strcmp(k->sha256, l->sha256) != 0)
				(void)sim_fail(sim, "invariant 7: request %s has two contents",
				    l->request_id);
		} else if (l->sequence > 0 && k->sequence == l->sequence &&
		    strcmp(k->instance, l->instance) == 0 && !taint_has(sim, l->instance)) {
			(void)sim_fail(sim, "invariant 7: %s uses sequence %lld for %s and %s", d->sn,
			    (long long)l->sequence, k->request_id, l->request_id);
		}
	}
	if (!in_slots(sim, d, l->request_id, first ? 2 : 1))
		(void)sim_fail(sim, "invariant 7: %s sends %s %s, which is not in both slots of its store",
		    d->sn, sl_msg_type_name(l->type), l->request_id);
}

/* ---- a device between two steps -------------------------------------------------------------- */

/* NULL: there is none. */
static struct sl_cert *
certificate(struct device *d, const struct sl_identity *id, size_t i)
{
	struct sl_cert *cert = NULL;

	if (id->certs.n > i && sl_cert_parse(&cert, d->sim->crypto, id->certs.item[i].data,
				   id->certs.item[i].len, &d->sim->err) < 0)
		(void)sim_fail(d->sim, "%s: its certificate cannot be read", d->sn);
	return cert;
}

static void
key_name(struct device *d, const struct sl_identity *id, char ret[LEDGER_SKI_HEX])
{
	struct sl_cert *cert = certificate(d, id, 0);

	ret[0] = '\0';
	if (cert != NULL)
		sl_hex(ret, sl_cert_ski(cert), SL_SKI_LEN);
	sl_cert_unref(cert);
}

static void
follow_identity(struct device *d)
{
	const struct sl_record *rec = &d->agent->rec;
	const struct sl_buf *leaf = rec->current.certs.n > 0 ? &rec->current.certs.item[0] : NULL;

	sl_buf_free(&d->leaf);
	if (leaf != NULL)
		sl_buf_add(&d->leaf, leaf->data, leaf->len);
	if (leaf == NULL && rec->open.type == SL_MSG_DEREGISTER)
		return;
	key_name(d, &rec->current, d->ski[0]);
	key_name(d, &rec->previous, d->ski[1]);
	(void)sl_copy(d->instance, sizeof(d->instance), rec->current.instance);
}

/* What the oracle remembers of the identity in use and of the request that is open. */
static void
follow(struct device *d)
{
	const struct sl_record *rec = &d->agent->rec;
	const struct sl_buf *leaf = rec->current.certs.n > 0 ? &rec->current.certs.item[0] : NULL;
	int same = leaf == NULL ? d->leaf.len == 0 :
				  d->leaf.len == leaf->len &&
		memcmp(d->leaf.data, leaf->data, leaf->len) == 0;
	int answered = strcmp(d->delivered_id, d->open_id) == 0 &&
	    strcmp(rec->open.request_id, d->open_id) != 0;
	int valid = d->delivered_restores == d->sim->offices[d->delivered_home].n_gaps;
	int64_t *serial = &d->answered_serial[d->delivered_home];

	/* one that was refused has changed nothing: what was under way before it may still come true;
	 * an answer of a ledger that has gone back since says nothing of this one */
	if (answered && valid && d->open_serial > *serial &&
	    (d->open_type != SL_MSG_REGISTER || !same))
		*serial = d->open_serial;
	if (answered && d->open_type == SL_MSG_REPORT)
		d->samples.answered = valid ? REPORT_ACKNOWLEDGED : REPORT_TO_FORMER;
	if (!same && taint_has(d->sim, d->delivered_id))
		taint_add(d->sim, rec->current.instance);
	/* advice leaves it open, and what closes it then is no answer */
	d->delivered_id[0] = '\0';
	if (!same || (d->ski[1][0] != '\0') != (rec->previous.certs.n > 0))
		follow_identity(d);
}

int
check_is_foreign(struct device *d, const struct sl_identity *id)
{
	const struct office *o = office_of(d);
	struct sl_cert *leaf = certificate(d, id, 0), *ca = certificate(d, id, 1);
	int ret = 0;

	if (leaf != NULL)
		ret = office_lost(o, pki_issued_s(leaf));
	if (ca != NULL && memcmp(sl_cert_ski(ca), sl_cert_ski(pki_issuing(o->pki)), SL_SKI_LEN) != 0)
		ret = 1;
	sl_cert_unref(leaf);
	sl_cert_unref(ca);
	return ret;
}

static void
check_keys(struct device *d)
{
	struct sim *sim = d->sim;
	struct office *o = office_of(d);
	const char *instance = d->agent->rec.current.instance;
	struct db_row *row;
	char key[2];
	int r;

	if (instance[0] == '\0' || taint_has(sim, instance))
		return;
	for (int i = 0; i < 2; i++) {
		key[i] = sight_key(o, d->ski[i], instance);
		if (key[i] == 'i' || key[i] == 'c')
			return;
	}
	r = sight_query(o, row, "SELECT COUNT(*) FROM instance WHERE account = $1 AND instance = $2"
	    " AND state <> 'closed'", "tt", SIM_ACCOUNT, instance);
	if (sight_number(sim, row, r) > 0 && !check_is_foreign(d, &d->agent->rec.current) &&
	    !check_is_foreign(d, &d->agent->rec.previous))
		(void)sim_fail(sim, "invariant 6: %s: the authority accepts none of its keys", d->sn);
}

static void
check_attempts(struct device *d)
{
	const struct smartlic_agent *a = d->agent;
	static const enum sl_timer open[] = { SL_TIMER_SEND, SL_TIMER_SEND };
	static const enum sl_timer idle[] = { SL_TIMER_AUTHORIZE, SL_TIMER_RENEW_ID };
	const enum sl_timer *which = a->rec.open.type != 0 ? open : idle;
	int64_t least = SL_NEVER, wait;

	if (a->in_flight || (!sl_agent_has_identity(&a->rec) && a->rec.open.type == 0))
		return;
	for (int i = 0; i < 2; i++) {
		wait = sl_timer_wait(&a->rec.timers, which[i], sl_agent_now(a));
		least = wait < least ? wait : least;
	}
	if (least > 30 * SIM_DAY)
		(void)sim_fail(d->sim, "invariant 11: %s: the next attempt is %lld s off", d->sn,
		    (long long)(least / 1000));
}

void
check_device(struct device *d)
{
	struct sim *sim = d->sim;
	const struct sl_record *rec = &d->agent->rec;
	int64_t floor_s = sl_clock_floor(&rec->clock);

	follow(d);
	if (floor_s < d->floor_s || floor_s < d->stored_floor_s)
		(void)sim_fail(sim, "invariant 10: %s: the floor fell", d->sn);
	if (floor_s > sim->now / 1000)
		(void)sim_fail(sim, "invariant 10: %s: the floor is ahead of all true time", d->sn);
	d->floor_s = floor_s;
	if (rec->authorization == SMARTLIC_AUTH_EXPIRED && sim->now / 1000 < rec->deadline_s)
		(void)sim_fail(sim, "invariant 10: %s: authorization expired too early", d->sn);
	if (rec->registration == SMARTLIC_REG_EXPIRED &&
	    sim->now / 1000 < rec->registration_expires_s)
		(void)sim_fail(sim, "invariant 10: %s: the registration expired too early", d->sn);
	check_attempts(d);
	check_samples(d);
	if (d->writes == d->disk.writes)
		return;
	d->writes = d->disk.writes;
	d->stored_floor_s = floor_s;
	check_keys(d);
}

void
check_settled(struct device *d)
{
	const struct sl_record *rec = &d->agent->rec;
	int64_t floor_s = sl_clock_floor(&rec->clock);

	if ((rec->authorization == SMARTLIC_AUTH_AUTHORIZED ||
		rec->authorization == SMARTLIC_AUTH_OUT_OF_COMPLIANCE) &&
	    floor_s > rec->deadline_s + 1)
		(void)sim_fail(d->sim, "invariant 10: %s: authorized past its deadline", d->sn);
}

/* ---- the whole ledger ------------------------------------------------------------------------ */

static void
check_tokens(struct office *o)
{
	struct sim *sim = o->sim;
	struct db_row *row;
	int r;

	/* but those that stand for another home's */
	r = sight_query(o, row, "SELECT COUNT(*) FROM token t WHERE account = $1 AND NOT EXISTS"
	    " (SELECT 1 FROM satellite s WHERE s.account = t.account AND s.token = t.token) AND NOT EXISTS"
	    " (SELECT 1 FROM upstream u WHERE u.account = t.account AND u.token = t.token) AND (uses > uses_max"
	    " OR COALESCE(uses_max, 1) > 0 AND uses <> (SELECT COUNT(DISTINCT pid || ' ' || sn || ' ' || uuid) FROM instance i"
	    " WHERE i.account = t.account AND i.token = t.token))", "t", SIM_ACCOUNT);
	if (sight_number(sim, row, r) > 0)
		(void)sim_fail(sim, "invariant 2: a token's uses are not the devices that it registered");
}

void
check_ledger(struct office *o)
{
	struct sim *sim = o->sim;
	struct db_row *row;
	int r;

	if (ledger_check(o->ledger, &sim->err) < 0)
		(void)sim_fail(sim, "%s", sim->err.text);
	check_tokens(o);
	r = sight_query(o, row,
	    "SELECT COUNT(*) FROM pool p WHERE account = $1 AND"
	    " (SELECT COALESCE(SUM(delta), 0) FROM entry e WHERE e.account = p.account"
	    " AND e.va = p.va AND e.tag = p.tag) <>"
	    " (SELECT COALESCE(SUM(MAX(CASE i.holds WHEN 1 THEN u.count ELSE 0 END, COALESCE(r.count, 0))), 0)"
	    " FROM instance i JOIN usage u ON u.account = i.account AND u.instance = i.instance"
	    " LEFT JOIN reservation o ON o.account = i.account AND o.instance = i.instance"
	    " AND o.state = 'open' LEFT JOIN reservation_license r ON r.account = o.account"
	    " AND r.instance = o.instance AND r.reservation = o.reservation AND r.tag = u.tag"
	    " WHERE i.account = p.account AND i.va = p.va AND u.tag = p.tag AND i.state <> 'closed')",
	    "t", SIM_ACCOUNT);
	if (sight_number(sim, row, r) > 0)
		(void)sim_fail(
		    sim, "invariant 3: a pool's entries are not what is used and reserved by what is not closed");
	/* the live one, or without one the newest pending one that said what it uses */
	r = sight_query(o, row,
	    "SELECT COUNT(*) FROM instance i JOIN instance k ON k.account = i.account"
	    " AND k.pid = i.pid AND k.sn = i.sn AND k.uuid = i.uuid AND k.instance <> i.instance"
	    " WHERE i.account = $1 AND i.holds = 1 AND i.state = 'pending' AND"
	    " (k.state = 'live' OR k.state = 'pending' AND k.instance > i.instance"
	    " AND k.usage_s IS NOT NULL)",
	    "t", SIM_ACCOUNT);
	if (sight_number(sim, row, r) > 0)
		(void)sim_fail(
		    sim, "invariant 3: a pending instance holds licenses beside a better one");
}

void
check_ledgers(struct sim *sim)
{
	for (int i = 0; i < sim->n_offices && !sim->failed; i++)
		check_ledger(&sim->offices[i]);
}
