/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "ledger/chain.h"
#include "ledger/samples.h"
#include "ledger/schema.h"

/*
 * The text is SQLite's and PostgreSQL's alike (BIGINT and BYTEA mean the same to both as we use
 * them).  A released version is never edited: a change is a further entry of `versions`.
 * Every table but the manager's own and the directory leads with the smart account, to be sharded
 * by it.
 */
static const char *const version_1[] = {
	"CREATE TABLE manager ("
	" home TEXT NOT NULL PRIMARY KEY, ledger TEXT NOT NULL, created_s BIGINT NOT NULL)",

	"CREATE TABLE account ("
	" account TEXT NOT NULL PRIMARY KEY, name TEXT NOT NULL, created_s BIGINT NOT NULL)",

	"CREATE TABLE virtual_account ("
	" account TEXT NOT NULL REFERENCES account, va BIGINT NOT NULL, name TEXT NOT NULL,"
	" created_s BIGINT NOT NULL,"
	" PRIMARY KEY (account, va), UNIQUE (account, name))",

	/* what was bought; a pool's quantity is the sum */
	"CREATE TABLE purchase ("
	" account TEXT NOT NULL, purchase BIGINT NOT NULL, va BIGINT NOT NULL, tag TEXT NOT NULL,"
	" quantity BIGINT NOT NULL, at_s BIGINT NOT NULL,"
	" PRIMARY KEY (account, purchase),"
	" FOREIGN KEY (account, va) REFERENCES virtual_account)",
	"CREATE INDEX purchase_pool ON purchase (account, va, tag)",

	/* what is consumed: always the sum of the entries, kept so that reading costs one row */
	"CREATE TABLE pool ("
	" account TEXT NOT NULL, va BIGINT NOT NULL, tag TEXT NOT NULL, consumed BIGINT NOT NULL,"
	" PRIMARY KEY (account, va, tag),"
	" FOREIGN KEY (account, va) REFERENCES virtual_account)",

	"CREATE TABLE token ("
	" account TEXT NOT NULL, token TEXT NOT NULL, va BIGINT NOT NULL, name TEXT NOT NULL,"
	" created_s BIGINT NOT NULL, expires_s BIGINT NOT NULL, revoked_s BIGINT,"
	" uses BIGINT NOT NULL, uses_max BIGINT,"
	" PRIMARY KEY (account, token),"
	" FOREIGN KEY (account, va) REFERENCES virtual_account)",

	"CREATE TABLE token_use ("
	" account TEXT NOT NULL, token TEXT NOT NULL, pid TEXT NOT NULL, sn TEXT NOT NULL,"
	" uuid TEXT NOT NULL, at_s BIGINT NOT NULL,"
	" PRIMARY KEY (account, token, pid, sn, uuid),"
	" FOREIGN KEY (account, token) REFERENCES token)",

	/* what register was answered */
	"CREATE TABLE token_result ("
	" account TEXT NOT NULL, token TEXT NOT NULL, request_id TEXT NOT NULL,"
	" digest TEXT NOT NULL, body TEXT NOT NULL, at_s BIGINT NOT NULL,"
	" PRIMARY KEY (account, token, request_id),"
	" FOREIGN KEY (account, token) REFERENCES token)",

	/* instance: a UUID version 7, so that its text orders by time of issue.  holds: 1 while a
	 * pool counts something of it. */
	"CREATE TABLE instance ("
	" account TEXT NOT NULL, instance TEXT NOT NULL, va BIGINT NOT NULL, token TEXT NOT NULL,"
	" pid TEXT NOT NULL, sn TEXT NOT NULL, uuid TEXT NOT NULL, hostname TEXT NOT NULL,"
	" state TEXT NOT NULL, closed_why TEXT, closed_by TEXT, closed_s BIGINT,"
	" issued_s BIGINT NOT NULL, contact_s BIGINT NOT NULL, expires_s BIGINT NOT NULL,"
	" sequence BIGINT NOT NULL, usage_s BIGINT, deadline_s BIGINT, holds BIGINT NOT NULL,"
	" compliance TEXT NOT NULL,"
	" PRIMARY KEY (account, instance),"
	" FOREIGN KEY (account, va) REFERENCES virtual_account,"
	" FOREIGN KEY (account, token) REFERENCES token)",
	"CREATE INDEX instance_udi ON instance (account, pid, sn, uuid, instance)",
	"CREATE INDEX instance_sn ON instance (account, sn)",
	"CREATE UNIQUE INDEX instance_live ON instance (account, pid, sn, uuid)"
	" WHERE state = 'live'",
	"CREATE INDEX instance_deadline ON instance (account, va, deadline_s) WHERE holds = 1",

	/* the last accepted usage; held: what of it the pool counts */
	"CREATE TABLE usage ("
	" account TEXT NOT NULL, instance TEXT NOT NULL, tag TEXT NOT NULL, count BIGINT NOT NULL,"
	" held BIGINT NOT NULL,"
	" PRIMARY KEY (account, instance, tag),"
	" FOREIGN KEY (account, instance) REFERENCES instance)",

	/* append only */
	"CREATE TABLE entry ("
	" account TEXT NOT NULL, entry BIGINT NOT NULL, va BIGINT NOT NULL, tag TEXT NOT NULL,"
	" instance TEXT NOT NULL, delta BIGINT NOT NULL, why TEXT NOT NULL, at_s BIGINT NOT NULL,"
	" PRIMARY KEY (account, entry),"
	" FOREIGN KEY (account, instance) REFERENCES instance)",
	"CREATE INDEX entry_instance ON entry (account, instance, tag)",

	/* ski: hex.  state: issued, current, replaced */
	"CREATE TABLE key ("
	" account TEXT NOT NULL, ski TEXT NOT NULL, instance TEXT NOT NULL, state TEXT NOT NULL,"
	" serial TEXT NOT NULL, certificate BYTEA NOT NULL, issued_s BIGINT NOT NULL,"
	" PRIMARY KEY (account, ski),"
	" FOREIGN KEY (account, instance) REFERENCES instance)",
	"CREATE INDEX key_instance ON key (account, instance)",

	/* the last requests that were executed; body: of the last one only */
	"CREATE TABLE request ("
	" account TEXT NOT NULL, instance TEXT NOT NULL, sequence BIGINT NOT NULL,"
	" request_id TEXT NOT NULL, digest TEXT NOT NULL, type TEXT NOT NULL,"
	" store TEXT NOT NULL, at_s BIGINT NOT NULL, body TEXT,"
	" PRIMARY KEY (account, instance, sequence), UNIQUE (account, instance, request_id),"
	" FOREIGN KEY (account, instance) REFERENCES instance)",

	"CREATE TABLE revocation ("
	" account TEXT NOT NULL REFERENCES account, serial TEXT NOT NULL, why TEXT NOT NULL,"
	" at_s BIGINT NOT NULL,"
	" PRIMARY KEY (account, serial))",

	/* the newest list of each issuer.  revoked: how many it names, since rows are never taken
	 * away */
	"CREATE TABLE crl ("
	" account TEXT NOT NULL REFERENCES account, issuer TEXT NOT NULL, number BIGINT NOT NULL,"
	" made_s BIGINT NOT NULL, revoked BIGINT NOT NULL, list BYTEA NOT NULL,"
	" PRIMARY KEY (account, issuer))",

	"CREATE TABLE alert ("
	" account TEXT NOT NULL, name TEXT NOT NULL, instance TEXT NOT NULL,"
	" raised_s BIGINT NOT NULL, last_s BIGINT NOT NULL, times BIGINT NOT NULL,"
	" first TEXT NOT NULL, second TEXT NOT NULL, cleared_s BIGINT,"
	" PRIMARY KEY (account, name, instance, raised_s),"
	" FOREIGN KEY (account, instance) REFERENCES instance)",
	"CREATE UNIQUE INDEX alert_open ON alert (account, name, instance)"
	" WHERE cleared_s IS NULL",
	NULL
};

