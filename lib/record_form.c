/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "le.h"
#include "record.h"

static const char magic[3] = { 'S', 'L', 'R' };

/* How a field is written.  Each kind has one writer and one reader below. */
enum kind {
	KIND_I32,
	KIND_I64,
	KIND_TEXT,     /* a char array, with its NUL */
	KIND_BYTES,    /* an array of its exact size */
	KIND_BUF,      /* struct sl_buf */
	KIND_BLOBS,    /* struct sl_blobs */
	KIND_TIMERS,   /* struct sl_timers: those that there were at first */
	KIND_TIMERS2,  /* the later ones */
	KIND_TIMERS3,  /* and the last */
	KIND_GRANTED,  /* the list of entitlements */
	KIND_COUNTED,  /* the list of counts */
	KIND_USAGE,    /* struct sl_usage_book */
	KIND_RESERVED, /* the list of what is reserved */
	KIND_RETURNED, /* the ids of what is to be given back */
};

struct field {
	uint16_t number; /* never reused */
	enum kind kind;
	size_t offset;
	size_t size;
};

#define F(number, kind, member)                                                                    \
	{                                                                                          \
		number, KIND_##kind, offsetof(struct sl_record, member),                           \
		    sizeof(((struct sl_record *)0)->member)                                        \
	}
#define ATTEMPT(number, member)                                                                    \
	F(number, I32, member.outcome), F(number + 1, I32, member.code),                           \
	    F(number + 2, I64, member.time_ms), F(number + 3, TEXT, member.reason)
#define IDENTITY(number, member)                                                                   \
	F(number, TEXT, member.instance), F(number + 1, TEXT, member.account),                     \
	    F(number + 2, BUF, member.key), F(number + 3, BLOBS, member.certs)

static const struct field fields[] = {
	F(1, TEXT, store_id),
	F(2, TEXT, udi.pid),
	F(3, TEXT, udi.sn),
	F(4, TEXT, udi.uuid),
	F(5, TEXT, ledger),
	F(6, I32, registration),
	F(7, I32, authorization),
	F(8, I32, removed),
	F(9, I32, comm_failed),
	F(10, I64, wall_ms),
	F(11, TIMERS, timers),
	F(12, I64, sequence),
	F(13, TEXT, removed_by),
	F(14, I64, removed_at_s),
	F(15, I64, renew_due_s),

	F(20, I64, clock.build_s),
	F(21, I64, clock.signed_s),
	F(22, I64, clock.ahead_s),
	F(23, I64, clock.ahead_elapsed_ms),
	F(24, I64, clock.floor_s),
	F(25, I64, clock.floor_elapsed_ms),
	F(26, I64, clock.elapsed_ms),
	F(27, I64, clock.mono_ms),
	F(28, TEXT, clock.boot_id),
	F(29, I32, clock.accept),

	IDENTITY(40, current),
	IDENTITY(44, previous),
	F(50, BLOBS, certs),
	F(51, BLOBS, crls),

	F(60, I32, open.type),
	F(62, TEXT, open.request_id),
	F(63, TEXT, open.sha256),
	F(64, TEXT, open.instance),
	F(65, TEXT, open.account),
	F(66, TEXT, open.udi.pid),
	F(67, TEXT, open.udi.sn),
	F(68, TEXT, open.udi.uuid),
	F(69, I64, open.sequence),
	F(70, I64, open.since_ms),
	F(71, I64, open.floor_s),
	F(72, TEXT, open.token_answer),
	F(73, BYTES, open.csr_ski),
	F(74, BUF, open.key),
	F(75, BUF, open.content),
	F(76, I64, open.made_elapsed_ms),
	F(77, I32, open.over_boot),
	F(78, I64, open.last_n),

	F(80, I64, authorization_since_ms),
	F(81, I64, deadline_s),
	F(82, I64, registration_expires_s),
	F(83, TEXT, smart_account),
	F(84, TEXT, virtual_account),
	F(85, I64, policy.renew_after_s),
	F(86, I64, policy.next_contact_s),
	F(87, I64, policy.ooc_poll_s),
	F(88, I64, policy.retry_s),
	F(89, I64, policy.collect_s),
	F(90, I64, policy.report_s),
	F(91, I32, policy.export_controlled_allowed),

	ATTEMPT(100, initial_registration),
	ATTEMPT(104, last_renewal),
	ATTEMPT(108, last_communication),
	F(120, GRANTED, granted),
	F(121, COUNTED, counted),

	F(130, I32, said),
	F(131, I64, id_from_s),
	F(132, TEXT, anchors_sha256),

	F(150, I64, evaluation.left_ms),
	F(151, I64, evaluation.ended_ms),
	F(152, I32, evaluation.warned),
	F(160, TIMERS2, timers),
	F(161, USAGE, usage),

	F(175, TEXT, answered_by),
	F(176, I64, synchronised_s),
	F(177, I64, behind_s),
	F(178, I64, behind_elapsed_ms),

	/* 180 was the trace, which is no state: it stands behind the record */

	F(190, TEXT, reservation.id),
	F(191, TEXT, reservation.code),
	F(192, I64, reservation.ends_s),
	F(193, RESERVED, reservation.item),
	F(194, RETURNED, reservation.returned),
	F(195, TIMERS3, timers),

	F(200, BLOBS, roots),
};
#define N_FIELDS (sizeof(fields) / sizeof(fields[0]))

