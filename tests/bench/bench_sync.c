/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a synchronisation is measured with (sync.sh).
 * usage: bench_sync fill DATA N     rows of N instances into a satellite's ledger, as devices that
 *                                   registered and authorized there leave them, certificates and
 *                                   signed requests included
 *        bench_sync touch DATA N    the first N authorize once more, with another count
 *        bench_sync limit DIR ROWS BYTES COMMITS
 *                                   seconds for what no synchronisation can do without: BYTES in
 *                                   ROWS rows of raw SQLite, in COMMITS durable transactions, and
 *                                   to verify two signatures a row
 */
#include <config.h>

#include <string.h>

#include <sqlite3.h>

#include "authority/authority.h"
#include "envelope.h"
#include "ledger/records.h"
#include "ledger/satellites.h"
#include "raw.h"
#include "request.h"
#include "stats.h"
#include "system.h"
#include "text.h"

#define BATCH  1000 /* instances in a transaction */
#define COUNTS 4    /* licenses of a device, at most */
#define RAW    2000
#define TAG    "regid.2018-05.com.cisco.S-NCS1K4-LIC-100G=,1.0_03df009f-5ac5-48da-af50-4279ddea5e24"

static struct smartlic_error err;
static struct smartlic_crypto *crypto;
static struct pki *pki;
static struct ledger *ledger;
static struct ledger_upstream upstream;
static int64_t now_s;

static void
must(int r, const char *what)
{
	if (r >= 0)
		return;
	(void)fprintf(stderr, "bench_sync: %s: %s\n", what, err.text);
	exit(1);
}

static void
open_data(const char *data)
{
	char path[300];

	now_s = system_now_s();
	(void)snprintf(path, sizeof(path), "%s/pki", data);
	must(smartlic_crypto_new(&crypto, &err), "crypto");
	must(pki_open(&pki, crypto, path, &err), "pki");
	(void)snprintf(path, sizeof(path), "%s/ledger.db", data);
	must(ledger_open(&ledger, path, &err), "ledger");
	if (ledger_upstream_get(ledger, &upstream, &err) != 1) {
		(void)fprintf(stderr, "bench_sync: %s is no satellite's\n", data);
		exit(1);
	}
}

static void
close_data(void)
{
	ledger_close(ledger);
	pki_free(pki);
	smartlic_crypto_free(crypto);
}

/* ---- one instance ------------------------------------------------------------ */

static struct ledger_row
row_of(int64_t i, int64_t sequence)
{
	struct ledger_row row = { .va = upstream.va,
		.state = LEDGER_LIVE,
		.issued_s = now_s,
		.contact_s = now_s,
		.expires_s = now_s + 365 * 86400,
		.sequence = sequence,
		.usage_s = now_s,
		.deadline_s = now_s + 90 * 86400,
		.watch_s = now_s + 30 * 86400,
		.compliance = "authorized" };

	(void)snprintf(
	    row.instance, sizeof(row.instance), "01a00000-0000-7000-8000-%012lld", (long long)i);
	(void)snprintf(row.udi.pid, sizeof(row.udi.pid), "NCS1004");
	(void)snprintf(row.udi.sn, sizeof(row.udi.sn), "BENCH%08lld", (long long)i);
	(void)snprintf(row.udi.uuid, sizeof(row.udi.uuid), "default-sdr");
	(void)sl_copy(row.token, sizeof(row.token), upstream.token);
	return row;
}

