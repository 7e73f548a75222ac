/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <string.h>

#include "ledger/sample_page.h"
#include "message.h"

/* A sample's numbers, in the order in which they are written. */
enum { MAX, LAST, HOURS, GAP, STEP, NUMBERS };

/* The sample before: its numbers, and what the next one is reckoned from. */
struct before {
	int64_t number[NUMBERS];
	int64_t n, end_s;
};

static struct before
begin(int64_t page)
{
	return (struct before){ .number = { 0, 0, 1, 0, 1 }, .n = page * SAMPLE_PAGE_SPAN };
}

int64_t
sample_end_s(const struct ledger_sample *s)
{
	return s->start_s + s->hours * 3600;
}

int64_t
sample_page_of(int64_t n)
{
	return (n - 1) / SAMPLE_PAGE_SPAN;
}

void
sample_page_init(struct sample_page *ret, int64_t page)
{
	ret->page = page;
	ret->n = 0;
}

#define TIME_MAX (INT64_C(1) << 40)

/* Within these nothing overflows. */
static int
is_sound(const struct ledger_sample *s)
{
	return s->hours >= 1 && s->hours <= LEDGER_SAMPLE_HOURS_MAX && s->start_s >= 0 &&
	       s->start_s <= TIME_MAX && s->last >= 0 && s->last <= s->max &&
	       s->max <= SL_SEQUENCE_MAX && s->n >= 1 && s->n <= SL_SEQUENCE_MAX &&
	       sl_is_tag(s->tag);
}

/* ---- reading --------------------------------------------------------------------------------- */

struct reader {
	const char *at;
	size_t line;
	const char *why; /* NULL: all is well so far */
};

static int
fail(struct reader *t, const char *why)
{
	t->why = why;
	return -1;
}

/* Digits as they are written: no zero before others, no minus before zero. */
static int
read_number(struct reader *t, int64_t *ret)
{
	int minus = *t->at == '-';
	const char *digits = t->at + minus;
	int64_t v = 0;
	size_t n = 0;

	for (; digits[n] >= '0' && digits[n] <= '9'; n++) {
		if (v > SL_SEQUENCE_MAX)
			return fail(t, "a number is too large");
		v = v * 10 + (digits[n] - '0');
	}
	if (n == 0 || (n > 1 && digits[0] == '0') || (minus && v == 0) || v > SL_SEQUENCE_MAX)
		return fail(t, "no number where one is due");
	*ret = minus ? -v : v;
	t->at = digits + n;
	return 0;
}

/* Up to the comma or the end of the line. */
static int
read_numbers(struct reader *t, int64_t number[NUMBERS])
{
	int64_t was = 0;
	size_t i = 0;

	if (*t->at == ',' || *t->at == '\n')
		return 0;
	for (;; t->at++) {
		was = number[i];
		if (read_number(t, &number[i]) < 0)
			return -1;
		if (*t->at != ' ' || ++i == NUMBERS)
			break;
	}
	if (*t->at != ',' && *t->at != '\n')
		return fail(t, "more than a sample's five numbers, or none of its signs");
	if (number[i] == was)
		return fail(t, "a number that is as it was");
	return 0;
}

static int
read_sample(
    struct reader *t, struct sample_page *ret, struct before *b, const char *tag, size_t len)
{
	int64_t number[NUMBERS];
	struct ledger_sample *s;

	if (ret->n == SAMPLE_PAGE_MAX)
		return fail(t, "more samples than a page has");
	memcpy(number, b->number, sizeof(number));
	if (read_numbers(t, number) < 0)
		return -1;
	s = &ret->sample[ret->n];
	s->max = number[MAX];
	s->last = number[LAST];
	s->hours = number[HOURS];
	s->start_s = b->end_s + number[GAP];
	s->n = b->n + number[STEP];
	memcpy(s->tag, tag, len);
	s->tag[len] = '\0';
	if (number[STEP] < 1 || number[STEP] > SAMPLE_PAGE_SPAN ||
	    sample_page_of(s->n) != ret->page)
		return fail(t, "a sample of another page, or out of order");
	if (!is_sound(s))
		return fail(t, "a sample that no device can send");
	memcpy(b->number, number, sizeof(number));
	b->n = s->n;
	b->end_s = sample_end_s(s);
	ret->n++;
	return 0;
}

static int
read_line(struct reader *t, struct sample_page *ret)
{
	const struct ledger_sample *above = ret->n > 0 ? &ret->sample[ret->n - 1] : NULL;
	size_t len = strcspn(t->at, " \n");
	const char *tag = t->at;
	struct before b = begin(ret->page);

	if (len == 0 || len >= SL_TAG_SIZE || tag[len] != ' ')
		return fail(t, "no tag and a blank");
	t->at += len;
	do {
		t->at++;
		if (read_sample(t, ret, &b, tag, len) < 0)
			return -1;
	} while (*t->at == ',');
	if (above != NULL && strcmp(above->tag, ret->sample[ret->n - 1].tag) >= 0)
		return fail(t, "a tag out of order");
	t->at++;
	return 0;
}

