/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "usage.h"

/*
 * The persisted form of usage: integers of seven bits a byte, the lowest first, so that a sample
 * takes six or seven bytes: it is written every hour.
 */
#define TIME_MAX (INT64_C(1) << 53)

/* ---- writing ---------------------------------------------------------------------------- */

#define BYTES_MAX 10 /* of one integer */

static size_t
encode(unsigned char *ret, uint64_t value)
{
	size_t n = 0;

	do {
		ret[n++] = (unsigned char)((value & 0x7f) | (value > 0x7f ? 0x80 : 0));
		value >>= 7;
	} while (value > 0);
	return n;
}

static void
put(struct sl_buf *b, uint64_t value)
{
	unsigned char bytes[BYTES_MAX];

	sl_buf_add(b, bytes, encode(bytes, value));
}

/* Small ones of either sign take few bytes. */
static uint64_t
fold_sign(int64_t value)
{
	return ((uint64_t)value << 1) ^ (value < 0 ? UINT64_MAX : 0);
}

static void
put_signed(struct sl_buf *b, int64_t value)
{
	put(b, fold_sign(value));
}

static void
put_tags(struct sl_buf *b, const struct sl_usage_book *book)
{
	put(b, book->n_tags);
	for (size_t i = 0; i < book->n_tags; i++) {
		const struct sl_usage_tag *t = &book->tags[i];

		put(b, strlen(t->tag));
		sl_buf_puts(b, t->tag);
		put(b, (uint64_t)t->high);
		put(b, (uint64_t)t->reported);
	}
}

static void
put_samples(struct sl_buf *b, const struct sl_usage_book *book)
{
	int64_t n = 0, start_s = 0;

	put(b, book->n_samples);
	for (size_t i = 0; i < book->n_samples; i++) {
		const struct sl_sample *s = &book->samples[i];
		const uint64_t values[] = { s->tag, (uint64_t)(s->n - n),
			fold_sign(s->start_s - start_s), (uint64_t)s->hours, (uint64_t)s->max,
			(uint64_t)s->last };
		unsigned char bytes[sizeof(values) / sizeof(values[0]) * BYTES_MAX];
		size_t len = 0;

		for (size_t k = 0; k < sizeof(values) / sizeof(values[0]); k++)
			len += encode(bytes + len, values[k]);
		sl_buf_add(b, bytes, len);
		n = s->n;
		start_s = s->start_s;
	}
}

void
sl_usage_write(struct sl_buf *ret, const struct sl_usage_book *book)
{
	put(ret, (uint64_t)book->made_n);
	put(ret, (uint64_t)book->acked_n);
	put(ret, (uint64_t)book->kept_n);
	put(ret, (uint64_t)book->sent_n);
	put(ret, (uint64_t)book->lost);
	put(ret, (uint64_t)book->start_ms);
	put(ret, (uint64_t)book->resent_ms);
	put_signed(ret, book->collected_ms);
	put_signed(ret, book->acknowledged_ms);
	put(ret, (book->running ? 1u : 0) | (book->series ? 2u : 0) | (book->resend ? 4u : 0));
	put_tags(ret, book);
	put_samples(ret, book);
}

/* ---- reading ---------------------------------------------------------------------------- */

struct cursor {
	const unsigned char *p;
	size_t left;
	int bad;
};

static uint64_t
get(struct cursor *c)
{
	uint64_t value = 0;

	for (unsigned int shift = 0; shift < 64 && c->left > 0; shift += 7) {
		unsigned char byte = *c->p++;

		c->left--;
		value |= (uint64_t)(byte & 0x7f) << shift;
		if ((byte & 0x80) == 0)
			return value;
	}
	c->bad = 1;
	return 0;
}

/* 0 to max. */
static int64_t
get_up_to(struct cursor *c, int64_t max)
{
	uint64_t value = get(c);

	if (value <= (uint64_t)max)
		return (int64_t)value;
	c->bad = 1;
	return 0;
}

static int64_t
get_signed(struct cursor *c)
{
	uint64_t value = get(c);

	return (int64_t)((value >> 1) ^ ((value & 1) != 0 ? UINT64_MAX : 0));
}

