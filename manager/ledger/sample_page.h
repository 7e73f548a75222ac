/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MANAGER_SAMPLE_PAGE_H
#define MANAGER_SAMPLE_PAGE_H

#include "buffer.h"
#include "ledger/ledger.h"

/*
 * Samples of use of one device and store, of SAMPLE_PAGE_SPAN numbers n that follow each other, and
 * the text in which the ledger keeps them (doc/decisions/sample-pages.md).  Pure.
 *
 * The text has a line for each tag, in the order of their bytes: the tag, a blank, its samples by n
 * with a comma between each two, a line feed.  A sample is up to five numbers with a blank between
 * each two:
 *
 *	max last hours gap step
 *
 * gap: its start, in seconds after the end of the sample before; step: its n, less that of the
 * sample before.  Numbers at the end that are as they were of the sample before are left out.
 * Before a tag's first one stands a sample of 0 0 1 0 1 that ended at 0 (1970) and whose n is the
 * last of the page before.  So equal samples are equal bytes, and an hour in which nothing changed
 * takes one.
 */
#define SAMPLE_PAGE_SPAN 64
/* An honest store gives each n once; a copy of it may give it to another tag.  Of more than these
 * the first ones by tag and n are kept, whichever come first: so a page has bounds, also as it is
 * told an upstream. */
#define SAMPLE_PAGE_MAX 160

struct sample_page {
	int64_t page;
	size_t n;
	struct ledger_sample sample[SAMPLE_PAGE_MAX]; /* by tag, then n */
};

/* When its hours end. */
int64_t sample_end_s(const struct ledger_sample *s);
/* Which page a number from 1 on belongs to. */
int64_t sample_page_of(int64_t n);
/* An empty one. */
void sample_page_init(struct sample_page *ret, int64_t page);
/* SMARTLIC_E_STORE says where the text is not as it is written. */
int sample_page_read(
    struct sample_page *ret, int64_t page, const char *text, struct smartlic_error *err);
/* Takes one of the page's; of two with one tag and n the larger stays.  1: that changed the page,
 * 0: it did not. */
int sample_page_take(struct sample_page *p, const struct ledger_sample *s);
/* Removes those that ended by then: how many. */
size_t sample_page_remove(struct sample_page *p, int64_t limit_s);
/* The earliest and the latest end; of a page that is not empty. */
void sample_page_ends(const struct sample_page *p, int64_t *ret_first_s, int64_t *ret_last_s);
/* Appends.  SMARTLIC_E_INVAL: a sample that no device can send, which could not be read. */
int sample_page_write(struct sl_buf *ret, const struct sample_page *p, struct smartlic_error *err);

#endif