/* ---- writing ---------------------------------------------------------------------------- */

static void
put(struct sl_buf *b, uint64_t value, int bytes)
{
	unsigned char le[8];

	sl_le_put(le, value, (size_t)bytes);
	sl_buf_add(b, le, (size_t)bytes);
}

static void
put_piece(struct sl_buf *b, const void *data, size_t len)
{
	put(b, len, 4);
	sl_buf_add(b, data, len);
}

static void
put_text(struct sl_buf *b, const char *text)
{
	put_piece(b, text, strlen(text));
}

static void
put_timers(struct sl_buf *b, const struct sl_timers *timers, int from, int to)
{
	put(b, (uint64_t)(to - from), 4);
	for (int i = from; i < to; i++) {
		put(b, (uint64_t)timers->due[i].elapsed_ms, 8);
		put(b, (uint64_t)timers->due[i].wall_ms, 8);
	}
}

static void
put_granted(struct sl_buf *b, const struct sl_record *record)
{
	put(b, record->n_granted, 4);
	for (size_t i = 0; i < record->n_granted; i++) {
		const struct sl_granted *g = &record->granted[i];

		put_text(b, g->tag);
		put(b, (uint64_t)g->count, 8);
		put(b, (uint32_t)g->status, 4);
		put_text(b, g->name);
		put_text(b, g->description);
		put_text(b, g->version);
	}
}

static void
put_counted(struct sl_buf *b, const struct sl_record *record)
{
	put(b, record->n_counted, 4);
	for (size_t i = 0; i < record->n_counted; i++) {
		put_text(b, record->counted[i].tag);
		put(b, (uint64_t)record->counted[i].count, 8);
		put(b, (uint32_t)record->counted[i].by_inventory, 4);
	}
}

static void
put_reserved(struct sl_buf *b, const struct sl_reservation *v)
{
	put(b, v->n, 4);
	for (size_t i = 0; i < v->n; i++) {
		put_text(b, v->item[i].tag);
		put(b, (uint64_t)v->item[i].count, 8);
	}
}

static void
put_returned(struct sl_buf *b, const struct sl_reservation *v)
{
	put(b, v->n_returned, 4);
	for (size_t i = 0; i < v->n_returned; i++)
		put_text(b, v->returned[i]);
}

