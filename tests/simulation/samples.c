/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <string.h>

#include "ledger/sample_page.h"
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

static const struct ledger_sample *
find(const struct sample_page *p, const char *tag, int64_t n)
{
	for (size_t i = 0; i < p->n; i++)
		if (p->sample[i].n == n && strcmp(p->sample[i].tag, tag) == 0)
			return &p->sample[i];
	return NULL;
}

/* The page of its device and store, at that home, on which it is to be; NULL: there is none. */
static const struct sample_page *
page_of(struct device *d, struct office *o, int64_t n)
{
	static struct sample_page page;
	struct sim *sim = d->sim;
	struct db_row *row;
	int r;

	r = sight_query(o, row,
	    "SELECT data FROM sample_page WHERE account = $1 AND pid = 'NCS1004' AND sn = $2"
	    " AND uuid = 'default-sdr' AND store = $3 AND page = $4",
	    "ttti", SIM_ACCOUNT, d->sn, d->samples.store, sample_page_of(n));
	if (r == 0)
		r = db_next(row, &sim->err);
	sim_must(sim, r);
	if (r != 1)
		return NULL;
	sim_must(sim, sample_page_read(&page, sample_page_of(n), db_text(row, 0), &sim->err));
	db_done(row);
	return &page;
}

/* Does that home have it: 1, or another in its place: -1, or neither: 0? */
static int
is_kept(
    struct device *d, struct office *o, const struct sl_usage_book *book, const struct sl_sample *s)
{
	const struct sample_page *page = page_of(d, o, s->n);
	const struct ledger_sample *kept =
	    page == NULL ? NULL : find(page, book->tags[s->tag].tag, s->n);
	int same, larger;

	if (kept == NULL)
		return 0;
	same = kept->start_s == s->start_s && kept->hours == s->hours && kept->max == s->max &&
	       kept->last == s->last;
	/* of two stores that number alike the larger counts */
	larger = kept->max >= s->max && taint_has(d->sim, d->samples.store);
	return same || larger ? 1 : -1;
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

/* ---- invariant 12, of samples -----------------------------------------------------------------
 */

/* Is each sample of the one page in the other, or a larger one? */
static void
compare_pages(
    struct office *o, const char *store, int64_t number, const char *edge, const char *main)
{
	static struct sample_page here, there;
	struct sim *sim = o->sim;

	sample_page_init(&there, number);
	sim_must(sim, sample_page_read(&here, number, edge, &sim->err));
	if (*main != '\0')
		sim_must(sim, sample_page_read(&there, number, main, &sim->err));
	for (size_t i = 0; i < here.n && !sim->failed; i++) {
		const struct ledger_sample *s = &here.sample[i],
					   *other = find(&there, s->tag, s->n);

		if (other == NULL || other->max < s->max)
			(void)sim_fail(sim,
			    "invariant 12: %s and its upstream differ in a sample: %s %s %lld",
			    o->name, store, s->tag, (long long)s->n);
	}
}

void
check_quiet_samples(struct office *o, struct db *watch)
{
	struct sim *sim = o->sim;
	struct db_row *row;
	int r;

	r = db_query(watch, &row, &sim->err,
	    "SELECT e.store, e.page, e.data, m.data FROM edge.sample_page e"
	    " LEFT JOIN main.sample_page m ON m.account = e.account AND m.pid = e.pid"
	    " AND m.sn = e.sn AND m.uuid = e.uuid AND m.store = e.store AND m.page = e.page"
	    " WHERE e.account = $1 AND NOT EXISTS (SELECT 1 FROM main.gap)",
	    "t", SIM_ACCOUNT);
	while (r == 0 && (r = db_next(row, &sim->err)) == 1) {
		const char *store = db_text(row, 0);

		r = 0;
		/* of two stores that number alike each home knows its own */
		if (!taint_has(sim, store) && !is_unproven(sim, store))
			compare_pages(o, store, db_int(row, 1), db_text(row, 2), db_text(row, 3));
	}
	sim_must(sim, r);
}