int
sample_page_read(
    struct sample_page *ret, int64_t page, const char *text, struct smartlic_error *err)
{
	struct reader t = { .at = text, .line = 1 };

	sample_page_init(ret, page);
	if (page < 0 || page > sample_page_of(SL_SEQUENCE_MAX))
		return sl_fail(err, SMARTLIC_E_STORE, "no page has such a number");
	if (*text == '\0')
		return sl_fail(err, SMARTLIC_E_STORE, "it is empty");
	for (; *t.at != '\0'; t.line++)
		if (read_line(&t, ret) < 0)
			return sl_fail(err, SMARTLIC_E_STORE, "line %zu: %s", t.line, t.why);
	return 0;
}

/* ---- merging --------------------------------------------------------------------------------- */

static int
compare(const struct ledger_sample *a, const struct ledger_sample *b)
{
	int r = strcmp(a->tag, b->tag);

	return r != 0 ? r : (a->n > b->n) - (a->n < b->n);
}

/* The first that does not come before it. */
static size_t
place_of(const struct sample_page *p, const struct ledger_sample *s)
{
	size_t low = 0, high = p->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (compare(&p->sample[middle], s) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Whichever of two comes first, the same one stays: a copy of the store may have numbered its own
 * samples alike, and hours that were folded into a day have the number of one of them. */
static int
is_larger(const struct ledger_sample *a, const struct ledger_sample *b)
{
	if (a->max != b->max)
		return a->max > b->max;
	if (a->last != b->last)
		return a->last > b->last;
	if (a->hours != b->hours)
		return a->hours > b->hours;
	return a->start_s > b->start_s;
}

int
sample_page_take(struct sample_page *p, const struct ledger_sample *s)
{
	size_t i = place_of(p, s);

	if (i < p->n && compare(&p->sample[i], s) == 0) {
		if (!is_larger(s, &p->sample[i]))
			return 0;
		p->sample[i] = *s;
		return 1;
	}
	if (i == SAMPLE_PAGE_MAX)
		return 0;
	p->n -= p->n == SAMPLE_PAGE_MAX;
	memmove(&p->sample[i + 1], &p->sample[i], (p->n - i) * sizeof(p->sample[0]));
	p->sample[i] = *s;
	p->n++;
	return 1;
}

size_t
sample_page_remove(struct sample_page *p, int64_t limit_s)
{
	size_t kept = 0, was = p->n;

	for (size_t i = 0; i < was; i++) {
		if (sample_end_s(&p->sample[i]) <= limit_s)
			continue;
		if (kept != i)
			p->sample[kept] = p->sample[i];
		kept++;
	}
	p->n = kept;
	return was - kept;
}

void
sample_page_ends(const struct sample_page *p, int64_t *ret_first_s, int64_t *ret_last_s)
{
	*ret_first_s = INT64_MAX;
	*ret_last_s = INT64_MIN;
	for (size_t i = 0; i < p->n; i++) {
		int64_t end_s = sample_end_s(&p->sample[i]);

		if (end_s < *ret_first_s)
			*ret_first_s = end_s;
		if (end_s > *ret_last_s)
			*ret_last_s = end_s;
	}
}

/* ---- writing --------------------------------------------------------------------------------- */

static void
put_sample(struct sl_buf *ret, struct before *b, const struct ledger_sample *s)
{
	const int64_t number[NUMBERS] = {
		[MAX] = s->max,
		[LAST] = s->last,
		[HOURS] = s->hours,
		[GAP] = s->start_s - b->end_s,
		[STEP] = s->n - b->n,
	};
	size_t n = NUMBERS;

	while (n > 0 && number[n - 1] == b->number[n - 1])
		n--;
	for (size_t i = 0; i < n; i++) {
		if (i > 0)
			sl_buf_add(ret, " ", 1);
		sl_buf_int(ret, number[i]);
	}
	memcpy(b->number, number, sizeof(number));
	b->n = s->n;
	b->end_s = sample_end_s(s);
}

int
sample_page_write(struct sl_buf *ret, const struct sample_page *p, struct smartlic_error *err)
{
	const struct ledger_sample *s = p->sample;
	struct before b = begin(p->page);

	for (size_t i = 0; i < p->n; i++) {
		int first = i == 0 || strcmp(s[i].tag, s[i - 1].tag) != 0;

		if (!is_sound(&s[i]))
			return sl_fail(err, SMARTLIC_E_INVAL, "sample %lld: no device can send it",
			    (long long)s[i].n);
		if (first) {
			b = begin(p->page);
			sl_buf_puts(ret, i == 0 ? "" : "\n");
			sl_buf_puts(ret, s[i].tag);
		}
		sl_buf_puts(ret, first ? " " : ",");
		put_sample(ret, &b, &s[i]);
	}
	if (p->n > 0)
		sl_buf_puts(ret, "\n");
	return ret->failed ? sl_nomem(err) : 0;
}