static void
put_value(struct sl_buf *b, const struct sl_record *record, const struct field *f)
{
	const void *p = (const char *)record + f->offset;
	const struct sl_buf *buf = p;
	const struct sl_blobs *blobs = p;
	int64_t i64;
	int32_t i32;

	switch (f->kind) {
	case KIND_I32:
		memcpy(&i32, p, sizeof(i32));
		put(b, (uint32_t)i32, 4);
		break;
	case KIND_I64:
		memcpy(&i64, p, sizeof(i64));
		put(b, (uint64_t)i64, 8);
		break;
	case KIND_TEXT:
		sl_buf_puts(b, p);
		break;
	case KIND_BYTES:
		sl_buf_add(b, p, f->size);
		break;
	case KIND_BUF:
		sl_buf_add(b, buf->data, buf->len);
		break;
	case KIND_BLOBS:
		put(b, blobs->n, 4);
		for (size_t i = 0; i < blobs->n; i++)
			put_piece(b, blobs->item[i].data, blobs->item[i].len);
		break;
	case KIND_TIMERS:
		put_timers(b, p, 0, SL_TIMERS_FIRST);
		break;
	case KIND_TIMERS2:
		put_timers(b, p, SL_TIMERS_FIRST, SL_TIMERS_SECOND);
		break;
	case KIND_TIMERS3:
		put_timers(b, p, SL_TIMERS_SECOND, SL_TIMERS);
		break;
	case KIND_GRANTED:
		put_granted(b, record);
		break;
	case KIND_COUNTED:
		put_counted(b, record);
		break;
	case KIND_USAGE:
		sl_usage_write(b, p);
		break;
	case KIND_RESERVED:
		put_reserved(b, &record->reservation);
		break;
	case KIND_RETURNED:
		put_returned(b, &record->reservation);
		break;
	}
}

static void
put_field(struct sl_buf *b, const struct sl_record *record, const struct field *f)
{
	size_t at;

	put(b, f->number, 2);
	put(b, 0, 4); /* the length, once it is known */
	at = b->len;
	put_value(b, record, f);
	if (!b->failed)
		sl_le_put(b->data + at - 4, b->len - at, 4);
}

int
sl_record_write(struct sl_buf *ret, const struct sl_record *record, struct smartlic_error *err)
{
	size_t from = ret->len;

	sl_buf_add(ret, magic, sizeof(magic));
	put(ret, SL_RECORD_VERSION, 1);
	for (size_t i = 0; i < N_FIELDS; i++)
		put_field(ret, record, &fields[i]);
	if (ret->failed)
		return sl_nomem(err);
	if (ret->len - from > SL_RECORD_MAX)
		return sl_fail(err, SMARTLIC_E_LIMIT,
		    "record of %zu bytes for the store, at most %d", ret->len - from,
		    SL_RECORD_MAX);
	return 0;
}

/* ---- reading ---------------------------------------------------------------------------- */

/* Bytes that are left; what would go beyond them sets bad and yields nothing. */
struct cursor {
	const unsigned char *p;
	size_t left;
	int bad;
	int nomem;
};

static uint64_t
get(struct cursor *c, int bytes)
{
	uint64_t value;

	if (c->bad || c->left < (size_t)bytes) {
		c->bad = 1;
		return 0;
	}
	value = sl_le_get(c->p, (size_t)bytes);
	c->p += bytes;
	c->left -= (size_t)bytes;
	return value;
}

/* The next piece with its length before it, as a cursor of its own. */
static struct cursor
get_piece(struct cursor *c)
{
	struct cursor piece = { 0 };
	size_t len = (size_t)get(c, 4);

	if (c->bad || len > c->left) {
		c->bad = 1;
		return piece;
	}
	piece.p = c->p;
	piece.left = len;
	c->p += len;
	c->left -= len;
	return piece;
}

static void
take_text(struct cursor *c, struct cursor piece, char *ret, size_t size)
{
	if (piece.left >= size || (piece.left > 0 && memchr(piece.p, '\0', piece.left) != NULL)) {
		c->bad = 1;
		return;
	}
	if (piece.left > 0)
		memcpy(ret, piece.p, piece.left);
	ret[piece.left] = '\0';
}

static void
get_text(struct cursor *c, char *ret, size_t size)
{
	struct cursor piece = get_piece(c);

	if (!c->bad)
		take_text(c, piece, ret, size);
}

static void
get_timers(struct cursor *c, struct sl_timers *timers, size_t from, size_t to)
{
	size_t n = (size_t)get(c, 4);

	/* fewer than now: written before the last ones were added */
	if (n > to - from)
		c->bad = 1;
	for (size_t i = from; i < from + n && !c->bad; i++) {
		timers->due[i].elapsed_ms = (int64_t)get(c, 8);
		timers->due[i].wall_ms = (int64_t)get(c, 8);
	}
}

