/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "authority/sync.h"
#include "pki/roll.h"
#include "pki/satellite.h"
#include "text.h"

/* The satellite's side of `sync`: what it asks, and what it does with the answer. */

#define SIGNER_LEFT_S (60 * DAY_S) /* of its 90 days, before it is renewed */

static int
put(json_t *obj, const char *key, json_t *value)
{
	return json_object_set_new(obj, key, value);
}

static int
add_transfer(void *ud, const struct ledger_transfer *t)
{
	return json_array_append_new(
		   ud, json_pack("{s:s,s:s,s:I,s:I,s:I}", "id", t->id, "tag", t->tag, "from",
			   (json_int_t)t->from_va, "to", (json_int_t)t->to_va, "count",
			   (json_int_t)t->quantity)) != 0
		   ? SMARTLIC_E_NOMEM
		   : 0;
}

/* Asks for another certificate of the key DIR/STEM.key. */
static int
put_csr(struct authority *a, const char *dir, const char *stem, const char *key, json_t *body,
    struct smartlic_error *err)
{
	struct sl_key *k = NULL;
	struct sl_buf csr = { 0 };
	struct sl_udi udi;
	int r = pki_join_key(&k, dir, stem, a->crypto, err);

	sync_udi(&udi, ledger_info(a->ledger)->home);
	if (r == 0)
		r = sl_csr_new(&csr, a->crypto, k, &udi, err);
	if (r == 0)
		r = put(body, key, sync_der_json(csr.data, csr.len)) != 0 ? sl_nomem(err) : 0;
	sl_key_free(k);
	sl_buf_free(&csr);
	return r;
}

static int
put_csrs(
    struct authority *a, const char *dir, json_t *body, int64_t now_s, struct smartlic_error *err)
{
	int r = 0, due;

	/* or its path is the former root's, and the upstream may have another one by now */
	if (sl_cert_not_after(pki_issuing(a->pki)) - now_s < SYNC_CA_LEFT_S ||
	    !pki_satellites_is_by_root(a->pki))
		r = put_csr(a, dir, "issuing", "csr", body, err);
	due = r == 0 && !sync_looked(a, now_s) ? pki_join_tls_due(a->pki, now_s, err) : r;
	return due == 1 ? put_csr(a, dir, "tls", "tls_csr", body, err) : due;
}

/* What was read ahead, where it is what would be read now: nobody is told less than what is known
 * when a request is made. */
static int
rows_to_tell(struct authority *a, const struct ledger_upstream *u, size_t room,
    struct sync_rows *ret, struct smartlic_error *err)
{
	struct sync_kept *kept = a->sync;
	int stands = 0;

	if (kept != NULL && kept->ahead.changes != NULL && kept->ahead.after == u->acknowledged &&
	    kept->ahead.bytes <= room)
		stands = sync_rows_stand(a->ledger, u->home, &kept->ahead, err);
	if (stands == 1) {
		*ret = kept->ahead;
		kept->ahead = (struct sync_rows){ .changes = NULL };
	}
	if (kept != NULL)
		sync_rows_release(&kept->ahead);
	return stands != 0
		   ? (stands < 0 ? stands : 0)
		   : sync_rows_read(a->ledger, u->home, u->acknowledged, room, NULL, ret, err);
}

/* Inside the transaction. */
static int
body_of(struct authority *a, struct ledger_upstream *u, int leave, json_t *body,
    struct sync_rows *rows, struct smartlic_error *err)
{
	int reset = strcmp(u->own, ledger_info(a->ledger)->ledger) != 0;
	json_t *transfers = json_array();
	int r, more, bad = 0;

