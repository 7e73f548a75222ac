/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "inventory_router.h"

#define TEXT_MAX (256u << 20)

enum kind { IN_CARD, IN_LANE, IN_ODU, IN_OPTICS, IN_OTHER };

struct frame {
	enum kind kind;
	int indent;
	int indented; /* something stood further right below it: the text shows its blocks so */
	struct sl_place *place;
	size_t lane; /* or trunk */
	unsigned int client;
};

#define FRAMES 4
struct reader {
	struct smartlic_inventory *inv;
	struct smartlic_error *err;
	struct sl_places *places;
	struct frame frame[FRAMES];
	size_t depth;
};

int
sl_note_line(
    struct smartlic_inventory *inv, struct smartlic_error *err, int line, const char *fmt, ...)
{
	char where[24], text[360];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	(void)snprintf(where, sizeof(where), "line %d", line);
	return sl_inventory_note(inv, err, where, "%s", text) < 0 ? SMARTLIC_E_NOMEM : 1;
}

static struct sl_place *
place_at(struct reader *r, unsigned int rack, unsigned int slot)
{
	struct sl_places *p = r->places;

	for (size_t i = 0; i < p->n; i++)
		if (p->place[i].rack == rack && p->place[i].slot == slot)
			return &p->place[i];
	if (p->n == SL_CHASSIS_CARDS)
		return NULL;
	p->place[p->n] = (struct sl_place){ .rack = rack, .slot = slot };
	return &p->place[p->n++];
}

static int
too_many_places(struct reader *r, const struct sl_words *line)
{
	return sl_fail_line(r->err, SMARTLIC_E_LIMIT, line->line,
	    "line %d: more than %d locations in one chassis", line->line, SL_CHASSIS_CARDS);
}

/* ---- blocks ------------------------------------------------------------------------------- */

static struct frame *
top(struct reader *r)
{
	return r->depth == 0 ? NULL : &r->frame[r->depth - 1];
}

static void
push(struct reader *r, const struct sl_words *line, enum kind kind, struct sl_place *place,
    size_t lane, unsigned int client)
{
	if (r->depth == FRAMES)
		r->depth--;
	r->frame[r->depth++] = (struct frame){
		.kind = kind, .indent = line->indent, .place = place, .lane = lane, .client = client
	};
}

/* A line that stands no further right than an indented block's first line is not in that block. */
static void
leave_blocks(struct reader *r, const struct sl_words *line)
{
	struct frame *f;

	while ((f = top(r)) != NULL) {
		if (line->indent > f->indent) {
			f->indented = 1;
			return;
		}
		if (!f->indented)
			return;
		r->depth--;
	}
}

/* "!" closes what stands further right, and one block that stands as it does. */
static void
close_block(struct reader *r, const struct sl_words *line)
{
	while (r->depth > 0 && top(r)->indent > line->indent)
		r->depth--;
	if (r->depth > 0 && top(r)->indent == line->indent)
		r->depth--;
}

/* ---- lines that are understood: 1, not of ours: 0, failure: < 0 ---------------------------- */

static int understand(struct reader *r, const struct sl_words *line, size_t at);

/* hw-module location R/S … */
static int
hw_module(struct reader *r, const struct sl_words *line, size_t at)
{
	struct sl_place *place;
	unsigned int p[2];

	r->depth = 0;
	if (line->n < at + 3 || strcmp(line->w[at + 1], "location") != 0 ||
	    sl_router_path(p, 2, line->w[at + 2]) != 2)
		return 0;
	place = place_at(r, p[0], p[1]);
	if (place == NULL)
		return too_many_places(r, line);
	push(r, line, IN_CARD, place, 0, 0);
	return line->n == at + 3 ? 1 : understand(r, line, at + 3);
}

