/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <ctype.h>
#include <string.h>

#include "inventory.h"
#include "shape.h"

/* 640,000 ports would be 40 MB of text and ten times that in memory: a whole fleet is counted by
 * the C API or in parts. */
static const struct sl_shape_limits limits = {
	.bytes = 24 << 20, .values = 2000000, .objects = 400000, .depth = 12
};

#define FIELDS(array) array, sizeof(array) / sizeof((array)[0])

static int
fail_at(const struct sl_at *at, struct smartlic_error *err, int r)
{
	char text[sizeof(err->text)];

	if (err == NULL)
		return r;
	memcpy(text, err->text, sizeof(text));
	return sl_shape_fail(at, r, err, "%s", text);
}

/* ---- port --------------------------------------------------------------------------------- */

struct port_json {
	int64_t port, gbps;
	const char *client, *role, *tier;
	int encrypted;
};
static const struct sl_field port_fields[] = {
	{ "port", SL_FIELD_INT, 1, offsetof(struct port_json, port), 0, SL_CARD_PORTS - 1, NULL },
	{ "client", SL_FIELD_TEXT, 0, offsetof(struct port_json, client), 1, 15, NULL },
	{ "gbps", SL_FIELD_INT, 0, offsetof(struct port_json, gbps), 1, SL_GBPS_MAX, NULL },
	{ "role", SL_FIELD_TEXT, 0, offsetof(struct port_json, role), 1, 31, NULL },
	{ "tier", SL_FIELD_TEXT, 0, offsetof(struct port_json, tier), 1, 31, NULL },
	{ "encrypted", SL_FIELD_BOOL, 0, offsetof(struct port_json, encrypted), 0, 0, NULL },
};

static int
read_port(struct smartlic_inventory *inv, uint32_t card, unsigned int slice, const json_t *json,
    const struct sl_at *at, struct smartlic_error *err)
{
	struct port_json in = { .role = "client", .tier = "" };
	struct sl_at client = { .up = at, .key = "client" };
	struct sl_port p = { .slice = (uint8_t)slice };
	char upper[16] = "";
	int r;

	r = sl_shape_read(&in, json, FIELDS(port_fields), at, SMARTLIC_E_INVENTORY, err);
	if (r < 0)
		return r;
	if (in.client != NULL)
		for (size_t i = 0; i <= strlen(in.client); i++)
			upper[i] = (char)toupper((unsigned char)in.client[i]);
	if (in.client == NULL && in.gbps == 0)
		return sl_shape_fail(&client, SMARTLIC_E_INVENTORY, err,
		    "missing: a port has \"client\" or \"gbps\"");
	p.gbps = in.gbps > 0 ? (uint32_t)in.gbps : sl_client_gbps(upper);
	if (p.gbps == 0)
		return sl_shape_fail(&client, SMARTLIC_E_INVENTORY, err,
		    "expected a client rate such as 100GE or OTU4 (or give \"gbps\"), got \"%s\"",
		    in.client);
	if (sl_card_port(inv, &inv->cards[card], (uint32_t)in.port) != NULL)
		return sl_shape_fail(
		    at, SMARTLIC_E_INVENTORY, err, "port %d is there twice", (int)in.port);
	p.number = (uint16_t)in.port;
	p.encrypted = in.encrypted != 0;
	r = sl_inventory_name(inv, upper, &p.client, err);
	if (r == 0)
		r = sl_inventory_name(inv, in.role, &p.role, err);
	if (r == 0)
		r = sl_inventory_name(inv, in.tier, &p.tier, err);
	if (r == 0)
		r = sl_inventory_put_port(inv, card, &p, err);
	return r < 0 ? fail_at(at, err, r) : 0;
}

static int
read_ports(struct smartlic_inventory *inv, uint32_t card, unsigned int slice, const json_t *array,
    const struct sl_at *up, struct smartlic_error *err)
{
	struct sl_at list = { .up = up, .key = "ports" };
	struct sl_at at = { .up = &list };
	int r = 0;

	for (at.index = 0; r == 0 && at.index < json_array_size(array); at.index++)
		r = read_port(inv, card, slice, json_array_get(array, at.index), &at, err);
	return r;
}