static const char *const version_2[] = {
	/* what devices report of their use over time; va and instance: whose it was when it came */
	"CREATE TABLE sample ("
	" account TEXT NOT NULL, pid TEXT NOT NULL, sn TEXT NOT NULL, uuid TEXT NOT NULL,"
	" store TEXT NOT NULL, tag TEXT NOT NULL, n BIGINT NOT NULL, va BIGINT NOT NULL,"
	" instance TEXT NOT NULL, start_s BIGINT NOT NULL, hours BIGINT NOT NULL,"
	" max BIGINT NOT NULL, last BIGINT NOT NULL, at_s BIGINT NOT NULL,"
	" PRIMARY KEY (account, pid, sn, uuid, store, tag, n),"
	" FOREIGN KEY (account, va) REFERENCES virtual_account,"
	" FOREIGN KEY (account, instance) REFERENCES instance)",
	NULL
};

static const char *const version_3[] = {
	/* when certificates end: from then on no list need name them.  All issued before lived for
	 * a year. */
	"ALTER TABLE key ADD COLUMN expires_s BIGINT",
	"UPDATE key SET expires_s = issued_s + 31622400",
	"ALTER TABLE revocation ADD COLUMN expires_s BIGINT",
	"UPDATE revocation SET expires_s = (SELECT k.expires_s FROM key k"
	" WHERE k.account = revocation.account AND k.serial = revocation.serial)",
	"CREATE INDEX instance_held ON instance (account, deadline_s) WHERE holds = 1",
	NULL
};

