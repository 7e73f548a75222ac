/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <string.h>

#include "tests/simulation/simulation.h"
#include "text.h"

/*
 * Invariant 8: what a device has sampled, the ledger has once it acknowledged it.  Hours may fold
 * into days before a report carried them; none goes but by its age.
 */

#define KEPT_DAYS 400 /* unless the account says otherwise, which nobody here does */

static const char *const tags[2] = { SIM_TAG_G, SIM_TAG_X };

static int
tag_of(const struct sl_usage_book *book, const struct sl_sample *s)
{
	return strcmp(book->tags[s->tag].tag, tags[1]) == 0;
}

/* Hours that are still owed to the ledger. */
static void
waiting(const struct sl_usage_book *book, int64_t ret[2])
{
	ret[0] = ret[1] = 0;
	for (size_t i = 0; i < book->n_samples; i++)
		if (book->samples[i].n > book->kept_n)
			ret[tag_of(book, &book->samples[i])] += book->samples[i].hours;
}

/* Another life of the store, or another device's: nothing is known of it yet. */
static void
meet(struct device *d, const struct sl_usage_book *book)
{
	(void)sl_copy(d->samples.store, sizeof(d->samples.store), d->agent->rec.store_id);
	d->samples.made_n = book->made_n;
	d->samples.kept_n = book->kept_n;
	d->samples.acked_n = book->acked_n;
	waiting(book, d->samples.owed);
}

/* Samples that are new end with what is in use now. */
static void
take_new(struct device *d, const struct sl_usage_book *book)
{
	const struct sl_sample *newest[2] = { NULL, NULL };

	for (size_t i = 0; i < book->n_samples; i++) {
		const struct sl_sample *s = &book->samples[i];

		if (s->n <= d->samples.made_n)
			continue;
		newest[tag_of(book, s)] = s;
		d->samples.owed[tag_of(book, s)] += s->hours;
		if (s->hours < 1 || s->max < 1 || s->max < s->last)
			(void)sim_fail(d->sim, "invariant 8: %s: sample %lld counts %lld, at last %lld",
			    d->sn, (long long)s->n, (long long)s->max, (long long)s->last);
	}
	for (int i = 0; i < 2; i++)
		if (newest[i] != NULL && newest[i]->last != d->counts[i])
			(void)sim_fail(d->sim, "invariant 8: %s: a sample of %lld, and %lld are in use",
			    d->sn, (long long)newest[i]->last, (long long)d->counts[i]);
	d->samples.made_n = book->made_n;
}

static void
take_kept(struct device *d, const struct sl_usage_book *book)
{
	for (size_t i = 0; i < book->n_samples; i++) {
		const struct sl_sample *s = &book->samples[i];

		if (s->n > d->samples.kept_n && s->n <= book->kept_n)
			d->samples.owed[tag_of(book, s)] -= s->hours;
	}
	d->samples.kept_n = book->kept_n;
}

/* Does that home have it: 1, or another in its place: -1, or neither: 0? */
static int
is_kept(struct device *d, struct office *o, const struct sl_usage_book *book,
    const struct sl_sample *s)
{
	struct sim *sim = d->sim;
	struct db_row *row;
	int r, same = 0, larger = 0;

	r = sight_query(o, row,
	    "SELECT start_s, hours, max, last FROM sample WHERE account = $1 AND pid = 'NCS1004'"
	    " AND sn = $2 AND uuid = 'default-sdr' AND store = $3 AND tag = $4 AND n = $5",
	    "tttti", SIM_ACCOUNT, d->sn, d->samples.store, book->tags[s->tag].tag, s->n);
	if (r == 0)
		r = db_next(row, &sim->err);
	if (r == 1) {
		same = db_int(row, 0) == s->start_s && db_int(row, 1) == s->hours &&
		    db_int(row, 2) == s->max && db_int(row, 3) == s->last;
		/* of two stores that number alike the larger counts */
		larger = db_int(row, 2) >= s->max && taint_has(sim, d->samples.store);
		db_done(row);
	}
	sim_must(sim, r);
	return same || larger ? 1 : r == 1 ? -1 : 0;
}

static void
in_ledger(struct device *d, const struct sl_usage_book *book, const struct sl_sample *s)
{
	struct sim *sim = d->sim;
	int kept;

	/* acknowledged, but too old to be kept */
	if (s->start_s + s->hours * 3600 <= (sim->now - KEPT_DAYS * SIM_DAY) / 1000)
		return;
	kept = is_kept(d, &sim->offices[d->delivered_home], book, s);
	/* a satellite keeps what its upstream has no longer than a device may send it again; and an
	 * answer may have been repeated where the samples are still to come to */
	for (int i = 0; kept == 0 && i < sim->n_offices; i++)
		kept = is_kept(d, &sim->offices[i], book, s);
	/* an upstream that was restored has lost what satellites had told it and let go */
	if (kept == 0 && d->delivered_home > 0 && sim->offices[0].n_gaps > 0)
		kept = 1;
	if (kept != 1)
		(void)sim_fail(sim, "invariant 8: %s: sample %lld was acknowledged, and the ledger %s",
		    d->sn, (long long)s->n, kept == 0 ? "does not have it" : "has another");
	sim->stats.samples++;
}

void
check_samples(struct device *d)
{
	const struct sl_usage_book *book = &d->agent->rec.usage;
	int64_t owed[2];

	if (strcmp(d->samples.store, d->agent->rec.store_id) != 0 || book->made_n < d->samples.made_n ||
	    (book->kept_n != d->samples.kept_n && d->samples.answered == REPORT_OPEN)) {
		meet(d, book); /* also where it has forgotten what another account was to know */
		return;
	}
	if (book->made_n != d->samples.made_n)
		take_new(d, book);
	if (book->kept_n != d->samples.kept_n)
		take_kept(d, book);
	waiting(book, owed);
	if (owed[0] != d->samples.owed[0] || owed[1] != d->samples.owed[1])
		(void)sim_fail(d->sim, "invariant 8: %s: %lld and %lld hours wait for a report, not %lld"
		    " and %lld", d->sn, (long long)owed[0], (long long)owed[1],
		    (long long)d->samples.owed[0], (long long)d->samples.owed[1]);
	for (size_t i = 0; i < book->n_samples && d->samples.answered == REPORT_ACKNOWLEDGED; i++)
		if (book->samples[i].n > d->samples.acked_n && book->samples[i].n <= book->acked_n)
			in_ledger(d, book, &book->samples[i]);
	d->samples.acked_n = book->acked_n;
	d->samples.answered = REPORT_OPEN;
}