static void
get_blobs(struct cursor *c, struct sl_blobs *blobs)
{
	size_t n = (size_t)get(c, 4);

	if (n > SL_RECORD_BLOBS_MAX)
		c->bad = 1;
	for (size_t i = 0; i < n && !c->bad && !c->nomem; i++) {
		struct cursor piece = get_piece(c);

		if (!c->bad && sl_blobs_add(blobs, piece.p, piece.left, NULL) < 0)
			c->nomem = 1;
	}
}

/* Room for a list whose items take at least `least` bytes each, so that a length that is a lie
 * allocates nothing. */
static void *
get_list(struct cursor *c, size_t *ret_n, size_t least, size_t size)
{
	size_t n = (size_t)get(c, 4);
	void *list;

	if (c->bad || n > SL_RECORD_ITEMS_MAX || n > c->left / least) {
		c->bad = 1;
		return NULL;
	}
	if (n == 0)
		return NULL;
	list = calloc(n, size);
	if (list == NULL)
		c->nomem = 1;
	else
		*ret_n = n;
	return list;
}

static void
get_granted(struct cursor *c, struct sl_record *record)
{
	record->granted = get_list(c, &record->n_granted, 28, sizeof(*record->granted));
	for (size_t i = 0; i < record->n_granted && !c->bad; i++) {
		struct sl_granted *g = &record->granted[i];

		get_text(c, g->tag, sizeof(g->tag));
		g->count = (int64_t)get(c, 8);
		g->status = (int32_t)get(c, 4);
		get_text(c, g->name, sizeof(g->name));
		get_text(c, g->description, sizeof(g->description));
		get_text(c, g->version, sizeof(g->version));
		if (g->status < 0 || g->status > SMARTLIC_AUTH_RESERVED || g->count < 0)
			c->bad = 1;
	}
}

static void
get_counted(struct cursor *c, struct sl_record *record)
{
	record->counted = get_list(c, &record->n_counted, 16, sizeof(*record->counted));
	for (size_t i = 0; i < record->n_counted && !c->bad; i++) {
		get_text(c, record->counted[i].tag, sizeof(record->counted[i].tag));
		record->counted[i].count = (int64_t)get(c, 8);
		record->counted[i].by_inventory = (int32_t)get(c, 4);
		if (record->counted[i].count < 0)
			c->bad = 1;
	}
}

static void
get_reserved(struct cursor *c, struct sl_reservation *v)
{
	v->item = get_list(c, &v->n, 12, sizeof(*v->item));
	for (size_t i = 0; i < v->n && !c->bad; i++) {
		get_text(c, v->item[i].tag, sizeof(v->item[i].tag));
		v->item[i].count = (int64_t)get(c, 8);
		if (v->item[i].count < 0)
			c->bad = 1;
	}
}

static void
get_returned(struct cursor *c, struct sl_reservation *v)
{
	size_t n = (size_t)get(c, 4);

	if (n > SL_RETURNED_MAX)
		c->bad = 1;
	for (size_t i = 0; i < n && !c->bad; i++)
		get_text(c, v->returned[i], sizeof(v->returned[i]));
	if (!c->bad)
		v->n_returned = n;
}

static void
get_usage(struct cursor *c, struct sl_usage_book *book)
{
	int r = sl_usage_read(book, c->p, c->left, NULL);

	c->nomem |= r == SMARTLIC_E_NOMEM;
	c->bad |= r < 0;
	c->left = 0;
}