static const char *const version_4[] = {
	/* when this copy was made, where it is one */
	"ALTER TABLE manager ADD COLUMN saved_s BIGINT",

	/* what a restored ledger does not know of: between the backup and its restoration.  token: of
	 * the instances that are adopted, since theirs is not known */
	"CREATE TABLE gap ("
	" account TEXT NOT NULL REFERENCES account, ledger TEXT NOT NULL, from_s BIGINT NOT NULL,"
	" to_s BIGINT NOT NULL, token TEXT NOT NULL,"
	" PRIMARY KEY (account, ledger),"
	" FOREIGN KEY (account, token) REFERENCES token)",

	/* append only; instance: NULL where it is about none */
	"CREATE TABLE audit ("
	" account TEXT NOT NULL REFERENCES account, audit BIGINT NOT NULL, at_s BIGINT NOT NULL,"
	" who TEXT NOT NULL, what TEXT NOT NULL, instance TEXT, text TEXT NOT NULL,"
	" PRIMARY KEY (account, audit))",
	NULL
};

static const char *const version_5[] = {
	/* tokens that say who made them and what for, that let export-controlled functions be used, and
	 * that are for certain devices; uuid: '' is any of this PID and serial number */
	"ALTER TABLE token ADD COLUMN description TEXT NOT NULL DEFAULT ''",
	"ALTER TABLE token ADD COLUMN made_by TEXT NOT NULL DEFAULT ''",
	"ALTER TABLE token ADD COLUMN export_controlled BIGINT NOT NULL DEFAULT 0",
	"ALTER TABLE token ADD COLUMN last_use_s BIGINT",
	"UPDATE token SET last_use_s = (SELECT MAX(r.at_s) FROM token_result r"
	" WHERE r.account = token.account AND r.token = token.token)",
	"CREATE TABLE token_udi ("
	" account TEXT NOT NULL, token TEXT NOT NULL, pid TEXT NOT NULL, sn TEXT NOT NULL,"
	" uuid TEXT NOT NULL,"
	" PRIMARY KEY (account, token, pid, sn, uuid),"
	" FOREIGN KEY (account, token) REFERENCES token)",
	"ALTER TABLE instance ADD COLUMN export_controlled BIGINT NOT NULL DEFAULT 0",
	NULL
};

static const char *const version_6[] = {
	/* the last entry of each account's chain; hash: hex, doc/decisions/ledger-chain.md */
	"CREATE TABLE chain ("
	" account TEXT NOT NULL PRIMARY KEY REFERENCES account, entry BIGINT NOT NULL,"
	" hash TEXT NOT NULL)",
	"ALTER TABLE entry ADD COLUMN hash TEXT NOT NULL DEFAULT ''",
	NULL
};