static void
get_tag(struct cursor *c, struct sl_usage_tag *t)
{
	size_t len = (size_t)get_up_to(c, SL_TAG_SIZE - 1);

	if (len > c->left)
		c->bad = 1;
	if (c->bad)
		return;
	memcpy(t->tag, c->p, len);
	c->p += len;
	c->left -= len;
	t->high = get_up_to(c, INT64_MAX);
	t->reported = get_up_to(c, INT64_MAX);
	c->bad |= !sl_is_tag(t->tag) || strlen(t->tag) != len;
}

static void
get_sample(struct cursor *c, const struct sl_usage_book *book, const struct sl_sample *before,
    struct sl_sample *s)
{
	int64_t step;

	s->tag = (uint32_t)get_up_to(c, (int64_t)book->n_tags);
	step = get_up_to(c, book->made_n - before->n);
	s->n = before->n + step;
	s->start_s = get_signed(c);
	s->hours = (int32_t)get_up_to(c, SL_USAGE_SPAN_MAX);
	s->max = get_up_to(c, INT64_MAX);
	s->last = get_up_to(c, INT64_MAX);
	if (s->start_s > 2 * TIME_MAX || s->start_s < -2 * TIME_MAX)
		c->bad = 1;
	else
		s->start_s += before->start_s;
	c->bad |= s->tag >= book->n_tags || step < 1 || s->hours < 1 || s->start_s > TIME_MAX ||
		  s->start_s < -TIME_MAX;
}

/* Room for what takes at least `least` bytes each: a length that is a lie allocates nothing. */
static void *
get_list(struct cursor *c, size_t *ret_n, int64_t max, size_t least, size_t size)
{
	size_t n = (size_t)get_up_to(c, max);
	void *list;

	if (c->bad || n > c->left / least) {
		c->bad = 1;
		return NULL;
	}
	list = calloc(n + 1, size);
	*ret_n = list != NULL ? n : 0;
	return list;
}

static void
get_head(struct cursor *c, struct sl_usage_book *b)
{
	uint64_t flags;

	b->made_n = get_up_to(c, SL_SEQUENCE_MAX);
	b->acked_n = get_up_to(c, b->made_n);
	b->kept_n = get_up_to(c, b->made_n);
	b->sent_n = get_up_to(c, b->made_n);
	b->lost = get_up_to(c, b->made_n);
	b->start_ms = get_up_to(c, INT64_MAX / 2);
	b->resent_ms = get_up_to(c, INT64_MAX / 2);
	b->collected_ms = get_signed(c);
	b->acknowledged_ms = get_signed(c);
	flags = get(c);
	b->running = (flags & 1) != 0;
	b->series = (flags & 2) != 0;
	b->resend = (flags & 4) != 0;
}

int
sl_usage_read(struct sl_usage_book *ret, const void *bytes, size_t len, struct smartlic_error *err)
{
	struct cursor c = { .p = bytes, .left = len };
	struct sl_usage_book b = { 0 };
	struct sl_sample none = { 0 };

	get_head(&c, &b);
	b.tags = get_list(&c, &b.n_tags, SL_USAGE_TAGS_MAX, 4, sizeof(*b.tags));
	if (b.tags == NULL && !c.bad)
		return sl_nomem(err);
	for (size_t i = 0; i < b.n_tags && !c.bad; i++)
		get_tag(&c, &b.tags[i]);
	/* before the first hour nothing can be known of any tag */
	c.bad |= !b.running && b.n_tags > 0;
	b.samples = get_list(&c, &b.n_samples, SL_USAGE_SAMPLES_MAX, 6, sizeof(*b.samples));
	if (b.samples == NULL && !c.bad) {
		sl_usage_clear(&b);
		return sl_nomem(err);
	}
	for (size_t i = 0; i < b.n_samples && !c.bad; i++)
		get_sample(&c, &b, i > 0 ? &b.samples[i - 1] : &none, &b.samples[i]);
	if (c.bad || c.left > 0) {
		sl_usage_clear(&b);
		return sl_fail(err, SMARTLIC_E_STORE, "usage in the store has no valid form");
	}
	*ret = b;
	return 0;
}