	/* a ledger that was restored, at either end, has everything compared */
	if (reset) {
		u->cursor = 0;
		u->acknowledged = 0;
	}
	r = reset ? ledger_samples_untold(a->ledger, err) : 0;
	if (r == 0 && reset)
		r = ledger_upstream_mark_all(a->ledger, err);
	if (r == 0)
		r = ledger_transfer_each(a->ledger, add_transfer, transfers, err);
	if (r == 0)
		r = rows_to_tell(a, u,
		    json_array_size(transfers) <= SYNC_TRANSFERS_FEW ? SYNC_ROWS_BYTES_UP
								     : SYNC_ROWS_BYTES_FEWER,
		    rows, err);
	/* samples, after the instances that they are of, need room */
	more = rows->more || rows->bytes > SYNC_ROWS_BYTES;
	if (r == 0 && !more)
		r = sync_put_samples(a->ledger, body, &more, err);
	if (r == 0) {
		bad |= put(body, "sync", json_integer(a->sync_version));
		bad |= put(body, "least", json_integer(a->sync_least));
		bad |= put(body, "version", json_string(PACKAGE_VERSION));
		bad |= put(body, "cursor", json_integer((json_int_t)u->cursor));
		bad |= put(body, "reset", json_boolean(reset));
		bad |= put(body, "upto", json_integer((json_int_t)rows->upto));
		bad |= put(body, "more", json_boolean(more));
		bad |= json_object_set(body, "transfers", transfers);
		/* it leaves with its last rows */
		if (leave && !more)
			bad |= put(body, "leave", json_true());
		r = bad != 0 ? sl_nomem(err) : 0;
	}
	json_decref(transfers);
	return r;
}

/* Which roots are known here: whoever says so is not told again. */
static json_t *
roots(const struct authority *a)
{
	const struct sl_cert *known[] = { pki_root(a->pki), pki_successor(a->pki, PKI_KIND_ROOT) };
	json_t *list = json_array();
	char id[2 * SL_SKI_LEN + 1];

	for (size_t i = 0; i < 2 && known[i] != NULL; i++) {
		sl_hex(id, sl_cert_ski(known[i]), SL_SKI_LEN);
		if (json_array_append_new(list, json_string(id)) != 0) {
			json_decref(list);
			return NULL;
		}
	}
	return list;
}

static int
sign(struct authority *a, const struct sl_buf *text, struct sl_buf *ret, struct smartlic_error *err)
{
	struct sl_cert *certs[] = { pki_signer(a->pki), pki_issuing(a->pki),
		pki_satellites(a->pki) };

	return sl_envelope_sign(ret, a->crypto, pki_signer_key(a->pki), certs[0], certs, 3, NULL, 0,
	    text->data, text->len, err);
}

int
sync_upstream(struct authority *a, struct ledger_upstream *ret, struct smartlic_error *err)
{
	int r = ledger_upstream_get(a->ledger, ret, err);

	if (r == 0)
		return sl_fail(err, SMARTLIC_E_INVAL,
		    "this is no satellite: it has no upstream; 'satellite join' makes one");
	if (r == 1 && ret->left_s != DB_NULL_INT)
		return sl_fail(err, SMARTLIC_E_INVAL,
		    "this satellite has left its upstream: its devices are served there; make a "
		    "new one "
		    "with 'satellite join' in another folder");
	return r < 0 ? r : 0;
}

/* With '' for both, nothing is awaited that way. */
static void
await(struct ledger_upstream *u, int by_file, const char *request_id, const char *sha256)
{
	(void)sl_copy(by_file ? u->exported_id : u->request_id, SL_UUID_SIZE, request_id);
	(void)sl_copy(by_file ? u->exported_sha256 : u->sha256, SL_SHA256_HEX, sha256);
}

static void
note_asked(struct authority *a, const struct sync_rows *rows)
{
	struct sync_kept *kept = sync_kept(a);

	if (kept == NULL)
		return;
	kept->asked_upto = rows->upto;
	kept->asked_more = rows->more;
}

int
sync_ask(struct authority *a, unsigned int flags, int64_t now_s,
    int (*random)(void *ud, void *buf, size_t len), void *ud, struct sl_buf *ret,
    struct smartlic_error *err)
{
	const struct ledger_info *info = ledger_info(a->ledger);
	struct db *db = ledger_db(a->ledger);
	json_t *body = json_object();
	struct sync_rows rows = { .changes = NULL };
	struct sl_buf text = { 0 }, with_rows = { 0 };
	char request_id[SL_UUID_SIZE], sha256[SL_SHA256_HEX];
	unsigned char id[16];
	struct ledger_upstream u;
	int r = sync_upstream(a, &u, err);