/* mxponder, mxponder-slice N */
static int
mxponder(struct reader *r, const struct sl_words *line, size_t at)
{
	int slice = strcmp(line->w[at], "mxponder-slice") == 0;
	enum sl_mode mode = slice ? SL_MODE_SLICE : SL_MODE_MXPONDER;
	size_t next = at + (slice ? 2 : 1), lane = SL_MXPONDER;
	struct sl_place *place;
	unsigned int n;

	while (r->depth > 0 && top(r)->kind != IN_CARD)
		r->depth--;
	if (r->depth == 0)
		return 0;
	place = top(r)->place;
	if (slice) {
		if (line->n < at + 2 || sl_router_path(&n, 1, line->w[at + 1]) != 1 ||
		    n >= SL_LANES) {
			push(r, line, IN_OTHER, NULL, 0, 0);
			return sl_note_line(r->inv, r->err, line->line,
			    "mxponder-slice %s: expected a slice's number; its block is ignored",
			    line->n < at + 2 ? "" : line->w[at + 1]);
		}
		lane = n;
	}
	if (place->mode != SL_MODE_NONE && place->mode != mode) {
		push(r, line, IN_OTHER, NULL, 0, 0);
		return sl_note_line(r->inv, r->err, line->line,
		    "%s on the card at %u/%u, which line %d made %s: they exclude each other; this "
		    "block is ignored",
		    line->w[at], place->rack, place->slot, place->mode_line,
		    slice ? "mxponder" : "mxponder-slice");
	}
	if (place->mode == SL_MODE_NONE)
		place->mode_line = line->line;
	place->mode = mode;
	if (place->lane[lane].line == 0)
		place->lane[lane].line = line->line;
	push(r, line, IN_LANE, place, lane, 0);
	return line->n <= next ? 1 : understand(r, line, next);
}

static int
trunk_rate(struct reader *r, const struct sl_words *line, size_t at)
{
	const char *text = line->n < at + 2 ? "" : line->w[at + 1];
	size_t digits = strspn(text, "0123456789");
	struct sl_lane *lane;
	uint32_t gbps = 0;

	if (top(r)->kind != IN_LANE)
		return top(r)->kind == IN_OTHER ? 0
						: sl_note_line(r->inv, r->err, line->line,
						      "trunk-rate outside of mxponder or "
						      "mxponder-slice: ignored");
	lane = &top(r)->place->lane[top(r)->lane];
	if (digits > 0 && digits < 7 && strcasecmp(text + digits, "G") == 0)
		gbps = (uint32_t)strtoul(text, NULL, 10);
	if (gbps == 0 || gbps > SL_GBPS_MAX)
		return sl_note_line(r->inv, r->err, line->line,
		    "trunk-rate %s: expected a rate such as 600G; the line is ignored", text);
	if (lane->trunk_line != 0 && lane->trunk_gbps != gbps)
		return sl_note_line(r->inv, r->err, line->line,
		    "trunk-rate %s, but line %d says %uG: the line is ignored", text,
		    lane->trunk_line, lane->trunk_gbps);
	lane->trunk_gbps = gbps;
	lane->trunk_line = line->line;
	return line->n <= at + 2 ? 1 : understand(r, line, at + 2);
}

static int
client_rate(struct reader *r, const struct sl_words *line, size_t at)
{
	const char *text = line->n < at + 2 ? "" : line->w[at + 1];
	struct sl_lane *lane;
	char upper[16] = "";

	if (top(r)->kind != IN_LANE)
		return top(r)->kind == IN_OTHER ? 0
						: sl_note_line(r->inv, r->err, line->line,
						      "client-rate outside of mxponder or "
						      "mxponder-slice: ignored");
	lane = &top(r)->place->lane[top(r)->lane];
	for (size_t i = 0; i < sizeof(upper) - 1 && text[i] != '\0'; i++)
		upper[i] = (char)toupper((unsigned char)text[i]);
	if (strlen(text) >= sizeof(upper) || sl_client_gbps(upper) == 0)
		return sl_note_line(r->inv, r->err, line->line,
		    "client-rate %s: expected 100GE or OTU4; the line is ignored", text);
	if (lane->client_line != 0 && strcmp(lane->client, upper) != 0)
		return sl_note_line(r->inv, r->err, line->line,
		    "client-rate %s, but line %d says %s: the line is ignored", text,
		    lane->client_line, lane->client);
	memcpy(lane->client, upper, sizeof(upper));
	lane->client_line = line->line;
	return line->n <= at + 2 ? 1 : understand(r, line, at + 2);
}