/* ---- slice -------------------------------------------------------------------------------- */

struct slice_json {
	int64_t slice, trunk_gbps, bits, baud;
	const char *fec, *optics;
	const json_t *ports;
};
static const struct sl_field slice_fields[] = {
	{ "slice", SL_FIELD_INT, 1, offsetof(struct slice_json, slice), 0, SL_CARD_SLICES - 1,
	    NULL },
	{ "trunk_gbps", SL_FIELD_INT, 0, offsetof(struct slice_json, trunk_gbps), 0, SL_GBPS_MAX,
	    NULL },
	{ "bits_per_symbol", SL_FIELD_MILLIONTHS, 0, offsetof(struct slice_json, bits), 0,
	    SL_BITS_MAX, NULL },
	{ "baud_gbd", SL_FIELD_MILLIONTHS, 0, offsetof(struct slice_json, baud), 0, SL_BAUD_MAX,
	    NULL },
	{ "fec", SL_FIELD_TEXT, 0, offsetof(struct slice_json, fec), 1, 31, NULL },
	{ "optics", SL_FIELD_TEXT, 0, offsetof(struct slice_json, optics), 1, 63, NULL },
	{ "ports", SL_FIELD_ARRAY, 0, offsetof(struct slice_json, ports), 0, SL_CARD_PORTS, NULL },
};

static int
read_slice(struct smartlic_inventory *inv, uint32_t card, const json_t *json,
    const struct sl_at *at, struct smartlic_error *err)
{
	struct slice_json in = { .fec = "", .optics = "" };
	struct sl_slice s = { 0 };
	int r;

	r = sl_shape_read(&in, json, FIELDS(slice_fields), at, SMARTLIC_E_INVENTORY, err);
	if (r < 0)
		return r;
	if (sl_card_slice(inv, &inv->cards[card], (uint32_t)in.slice) != NULL)
		return sl_shape_fail(
		    at, SMARTLIC_E_INVENTORY, err, "slice %d is there twice", (int)in.slice);
	s.number = (uint16_t)in.slice;
	s.trunk_gbps = (uint32_t)in.trunk_gbps;
	s.bits = (uint32_t)in.bits;
	s.baud = (uint32_t)in.baud;
	r = sl_inventory_name(inv, in.fec, &s.fec, err);
	if (r == 0)
		r = sl_inventory_name(inv, in.optics, &s.optics, err);
	if (r == 0)
		r = sl_inventory_put_slice(inv, card, &s, err);
	if (r < 0)
		return fail_at(at, err, r);
	return read_ports(inv, card, s.number, in.ports, at, err);
}

/* ---- card --------------------------------------------------------------------------------- */

struct card_json {
	int64_t sessions, subscribers;
	const char *location, *pid, *mode, *tier;
	const json_t *slices, *ports;
};
static const struct sl_field card_fields[] = {
	{ "location", SL_FIELD_TEXT, 1, offsetof(struct card_json, location), 1,
	    SL_LOCATION_SIZE - 1, NULL },
	{ "pid", SL_FIELD_TEXT, 0, offsetof(struct card_json, pid), 1, 63, NULL },
	{ "mode", SL_FIELD_TEXT, 0, offsetof(struct card_json, mode), 1, 31, NULL },
	{ "tier", SL_FIELD_TEXT, 0, offsetof(struct card_json, tier), 1, 31, NULL },
	{ "sessions", SL_FIELD_INT, 0, offsetof(struct card_json, sessions), 0, SL_LOAD_MAX, NULL },
	{ "subscribers", SL_FIELD_INT, 0, offsetof(struct card_json, subscribers), 0, SL_LOAD_MAX,
	    NULL },
	{ "slices", SL_FIELD_ARRAY, 0, offsetof(struct card_json, slices), 0, SL_CARD_SLICES,
	    NULL },
	{ "ports", SL_FIELD_ARRAY, 0, offsetof(struct card_json, ports), 0, SL_CARD_PORTS, NULL },
};