static const char *const version_7[] = {
	/* what became of an instance; who: '' is itself.  n: from 1 within the instance */
	"CREATE TABLE history ("
	" account TEXT NOT NULL, instance TEXT NOT NULL, n BIGINT NOT NULL, at_s BIGINT NOT NULL,"
	" who TEXT NOT NULL, what TEXT NOT NULL, text TEXT NOT NULL,"
	" PRIMARY KEY (account, instance, n),"
	" FOREIGN KEY (account, instance) REFERENCES instance)",
	"INSERT INTO history (account, instance, n, at_s, who, what, text)"
	" SELECT account, instance, 1, issued_s, '', 'registered', '' FROM instance",
	"INSERT INTO history (account, instance, n, at_s, who, what, text)"
	" SELECT account, instance, 2, closed_s, COALESCE(closed_by, ''), closed_why, ''"
	" FROM instance WHERE state = 'closed'",
	/* lists page by page, and what their words begin with */
	"CREATE INDEX instance_va ON instance (account, va, instance)",
	"CREATE INDEX instance_state ON instance (account, state, instance)",
	"CREATE INDEX instance_word_sn ON instance (account, LOWER(sn), instance)",
	"CREATE INDEX instance_word_hostname ON instance (account, LOWER(hostname), instance)",
	"CREATE INDEX instance_word_pid ON instance (account, LOWER(pid), instance)",
	NULL
};

static const char *const version_8[] = {
	/* how long a device may be silent, and for how long its licenses are held */
	"ALTER TABLE virtual_account ADD COLUMN silence_days BIGINT NOT NULL DEFAULT 30",
	"ALTER TABLE virtual_account ADD COLUMN deadline_days BIGINT NOT NULL DEFAULT 90",
	/* when a live instance is to be looked at for silence; NULL: that it is silent is told */
	"ALTER TABLE instance ADD COLUMN watch_s BIGINT",
	"UPDATE instance SET watch_s = contact_s WHERE state = 'live'",
	"CREATE INDEX instance_watch ON instance (account, watch_s, instance)",
	"CREATE INDEX token_end ON token (account, expires_s)",
	/* a row for each cause; source: an instance, a virtual account's number and a tag, a token, the
	 * name of a certificate.  Which alerts there are: alerts.def */
	"ALTER TABLE alert RENAME TO alert_1",
	"DROP INDEX alert_open",
	"CREATE TABLE alert ("
	" account TEXT NOT NULL REFERENCES account, name TEXT NOT NULL, source TEXT NOT NULL,"
	" subject TEXT NOT NULL, text TEXT NOT NULL, raised_s BIGINT NOT NULL,"
	" last_s BIGINT NOT NULL, times BIGINT NOT NULL, due_s BIGINT, first TEXT NOT NULL,"
	" second TEXT NOT NULL, cleared_s BIGINT,"
	" PRIMARY KEY (account, name, source))",
	"INSERT INTO alert (account, name, source, subject, text, raised_s, last_s, times, first,"
	" second, cleared_s) SELECT a.account, a.name, a.instance,"
	" 'PID:' || i.pid || ' SN:' || i.sn, '', a.raised_s, a.last_s, a.times, a.first, a.second,"
	" CASE WHEN i.state = 'closed' THEN i.closed_s ELSE a.cleared_s END FROM alert_1 a"
	" JOIN instance i ON i.account = a.account AND i.instance = a.instance",
	"DROP TABLE alert_1",
	"CREATE INDEX alert_cleared ON alert (account, cleared_s, raised_s)",
	"CREATE INDEX alert_source ON alert (account, source)",
	NULL
};