	if (r == 0 && random(ud, id, sizeof(id)) < 0)
		r = sl_fail(err, SMARTLIC_E_SYSTEM, "no randomness for a request's id");
	if (r == 0)
		r = put_csrs(a, pki_dir(a->pki), body, now_s, err);
	if (r == 0)
		r = ledger_begin(a->ledger, err);
	if (r < 0)
		goto out;
	r = sync_upstream(a, &u, err);
	if (r == 0)
		r = body_of(a, &u, flags & SYNC_LEAVE, body, &rows, err);
	if (r == 0)
		r = sync_text_with(&with_rows, body, "rows", rows.text.data, rows.text.len, err);
	sl_uuid4(request_id, id);
	/* later than any before, also after a restoration */
	u.sequence = now_s > u.sequence ? now_s : u.sequence + 1;
	u.tried_s = now_s;
	if (r == 0)
		r = sync_request_with(&text, SYNC_SYNC, request_id, info->home, u.sequence,
		    u.ledger, roots(a), now_s, &with_rows, err);
	if (r == 0)
		r = sl_sha256_hex(a->crypto, text.data, text.len, sha256, err);
	if (r == 0)
		await(&u, flags & SYNC_BY_FILE, request_id, sha256);
	if (r == 0)
		r = sign(a, &text, ret, err);
	if (r == 0)
		r = ledger_upstream_put(a->ledger, &u, err);
	if (r == 0)
		r = db_commit(db, err);
	db_rollback(db);
	if (r == 0)
		note_asked(a, &rows);
out:
	json_decref(body);
	sync_rows_release(&rows);
	sl_buf_free(&with_rows);
	sl_buf_free(&text);
	return r;
}

int
sync_read_ahead(struct authority *a, const struct sync_turn *turn, struct smartlic_error *err)
{
	struct db *db = ledger_db(a->ledger);
	struct sync_kept *kept = a->sync;
	struct ledger_upstream u;
	int r;

	if (kept == NULL || !kept->asked_more)
		return 0;
	kept->asked_more = 0;
	sync_rows_release(&kept->ahead);
	/* each row is of one moment, which is that of the list */
	r = db_begin_reading(db, err);
	if (r == 0)
		r = sync_upstream(a, &u, err);
	if (r == 0)
		r = sync_rows_read(a->ledger, u.home, kept->asked_upto, SYNC_ROWS_BYTES_UP, turn,
		    &kept->ahead, err);
	db_rollback(db);
	return r;
}

/* ---- the answer ----------------------------------------------------------- */

static int
put_certificates(struct authority *a, const char *dir, const json_t *body, int64_t now_s,
    struct smartlic_error *err)
{
	struct sl_buf satellites = { 0 }, issuing = { 0 }, tls = { 0 };
	const struct sl_cert *cross = pki_former_root(a->pki) != NULL ? pki_cross(a->pki) : NULL;
	const json_t *certificates;
	int r = sl_json_obj(body, "body", "certificates", &certificates, err);

	/* that of who issues now: the one that issued ours before may have been followed */
	if (r == 0)
		r = sync_der_read(
		    certificates, "body.certificates", "satellites", &satellites, err);
	if (r == 0)
		r = sync_der_read(certificates, "body.certificates", "issuing", &issuing, err);
	if (r == 0)
		r = sync_der_read(certificates, "body.certificates", "tls", &tls, err);
	if (r == 0)
		r = pki_join_put(dir, &satellites, &issuing, &tls, cross, a->crypto, err);
	if (r == 0 && !sync_looked(a, now_s)) {
		r = pki_signer_renew(
		    dir, ledger_info(a->ledger)->account, SIGNER_LEFT_S, now_s, a->crypto, err);
		if (r == 0)
			sync_look(a, now_s);
	}
	if (r == 0)
		r = issuing.len > 0 || tls.len > 0;
	sl_buf_free(&satellites);
	sl_buf_free(&issuing);
	sl_buf_free(&tls);
	return r;
}

/* The former root, and what it vouched by, for a satellite that came after it: its devices may know
 * that one alone.  1: it is news. */