static void
issue(const struct ledger_row *row, struct sl_key **ret_key, struct sl_cert **ret_cert)
{
	struct ledger_key key = { .state = LEDGER_KEY_CURRENT };
	char serial_number[SL_UDI_SERIAL_SIZE];
	struct sl_buf csr = { 0 }, spki = { 0 }, der = { 0 };
	unsigned char serial[16], ski[SL_SKI_LEN];
	const void *data;
	size_t len;

	must(sl_key_new(ret_key, crypto, &err), "key");
	must(sl_crypto_random(crypto, serial, sizeof(serial), &err), "random");
	must(sl_csr_new(&csr, crypto, *ret_key, &row->udi, &err), "csr");
	must(sl_csr_check(crypto, csr.data, csr.len, ski, &spki, &err), "csr");
	sl_udi_serial(serial_number, &row->udi);
	must(pki_issue_device(pki, spki.data, spki.len, ledger_info(ledger)->account, serial_number,
		 row->instance, now_s, serial, &der, &err),
	    "certificate");
	must(sl_cert_parse(ret_cert, crypto, der.data, der.len, &err), "certificate");
	sl_hex(key.ski, sl_cert_ski(*ret_cert), SL_SKI_LEN);
	data = sl_cert_der(*ret_cert, &len);
	(void)sl_copy(key.instance, sizeof(key.instance), row->instance);
	must(ledger_key_add(
		 ledger, &key, sl_cert_serial(*ret_cert), data, len, now_s, row->expires_s, &err),
	    "key");
	sl_buf_free(&csr);
	sl_buf_free(&spki);
	sl_buf_free(&der);
}

/* Its answer's body, as an authority writes one. */
static void
answer_text(struct sl_buf *ret, int64_t count)
{
	sl_buf_printf(ret,
	    "{\"status\":\"authorized\",\"deadline\":\"2027-02-24T02:38:16Z\",\"entitlements\":[{"
	    "\"tag\":\"" TAG "\",\"count\":%lld,\"status\":\"authorized\",\"name\":\"NCS1K4 smart "
	    "license - one QSFP28 client\",\"description\":\"NCS1K4 smart license - one QSFP28 "
	    "client\",\"version\":\"1.0\"}],\"policy\":{\"renew_after_s\":15552000,"
	    "\"next_contact_s\":2592000,\"ooc_poll_s\":43200,\"retry_s\":3600,\"collect_s\":3600,"
	    "\"report_s\":86400,\"export_controlled\":\"not_allowed\"}}",
	    (long long)count);
}

static void
remember(const struct ledger_row *row, const char *store, const char *request_id, int64_t count)
{
	struct ledger_request q = {
		.sequence = row->sequence, .type = "authorize", .at_s = now_s, .has_body = 1
	};
	struct sl_buf body = { 0 };

	answer_text(&body, count);
	(void)sl_copy(q.request_id, sizeof(q.request_id), request_id);
	(void)sl_copy(q.store, sizeof(q.store), store);
	must(sl_sha256_hex(crypto, request_id, strlen(request_id), q.digest, &err), "digest");
	must(ledger_request_add(ledger, row->instance, &q, body.data, &err), "request");
	sl_buf_free(&body);
}

static void
new_uuid(char ret[SL_UUID_SIZE])
{
	unsigned char raw[16];

	must(sl_crypto_random(crypto, raw, sizeof(raw), &err), "random");
	sl_uuid4(ret, raw);
}

/* The request that the row rests on, without certificates, as a home that knows the device gets it.
 */
static void
prove(const struct ledger_row *row, const char *store, const char *request_id, int64_t count,
    struct sl_key *key, struct sl_cert *cert)
{
	struct sl_usage usage = { .tag = TAG, .count = count };
	struct sl_request q = { .type = SL_MSG_AUTHORIZE,
		.sequence = row->sequence,
		.time_s = now_s,
		.udi = row->udi,
		.instance = row->instance,
		.store = store,
		.ledger = ledger_info(ledger)->ledger,
		.usage = &usage,
		.n_usage = 1 };
	struct sl_buf content = { 0 }, message = { 0 };

	(void)sl_copy(q.request_id, sizeof(q.request_id), request_id);
	must(sl_request_write(&content, &q, &err), "request");
	must(sl_envelope_sign(
		 &message, crypto, key, cert, NULL, 0, NULL, 0, content.data, content.len, &err),
	    "sign");
	must(ledger_evidence_put(ledger, row->instance, message.data, message.len, &err),
	    "evidence");
	sl_buf_free(&content);
	sl_buf_free(&message);
}

static void
take(const struct ledger_row *row, int known, int64_t count)
{
	struct ledger_usage usage = { .tag = TAG, .count = count };

	must(ledger_row_take(ledger, row, known, &usage, 1, now_s, &err), "row");
	must(ledger_settle(ledger, &row->udi, now_s, &err), "pool");
	must(ledger_change_mark(ledger, upstream.home, row->instance, &err), "change");
}