static const char *const version_9[] = {
	/* several accounts; number: their order, the first is meant where none is named */
	"ALTER TABLE account ADD COLUMN number BIGINT NOT NULL DEFAULT 1",
	"CREATE UNIQUE INDEX account_number ON account (number)",
	"CREATE UNIQUE INDEX account_name ON account (name)",

	/* The directory: whose account it is, by what a device brings.  Each has a shard key of its
	 * own, so that no request looks into another account's rows.  udi_home: who a device ever
	 * registered with. */
	"CREATE TABLE key_home (ski TEXT NOT NULL PRIMARY KEY, account TEXT NOT NULL)",
	"INSERT INTO key_home (ski, account) SELECT ski, account FROM key",
	"CREATE TABLE token_home (token TEXT NOT NULL PRIMARY KEY, account TEXT NOT NULL)",
	"INSERT INTO token_home (token, account) SELECT token, account FROM token",
	"CREATE TABLE udi_home ("
	" pid TEXT NOT NULL, sn TEXT NOT NULL, uuid TEXT NOT NULL, account TEXT NOT NULL,"
	" PRIMARY KEY (pid, sn, uuid, account))",
	"INSERT INTO udi_home (pid, sn, uuid, account)"
	" SELECT DISTINCT pid, sn, uuid, account FROM instance",

	/* an issuer's list names the certificates of all accounts */
	"ALTER TABLE crl RENAME TO account_crl",
	"CREATE TABLE crl ("
	" issuer TEXT NOT NULL PRIMARY KEY, number BIGINT NOT NULL, made_s BIGINT NOT NULL,"
	" revoked BIGINT NOT NULL, list BYTEA NOT NULL)",
	"INSERT INTO crl (issuer, number, made_s, revoked, list)"
	" SELECT issuer, number, made_s, revoked, list FROM account_crl",
	"DROP TABLE account_crl",
	NULL
};

static const char *const version_10[] = {
	/* where an instance is at home, if not here */
	"ALTER TABLE instance ADD COLUMN home TEXT",

	/* token: of its invitation; it also stands for the tokens that it makes itself.  home: its own
	 * id, once it has joined.  sequence: of its last synchronisation; acknowledged: up to which of
	 * its changes are here */
	"CREATE TABLE satellite ("
	" account TEXT NOT NULL REFERENCES account, satellite TEXT NOT NULL, state TEXT NOT NULL,"
	" token TEXT NOT NULL, token_expires_s BIGINT NOT NULL, tls_names TEXT NOT NULL, home TEXT,"
	" ca_ski TEXT, ca_serial TEXT, ca BYTEA, version TEXT, created_s BIGINT NOT NULL,"
	" joined_s BIGINT, synced_s BIGINT, left_s BIGINT, sequence BIGINT NOT NULL,"
	" acknowledged BIGINT NOT NULL,"
	" PRIMARY KEY (account, satellite), UNIQUE (account, home),"
	" FOREIGN KEY (account, token) REFERENCES token)",

	/* what it serves, and nobody else; at the satellite itself, without a name, too.  place 0:
	 * where devices from elsewhere go */
	"CREATE TABLE satellite_va ("
	" account TEXT NOT NULL, va BIGINT NOT NULL, satellite TEXT NOT NULL, place BIGINT NOT NULL,"
	" PRIMARY KEY (account, va),"
	" FOREIGN KEY (account, va) REFERENCES virtual_account)",

	/* of a satellite: where it belongs.  own: its ledger when it synchronised last; up_to: the
	 * upstream's changes that are here; acknowledged: its own that are there */
	"CREATE TABLE upstream ("
	" account TEXT NOT NULL PRIMARY KEY REFERENCES account, home TEXT NOT NULL,"
	" ledger TEXT NOT NULL, own TEXT NOT NULL, url TEXT NOT NULL, token TEXT NOT NULL,"
	" va BIGINT NOT NULL, joined_s BIGINT NOT NULL, synced_s BIGINT NOT NULL, tried_s BIGINT,"
	" left_s BIGINT, failed TEXT NOT NULL, up_to BIGINT NOT NULL, acknowledged BIGINT NOT NULL,"
	" sequence BIGINT NOT NULL, request_id TEXT NOT NULL, sha256 TEXT NOT NULL)",

	/* which instances the other side is yet to be told of: one row each, numbered anew when it
	 * changes again */
	"CREATE TABLE change ("
	" account TEXT NOT NULL, peer TEXT NOT NULL, change BIGINT NOT NULL, instance TEXT NOT NULL,"
	" PRIMARY KEY (account, peer, instance),"
	" FOREIGN KEY (account, instance) REFERENCES instance)",
	"CREATE INDEX change_order ON change (account, peer, change)",

	/* the signed request that an instance's row rests on, where satellites are concerned */
	"CREATE TABLE evidence ("
	" account TEXT NOT NULL, instance TEXT NOT NULL, request BYTEA NOT NULL,"
	" PRIMARY KEY (account, instance),"
	" FOREIGN KEY (account, instance) REFERENCES instance)",

	/* licenses moved between virtual accounts of a satellite; told_s: the upstream knows, NULL not
	 * yet */
	"CREATE TABLE transfer ("
	" account TEXT NOT NULL, transfer TEXT NOT NULL, tag TEXT NOT NULL, from_va BIGINT NOT NULL,"
	" to_va BIGINT NOT NULL, quantity BIGINT NOT NULL, at_s BIGINT NOT NULL, told_s BIGINT,"
	" PRIMARY KEY (account, transfer),"
	" FOREIGN KEY (account, from_va) REFERENCES virtual_account,"
	" FOREIGN KEY (account, to_va) REFERENCES virtual_account)",
	NULL
};