static int
take_former(struct authority *a, const json_t *body, struct smartlic_error *err)
{
	struct sl_buf root = { 0 }, cross = { 0 };
	struct sl_cert *former = NULL, *vouches = NULL;
	int r = sync_der_read(body, "body", "former_root", &root, err);

	if (r == 0)
		r = sync_der_read(body, "body", "cross", &cross, err);
	if (r == 0 && root.len > 0 && cross.len > 0)
		r = sl_cert_parse(&former, a->crypto, root.data, root.len, err);
	if (r == 0 && former != NULL)
		r = sl_cert_parse(&vouches, a->crypto, cross.data, cross.len, err);
	if (r == 0 && vouches != NULL)
		r = pki_former_root_take(a->pki, former, vouches, err);
	sl_cert_unref(former);
	sl_cert_unref(vouches);
	sl_buf_free(&root);
	sl_buf_free(&cross);
	return r;
}

/* Where the upstream is with its roots: what waits here and is in its place there takes it first,
 * then what came along is kept.  1: something is new. */
static int
follow_roots(struct authority *a, const struct sync_root *next, const json_t *body,
    struct smartlic_error *err)
{
	unsigned char ski[SL_SKI_LEN];
	const char *present = "", *under_way = "";
	int news = 0, said, r;

	if ((r = sl_json_opt_str(body, "body", "root", &present, err)) < 0 ||
	    (r = sl_json_opt_str(body, "body", "next_root", &under_way, err)) < 0)
		return r;
	/* an earlier version says nothing of them */
	said = strlen(present) == 2 * sizeof(ski) && sl_unhex(ski, sizeof(ski), present) == 0;
	if (said)
		r = pki_root_follow(a->pki, ski, under_way[0] != '\0', err);
	news |= r == 1;
	if (r >= 0 && next->root != NULL)
		r = pki_root_take(a->pki, next->root, next->cross, err);
	news |= r == 1;
	if (r >= 0 && said)
		r = pki_root_follow(a->pki, ski, under_way[0] != '\0', err);
	news |= r == 1;
	if (r >= 0 && said)
		r = take_former(a, body, err);
	return r < 0 ? r : news || r == 1;
}

static int
apply_rows(struct authority *a, const struct ledger_upstream *u, const json_t *body, int64_t now_s,
    struct sync_outcome *ret, struct smartlic_error *err)
{
	const json_t *rows, *told;
	json_t *obj;
	size_t i;
	int r = sl_json_arr(body, "body", "rows", &rows, err);

	if (r == 0)
		r = sync_rows_take(a, u, rows, now_s, &ret->rows_down, err);
	if (r < 0)
		return r;
	r = sl_json_arr(body, "body", "transfers", &told, err);
	if (r < 0)
		return r;
	json_array_foreach(told, i, obj) if (json_is_string(obj))
	{
		r = ledger_transfer_told(a->ledger, json_string_value(obj), now_s, err);
		if (r < 0)
			return r;
	}
	return 0;
}

static void
note_refused(const json_t *body, struct sync_outcome *ret)
{
	const json_t *first = json_array_get(json_object_get(body, "refused"), 0);
	const char *instance = "", *why = "";

	if (first == NULL || sl_json_str(first, "", "instance", &instance, NULL) < 0 ||
	    sl_json_str(first, "", "why", &why, NULL) < 0)
		return;
	(void)snprintf(ret->refused, sizeof(ret->refused), "%s: %.180s", instance, why);
}

/* Inside the transaction. */
static int
take(struct authority *a, struct ledger_upstream *u, const json_t *root, const json_t *body,
    int64_t now_s, struct sync_outcome *ret, struct smartlic_error *err)
{
	const char *ledger;
	int64_t acknowledged, cursor, before = u->acknowledged;
	int r;

	if ((r = sl_json_str(root, "", "ledger", &ledger, err)) < 0 ||
	    (r = sl_json_int(body, "body", "acknowledged", 0, INT64_MAX, &acknowledged, err)) < 0 ||
	    (r = sl_json_int(body, "body", "cursor", 0, INT64_MAX, &cursor, err)) < 0 ||
	    (r = apply_rows(a, u, body, now_s, ret, err)) < 0 ||
	    (r = sync_take_accounts(a->ledger, body, now_s, NULL, err)) < 0 ||
	    (r = sync_take_lists(a->ledger, body, now_s, err)) < 0 ||
	    (r = sync_samples_told(a->ledger, body, err)) < 0)
		return r;
	note_refused(body, ret);
	ret->rows_up = acknowledged - before;
	ret->more = json_is_true(json_object_get(body, "more")) || ret->rows_down > 0;
	u->acknowledged = acknowledged;
	u->cursor = cursor;
	(void)sl_copy(u->own, sizeof(u->own), ledger_info(a->ledger)->ledger);
	/* the upstream was restored: what it knew, and numbered, is not what it knows */
	if (strcmp(u->ledger, ledger) != 0) {
		(void)sl_copy(u->ledger, sizeof(u->ledger), ledger);
		u->own[0] = '\0';
		ret->more = 1;
	}
	u->synced_s = now_s;
	u->failed[0] = '\0';
	await(u, 0, "", "");
	await(u, 1, "", "");
	if (json_is_true(json_object_get(body, "left"))) {
		u->left_s = now_s;
		ret->left = 1;
		ret->more = 0;
	}
	return ledger_upstream_put(a->ledger, u, err);
}

