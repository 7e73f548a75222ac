/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "usage.h"

#define DAY_S  INT64_C(86400)
#define HOUR_S INT64_C(3600)
#define TIME_S (INT64_C(1) << 53) /* no start is further from 1970 than that */
#define SPANS  366                /* the most samples of a tag that one collection makes */

void
sl_usage_clear(struct sl_usage_book *book)
{
	free(book->tags);
	free(book->samples);
	*book = (struct sl_usage_book){ 0 };
}

/* ---- the hour that runs ----------------------------------------------------------------- */

static struct sl_usage_tag *
find_tag(const struct sl_usage_book *book, const char *tag)
{
	for (size_t i = 0; i < book->n_tags; i++)
		if (strcmp(book->tags[i].tag, tag) == 0)
			return &book->tags[i];
	return NULL;
}

static int64_t
counted_of(const struct sl_counted *counted, size_t n, const char *tag)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(counted[i].tag, tag) == 0)
			return counted[i].count;
	return 0;
}

int
sl_usage_see(struct sl_usage_book *book, const struct sl_counted *counted, size_t n,
    struct smartlic_error *err)
{
	struct sl_usage_tag *tags, *t;
	size_t more = 0;

	for (size_t i = 0; i < n; i++)
		more += counted[i].count > 0 && find_tag(book, counted[i].tag) == NULL;
	if (more > SL_USAGE_TAGS_MAX - book->n_tags)
		more = SL_USAGE_TAGS_MAX - book->n_tags;
	if (more > 0) {
		tags = realloc(book->tags, (book->n_tags + more) * sizeof(*tags));
		if (tags == NULL)
			return sl_nomem(err);
		memset(tags + book->n_tags, 0, more * sizeof(*tags));
		book->tags = tags;
	}
	for (size_t i = 0; i < n; i++) {
		if (counted[i].count < 1)
			continue;
		t = find_tag(book, counted[i].tag);
		if (t == NULL && more > 0) {
			more--;
			t = &book->tags[book->n_tags++];
			memcpy(t->tag, counted[i].tag, sizeof(t->tag));
		}
		if (t != NULL && t->high < counted[i].count)
			t->high = counted[i].count;
	}
	return 0;
}

int
sl_usage_begin(struct sl_usage_book *book, int64_t elapsed_ms, const struct sl_counted *counted,
    size_t n, struct smartlic_error *err)
{
	int r = sl_usage_see(book, counted, n, err);

	if (r < 0)
		return r;
	book->start_ms = elapsed_ms;
	book->running = 1;
	return 0;
}

int64_t
sl_usage_hours(const struct sl_usage_book *book, int64_t elapsed_ms)
{
	if (!book->running || elapsed_ms < book->start_ms)
		return 0;
	return (elapsed_ms - book->start_ms) / SL_USAGE_HOUR_MS;
}

/* ---- folding ---------------------------------------------------------------------------- */

/* A start ahead of the date is of a time that was taken back: as good as old. */
static int
is_old(const struct sl_sample *s, int64_t date_s, int64_t keep_s)
{
	return s->start_s < date_s - keep_s || s->start_s > date_s + DAY_S;
}

static int64_t
day_of(const struct sl_sample *s)
{
	return (s->start_s - (s->start_s < 0 ? DAY_S - 1 : 0)) / DAY_S;
}

static void
compact(struct sl_usage_book *book)
{
	size_t kept = 0;

	for (size_t i = 0; i < book->n_samples; i++)
		if (book->samples[i].hours > 0)
			book->samples[kept++] = book->samples[i];
	book->n_samples = kept;
}

static void
drop_old(struct sl_usage_book *book, int64_t date_s)
{
	for (size_t i = 0; i < book->n_samples && book->samples[i].n <= book->kept_n; i++)
		if (is_old(&book->samples[i], date_s, SL_USAGE_KEEP_S))
			book->samples[i].hours = 0;
	compact(book);
}

/* The earlier one goes into the later one, whose number no one has seen yet. */
static void
merge(struct sl_sample *to, struct sl_sample *from)
{
	to->start_s = from->start_s;
	to->hours += from->hours;
	if (to->max < from->max)
		to->max = from->max;
	from->hours = 0;
}

/* Samples older than keep_s that no report has carried: those of one tag and one day become one.
 * `before` has room for an index for each tag. */
static void
fold(struct sl_usage_book *book, int64_t date_s, int64_t keep_s, size_t *before)
{
	int64_t seen_n = book->sent_n > book->kept_n ? book->sent_n : book->kept_n;

	for (size_t i = 0; i < book->n_tags; i++)
		before[i] = SIZE_MAX;
	for (size_t i = 0; i < book->n_samples; i++) {
		struct sl_sample *s = &book->samples[i];
		size_t *b = &before[s->tag];

		if (s->n <= seen_n || !is_old(s, date_s, keep_s))
			continue;
		if (*b != SIZE_MAX && day_of(&book->samples[*b]) == day_of(s) &&
		    book->samples[*b].hours + s->hours <= SL_USAGE_SPAN_MAX)
			merge(s, &book->samples[*b]);
		*b = i;
	}
	compact(book);
}