static void
get_value(struct cursor *c, struct sl_record *record, const struct field *f)
{
	void *p = (char *)record + f->offset;
	int64_t i64;
	int32_t i32;

	switch (f->kind) {
	case KIND_I32:
		i32 = (int32_t)(uint32_t)get(c, 4);
		memcpy(p, &i32, sizeof(i32));
		break;
	case KIND_I64:
		i64 = (int64_t)get(c, 8);
		memcpy(p, &i64, sizeof(i64));
		break;
	case KIND_TEXT:
		take_text(c, *c, p, f->size);
		c->left = 0;
		break;
	case KIND_BYTES:
		if (c->left != f->size)
			c->bad = 1;
		else
			memcpy(p, c->p, f->size);
		c->left = 0;
		break;
	case KIND_BUF:
		sl_buf_add(p, c->p, c->left);
		c->nomem |= ((struct sl_buf *)p)->failed;
		c->left = 0;
		break;
	case KIND_BLOBS:
		get_blobs(c, p);
		break;
	case KIND_TIMERS:
		get_timers(c, p, 0, SL_TIMERS_FIRST);
		break;
	case KIND_TIMERS2:
		get_timers(c, p, SL_TIMERS_FIRST, SL_TIMERS_SECOND);
		break;
	case KIND_TIMERS3:
		get_timers(c, p, SL_TIMERS_SECOND, SL_TIMERS);
		break;
	case KIND_GRANTED:
		get_granted(c, record);
		break;
	case KIND_COUNTED:
		get_counted(c, record);
		break;
	case KIND_USAGE:
		get_usage(c, p);
		break;
	case KIND_RESERVED:
		get_reserved(c, &record->reservation);
		break;
	case KIND_RETURNED:
		get_returned(c, &record->reservation);
		break;
	}
	if (c->left != 0)
		c->bad = 1;
}

/* Values that the code indexes or computes with; a good checksum does not make them true. */
static int
is_sane(const struct sl_record *r)
{
	return r->registration >= 0 && r->registration < SMARTLIC_REG_EXPIRED + 1 &&
	       r->authorization >= 0 && r->authorization <= SMARTLIC_AUTH_RESERVED &&
	       r->sequence >= 0 && r->sequence <= SL_SEQUENCE_MAX && r->evaluation.left_ms >= 0 &&
	       r->evaluation.left_ms <= SL_EVALUATION_MS &&
	       (r->open.type == 0 || sl_msg_type_name((enum sl_msg_type)r->open.type) != NULL) &&
	       (r->current.instance[0] == '\0' ||
		   (r->current.key.len > 0 && r->current.certs.n > 0));
}

static int
read_fields(struct sl_record *record, struct cursor *c, struct smartlic_error *err)
{
	size_t next = 0;
	unsigned int last = 0;

	while (c->left > 0 && !c->bad) {
		unsigned int number = (unsigned int)get(c, 2);
		struct cursor value = get_piece(c);

		if (c->bad || number <= last)
			return sl_fail(err, SMARTLIC_E_STORE,
			    "record in the store: field %u is cut off or out of order", number);
		last = number;
		while (next < N_FIELDS && fields[next].number < number)
			next++;
		if (next == N_FIELDS || fields[next].number != number)
			continue;
		get_value(&value, record, &fields[next]);
		if (value.nomem)
			return sl_nomem(err);
		if (value.bad)
			return sl_fail(err, SMARTLIC_E_STORE,
			    "record in the store: field %u has no valid value", number);
	}
	if (c->bad || !is_sane(record))
		return sl_fail(err, SMARTLIC_E_STORE, "record in the store: values contradict");
	return 0;
}

int
sl_record_read(struct sl_record *ret, const void *bytes, size_t len, struct smartlic_error *err)
{
	struct sl_record out;
	struct cursor c = { .p = bytes, .left = len };
	int r;

	if (len < sizeof(magic) + 1 || memcmp(bytes, magic, sizeof(magic)) != 0)
		return sl_fail(err, SMARTLIC_E_STORE, "the store holds no record of this agent");
	if (c.p[3] != SL_RECORD_VERSION)
		return sl_fail(err, SMARTLIC_E_STORE_VERSION,
		    "the store holds a record of version %u, this agent reads version %d: use the "
		    "agent that wrote it, or a newer one",
		    c.p[3], SL_RECORD_VERSION);
	c.p += sizeof(magic) + 1;
	c.left -= sizeof(magic) + 1;
	sl_record_init(&out);
	r = read_fields(&out, &c, err);
	if (r < 0)
		sl_record_clear(&out);
	else
		*ret = out;
	return r;
}
