/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "authority/sync.h"
#include "pki/satellite.h"
#include "text.h"

/* The upstream's side of `sync`; join.c has the first one. */

struct synchronisation {
	struct exchange *x;
	struct ledger_satellite sat;
	int64_t cursor; /* up to which change it has been told */
	struct sync_candidate *rows;
	size_t n_rows;
	json_t *refused;
	struct sync_rows told;
};

int
is_sync(const struct request *q)
{
	return q->type == 0 &&
	       (strcmp(q->type_name, SYNC_SYNC) == 0 || strcmp(q->type_name, SYNC_JOIN) == 0);
}

int
sync_read(struct exchange *x, const void *content, size_t len, struct smartlic_error *err)
{
	struct sync_split *split = calloc(1, sizeof(*split));
	int r = split == NULL ? sl_nomem(err) : sync_split(split, content, len, err);

	if (r == 1) {
		x->split = split;
		return request_read(&x->request, split->rest.data, split->rest.len, err);
	}
	free(split);
	return r < 0 ? r : request_read(&x->request, content, len, err);
}

void
sync_forget_text(struct exchange *x)
{
	if (x->split != NULL)
		sync_split_release(x->split);
	free(x->split);
	x->split = NULL;
}

/* ---- applying ------------------------------------------------------------- */

/* Is the satellite to be told of the instance: that it is otherwise here, that a reservation is
 * open that it does not know; or, once, that it is closed, so that it is known where its device
 * was. */
static int
is_to_be_told(struct synchronisation *s, const struct sync_row *in, enum sync_verdict verdict,
    struct smartlic_error *err)
{
	struct ledger *l = s->x->a->ledger;
	int r;

	if (verdict == SYNC_OLDER)
		return 1;
	if (verdict == SYNC_SAME && in->row.state == LEDGER_CLOSED) {
		r = ledger_change_is_after(l, s->sat.home, in->row.instance, 0, err);
		return r < 0 ? r : r == 0;
	}
	return sync_reservation_is_news(l, in, err);
}

static int
apply_rows(struct synchronisation *s, struct smartlic_error *err)
{
	struct ledger *l = s->x->a->ledger;
	enum sync_verdict verdict;
	int r = 0;

	for (size_t i = 0; r == 0 && i < s->n_rows; i++) {
		const struct sync_row *in = &s->rows[i].row;

		if (s->rows[i].refused)
			continue;
		r = sync_row_apply(l, in, s->sat.token, s->x->now_s, &verdict, err);
		if (r == 0)
			r = is_to_be_told(s, in, verdict, err);
		if (r == 1)
			r = ledger_change_mark(l, s->sat.home, in->row.instance, err);
	}
	return r;
}

/* Each once, by its id; what cannot be is told as done, since asking again would not help: the
 * quantities that follow say how it is. */
static int
apply_transfers(
    struct synchronisation *s, const json_t *list, json_t *done, struct smartlic_error *err)
{
	struct ledger *l = s->x->a->ledger;
	struct ledger_transfer t;
	char from[LEDGER_NAME_SIZE], to[LEDGER_NAME_SIZE];
	const char *id, *tag;
	size_t i;
	json_t *obj;
	int r = 0;

	json_array_foreach(list, i, obj)
	{
		if ((r = sl_json_str(obj, "body.transfers", "id", &id, err)) < 0 ||
		    (r = sl_json_str(obj, "body.transfers", "tag", &tag, err)) < 0 ||
		    (r = sl_json_int(
			 obj, "body.transfers", "from", 1, INT64_MAX, &t.from_va, err)) < 0 ||
		    (r = sl_json_int(obj, "body.transfers", "to", 1, INT64_MAX, &t.to_va, err)) <
			0 ||
		    (r = sl_json_int(obj, "body.transfers", "count", 1, REQUEST_COUNT_MAX,
			 &t.quantity, err)) < 0)
			return r;
		if (!sl_is_uuid(id) || !sl_is_tag(tag) || sl_copy(t.tag, sizeof(t.tag), tag) < 0)
			return sl_fail(
			    err, SMARTLIC_E_JSON, "body.transfers: id or tag is not well-formed");
		(void)sl_copy(t.id, sizeof(t.id), id);
		t.at_s = s->x->now_s;
		r = ledger_va_satellite(l, t.from_va, from, err);
		if (r == 1)
			r = ledger_va_satellite(l, t.to_va, to, err);
		if (r == 1 && strcmp(from, s->sat.name) == 0 && strcmp(to, s->sat.name) == 0)
			r = ledger_transfer_apply(l, &t, err);
		if (r < 0)
			return r;
		if (json_array_append_new(done, json_string(id)) != 0)
			return sl_nomem(err);
	}
	return 0;
}

/* ---- the answer ----------------------------------------------------------- */