/* controller ODU4 R/S/I/T/K and controller Optics R/S/I/P, with or without the blank */
static int
controller(struct reader *r, const struct sl_words *line, size_t at)
{
	static const struct {
		const char *name;
		enum kind kind;
		size_t numbers;
	} types[] = { { "ODU4", IN_ODU, 5 }, { "Optics", IN_OPTICS, 4 } };
	const char *type = line->n < at + 2 ? "" : line->w[at + 1];
	const char *where = NULL;
	struct sl_place *place;
	size_t next = at + 2, i;
	unsigned int p[5];

	r->depth = 0;
	for (i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		if (strncasecmp(type, types[i].name, strlen(types[i].name)) != 0)
			continue;
		where = type + strlen(types[i].name);
		if (*where == '\0' && line->n > next)
			where = line->w[next++];
		break;
	}
	if (where == NULL || sl_router_path(p, 5, where) != types[i].numbers || p[3] >= SL_LANES)
		return 0;
	place = place_at(r, p[0], p[1]);
	if (place == NULL)
		return too_many_places(r, line);
	push(r, line, types[i].kind, place, p[3], types[i].numbers == 5 ? p[4] : 0);
	return line->n <= next ? 1 : understand(r, line, next);
}

static int
otnsec(struct reader *r, const struct sl_words *line, size_t at)
{
	const struct frame *f = top(r);

	(void)at;
	if (f->kind != IN_ODU)
		return 0;
	if (f->client == 0 || f->client > SL_LANE_PORTS)
		return sl_note_line(r->inv, r->err, line->line,
		    "otnsec on client %u of trunk %zu at %u/%u: there is no such client", f->client,
		    f->lane, f->place->rack, f->place->slot);
	f->place->trunk[f->lane].otnsec_line[f->client - 1] = line->line;
	return 1;
}

static int
optics(struct reader *r, const struct sl_words *line, size_t at)
{
	const struct frame *f = top(r);
	const char *text = line->n < at + 2 ? "" : line->w[at + 1];
	struct sl_trunk *trunk;
	uint32_t v = 0;
	int bits = strcmp(line->w[at], "bits-per-symbol") == 0;

	if (f->kind != IN_OPTICS)
		return 0;
	trunk = &f->place->trunk[f->lane];
	if (strcmp(line->w[at], "fec") == 0) {
		(void)snprintf(trunk->fec, sizeof(trunk->fec), "%.31s", text);
		return 1;
	}
	v = sl_router_millionths(text, bits ? SL_BITS_MAX : SL_BAUD_MAX);
	if (v == 0)
		return sl_note_line(r->inv, r->err, line->line,
		    "%s %s: expected a number such as %s; the line is ignored", line->w[at], text,
		    bits ? "3.4375" : "69.43");
	*(bits ? &trunk->bits : &trunk->baud) = v;
	trunk->line = line->line;
	return 1;
}

static int
description(struct reader *r, const struct sl_words *line, size_t at)
{
	(void)r, (void)line, (void)at;
	return 0;
}

/* A row of show platform: "0/1  NCS1K4-1.2T-L-K9  OPERATIONAL  NSHUT" */
static int
platform_row(struct reader *r, const struct sl_words *line)
{
	struct sl_place *place;
	unsigned int p[2];
	char pid[SL_WORD_SIZE];

	if (line->n >= 3 && strncmp(line->w[0], "0/SC", 4) == 0 && r->places->chassis[0] == '\0') {
		memcpy(r->places->chassis, line->w[1], SL_WORD_SIZE);
		return 1;
	}
	if (line->n < 3 || sl_router_path(p, 2, line->w[0]) != 2 ||
	    strchr(line->w[1], '-') == NULL || !isupper((unsigned char)line->w[1][0]))
		return 0;
	r->depth = 0;
	place = place_at(r, p[0], p[1]);
	if (place == NULL)
		return too_many_places(r, line);
	memcpy(pid, line->w[1], sizeof(pid));
	pid[strcspn(pid, "(")] = '\0';
	if (place->pid_line != 0 && strcmp(place->pid, pid) != 0)
		return sl_note_line(r->inv, r->err, line->line,
		    "%u/%u is %s here, but %s in line %d: this line is ignored", p[0], p[1], pid,
		    place->pid, place->pid_line);
	memcpy(place->pid, pid, sizeof(pid));
	place->pid_line = line->line;
	return 1;
}