static void
drop_first(struct sl_usage_book *book, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (book->samples[i].n > book->kept_n)
			book->lost++;
		book->samples[i].hours = 0;
	}
	compact(book);
}

/* Bounded, whatever happens: younger hours fold before anything goes. */
static int
tidy(struct sl_usage_book *book, int64_t date_s, struct smartlic_error *err)
{
	static const int64_t younger[] = { 7 * DAY_S, DAY_S };
	size_t *before = calloc(book->n_tags + 1, sizeof(*before));

	if (before == NULL)
		return sl_nomem(err);
	drop_old(book, date_s);
	fold(book, date_s, SL_USAGE_KEEP_S, before);
	for (size_t i = 0; i < sizeof(younger) / sizeof(younger[0]); i++)
		if (book->n_samples > SL_USAGE_SAMPLES_MAX)
			fold(book, date_s, younger[i], before);
	if (book->n_samples > SL_USAGE_SAMPLES_MAX)
		drop_first(book, book->n_samples - SL_USAGE_SAMPLES_MAX);
	free(before);
	return 0;
}

/* Tags that nothing is known of any more make room. */
static int
prune(struct sl_usage_book *book, struct smartlic_error *err)
{
	uint32_t *place = calloc(book->n_tags + 1, sizeof(*place));
	uint32_t kept = 0;

	if (place == NULL)
		return sl_nomem(err);
	for (size_t i = 0; i < book->n_samples; i++)
		place[book->samples[i].tag] = 1;
	for (size_t i = 0; i < book->n_tags; i++) {
		if (place[i] == 0 && book->tags[i].high == 0)
			continue;
		place[i] = kept;
		if (kept != i)
			book->tags[kept] = book->tags[i];
		kept++;
	}
	for (size_t i = 0; i < book->n_samples; i++)
		book->samples[i].tag = place[book->samples[i].tag];
	book->n_tags = kept;
	free(place);
	return 0;
}

/* ---- collecting ------------------------------------------------------------------------- */

/* `from`, with room for `more` samples and the counts of now. */
static int
copy(struct sl_usage_book *ret, const struct sl_usage_book *from, size_t more,
    struct smartlic_error *err)
{
	struct sl_usage_book b = *from;

	b.tags = calloc(from->n_tags + 1, sizeof(*b.tags));
	b.samples = calloc(from->n_samples + more + 1, sizeof(*b.samples));
	if (b.tags == NULL || b.samples == NULL) {
		free(b.tags);
		free(b.samples);
		return sl_nomem(err);
	}
	if (from->n_tags > 0)
		memcpy(b.tags, from->tags, from->n_tags * sizeof(*b.tags));
	if (from->n_samples > 0)
		memcpy(b.samples, from->samples, from->n_samples * sizeof(*b.samples));
	*ret = b;
	return 0;
}

/* A sample for each tag that was in use within `hours` from `start_s` on. */
static void
add_samples(struct sl_usage_book *book, int64_t start_s, int32_t hours,
    const struct sl_counted *counted, size_t n)
{
	for (size_t i = 0; i < book->n_tags; i++) {
		struct sl_usage_tag *t = &book->tags[i];
		int64_t now = counted_of(counted, n, t->tag);

		if (t->high > 0)
			book->samples[book->n_samples++] = (struct sl_sample){ .n = ++book->made_n,
				.start_s = start_s,
				.hours = hours,
				.tag = (uint32_t)i,
				.max = t->high,
				.last = now };
		t->high = now;
	}
}

/* Many hours may have passed at once, where the host did not run: they become days. */
static void
close_hours(struct sl_usage_book *book, const struct sl_usage_time *now, int64_t spans,
    const struct sl_counted *counted, size_t n)
{
	int64_t hours = sl_usage_hours(book, now->elapsed_ms);
	int64_t date_s = now->date_s > TIME_S ? TIME_S : now->date_s < 0 ? 0 : now->date_s;

	for (int64_t i = 0; i < spans && hours > 0; i++) {
		int32_t span = hours > SL_USAGE_SPAN_MAX ? SL_USAGE_SPAN_MAX : (int32_t)hours;

		add_samples(
		    book, date_s - (now->elapsed_ms - book->start_ms) / 1000, span, counted, n);
		book->start_ms += span * SL_USAGE_HOUR_MS;
		hours -= span;
	}
	book->start_ms += hours * SL_USAGE_HOUR_MS;
}

int
sl_usage_may_resend(const struct sl_usage_book *book, int64_t elapsed_ms)
{
	return book->resent_ms == 0 || elapsed_ms < book->resent_ms ||
	       elapsed_ms - book->resent_ms >= SL_USAGE_RESEND_MS;
}