static int
read_card(struct smartlic_inventory *inv, int chassis, const json_t *json, const struct sl_at *at,
    struct smartlic_error *err)
{
	struct card_json in = { .mode = "", .tier = "" };
	struct sl_at list = { .up = at, .key = "slices" };
	struct sl_at element = { .up = &list };
	struct sl_card c = { .used = 1 };
	int card, r;

	r = sl_shape_read(&in, json, FIELDS(card_fields), at, SMARTLIC_E_INVENTORY, err);
	if (r < 0)
		return r;
	card = smartlic_inventory_add_card(inv, chassis, in.location, in.pid, err);
	if (card < 0)
		return fail_at(at, err, card);
	c.pid = inv->cards[card].pid;
	c.sessions = (uint32_t)in.sessions;
	c.subscribers = (uint32_t)in.subscribers;
	r = sl_inventory_name(inv, in.mode, &c.mode, err);
	if (r == 0)
		r = sl_inventory_name(inv, in.tier, &c.tier, err);
	if (r == 0)
		r = sl_inventory_put_card(inv, (uint32_t)card, &c, err);
	if (r < 0)
		return fail_at(at, err, r);
	for (; r == 0 && element.index < json_array_size(in.slices); element.index++)
		r = read_slice(
		    inv, (uint32_t)card, json_array_get(in.slices, element.index), &element, err);
	return r < 0 ? r : read_ports(inv, (uint32_t)card, 0, in.ports, at, err);
}

/* ---- chassis ------------------------------------------------------------------------------ */

struct chassis_json {
	const char *name, *pid;
	const json_t *cards;
};
static const struct sl_field chassis_fields[] = {
	{ "pid", SL_FIELD_TEXT, 0, offsetof(struct chassis_json, pid), 1, 63, NULL },
	{ "name", SL_FIELD_TEXT, 0, offsetof(struct chassis_json, name), 1, 63, NULL },
	{ "cards", SL_FIELD_ARRAY, 0, offsetof(struct chassis_json, cards), 0, SL_CHASSIS_CARDS,
	    NULL },
};

static int
read_chassis(struct smartlic_inventory *inv, const json_t *json, const struct sl_at *at,
    struct smartlic_error *err)
{
	struct chassis_json in = { .pid = "" };
	struct sl_at list = { .up = at, .key = "cards" };
	struct sl_at element = { .up = &list };
	int chassis, r;

	r = sl_shape_read(&in, json, FIELDS(chassis_fields), at, SMARTLIC_E_INVENTORY, err);
	if (r < 0)
		return r;
	chassis = smartlic_inventory_add_chassis(inv, in.name, in.pid, err);
	if (chassis < 0)
		return fail_at(at, err, chassis);
	for (; r == 0 && element.index < json_array_size(in.cards); element.index++)
		r = read_card(inv, chassis, json_array_get(in.cards, element.index), &element, err);
	return r;
}

int
sl_inventory_read_json(
    struct smartlic_inventory *inv, const char *bytes, size_t len, struct smartlic_error *err)
{
	static const struct sl_field fields[] = {
		{ "chassis", SL_FIELD_ARRAY, 1, 0, 0, SL_CHASSIS_MAX, NULL },
	};
	struct sl_at list = { .key = "chassis" };
	struct sl_at element = { .up = &list };
	const json_t *chassis = NULL;
	json_t *root = NULL;
	int r;

	r = sl_shape_load(&root, bytes, len, &limits, SMARTLIC_E_INVENTORY, err);
	if (r < 0)
		return r;
	r = sl_shape_read(&chassis, root, FIELDS(fields), NULL, SMARTLIC_E_INVENTORY, err);
	for (; r == 0 && element.index < json_array_size(chassis); element.index++)
		r = read_chassis(inv, json_array_get(chassis, element.index), &element, err);
	json_decref(root);
	return r;
}
