/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "inventory.h"

/* The editing functions of the API: each checks what it is given and replaces one content. */

static int
check_card(const struct smartlic_inventory *inv, int card, struct smartlic_error *err)
{
	sl_error_clear(err);
	if (inv == NULL || card < 0 || (uint32_t)card >= inv->n_cards || !inv->cards[card].used)
		return sl_fail(err, SMARTLIC_E_INVAL, "there is no card number %d", card);
	return 0;
}

static int
out_of_range(struct smartlic_error *err, const char *what, int64_t value, int64_t max)
{
	return sl_fail(err, SMARTLIC_E_INVAL, "%s %lld: expected 0 to %lld", what, (long long)value,
	    (long long)max);
}

/* A word of a host: short, printable. */
static int
word(struct smartlic_inventory *inv, const char *text, uint16_t *ret, struct smartlic_error *err)
{
	size_t n = text == NULL ? 0 : strlen(text);

	for (size_t i = 0; i < n; i++)
		if (n > 63 || !isgraph((unsigned char)text[i]))
			return sl_fail(err, SMARTLIC_E_INVAL,
			    "a word is at most 63 printable ASCII characters without blanks");
	return sl_inventory_name(inv, text == NULL ? "" : text, ret, err);
}

/* ---- cards -------------------------------------------------------------------------------- */

int
smartlic_inventory_remove_card(struct smartlic_inventory *inv, int card, struct smartlic_error *err)
{
	struct sl_card content;
	int r = check_card(inv, card, err);

	if (r < 0)
		return r;
	content = inv->cards[card];
	content.used = 0;
	return sl_inventory_put_card(inv, (uint32_t)card, &content, err);
}

int
smartlic_inventory_set_pid(
    struct smartlic_inventory *inv, int card, const char *pid, struct smartlic_error *err)
{
	struct sl_card content;
	int r = check_card(inv, card, err);

	if (r < 0)
		return r;
	content = inv->cards[card];
	r = sl_inventory_pid(inv, pid == NULL ? "" : pid, &content.pid, err);
	return r < 0 ? r : sl_inventory_put_card(inv, (uint32_t)card, &content, err);
}

int
smartlic_inventory_set_mode(
    struct smartlic_inventory *inv, int card, const char *mode, struct smartlic_error *err)
{
	struct sl_card content;
	int r = check_card(inv, card, err);

	if (r < 0)
		return r;
	content = inv->cards[card];
	r = word(inv, mode, &content.mode, err);
	return r < 0 ? r : sl_inventory_put_card(inv, (uint32_t)card, &content, err);
}

int
smartlic_inventory_set_tier(
    struct smartlic_inventory *inv, int card, const char *tier, struct smartlic_error *err)
{
	struct sl_card content;
	int r = check_card(inv, card, err);

	if (r < 0)
		return r;
	content = inv->cards[card];
	r = word(inv, tier, &content.tier, err);
	return r < 0 ? r : sl_inventory_put_card(inv, (uint32_t)card, &content, err);
}

int
smartlic_inventory_set_load(struct smartlic_inventory *inv, int card, int64_t sessions,
    int64_t subscribers, struct smartlic_error *err)
{
	struct sl_card content;
	int r = check_card(inv, card, err);

	if (r < 0)
		return r;
	if (sessions < 0 || sessions > SL_LOAD_MAX)
		return out_of_range(err, "sessions", sessions, SL_LOAD_MAX);
	if (subscribers < 0 || subscribers > SL_LOAD_MAX)
		return out_of_range(err, "subscribers", subscribers, SL_LOAD_MAX);
	content = inv->cards[card];
	content.sessions = (uint32_t)sessions;
	content.subscribers = (uint32_t)subscribers;
	return sl_inventory_put_card(inv, (uint32_t)card, &content, err);
}

/* ---- trunks ------------------------------------------------------------------------------- */

static int
slice_content(const struct smartlic_inventory *inv, int card, int slice, struct sl_slice *ret,
    struct smartlic_error *err)
{
	const struct sl_slice *s;
	int r = check_card(inv, card, err);

	if (r < 0)
		return r;
	if (slice < 0 || slice >= SL_CARD_SLICES)
		return out_of_range(err, "slice", slice, SL_CARD_SLICES - 1);
	s = sl_card_slice(inv, &inv->cards[card], (uint32_t)slice);
	*ret = s != NULL ? *s : (struct sl_slice){ .number = (uint16_t)slice };
	return 0;
}

int
smartlic_inventory_set_trunk_rate(
    struct smartlic_inventory *inv, int card, int slice, int64_t gbps, struct smartlic_error *err)
{
	struct sl_slice content;
	int r = slice_content(inv, card, slice, &content, err);

	if (r < 0)
		return r;
	if (gbps < 0 || gbps > SL_GBPS_MAX)
		return out_of_range(err, "Gb/s", gbps, SL_GBPS_MAX);
	content.trunk_gbps = (uint32_t)gbps;
	return sl_inventory_put_slice(inv, (uint32_t)card, &content, err);
}