static const char *const version_11[] = {
	/* what was bought says with which order, and for how long; what: purchased, set, transferred …;
	 * kind: perpetual, term, demo.  NULL: at once, never. */
	"ALTER TABLE purchase ADD COLUMN order_ref TEXT NOT NULL DEFAULT ''",
	"ALTER TABLE purchase ADD COLUMN kind TEXT NOT NULL DEFAULT 'perpetual'",
	"ALTER TABLE purchase ADD COLUMN start_s BIGINT",
	"ALTER TABLE purchase ADD COLUMN end_s BIGINT",
	"ALTER TABLE purchase ADD COLUMN what TEXT NOT NULL DEFAULT 'purchased'",
	"ALTER TABLE purchase ADD COLUMN who TEXT NOT NULL DEFAULT ''",
	NULL
};

static const char *const version_12[] = {
	/* since when another host answers in this one's place; NULL: this one does */
	"ALTER TABLE manager ADD COLUMN sealed_s BIGINT",
	NULL
};

static const char *const version_13[] = {
	/* one is of an instance, by the id of the request; n: from 1 within the instance; state: open, returned, replaced, ended,
	 * closed.  unconfirmed: 1 where an administrator has closed it and the device has not been
	 * heard of since. */
	"CREATE TABLE reservation ("
	" account TEXT NOT NULL, instance TEXT NOT NULL, reservation TEXT NOT NULL,"
	" n BIGINT NOT NULL, code TEXT NOT NULL, state TEXT NOT NULL, made_s BIGINT NOT NULL, ends_s BIGINT NOT NULL,"
	" closed_s BIGINT, closed_by TEXT, reason TEXT, unconfirmed BIGINT NOT NULL,"
	" PRIMARY KEY (account, instance, reservation),"
	" FOREIGN KEY (account, instance) REFERENCES instance)",
	"CREATE UNIQUE INDEX reservation_open ON reservation (account, instance)"
	" WHERE state = 'open'",
	"CREATE INDEX reservation_end ON reservation (account, ends_s) WHERE state = 'open'",
	"CREATE INDEX reservation_id ON reservation (account, reservation)",
	"CREATE INDEX reservation_unconfirmed ON reservation (account, instance)"
	" WHERE unconfirmed = 1",

	"CREATE TABLE reservation_license ("
	" account TEXT NOT NULL, instance TEXT NOT NULL, reservation TEXT NOT NULL,"
	" tag TEXT NOT NULL, count BIGINT NOT NULL,"
	" PRIMARY KEY (account, instance, reservation, tag),"
	" FOREIGN KEY (account, instance, reservation) REFERENCES reservation)",

	/* of the open reservation: what the pool counts at least.  unconfirmed: 1 while one of the
	 * instance's is, so that a device's request needs no look for it. */
	"ALTER TABLE usage ADD COLUMN reserved BIGINT NOT NULL DEFAULT 0",
	"ALTER TABLE instance ADD COLUMN unconfirmed BIGINT NOT NULL DEFAULT 0",

	/* an error's code, where body is the text of a refusal that is repeated as it was */
	"ALTER TABLE request ADD COLUMN denial TEXT",
	NULL
};

static const char *const version_14[] = {
	/* when the last backup was made */
	"ALTER TABLE manager ADD COLUMN backup_s BIGINT", NULL
};

