/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdio.h>

#include "tests/simulation/simulation.h"

/* Invariant 12: after a synchronisation without faults a satellite and its upstream say the same. */

/* What one side alone says, as lines that begin with an id; $1 the account, $2 the satellite's home. */
#define HERE(db, columns, join, home)                                                              \
	"SELECT " columns " AS line FROM " db ".instance i " join " WHERE i.account = $1 AND " home      \
	" AND i.state <> 'closed'"
/* An upstream that was restored may take it for another satellite's until its device is heard of. */
#define AT_HOME(columns, join)                                                                     \
	HERE("edge", columns, join,                                                                \
	    "i.home IS NULL AND (NOT EXISTS (SELECT 1 FROM main.gap) OR EXISTS (SELECT 1 FROM"         \
	    " main.instance m WHERE m.account = i.account AND m.instance = i.instance"                 \
	    " AND m.home = $2))")
#define UPSTREAM(columns, join) HERE("main", columns, join, "i.home = $2")
#define JOIN(db, table)         "JOIN " db "." table " t ON t.account = i.account AND t.instance = i.instance"
#define DIFFER(columns, edge, main)                                                                \
	"SELECT line || ' at home' FROM (" AT_HOME(columns, edge) " EXCEPT " UPSTREAM(columns, main) ")" \
	" UNION ALL"                                                                               \
	" SELECT line || ' upstream' FROM (" UPSTREAM(columns, main) " EXCEPT " AT_HOME(columns, edge) ")"

static const struct {
	const char *what, *sql;
} differences[] = {
	{ "an instance",
	    DIFFER("printf('%s %s %s %s va %d %s sequence %d issued %d usage %d deadline %d %s',"
		   " i.instance, i.pid, i.sn, i.uuid, i.va, i.state, i.sequence, i.issued_s, i.usage_s,"
		   " i.deadline_s, i.compliance)", "", "") },
	{ "usage",
	    DIFFER("printf('%s %s %d', i.instance, t.tag, t.count)",
		JOIN("edge", "usage") " AND t.count <> 0", JOIN("main", "usage") " AND t.count <> 0") },
	{ "a key",
	    DIFFER("printf('%s %s %s', i.instance, t.ski, t.state)",
		JOIN("edge", "key") " AND t.state <> 'replaced'",
		JOIN("main", "key") " AND t.state <> 'replaced'") },
	{ "an open reservation",
	    DIFFER("printf('%s %s', i.instance, t.reservation)",
		JOIN("edge", "reservation") " AND t.state = 'open'",
		JOIN("main", "reservation") " AND t.state = 'open'") },
	{ "what is closed",
	    "SELECT m.instance || ' ' || m.state || ' ' || e.state FROM main.instance m"
	    " JOIN edge.instance e ON e.account = m.account AND e.instance = m.instance"
	    " WHERE m.account = $1 AND (m.state = 'closed') <> (e.state = 'closed')"
	    /* an upstream that was restored has forgotten who once knew what is at home elsewhere */
	    " AND (e.home IS NULL OR m.home = $2 OR NOT EXISTS (SELECT 1 FROM main.gap))" },
};

static void
compare(struct office *o, const char *what, const char *sql)
{
	struct sim *sim = o->sim;
	struct db_row *row;
	int r;

	r = db_query(sim->offices[0].watch, &row, &sim->err, sql, "tt", SIM_ACCOUNT, o->home);
	while (r == 0 && (r = db_next(row, &sim->err)) == 1) {
		char id[SL_UUID_SIZE];

		/* of two devices that use one instance each home knows its own */
		(void)snprintf(id, sizeof(id), "%.36s", db_text(row, 0));
		r = taint_has(sim, id) || is_unproven(sim, id) ? 0 : 1;
		if (r == 0)
			continue;
		(void)sim_fail(sim, "invariant 12: %s and its upstream differ in %s: %s", o->name,
		    what, db_text(row, 0));
		db_done(row);
		r = 0;
		break;
	}
	sim_must(sim, r);
}

void
check_quiet(struct office *o)
{
	struct sim *sim = o->sim;
	struct db *watch = sim->offices[0].watch;
	char sql[160];

	(void)snprintf(sql, sizeof(sql), "ATTACH DATABASE '%s' AS edge", o->db_path);
	sim_must(sim, db_run(watch, sql, &sim->err));
	for (size_t i = 0; i < sizeof(differences) / sizeof(differences[0]) && !sim->failed; i++)
		compare(o, differences[i].what, differences[i].sql);
	if (!sim->failed)
		check_quiet_samples(o, watch);
	sim_must(sim, db_run(watch, "DETACH DATABASE edge", &sim->err));
}