static int
put(json_t *obj, const char *key, json_t *value)
{
	return json_object_set_new(obj, key, value);
}

/* Inside the transaction, after the rows. */
static int
answer(struct synchronisation *s, const json_t *body, json_t *out, struct smartlic_error *err)
{
	struct exchange *x = s->x;
	struct ledger *l = x->a->ledger;
	json_t *done = json_array();
	const json_t *transfers;
	const char *version = "";
	int64_t upto = 0;
	int r, bad = 0, newer = x->sync_sequence > s->sat.sequence;

	if ((r = sl_json_int(body, "body", "upto", 0, INT64_MAX, &upto, err)) < 0 ||
	    (r = sl_json_arr(body, "body", "transfers", &transfers, err)) < 0 ||
	    (r = sl_json_opt_str(body, "body", "version", &version, err)) < 0)
		goto out;
	r = apply_transfers(s, transfers, done, err);
	if (r == 0 && json_is_true(json_object_get(body, "reset")))
		r = ledger_satellite_mark_all(l, s->sat.home, err);
	if (r == 0)
		r = sync_rows_read(l, s->sat.home, s->cursor, SYNC_ROWS_BYTES, NULL, &s->told, err);
	if (r < 0)
		goto out;
	bad |= put(out, "cursor", json_integer((json_int_t)s->told.upto));
	bad |= put(out, "more", json_boolean(s->told.more));
	bad |= put(out, "acknowledged", json_integer((json_int_t)upto));
	bad |= json_object_set(out, "transfers", done);
	bad |= json_object_set(out, "refused", s->refused);
	r = bad != 0 ? sl_nomem(err) : 0;
	/* a repeat of an older message says nothing of when it was last heard of */
	if (r == 0 && newer) {
		s->sat.sequence = x->sync_sequence;
		s->sat.acknowledged = upto;
		s->sat.synced_s = x->now_s;
		(void)sl_copy(s->sat.version, sizeof(s->sat.version), version);
		note_root(x, s->sat.root);
		r = ledger_satellite_put(l, &s->sat, err);
	}
	if (r == 0 && newer && json_is_true(json_object_get(body, "leave"))) {
		r = ledger_satellite_end(l, &s->sat, s->sat.name, "satellite left", x->now_s, err);
		bad = put(out, "left", json_true());
		r = r == 0 && bad != 0 ? sl_nomem(err) : r;
	}
out:
	json_decref(done);
	return r;
}

static int
perform(struct synchronisation *s, const json_t *body, struct smartlic_error *err)
{
	struct exchange *x = s->x;
	struct db *db = ledger_db(x->a->ledger);
	json_t *out = json_object(), *certificates = json_object();
	struct sync_checking how = {
		.a = x->a, .sat = &s->sat, .now_s = x->now_s, .split = x->split
	};
	struct sl_cert *ca = NULL;
	int r;

	r = sl_json_int(body, "body", "cursor", 0, INT64_MAX, &s->cursor, err);
	if (json_is_true(json_object_get(body, "reset")))
		s->cursor = 0;
	if (r == 0)
		r = sl_json_arr(body, "body", "rows", &how.list, err);
	how.cursor = s->cursor;
	if (r == 0)
		r = sync_check_rows(&how, &s->rows, &s->n_rows, s->refused, err);
	if (r == 0)
		r = sync_certify(x, &s->sat, body, &ca, certificates, err);
	if (r == 0 && json_object_set(out, "certificates", certificates) != 0)
		r = sl_nomem(err);
	if (r == 0)
		r = ledger_begin(x->a->ledger, err);
	if (r < 0)
		goto out;
	if (ca != NULL)
		r = ledger_satellite_ca(x->a->ledger, ca, s->sat.name, err);
	/* what an earlier message says was said by the later one, as it was by then */
	if (r == 0 && x->sync_sequence > s->sat.sequence)
		r = apply_rows(s, err);
	if (r == 0)
		r = sync_take_samples(x->a->ledger, &s->sat, body, x->now_s, s->refused, out, err);
	if (r == 0)
		r = answer(s, body, out, err);
	if (r == 0)
		r = db_commit(db, err);
	db_rollback(db);
	/* after it: a list may have to be made, which is written for itself */
	if (r == 0)
		r = sync_put_state(x, &s->sat, out, err);
	if (r == 0)
		r = sync_text_with(&x->body, out, "rows", s->told.text.data, s->told.text.len, err);
out:
	if (r == SMARTLIC_E_JSON || r == SMARTLIC_E_FORM || r == SMARTLIC_E_SIGNATURE)
		r = exchange_deny(x, SL_DENIED_BAD_REQUEST, "%s", err->text);
	json_decref(out);
	json_decref(certificates);
	sl_cert_unref(ca);
	return r;
}