static const char *const version_15[] = {
	/* which virtual account is meant where none is named; deleted_s: since when one is no more,
	 * what was written of it keeps its row.  tag: a word of people, not of a license */
	"ALTER TABLE account ADD COLUMN default_va BIGINT NOT NULL DEFAULT 1",
	"ALTER TABLE virtual_account ADD COLUMN deleted_s BIGINT",
	"CREATE TABLE virtual_account_tag ("
	" account TEXT NOT NULL, va BIGINT NOT NULL, tag TEXT NOT NULL,"
	" PRIMARY KEY (account, va, tag),"
	" FOREIGN KEY (account, va) REFERENCES virtual_account)",
	NULL
};

static const char *const version_16[] = {
	/* the begin of the key identifier of the root that the device is to have next, where it has
	 * said that it has it */
	"ALTER TABLE instance ADD COLUMN root TEXT NOT NULL DEFAULT ''", NULL
};

static const char *const version_17[] = {
	/* of a satellite's samples: the number under which its upstream is to be told, 0: it was.
	 * NULL: there is nobody to tell. */
	"ALTER TABLE sample ADD COLUMN told BIGINT",
	"CREATE INDEX sample_untold ON sample (account, told) WHERE told > 0",
	"CREATE INDEX sample_told ON sample (account, start_s) WHERE told = 0",
	"INSERT INTO sample (account, pid, sn, uuid, store, tag, n, va, instance, start_s, hours,"
	" max, last, at_s, told) SELECT s.account, s.pid, s.sn, s.uuid, s.store, s.tag, s.n, s.va,"
	" s.instance, s.start_s, s.hours, s.max, s.last, s.at_s,"
	" ROW_NUMBER() OVER (PARTITION BY s.account ORDER BY s.at_s, s.instance, s.store, s.n)"
	" FROM sample s WHERE s.account IN (SELECT account FROM upstream)"
	" ON CONFLICT (account, pid, sn, uuid, store, tag, n) DO UPDATE SET told = excluded.told",
	NULL
};

static const char *const version_18[] = {
	/* for how many days samples are kept, 0: for ever, as they were until now; and the latest end
	 * of what was removed or refused.  A satellite's are its upstream's to keep. */
	"ALTER TABLE account ADD COLUMN sample_days BIGINT NOT NULL DEFAULT 400",
	"ALTER TABLE account ADD COLUMN samples_from_s BIGINT",
	"UPDATE account SET sample_days = CASE WHEN account IN (SELECT account FROM upstream)"
	" THEN 35 ELSE 0 END",
	"DROP INDEX sample_told",
	"CREATE INDEX sample_end ON sample (account, (start_s + hours * 3600))"
	" WHERE COALESCE(told, 0) = 0",
	NULL
};

static const char *const version_19[] = {
	/* what devices are told to do when, in seconds; NULL: as where nothing is set */
	"ALTER TABLE virtual_account ADD COLUMN renew_after_s BIGINT",
	"ALTER TABLE virtual_account ADD COLUMN next_contact_s BIGINT",
	"ALTER TABLE virtual_account ADD COLUMN ooc_poll_s BIGINT",
	"ALTER TABLE virtual_account ADD COLUMN retry_s BIGINT",
	"ALTER TABLE virtual_account ADD COLUMN collect_s BIGINT",
	"ALTER TABLE virtual_account ADD COLUMN report_s BIGINT",
	NULL
};

static const char *const version_20[] = {
	/* as instance.root, of a satellite */
	"ALTER TABLE satellite ADD COLUMN root TEXT NOT NULL DEFAULT ''", NULL
};

static const char *const version_21[] = {
	/* as request_id and sha256, of a request that went out as a file */
	"ALTER TABLE upstream ADD COLUMN exported_id TEXT NOT NULL DEFAULT ''",
	"ALTER TABLE upstream ADD COLUMN exported_sha256 TEXT NOT NULL DEFAULT ''", NULL
};

static const char *const version_22[] = {
	/* each request moves a deadline: what is overdue is found by virtual account */
	"DROP INDEX instance_held", NULL
};