static void
add(int64_t i)
{
	struct ledger_row row = row_of(i, 1);
	char store[SL_UUID_SIZE], request_id[SL_UUID_SIZE];
	struct sl_key *key = NULL;
	struct sl_cert *cert = NULL;
	int64_t count = 1 + i % COUNTS;

	new_uuid(store);
	new_uuid(request_id);
	take(&row, 0, count);
	issue(&row, &key, &cert);
	remember(&row, store, request_id, count);
	prove(&row, store, request_id, count, key, cert);
	sl_cert_unref(cert);
	sl_key_free(key);
}

static void
touch(int64_t i)
{
	struct ledger_row row = row_of(i, 0), have;
	char request_id[SL_UUID_SIZE];
	int64_t count;

	if (ledger_row_get(ledger, row.instance, &have, &err) != 1)
		exit(1);
	have.sequence++;
	count = 1 + (i + have.sequence) % COUNTS;
	new_uuid(request_id);
	take(&have, 1, count);
	remember(&have, request_id, request_id, count);
}

static void
all(int64_t n, void (*one)(int64_t i))
{
	struct db *db = ledger_db(ledger);

	for (int64_t i = 0; i < n; i++) {
		if (i % BATCH == 0)
			must(ledger_begin(ledger, &err), "begin");
		one(i);
		if (i % BATCH == BATCH - 1 || i == n - 1)
			must(db_commit(db, &err), "commit");
	}
}

/* ---- the limit ----------------------------------------------------------------- */

static void
sql(sqlite3 *db, const char *text)
{
	if (sqlite3_exec(db, text, NULL, NULL, NULL) == SQLITE_OK)
		return;
	(void)fprintf(stderr, "bench_sync: %s: %s\n", text, sqlite3_errmsg(db));
	exit(1);
}

/* Keys of random order, as those of certificates are. */
static double
insert(const char *dir, long rows, long bytes, long commits)
{
	unsigned char *page = calloc(1, (size_t)(bytes / rows));
	sqlite3_stmt *stmt = NULL;
	char path[300];
	sqlite3 *db = NULL;
	double from;

	(void)snprintf(path, sizeof(path), "%s/limit.db", dir);
	if (page == NULL || sqlite3_open(path, &db) != SQLITE_OK)
		exit(1);
	sql(db, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
		"CREATE TABLE t (k BIGINT NOT NULL PRIMARY KEY, b BLOB)");
	from = now_us();
	(void)sqlite3_prepare_v2(db, "INSERT INTO t VALUES (random(), ?)", -1, &stmt, NULL);
	for (long i = 0; i < rows; i++) {
		if (i * commits / rows != (i - 1) * commits / rows || i == 0)
			sql(db, i == 0 ? "BEGIN" : "COMMIT; BEGIN");
		(void)sqlite3_bind_blob(stmt, 1, page, (int)(bytes / rows), SQLITE_STATIC);
		if (sqlite3_step(stmt) != SQLITE_DONE)
			exit(1);
		(void)sqlite3_reset(stmt);
	}
	sql(db, "COMMIT");
	from = now_us() - from;
	(void)sqlite3_finalize(stmt);
	(void)sqlite3_close(db);
	(void)unlink(path);
	free(page);
	return from / 1e6;
}

static double
verify_us(void)
{
	static struct stats verify, sign;

	raw_signatures(&verify, &sign, RAW);
	return stats_at(&verify, 0.5);
}

int
main(int argc, char **argv)
{
	if (argc == 6 && strcmp(argv[1], "limit") == 0) {
		long rows = atol(argv[3]);

		printf("%.2f %.2f\n", insert(argv[2], rows, atol(argv[4]), atol(argv[5])),
		    2 * (double)rows * verify_us() / 1e6);
		return 0;
	}
	if (argc != 4)
		return 2;
	open_data(argv[2]);
	all(atol(argv[3]), strcmp(argv[1], "fill") == 0 ? add : touch);
	close_data();
	return 0;
}