/* Is it one of ours, and may it speak?  0 with x->code set when not. */
static int
check_satellite(struct synchronisation *s, struct smartlic_error *err)
{
	struct exchange *x = s->x;
	char ski[LEDGER_SKI_HEX];
	int r;

	if (x->signer.kind != SIGNER_SATELLITE)
		return exchange_deny(x, SL_DENIED_BAD_SIGNATURE,
		    "the key that signed is not a satellite's of this authority");
	x->bound = request_is_named(&x->request);
	r = ledger_satellite_by_home(x->a->ledger, x->request.instance, &s->sat, err);
	sl_hex(ski, x->signer.issuer, SL_SKI_LEN);
	if (r < 0)
		return r;
	if (r == 0 || strcmp(ski, s->sat.ca_ski) != 0 ||
	    strcmp(sl_cert_o(x->signer.cert), ledger_info(x->a->ledger)->account) != 0)
		return exchange_deny(x, SL_DENIED_NOT_ALLOWED,
		    "no satellite with this id and key has joined here; join anew");
	if (s->sat.state == SATELLITE_LEFT || x->signer.revoked)
		return exchange_deny(x, SL_DENIED_CERTIFICATE_REVOKED,
		    "the satellite has left, or its virtual accounts were taken back; join anew");
	return 0;
}

/* Versions that differ: both are named, and the least that is taken. */
static int
check_version(struct exchange *x, const json_t *body, struct smartlic_error *err)
{
	const char *version = "of no name";
	int64_t theirs;
	int r = sl_json_int(body, "body", "sync", 0, INT64_MAX, &theirs, err);

	if (r < 0)
		return exchange_deny(x, SL_DENIED_BAD_REQUEST, "%s", err->text);
	if (theirs >= x->a->sync_least && theirs <= x->a->sync_version)
		return 0;
	(void)sl_json_opt_str(body, "body", "version", &version, NULL);
	x->version = theirs;
	return exchange_deny(x, SL_DENIED_UNSUPPORTED_VERSION,
	    "the satellite (smartlic-manager %.20s) synchronises by version %lld, this upstream "
	    "(%s) by version %lld and none below %lld: update the %s",
	    version, (long long)theirs, PACKAGE_VERSION, (long long)x->a->sync_version,
	    (long long)x->a->sync_least,
	    theirs > x->a->sync_version ? "upstream" : "satellite");
}

/* Another `slx` may mean anything by the members that it has; what it is bound by stays. */
static int
deny_protocol(struct exchange *x, struct smartlic_error *err)
{
	const json_t *body;
	int r = 0;

	if (!x->bound && sl_json_obj(x->request.root, "", "body", &body, NULL) == 0)
		r = join_bind(x, body, err);
	return r < 0 ? r
		     : exchange_deny(x, SL_DENIED_UNSUPPORTED_VERSION,
			   "the satellite speaks version %lld of the protocol, this upstream (%s) version "
			   "%d alone: update the %s",
			   (long long)x->request.slx, PACKAGE_VERSION, SL_SLX_VERSION,
			   x->request.slx > SL_SLX_VERSION ? "upstream" : "satellite");
}

int
execute_sync(struct exchange *x, struct smartlic_error *err)
{
	struct synchronisation s = { .x = x, .refused = json_array() };
	int join = strcmp(x->request.type_name, SYNC_JOIN) == 0, r;
	const json_t *body = NULL, *root = x->request.root;

	x->decided = 1;
	r = exchange_has_satellites(x, err);
	if (r == 0)
		r = exchange_deny(x, SL_DENIED_NOT_ALLOWED, "this authority has no satellites");
	else if (r == 1)
		r = join ? 0 : check_satellite(&s, err);
	if (r < 0 || x->code != SL_DENIED_NONE)
		goto out;
	if (x->request.denial == SL_DENIED_UNSUPPORTED_VERSION) {
		r = deny_protocol(x, err);
		goto out;
	}
	x->request.denial = SL_DENIED_NONE;
	r = sl_json_obj(root, "", "body", &body, err);
	if (r == 0 && !join)
		r = sl_json_int(root, "", "sequence", 1, SL_SEQUENCE_MAX, &x->sync_sequence, err);
	if (r == SMARTLIC_E_JSON) {
		r = exchange_deny(x, SL_DENIED_BAD_REQUEST, "%s", err->text);
		goto out;
	}
	if (r == 0 && join)
		r = join_bind(x, body, err);
	if (r == 0)
		r = check_version(x, body, err);
	if (r < 0 || x->code != SL_DENIED_NONE)
		goto out;
	r = join ? execute_join(x, body, err) : perform(&s, body, err);
out:
	sync_candidates_free(x->a, s.rows, s.n_rows);
	sync_rows_release(&s.told);
	json_decref(s.refused);
	return r;
}