/* The last round may have carried no more than fits: is something left to be told? */
static int
is_left(void *ud, int64_t change, const char *instance)
{
	(void)change;
	(void)instance;
	*(int *)ud = 1;
	return 0;
}

static int
is_sample_left(void *ud, const struct ledger_told_samples *samples)
{
	(void)samples;
	*(int *)ud = 1;
	return 1;
}

int
sync_answer(struct authority *a, const void *der, size_t len, int64_t now_s,
    struct sync_outcome *ret, struct smartlic_error *err)
{
	struct db *db = ledger_db(a->ledger);
	struct sync_root next = { NULL, NULL };
	struct sl_trust *trust = NULL;
	struct ledger_upstream u;
	const char *home = ledger_info(a->ledger)->home;
	const struct sync_expected exported = { SYNC_SYNC, u.exported_id, u.exported_sha256, home,
		NULL };
	const struct sync_expected expected = { SYNC_SYNC, u.request_id, u.sha256, home,
		&exported };
	enum sl_denial code = SL_DENIED_NONE;
	const json_t *body;
	json_t *root = NULL;
	int followed = 0, r = sync_upstream(a, &u, err);

	*ret = (struct sync_outcome){ .more = 0 };
	if (r == 0 && u.request_id[0] == '\0' && u.exported_id[0] == '\0')
		r = sl_fail(err, SMARTLIC_E_BINDING,
		    "no request to the upstream is open: this answer was taken already, or another "
		    "one after it was made, or it belongs to another satellite");
	if (r < 0)
		return r;
	r = sync_trust_answers(a, &trust, err);
	if (r == 0)
		r = sync_open_answer(
		    &root, a->crypto, trust, &expected, der, len, &next, &code, err);
	/* it may have taken a root that is not kept */
	if (r < 0 || next.root != NULL)
		sync_distrust_answers(a);
	if (code == SL_DENIED_CERTIFICATE_REVOKED) {
		/* taken back, or the answer to leaving was lost */
		u.left_s = now_s;
		ret->left = 1;
		return ledger_upstream_put(a->ledger, &u, err) < 0 ? err->code : SMARTLIC_E_REFUSED;
	}
	if (r < 0)
		return r;
	r = sl_json_obj(root, "", "body", &body, err);
	if (r == 0)
		r = followed = follow_roots(a, &next, body, err);
	sync_root_release(&next);
	if (r >= 0)
		r = put_certificates(a, pki_dir(a->pki), body, now_s, err);
	ret->renewed = r == 1 || followed == 1;
	if (r >= 0)
		r = ledger_begin(a->ledger, err);
	if (r == 0)
		r = take(a, &u, root, body, now_s, ret, err);
	if (r == 0 && !ret->left)
		r = ledger_change_each(
		    a->ledger, u.home, u.acknowledged, 1, is_left, &ret->more, err);
	/* an upstream that takes no samples is not asked for ever */
	if (r == 0 && !ret->left && json_object_get(body, "samples_acknowledged") != NULL)
		r = ledger_samples_each_untold(a->ledger, is_sample_left, &ret->more, err);
	r = r > 0 ? 0 : r;
	if (r == 0)
		r = db_commit(db, err);
	db_rollback(db);
	if (r < 0 && a->sync != NULL)
		sync_rows_release(&a->sync->ahead);
	json_decref(root);
	return r;
}