static void
begin_resend(struct sl_usage_book *book, int64_t elapsed_ms, int32_t reporting)
{
	/* an acknowledgement is of all before it */
	if (!book->resend || reporting || !sl_usage_may_resend(book, elapsed_ms))
		return;
	book->acked_n = 0;
	book->resend = 0;
	book->resent_ms = elapsed_ms > 0 ? elapsed_ms : 1;
}

int
sl_usage_collect(struct sl_usage_book *ret, const struct sl_usage_book *from,
    const struct sl_usage_time *now, const struct sl_counted *counted, size_t n,
    struct smartlic_error *err)
{
	int64_t hours = sl_usage_hours(from, now->elapsed_ms);
	int64_t spans = (hours + SL_USAGE_SPAN_MAX - 1) / SL_USAGE_SPAN_MAX;
	struct sl_usage_book b = { 0 };
	int r;

	if (spans > SPANS)
		spans = SPANS;
	if (from->n_tags > 0 && spans > (int64_t)(SL_USAGE_SAMPLES_MAX / from->n_tags))
		spans = (int64_t)(SL_USAGE_SAMPLES_MAX / from->n_tags);
	r = copy(&b, from, (size_t)spans * from->n_tags, err);
	if (r < 0)
		return r;
	close_hours(&b, now, spans, counted, n);
	b.collected_ms = now->wall_ms;
	begin_resend(&b, now->elapsed_ms, now->reporting);
	r = tidy(&b, now->date_s, err);
	if (r == 0)
		r = prune(&b, err);
	if (r < 0) {
		sl_usage_clear(&b);
		return r;
	}
	*ret = b;
	return 0;
}

/* ---- reports ---------------------------------------------------------------------------- */

/* The first sample above n. */
static size_t
above(const struct sl_usage_book *book, int64_t n)
{
	size_t low = 0, high = book->n_samples;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (book->samples[middle].n <= n)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* At most so many bytes of JSON: the names of the members, four numbers, a time, and a tag in
 * which a backslash takes two. */
static size_t
bytes_of(const char *tag)
{
	size_t n = 160;

	for (; *tag != '\0'; tag++)
		n += *tag == '\\' ? 2 : 1;
	return n;
}

size_t
sl_usage_pick(const struct sl_usage_book *book, size_t *ret_first)
{
	size_t first = above(book, book->acked_n), n = 0;
	size_t room = SL_CONTENT_MAX - 4096; /* the header takes its part */

	*ret_first = first;
	while (first + n < book->n_samples && n < SL_USAGE_REPORT_MAX) {
		size_t bytes = bytes_of(book->tags[book->samples[first + n].tag].tag);

		if (bytes > room)
			break;
		room -= bytes;
		n++;
	}
	return n;
}

void
sl_usage_sent(struct sl_usage_book *book, int64_t last_n)
{
	if (book->sent_n < last_n)
		book->sent_n = last_n;
}

int
sl_usage_acknowledge(struct sl_usage_book *ret, const struct sl_usage_book *from, int64_t n,
    int64_t last_n, int64_t wall_ms, struct smartlic_error *err)
{
	struct sl_usage_book b = *from;
	size_t end;

	if (n > last_n)
		n = last_n;
	b.tags = calloc(from->n_tags + 1, sizeof(*b.tags));
	if (b.tags == NULL)
		return sl_nomem(err);
	if (from->n_tags > 0)
		memcpy(b.tags, from->tags, from->n_tags * sizeof(*b.tags));
	*ret = b;
	if (n <= from->acked_n)
		return 0;
	for (size_t i = 0; i < b.n_tags && !from->series; i++)
		b.tags[i].reported = 0;
	end = above(&b, n);
	for (size_t i = above(&b, b.acked_n); i < end; i++) {
		struct sl_usage_tag *t = &b.tags[b.samples[i].tag];

		if (t->reported < b.samples[i].max)
			t->reported = b.samples[i].max;
	}
	b.acked_n = n;
	if (b.kept_n < n)
		b.kept_n = n;
	b.acknowledged_ms = wall_ms;
	b.series = end < b.n_samples;
	*ret = b;
	return b.series;
}

void
sl_usage_resend(struct sl_usage_book *book)
{
	book->resend = 1;
}

void
sl_usage_forget(struct sl_usage_book *book)
{
	*book = (struct sl_usage_book){
		.made_n = book->made_n,
		.acked_n = book->made_n,
		.kept_n = book->made_n,
		.sent_n = book->made_n,
	};
}

int64_t
sl_usage_waiting(const struct sl_usage_book *book)
{
	return (int64_t)(book->n_samples - above(book, book->acked_n));
}

void
sl_usage_of(
    const struct sl_usage_book *book, const char *tag, int64_t *ret_reported, int64_t *ret_next)
{
	const struct sl_usage_tag *t = find_tag(book, tag);

	*ret_reported = t != NULL ? t->reported : 0;
	*ret_next = 0;
	for (size_t i = above(book, book->kept_n); t != NULL && i < book->n_samples; i++)
		if (&book->tags[book->samples[i].tag] == t && *ret_next < book->samples[i].max)
			*ret_next = book->samples[i].max;
}