static const char *const version_23[] = {
	/* samples of one device and store by pages (ledger/sample_page.h): one row for up to 64
	 * numbers n.  va and instance: of the last report that changed it; ends_s: the earliest end
	 * of a sample in it, last_s: the latest; told: as it was of a sample */
	"CREATE TABLE sample_page ("
	" account TEXT NOT NULL, pid TEXT NOT NULL, sn TEXT NOT NULL, uuid TEXT NOT NULL,"
	" store TEXT NOT NULL, page BIGINT NOT NULL, va BIGINT NOT NULL, instance TEXT NOT NULL,"
	" at_s BIGINT NOT NULL, ends_s BIGINT NOT NULL, last_s BIGINT NOT NULL, told BIGINT,"
	" data TEXT NOT NULL,"
	" PRIMARY KEY (account, pid, sn, uuid, store, page),"
	" FOREIGN KEY (account, va) REFERENCES virtual_account,"
	" FOREIGN KEY (account, instance) REFERENCES instance)",
	"CREATE INDEX sample_page_untold ON sample_page (account, told) WHERE told > 0",
	"CREATE INDEX sample_page_end ON sample_page (account, ends_s)"
	" WHERE COALESCE(told, 0) = 0",
	NULL
};

/* Texts, and what is to be computed after them; NULL: nothing. */
static const struct {
	const char *const *sql;
	int (*compute)(struct db *db, struct smartlic_error *err);
} versions[] = {
	{ version_1, NULL },
	{ version_2, NULL },
	{ version_3, NULL },
	{ version_4, NULL },
	{ version_5, NULL },
	{ version_6, chain_build },
	{ version_7, NULL },
	{ version_8, NULL },
	{ version_9, NULL },
	{ version_10, NULL },
	{ version_11, NULL },
	{ version_12, NULL },
	{ version_13, NULL },
	{ version_14, NULL },
	{ version_15, NULL },
	{ version_16, NULL },
	{ version_17, NULL },
	{ version_18, NULL },
	{ version_19, NULL },
	{ version_20, NULL },
	{ version_21, NULL },
	{ version_22, NULL },
	{ version_23, samples_into_pages },
};
#define LATEST ((int64_t)(sizeof(versions) / sizeof(versions[0])))

static int
version_of(struct db *db, int64_t *ret, struct smartlic_error *err)
{
	struct db_row *row;
	int r;

	r = db_query(db, &row, err, "SELECT MAX(version) FROM schema_version", "");
	if (r < 0)
		return r;
	r = db_next(row, err);
	if (r < 0)
		return r;
	*ret = db_is_null(row, 0) ? 0 : db_int(row, 0);
	db_done(row);
	if (*ret > LATEST)
		return sl_fail(err, SMARTLIC_E_STORE_VERSION,
		    "the ledger has version %lld, this program knows up to %lld; use the later "
		    "program", (long long)*ret, (long long)LATEST);
	return 0;
}

int
schema_check(struct db *db, struct smartlic_error *err)
{
	int64_t version;
	int r;

	r = version_of(db, &version, err);
	if (r < 0)
		return r;
	return version == LATEST;
}

int
schema_update(struct db *db, int64_t now_s, struct smartlic_error *err)
{
	int64_t version;
	int r;

	r = db_begin(db, err);
	if (r < 0)
		return r;
	r = db_exec(db, err,
	    "CREATE TABLE IF NOT EXISTS schema_version"
	    " (version BIGINT NOT NULL PRIMARY KEY, applied_s BIGINT NOT NULL)", "");
	if (r == 0)
		r = version_of(db, &version, err);
	if (r < 0)
		goto out;
	for (; version < LATEST; version++) {
		for (const char *const *sql = versions[version].sql; *sql != NULL; sql++) {
			r = db_exec(db, err, *sql, "");
			if (r < 0)
				goto out;
		}
		if (versions[version].compute != NULL)
			r = versions[version].compute(db, err);
		if (r < 0)
			goto out;
		r = db_exec(db, err,
		    "INSERT INTO schema_version (version, applied_s) VALUES ($1, $2)", "ii",
		    version + 1, now_s);
		if (r < 0)
			goto out;
	}
	r = db_commit(db, err);
out:
	db_rollback(db);
	return r;
}
