/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "record.h"

void
sl_blobs_clear(struct sl_blobs *blobs)
{
	for (size_t i = 0; i < blobs->n; i++)
		sl_buf_free(&blobs->item[i]);
	free(blobs->item);
	*blobs = (struct sl_blobs){ 0 };
}

int
sl_blobs_add(struct sl_blobs *blobs, const void *data, size_t len, struct smartlic_error *err)
{
	struct sl_buf *grown;
	struct sl_buf copy = { 0 };

	if (blobs->n >= SL_RECORD_BLOBS_MAX)
		return sl_fail(err, SMARTLIC_E_LIMIT, "more than %d certificates or lists",
		    SL_RECORD_BLOBS_MAX);
	sl_buf_add(&copy, data, len);
	if (copy.failed)
		return sl_nomem(err);
	grown = realloc(blobs->item, (blobs->n + 1) * sizeof(*grown));
	if (grown == NULL) {
		sl_buf_free(&copy);
		return sl_nomem(err);
	}
	grown[blobs->n] = copy;
	blobs->item = grown;
	blobs->n++;
	return 0;
}

void
sl_identity_clear(struct sl_identity *identity)
{
	sl_buf_free(&identity->key);
	sl_blobs_clear(&identity->certs);
	*identity = (struct sl_identity){ 0 };
}

static const struct sl_open no_request = { .since_ms = SL_NO_TIME, .floor_s = SL_NO_TIME };

void
sl_open_clear(struct sl_open *open)
{
	sl_buf_free(&open->key);
	sl_buf_free(&open->content);
	sl_wipe(open, sizeof(*open));
	*open = no_request;
}

void
sl_record_close(struct sl_record *next)
{
	next->open = no_request;
	sl_timer_stop(&next->timers, SL_TIMER_SEND);
}

void
sl_record_init(struct sl_record *record)
{
	*record = (struct sl_record){
		.wall_ms = SL_NO_TIME,
		.authorization_since_ms = SL_NO_TIME,
		.deadline_s = SL_NO_TIME,
		.registration_expires_s = SL_NO_TIME,
		.renew_due_s = SL_NO_TIME,
		.removed_at_s = SL_NO_TIME,
		.id_from_s = SL_NO_TIME,
		.reservation.ends_s = SL_NO_TIME,
		.synchronised_s = SL_NO_TIME,
		.initial_registration.time_ms = SL_NO_TIME,
		.last_renewal.time_ms = SL_NO_TIME,
		.last_communication.time_ms = SL_NO_TIME,
		.evaluation = { .left_ms = SL_EVALUATION_MS, .ended_ms = SL_NO_TIME },
	};
	record->clock.signed_s = SL_NO_TIME;
	record->clock.ahead_s = SL_NO_TIME;
	sl_open_clear(&record->open);
	sl_timers_init(&record->timers);
	sl_policy_default(&record->policy);
}

void
sl_record_clear(struct sl_record *record)
{
	sl_identity_clear(&record->current);
	sl_identity_clear(&record->previous);
	sl_open_clear(&record->open);
	sl_blobs_clear(&record->certs);
	sl_blobs_clear(&record->crls);
	sl_blobs_clear(&record->roots);
	free(record->granted);
	free(record->counted);
	free(record->reservation.item);
	sl_usage_clear(&record->usage);
	sl_record_init(record);
}

/*
 * What a record owns, by the address that tells whose it is.  The one list of them: whatever is
 * added to the record and owns memory goes in here.
 */
enum { OWNED_BUFS = 4, OWNED_BLOBS = 5, OWNED_LISTS = 5 };

struct owned {
	struct sl_buf *buf[OWNED_BUFS];
	struct sl_blobs *blobs[OWNED_BLOBS];
	void *list[OWNED_LISTS];
};

static struct owned
owned_by(struct sl_record *r)
{
	return (struct owned){
		.buf = { &r->current.key, &r->previous.key, &r->open.key, &r->open.content },
		.blobs = { &r->current.certs, &r->previous.certs, &r->certs, &r->crls,
		    &r->roots },
		.list = { r->granted, r->counted, r->usage.tags, r->usage.samples,
		    r->reservation.item },
	};
}

static int
owns(const struct owned *o, const void *p)
{
	for (int i = 0; i < OWNED_BUFS; i++)
		if (o->buf[i]->data == p)
			return 1;
	for (int i = 0; i < OWNED_BLOBS; i++)
		if (o->blobs[i]->item == p)
			return 1;
	for (int i = 0; i < OWNED_LISTS; i++)
		if (o->list[i] == p)
			return 1;
	return 0;
}

/* Frees what `from` owns and `keep` does not. */
static void
free_difference(struct sl_record *from, struct sl_record *keep)
{
	struct owned a = owned_by(from), b = owned_by(keep);

	for (int i = 0; i < OWNED_BUFS; i++)
		if (!owns(&b, a.buf[i]->data))
			sl_buf_free(a.buf[i]);
	for (int i = 0; i < OWNED_BLOBS; i++)
		if (!owns(&b, a.blobs[i]->item))
			sl_blobs_clear(a.blobs[i]);
	for (int i = 0; i < OWNED_LISTS; i++)
		if (!owns(&b, a.list[i]))
			free(a.list[i]);
}

void
sl_record_adopt(struct sl_record *record, struct sl_record *next)
{
	free_difference(record, next);
	*record = *next;
}

void
sl_record_drop(struct sl_record *next, struct sl_record *record)
{
	free_difference(next, record);
}
