/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <string.h>

#include "tests/simulation/simulation.h"
#include "text.h"

/* What is committed about one device at one home. */

static uint64_t
mix(uint64_t h, const char *text, int64_t a, int64_t b)
{
	for (; *text != '\0'; text++)
		h = (h ^ (unsigned char)*text) * UINT64_C(0x100000001b3);
	h = (h ^ (uint64_t)a) * UINT64_C(0x100000001b3);
	return (h ^ (uint64_t)b) * UINT64_C(0x100000001b3);
}

int64_t
sight_number(struct sim *sim, struct db_row *row, int r)
{
	int64_t ret = 0;

	if (r == 0)
		r = db_next(row, &sim->err);
	if (r == 1) {
		ret = db_int(row, 0);
		db_done(row);
	}
	sim_must(sim, r);
	return ret == DB_NULL_INT ? 0 : ret;
}

static void
see_instances(struct office *o, const char *sn, struct sight *ret)
{
	struct sim *sim = o->sim;
	struct db_row *row;
	int r;

	r = sight_query(o, row,
	    "SELECT instance, state FROM instance WHERE account = $1 AND pid = 'NCS1004'"
	    " AND sn = $2 AND uuid = 'default-sdr' ORDER BY instance DESC", "tt", SIM_ACCOUNT, sn);
	while (r == 0 && (r = db_next(row, &sim->err)) == 1) {
		size_t n = ret->n_instances++;

		r = 0;
		if (strcmp(db_text(row, 1), "live") == 0) {
			if (ret->live[0] != '\0')
				(void)sim_fail(sim, "invariant 1: two live instances of %s", sn);
			(void)sl_copy(ret->live, sizeof(ret->live), db_text(row, 0));
		}
		if (n >= SIM_INSTANCES)
			continue;
		(void)sl_copy(ret->instance[n], SL_UUID_SIZE, db_text(row, 0));
		ret->state[n] = db_text(row, 1)[0];
	}
	sim_must(sim, r);
}

static void
see_usage(struct office *o, const char *sn, struct sight *ret)
{
	struct sim *sim = o->sim;
	struct db_row *row;
	int r;

	r = sight_query(o, row,
	    "SELECT u.instance || u.tag, u.count, u.held, u.reserved FROM instance i JOIN usage u"
	    " ON u.account = i.account AND u.instance = i.instance WHERE i.account = $1"
	    " AND i.pid = 'NCS1004' AND i.sn = $2 AND i.uuid = 'default-sdr' AND u.held <> 0"
	    " ORDER BY 1", "tt", SIM_ACCOUNT, sn);
	while (r == 0 && (r = db_next(row, &sim->err)) == 1) {
		ret->usage = mix(ret->usage, db_text(row, 0), db_int(row, 1), db_int(row, 2));
		ret->usage = mix(ret->usage, "", db_int(row, 3), 0);
		r = 0;
	}
	sim_must(sim, r);
	r = sight_query(o, row,
	    "SELECT a.name, SUM(a.times) FROM instance i JOIN alert a ON a.account = i.account"
	    " AND a.source = i.instance AND a.name IN ('possible clone', 'replaced key in use')"
	    " WHERE i.account = $1 AND i.pid = 'NCS1004' AND i.sn = $2"
	    " AND i.uuid = 'default-sdr' GROUP BY a.name", "tt", SIM_ACCOUNT, sn);
	while (r == 0 && (r = db_next(row, &sim->err)) == 1) {
		ret->alerts += db_int(row, 1);
		if (strcmp(db_text(row, 0), "possible clone") == 0)
			ret->clone_alerts += db_int(row, 1);
		r = 0;
	}
	sim_must(sim, r);
}

static void
see_samples(struct office *o, const char *sn, struct sight *ret)
{
	struct sim *sim = o->sim;
	struct db_row *row;
	int r;

	r = sight_query(o, row,
	    "SELECT data, page FROM sample_page"
	    " WHERE account = $1 AND pid = 'NCS1004' AND sn = $2 AND uuid = 'default-sdr'"
	    " ORDER BY store, page",
	    "tt", SIM_ACCOUNT, sn);
	while (r == 0 && (r = db_next(row, &sim->err)) == 1) {
		ret->usage = mix(ret->usage, db_text(row, 0), db_int(row, 1), 0);
		r = 0;
	}
	sim_must(sim, r);
}

char
sight_key(struct office *o, const char *ski, const char *instance)
{
	struct sim *sim = o->sim;
	struct db_row *row;
	char ret = 0;
	int r;

	r = sight_query(o, row, "SELECT state FROM key WHERE account = $1 AND ski = $2 AND instance = $3",
	    "ttt", SIM_ACCOUNT, ski, instance);
	if (r == 0)
		r = db_next(row, &sim->err);
	if (r == 1) {
		ret = db_text(row, 0)[0];
		db_done(row);
	}
	sim_must(sim, r);
	return ret;
}

static void
see_request(struct office *o, const struct letter *l, struct sight *ret)
{
	struct sim *sim = o->sim;
	struct db_row *row;
	int r;

	if (l->type == SL_MSG_REGISTER) {
		r = sight_query(o, row, "SELECT COUNT(*) FROM token_result WHERE account = $1"
		    " AND request_id = $2", "tt", SIM_ACCOUNT, l->request_id);
		ret->known = sight_number(sim, row, r) > 0;
		return;
	}
	r = sight_query(o, row, "SELECT COUNT(*) FROM request WHERE account = $1 AND instance = $2"
	    " AND request_id = $3", "ttt", SIM_ACCOUNT, l->instance, l->request_id);
	ret->known = sight_number(sim, row, r) > 0;
	r = sight_query(o, row, "SELECT COUNT(*) FROM request WHERE account = $1 AND instance = $2"
	    " AND sequence = $3 AND request_id <> $4", "ttit", SIM_ACCOUNT, l->instance, l->sequence,
	    l->request_id);
	ret->used = sight_number(sim, row, r) > 0;
	ret->key = sight_key(o, l->ski, l->instance);
}

void
sight_take(struct office *o, const struct letter *l, struct sight *ret)
{
	struct sim *sim = o->sim;
	const char *sn = sim->devices[l->device].sn;
	struct db_row *row;
	int r;

	memset(ret, 0, sizeof(*ret));
	/* one look, and one lock */
	sim_must(sim, db_exec(o->watch, &sim->err, "BEGIN", ""));
	see_instances(o, sn, ret);
	see_usage(o, sn, ret);
	if (l->type == SL_MSG_REPORT)
		see_samples(o, sn, ret);
	see_request(o, l, ret);
	r = sight_query(o, row, "SELECT ski FROM key WHERE account = $1 AND instance = $2"
	    " AND state = 'current'", "tt", SIM_ACCOUNT, ret->live);
	if (r == 0)
		r = db_next(row, &sim->err);
	if (r == 1) {
		(void)sl_copy(ret->live_key, sizeof(ret->live_key), db_text(row, 0));
		db_done(row);
	}
	sim_must(sim, r);
	r = sight_query(o, row, "SELECT SUM(uses) FROM token WHERE account = $1", "t", SIM_ACCOUNT);
	ret->uses = sight_number(sim, row, r);
	r = sight_query(o, row, "SELECT COUNT(*) FROM token_use WHERE account = $1", "t", SIM_ACCOUNT);
	ret->users = sight_number(sim, row, r);
	sim_must(sim, db_exec(o->watch, &sim->err, "COMMIT", ""));
}