static const struct command {
	const char *word;
	int anywhere; /* others are only known inside a block of ours */
	int (*act)(struct reader *r, const struct sl_words *line, size_t at);
} commands[] = {
	{ "hw-module", 1, hw_module },
	{ "controller", 1, controller },
	{ "mxponder", 0, mxponder },
	{ "mxponder-slice", 0, mxponder },
	{ "trunk-rate", 0, trunk_rate },
	{ "client-rate", 0, client_rate },
	{ "otnsec", 0, otnsec },
	{ "bits-per-symbol", 0, optics },
	{ "baud-rate", 0, optics },
	{ "fec", 0, optics },
	{ "description", 0, description },
};

static const struct command *
command(const char *word)
{
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (strcmp(commands[i].word, word) == 0)
			return &commands[i];
	return NULL;
}

/* The words of a line from `at` on.  A line may hold a block's first words and those below it. */
static int
understand(struct reader *r, const struct sl_words *line, size_t at)
{
	const struct command *c = command(line->w[at]);

	if (c != NULL && (c->anywhere ? at == 0 : r->depth > 0))
		return c->act(r, line, at);
	/* without indentation only this tells that a controller's block is over */
	if (c == NULL && at == 0 && r->depth > 0 && top(r)->kind == IN_ODU &&
	    line->indent <= top(r)->indent)
		r->depth = 0;
	if (strcmp(line->w[at], "no") == 0 && line->n > at + 1 && command(line->w[at + 1]) != NULL)
		return sl_note_line(r->inv, r->err, line->line,
		    "no %s: such lines are not applied; give the configuration that results",
		    line->w[at + 1]);
	return 0;
}

static int
read_line(struct reader *r, struct sl_words *line, const char *text, size_t len)
{
	int config, used;
	size_t typed = sl_router_prompt(text, len, &config);

	sl_router_split(line, text + typed, len - typed);
	if (typed > 0)
		line->indent = 0;
	if (typed > 0 && !config)
		r->depth = 0;
	if (line->n == 0) {
		r->inv->skipped += typed > 0;
		return 0;
	}
	if (line->w[0][0] == '!') {
		close_block(r, line);
		r->inv->skipped++;
		return 0;
	}
	leave_blocks(r, line);
	used = platform_row(r, line);
	if (used == 0)
		used = understand(r, line, 0);
	if (used == 0)
		r->inv->skipped++;
	return used < 0 ? used : 0;
}

int
sl_inventory_read_router(
    struct smartlic_inventory *inv, const char *bytes, size_t len, struct smartlic_error *err)
{
	struct reader r = { .inv = inv, .err = err };
	struct sl_words line = { 0 };
	const char *end;
	size_t n;
	int ret = 0;

	if (len > TEXT_MAX)
		return sl_fail(
		    err, SMARTLIC_E_LIMIT, "%zu bytes of text; at most %u are read", len, TEXT_MAX);
	r.places = calloc(1, sizeof(*r.places));
	if (r.places == NULL)
		return sl_nomem(err);
	while (len > 0 && ret == 0) {
		end = memchr(bytes, '\n', len);
		n = end == NULL ? len : (size_t)(end - bytes);
		line.line++;
		ret = read_line(&r, &line, bytes, n);
		n += end != NULL;
		bytes += n;
		len -= n;
	}
	if (ret == 0)
		ret = sl_router_cards(inv, r.places, err);
	free(r.places);
	return ret;
}
