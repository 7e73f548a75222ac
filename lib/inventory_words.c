/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "inventory.h"

/* Words, which an inventory keeps once, and the notes made while it was read. */

uint32_t
sl_hash(const char *text)
{
	uint32_t h = 2166136261u;

	for (; *text != '\0'; text++)
		h = (h ^ (unsigned char)*text) * 16777619u;
	return h;
}

/* The index slot of a word: its number + 1, or 0 where it would go. */
static uint16_t *
name_slot(const struct smartlic_inventory *inv, const char *text)
{
	uint32_t i = sl_hash(text) % inv->cap_name_index;

	while (inv->name_index[i] != 0 && strcmp(inv->names[inv->name_index[i] - 1], text) != 0)
		i = (i + 1) % inv->cap_name_index;
	return &inv->name_index[i];
}

static int
grow_name_index(struct smartlic_inventory *inv)
{
	uint32_t cap = inv->cap_name_index == 0 ? 64 : 2 * inv->cap_name_index;
	uint16_t *index;

	if (2 * (inv->n_names + 1) <= inv->cap_name_index)
		return 0;
	index = calloc(cap, sizeof(*index));
	if (index == NULL)
		return -1;
	free(inv->name_index);
	inv->name_index = index;
	inv->cap_name_index = cap;
	for (uint32_t i = 0; i < inv->n_names; i++)
		*name_slot(inv, inv->names[i]) = (uint16_t)(i + 1);
	return 0;
}

int
sl_inventory_name(
    struct smartlic_inventory *inv, const char *text, uint16_t *ret, struct smartlic_error *err)
{
	uint16_t *slot;
	char *copy;

	if (inv->cap_name_index > 0) {
		slot = name_slot(inv, text);
		if (*slot != 0) {
			*ret = (uint16_t)(*slot - 1);
			return 0;
		}
	}
	if (inv->n_names == SL_NAMES_MAX)
		return sl_fail(err, SMARTLIC_E_LIMIT,
		    "\"%.40s\": more than %d different words in one inventory", text, SL_NAMES_MAX);
	copy = strdup(text);
	if (copy == NULL || grow_name_index(inv) < 0 ||
	    sl_grow(&inv->names, &inv->cap_names, sizeof(*inv->names), inv->n_names + 1) < 0) {
		free(copy);
		return sl_nomem(err);
	}
	inv->names[inv->n_names] = copy;
	slot = name_slot(inv, text);
	*slot = (uint16_t)++inv->n_names;
	*ret = (uint16_t)(inv->n_names - 1);
	return 0;
}

int
sl_inventory_pid(
    struct smartlic_inventory *inv, const char *text, uint16_t *ret, struct smartlic_error *err)
{
	char pid[64];
	size_t n = strlen(text);

	if (n > 0 && text[n - 1] == '=')
		n--;
	if (n >= sizeof(pid))
		return sl_fail(err, SMARTLIC_E_INVENTORY,
		    "a PID of %zu bytes; at most %zu are allowed", n, sizeof(pid) - 1);
	for (size_t i = 0; i < n; i++) {
		if (!isgraph((unsigned char)text[i]))
			return sl_fail(
			    err, SMARTLIC_E_INVENTORY, "a PID is printable ASCII without blanks");
		pid[i] = (char)toupper((unsigned char)text[i]);
	}
	pid[n] = '\0';
	return sl_inventory_name(inv, pid, ret, err);
}

int
sl_inventory_note(struct smartlic_inventory *inv, struct smartlic_error *err, const char *where,
    const char *fmt, ...)
{
	char text[400];
	struct sl_remark note;
	va_list ap;

	if (inv->n_notes > SL_DIAGNOSTICS_MAX)
		return 0;
	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (inv->n_notes == SL_DIAGNOSTICS_MAX) {
		where = "";
		(void)snprintf(text, sizeof(text), "there are more than %d contradictions",
		    SL_DIAGNOSTICS_MAX);
	}
	note.where = strdup(where);
	note.text = strdup(text);
	if (note.where == NULL || note.text == NULL ||
	    sl_grow(&inv->notes, &inv->cap_notes, sizeof(*inv->notes), inv->n_notes + 1) < 0) {
		free(note.where);
		free(note.text);
		return sl_nomem(err);
	}
	inv->notes[inv->n_notes++] = note;
	return 0;
}

uint32_t
sl_client_gbps(const char *text)
{
	static const struct {
		const char *name;
		uint32_t gbps;
	} otu[] = { { "OTU2", 10 }, { "OTU2E", 10 }, { "OTU3", 40 }, { "OTU4", 100 } };
	uint32_t n = 0;
	size_t i;

	for (i = 0; i < sizeof(otu) / sizeof(otu[0]); i++)
		if (strcmp(text, otu[i].name) == 0)
			return otu[i].gbps;
	for (i = 0; i < 5 && text[i] >= '0' && text[i] <= '9'; i++)
		n = n * 10 + (uint32_t)(text[i] - '0');
	return i > 0 && text[0] != '0' && strcmp(text + i, "GE") == 0 ? n : 0;
}