int
smartlic_inventory_set_trunk_optics(struct smartlic_inventory *inv, int card, int slice,
    int64_t bits_per_symbol, int64_t kilobaud, const char *fec, const char *optics,
    struct smartlic_error *err)
{
	struct sl_slice content;
	int r = slice_content(inv, card, slice, &content, err);

	if (r < 0)
		return r;
	if (bits_per_symbol < 0 || bits_per_symbol > SL_BITS_MAX)
		return out_of_range(err, "bits per symbol", bits_per_symbol, SL_BITS_MAX);
	if (kilobaud < 0 || kilobaud > SL_BAUD_MAX)
		return out_of_range(err, "kilobaud", kilobaud, SL_BAUD_MAX);
	content.bits = (uint32_t)bits_per_symbol;
	content.baud = (uint32_t)kilobaud;
	r = word(inv, fec, &content.fec, err);
	if (r == 0)
		r = word(inv, optics, &content.optics, err);
	return r < 0 ? r : sl_inventory_put_slice(inv, (uint32_t)card, &content, err);
}

/* ---- ports -------------------------------------------------------------------------------- */

/* Client rates are few, so the names of both are looked up, not made, on most edits. */
static int
client_content(struct smartlic_inventory *inv, struct sl_port *ret, const char *rate,
    struct smartlic_error *err)
{
	char upper[16] = "";
	size_t n = strlen(rate);
	int r;

	for (size_t i = 0; i < n && n < sizeof(upper); i++)
		upper[i] = (char)toupper((unsigned char)rate[i]);
	ret->gbps = sl_client_gbps(upper);
	if (ret->gbps == 0)
		return sl_fail(err, SMARTLIC_E_INVAL,
		    "\"%.20s\": expected a client rate such as 100GE or OTU4", rate);
	r = sl_inventory_name(inv, upper, &ret->client, err);
	if (r == 0 && ret->role == 0)
		r = sl_inventory_name(inv, "client", &ret->role, err);
	return r;
}

int
smartlic_inventory_set_client(struct smartlic_inventory *inv, int card, int slice, int port,
    const char *rate, struct smartlic_error *err)
{
	struct sl_port content = { 0 };
	const struct sl_port *p;
	int r = check_card(inv, card, err);

	if (r < 0)
		return r;
	if (slice < 0 || slice >= SL_CARD_SLICES)
		return out_of_range(err, "slice", slice, SL_CARD_SLICES - 1);
	if (port < 0 || port >= SL_CARD_PORTS)
		return out_of_range(err, "port", port, SL_CARD_PORTS - 1);
	p = sl_card_port(inv, &inv->cards[card], (uint32_t)port);
	if (p != NULL && rate != NULL)
		content = *p;
	content.number = (uint16_t)port;
	content.slice = (uint8_t)slice;
	if (rate != NULL)
		r = client_content(inv, &content, rate, err);
	return r < 0 ? r : sl_inventory_put_port(inv, (uint32_t)card, &content, err);
}

/* What an edit needs next, fetched side by side: in a large inventory none of it is near. */
static void
fetch(const struct smartlic_inventory *inv, const struct sl_card *card)
{
	const char *ports = (const char *)(inv->ports + card->first_port);
	const char *slices = (const char *)(inv->slices + card->first_slice);

	for (size_t i = 0; i < card->n_ports * sizeof(struct sl_port) && i < 512; i += 64)
		__builtin_prefetch(ports + i);
	for (size_t i = 0; i < card->n_slices * sizeof(struct sl_slice) && i < 256; i += 64)
		__builtin_prefetch(slices + i);
}

static int
port_content(const struct smartlic_inventory *inv, int card, int port, struct sl_port *ret,
    struct smartlic_error *err)
{
	const struct sl_port *p;
	int r = check_card(inv, card, err);

	if (r < 0)
		return r;
	fetch(inv, &inv->cards[card]);
	p = port < 0 ? NULL : sl_card_port(inv, &inv->cards[card], (uint32_t)port);
	if (p == NULL)
		return sl_fail(err, SMARTLIC_E_NOT_FOUND, "%s: port %d is not configured",
		    inv->cards[card].location, port);
	*ret = *p;
	return 0;
}

int
smartlic_inventory_set_encryption(
    struct smartlic_inventory *inv, int card, int port, int on, struct smartlic_error *err)
{
	struct sl_port content;
	int r = port_content(inv, card, port, &content, err);

	if (r < 0)
		return r;
	content.encrypted = on != 0;
	return sl_inventory_put_port(inv, (uint32_t)card, &content, err);
}

int
smartlic_inventory_set_port_tier(struct smartlic_inventory *inv, int card, int port,
    const char *tier, struct smartlic_error *err)
{
	struct sl_port content;
	int r = port_content(inv, card, port, &content, err);

	if (r == 0)
		r = word(inv, tier, &content.tier, err);
	return r < 0 ? r : sl_inventory_put_port(inv, (uint32_t)card, &content, err);
}
