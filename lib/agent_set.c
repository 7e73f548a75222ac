/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "agent.h"
#include "inventory.h"
#include "plugin.h"
#include "text.h"

/* More than any transport knows, of each several. */
#define OPTIONS_MAX 1024

/* ---- options ---------------------------------------------------------------------------- */

void
sl_options_clear(struct sl_options *options)
{
	for (size_t i = 0; i < options->n; i++) {
		struct smartlic_option *o = &options->item[i];

		/* a proxy's password may be among them */
		if (o->value != NULL)
			sl_wipe((char *)(uintptr_t)o->value, o->len);
		free((char *)(uintptr_t)o->key);
		free((char *)(uintptr_t)o->value);
	}
	free(options->item);
	*options = (struct sl_options){ 0 };
}

const char *
sl_options_get(const struct sl_options *options, const char *key)
{
	for (size_t i = 0; i < options->n; i++)
		if (strcmp(options->item[i].key, key) == 0)
			return options->item[i].value;
	return NULL;
}

int
sl_options_copy(
    struct sl_options *ret, const struct smartlic_option *in, size_t n, struct smartlic_error *err)
{
	struct sl_options out = { 0 };

	if (n > 0 && in == NULL)
		return sl_fail(err, SMARTLIC_E_INVAL, "transport options: NULL");
	if (n > OPTIONS_MAX)
		return sl_fail(
		    err, SMARTLIC_E_LIMIT, "transport options: more than %d", OPTIONS_MAX);
	out.item = calloc(n + 1, sizeof(*out.item));
	if (out.item == NULL)
		return sl_nomem(err);
	for (size_t i = 0; i < n; i++) {
		struct smartlic_option *o = &out.item[i];
		size_t len;
		char *value;

		if (in[i].key == NULL || in[i].value == NULL) {
			sl_options_clear(&out);
			return sl_fail(err, SMARTLIC_E_INVAL,
			    "transport option %zu has no key or no value", i);
		}
		len = in[i].len != 0 ? in[i].len : strlen(in[i].value);
		value = malloc(len + 1);
		o->key = strdup(in[i].key);
		o->value = value;
		o->len = len;
		out.n = i + 1;
		if (o->key == NULL || value == NULL) {
			o->len = 0;
			sl_options_clear(&out);
			return sl_nomem(err);
		}
		memcpy(value, in[i].value, len);
		value[len] = '\0';
	}
	*ret = out;
	return 0;
}

/* ---- transport -------------------------------------------------------------------------- */

/* The next value of the key from *i on; NULL: none is left. */
static const char *
next_of(const struct sl_options *options, const char *key, size_t *i)
{
	while (*i < options->n)
		if (strcmp(options->item[(*i)++].key, key) == 0)
			return options->item[*i - 1].value;
	return NULL;
}

static int
same_values(const struct sl_options *x, const struct sl_options *y, const char *key)
{
	size_t i = 0, k = 0;
	const char *a, *b;

	do {
		a = next_of(x, key, &i);
		b = next_of(y, key, &k);
	} while (a != NULL && b != NULL && strcmp(a, b) == 0);
	return a == NULL && b == NULL;
}

static int
same_destinations(const struct sl_options *x, const struct sl_options *y)
{
	return same_values(x, y, "destination") && same_values(x, y, "srv-domain");
}

static int
use_transport(struct smartlic_agent *a, const char *name, const struct smartlic_transport_ops *ops,
    const struct smartlic_option *options, size_t n)
{
	struct sl_options copy;
	const char *crl;
	int talked, r;

	r = sl_options_copy(&copy, options, n, &a->err);
	if (r < 0)
		return r;
	crl = sl_options_get(&copy, "crl");
	if (crl != NULL && strcmp(crl, "required") != 0 && strcmp(crl, "optional") != 0) {
		sl_options_clear(&copy);
		return sl_fail(&a->err, SMARTLIC_E_INVAL,
		    "transport option crl: 'required' or 'optional' expected");
	}
	talked =
	    a->talked && strcmp(a->transport, name) == 0 && same_destinations(&a->options, &copy);
	sl_agent_close_transport(a);
	a->talked = talked;
	sl_options_clear(&a->options);
	a->options = copy;
	sl_options_clear(&a->call_home_lines);
	a->call_home = SL_CALL_HOME_ACTIVE;
	a->ops = ops;
	(void)sl_copy(a->transport, sizeof(a->transport), name);
	a->revocation = crl != NULL && strcmp(crl, "optional") == 0 ? SL_REVOCATION_OPTIONAL
								    : SL_REVOCATION_REQUIRED;
	sl_agent_configured(a);
	return 0;
}

int
smartlic_agent_set_transport(
    struct smartlic_agent *agent, const char *name, const struct smartlic_option *options, size_t n)
{
	int r;

	if (sl_agent_enter(agent) < 0)
		return SMARTLIC_E_STATE;
	/* whether it is there shows when it is first used, but a path is refused here */
	r = sl_plugin_check_name(name, SMARTLIC_E_INVAL, &agent->err);
	return r < 0 ? r : use_transport(agent, name, NULL, options, n);
}

int
smartlic_agent_set_transport_ops(struct smartlic_agent *agent,
    const struct smartlic_transport_ops *ops, const struct smartlic_option *options, size_t n)
{
	int r;

	if (sl_agent_enter(agent) < 0)
		return SMARTLIC_E_STATE;
	r = sl_plugin_check(ops, NULL, &agent->err);
	return r < 0 ? r : use_transport(agent, ops->name, ops, options, n);
}

int
smartlic_agent_set_transport_dir(struct smartlic_agent *agent, const char *path)
{
	char *copy;

	if (sl_agent_enter(agent) < 0)
		return SMARTLIC_E_STATE;
	if (path == NULL || path[0] != '/')
		return sl_fail(
		    &agent->err, SMARTLIC_E_INVAL, "set_transport_dir: an absolute path is needed");
	copy = strdup(path);
	if (copy == NULL)
		return sl_nomem(&agent->err);
	free(agent->transport_dir);
	agent->transport_dir = copy;
	return 0;
}

int
smartlic_agent_set_trust_anchor(struct smartlic_agent *agent, const char *pem, size_t len)
{
	struct smartlic_agent *a = agent;
	char *copy;
	int r;

	if (sl_agent_enter(a) < 0)
		return SMARTLIC_E_STATE;
	if (pem == NULL || len == 0)
		return sl_fail(&a->err, SMARTLIC_E_INVAL,
		    "set_trust_anchor: no certificate; hand in the authority's root as PEM");
	copy = malloc(len + 1);
	if (copy == NULL)
		return sl_nomem(&a->err);
	memcpy(copy, pem, len);
	copy[len] = '\0';
	r = sl_agent_build_trust(a, copy, len);
	if (r < 0) {
		free(copy);
		return r;
	}
	free(a->anchors);
	a->anchors = copy;
	a->anchors_len = len;
	/* the transport has a copy of the former one */
	sl_agent_close_transport(a);
	return 0;
}

/* ---- the device ------------------------------------------------------------------------- */

int
smartlic_agent_set_udi(
    struct smartlic_agent *agent, const char *pid, const char *sn, const char *uuid)
{
	struct smartlic_agent *a = agent;
	struct sl_udi udi;
	int r;

	if (sl_agent_enter(a) < 0)
		return SMARTLIC_E_STATE;
	if (pid == NULL || sn == NULL || uuid == NULL)
		return sl_fail(&a->err, SMARTLIC_E_INVAL,
		    "set_udi: product id, serial number and UUID are needed, all three");
	r = sl_udi_set(&udi, pid, sn, uuid, &a->err);
	if (r < 0)
		return r;
	if (memcmp(&udi, &a->udi, sizeof(udi)) != 0) {
		sl_agent_unsend(a);
		a->udi = udi;
		r = sl_agent_bind(a);
		if (r < 0)
			return r;
	}
	sl_agent_configured(a);
	return 0;
}

int
smartlic_agent_set_hostname(struct smartlic_agent *agent, const char *name)
{
	size_t len = name != NULL ? strlen(name) : 0;
	int good = name == NULL || (len > 0 && len < sizeof(agent->hostname));

	if (sl_agent_enter(agent) < 0)
		return SMARTLIC_E_STATE;
	for (size_t i = 0; i < len; i++)
		good = good && name[i] > ' ' && name[i] <= '~';
	if (!good)
		return sl_fail(&agent->err, SMARTLIC_E_INVAL,
		    "set_hostname: 1 to 253 printable ASCII characters without blank, or NULL");
	(void)sl_copy(agent->hostname, sizeof(agent->hostname), name != NULL ? name : "");
	return 0;
}

int
smartlic_agent_set_privacy(struct smartlic_agent *agent, uint32_t privacy)
{
	if (sl_agent_enter(agent) < 0)
		return SMARTLIC_E_STATE;
	if ((privacy & ~(uint32_t)(SMARTLIC_PRIVACY_HOSTNAME | SMARTLIC_PRIVACY_VERSION)) != 0)
		return sl_fail(&agent->err, SMARTLIC_E_INVAL,
		    "set_privacy: %#x has bits that this library does not know", (unsigned)privacy);
	agent->privacy = privacy;
	return 0;
}

/* ---- counts ----------------------------------------------------------------------------- */

#define TRACED_CHANGES 16

struct counts {
	struct sl_counted *item;
	size_t n;
};

static int
counts_put(struct counts *c, const char *tag, int64_t count, int by_inventory)
{
	for (size_t i = 0; i < c->n; i++)
		if (strcmp(c->item[i].tag, tag) == 0) {
			c->item[i].count = count;
			c->item[i].by_inventory = by_inventory;
			return 0;
		}
	if (c->n >= SL_RECORD_ITEMS_MAX)
		return SMARTLIC_E_LIMIT;
	(void)sl_copy(c->item[c->n].tag, sizeof(c->item[c->n].tag), tag);
	c->item[c->n].count = count;
	c->item[c->n++].by_inventory = by_inventory;
	return 0;
}

/* The present counts with room for `more`. */
static int
counts_copy(const struct sl_record *rec, struct counts *ret, size_t more)
{
	ret->n = 0;
	ret->item = calloc(rec->n_counted + more + 1, sizeof(*ret->item));
	if (ret->item == NULL)
		return SMARTLIC_E_NOMEM;
	if (rec->n_counted > 0)
		memcpy(ret->item, rec->counted, rec->n_counted * sizeof(*ret->item));
	ret->n = rec->n_counted;
	return 0;
}

static const struct sl_counted *
find_counted(const struct sl_counted *item, size_t n, const char *tag)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(item[i].tag, tag) == 0)
			return &item[i];
	return NULL;
}

static int64_t
counted(const struct sl_counted *item, size_t n, const char *tag)
{
	const struct sl_counted *found = find_counted(item, n, tag);

	return found != NULL ? found->count : 0;
}

/* A tag that is not listed counts 0. */
static int
covers(const struct sl_counted *a, size_t na, const struct sl_counted *b, size_t nb)
{
	for (size_t i = 0; i < na; i++)
		if (counted(b, nb, a[i].tag) != a[i].count)
			return 0;
	return 1;
}

/* Of one tag; 1 where it changed.  A change of everything is not told one by one. */
static int
trace_change(struct smartlic_agent *a, const char *tag, int64_t was, int64_t is, int before)
{
	char name[SL_TAG_SIZE];

	if (was == is)
		return 0;
	sl_tag_short(name, tag);
	if (before < TRACED_CHANGES)
		sl_agent_trace_platform(
		    a, "in use: %s %lld, before %lld", name, (long long)is, (long long)was);
	return 1;
}

static void
trace_changes(struct smartlic_agent *a, const struct counts *from, const struct counts *to)
{
	int n = 0;

	for (size_t i = 0; i < to->n; i++)
		n += trace_change(a, to->item[i].tag, counted(from->item, from->n, to->item[i].tag),
		    to->item[i].count, n);
	/* what is not listed any more counts 0 */
	for (size_t i = 0; i < from->n; i++)
		if (find_counted(to->item, to->n, from->item[i].tag) == NULL)
			n += trace_change(a, from->item[i].tag, from->item[i].count, 0, n);
	if (n > TRACED_CHANGES)
		sl_agent_trace_platform(a, "in use: %d more changed", n - TRACED_CHANGES);
}

/* Data flows one way: counts that changed make a request due at once. */
static int
counts_use(struct smartlic_agent *a, struct counts *c)
{
	struct sl_record *rec = &a->rec;
	int same = covers(rec->counted, rec->n_counted, c->item, c->n) &&
		   covers(c->item, c->n, rec->counted, rec->n_counted);

	if (sl_agent_has_identity(rec) && sl_usage_see(&rec->usage, c->item, c->n, &a->err) < 0) {
		free(c->item);
		return SMARTLIC_E_NOMEM;
	}
	if (!same)
		trace_changes(a, &(struct counts){ rec->counted, rec->n_counted }, c);
	free(rec->counted);
	rec->counted = c->item;
	rec->n_counted = c->n;
	if (same)
		return 0;
	a->dirty = 1;
	sl_agent_tick(a);
	if (sl_agent_has_identity(rec))
		sl_timer_hurry(&rec->timers, SL_TIMER_AUTHORIZE, sl_agent_now(a), 0);
	return 0;
}

int
smartlic_agent_set_count(struct smartlic_agent *agent, const char *tag, int64_t count)
{
	struct smartlic_agent *a = agent;
	struct counts c;
	int r;

	if (sl_agent_enter(a) < 0)
		return SMARTLIC_E_STATE;
	if (tag == NULL || !sl_is_tag(tag))
		return sl_fail(&a->err, SMARTLIC_E_INVAL,
		    "set_count: a tag is 1 to 255 printable characters without blank or '\"'");
	if (count < 0)
		return sl_fail(&a->err, SMARTLIC_E_INVAL,
		    "set_count: %lld licenses are in use of %s", (long long)count, tag);
	/* the store brings the counts that it was left with in place of those before it */
	r = sl_agent_need_store(a, "set_count");
	if (r < 0)
		return r;
	r = counts_copy(&a->rec, &c, 1);
	if (r < 0)
		return sl_nomem(&a->err);
	r = counts_put(&c, tag, count, 0);
	if (r < 0) {
		free(c.item);
		return sl_fail(&a->err, r, "set_count: more than %d tags", SL_RECORD_ITEMS_MAX);
	}
	return counts_use(a, &c);
}

int
smartlic_agent_set_catalog(struct smartlic_agent *agent, const void *bytes, size_t len)
{
	struct smartlic_catalog *catalog = NULL;
	int r;

	if (sl_agent_enter(agent) < 0)
		return SMARTLIC_E_STATE;
	r = smartlic_catalog_new(&catalog, bytes, len, &agent->err);
	if (r < 0)
		return r;
	smartlic_catalog_free(agent->catalog);
	agent->catalog = catalog;
	return 0;
}

/* What the engine counted before and does not any more, goes. */
static int
counts_from(struct smartlic_agent *a, const struct smartlic_count *count, struct counts *c)
{
	size_t rows = smartlic_count_rows(count), kept = 0;
	int r;

	r = counts_copy(&a->rec, c, rows);
	if (r < 0)
		return sl_nomem(&a->err);
	for (size_t i = 0; i < c->n; i++)
		if (!c->item[i].by_inventory)
			c->item[kept++] = c->item[i];
	c->n = kept;
	for (size_t i = 0; i < rows && r == 0; i++) {
		const struct smartlic_count_row *row = smartlic_count_row(count, i);

		r = counts_put(c, row->tag, row->count, 1);
	}
	if (r < 0) {
		free(c->item);
		return sl_fail(&a->err, r, "set_inventory: more than %d tags", SL_RECORD_ITEMS_MAX);
	}
	return 0;
}

int
smartlic_agent_set_inventory(struct smartlic_agent *agent, const void *bytes, size_t len)
{
	struct smartlic_agent *a = agent;
	struct smartlic_inventory *inventory = NULL;
	struct smartlic_count *count = NULL;
	struct counts c;
	int r;

	if (sl_agent_enter(a) < 0)
		return SMARTLIC_E_STATE;
	r = sl_agent_need_store(a, "set_inventory");
	if (r < 0)
		return r;
	if (a->catalog == NULL)
		return sl_fail(&a->err, SMARTLIC_E_STATE,
		    "set_inventory: no catalog says how to count it; set_catalog comes first");
	r = smartlic_inventory_new(&inventory, bytes, len, &a->err);
	if (r == 0)
		r = smartlic_count_new(&count, a->catalog, NULL, inventory, &a->err);
	if (r == 0)
		r = counts_from(a, count, &c);
	if (r == 0)
		r = counts_use(a, &c);
	if (r == 0) {
		a->has_inventory = 1;
		a->inventory_empty = !sl_inventory_has_cards(inventory);
	}
	smartlic_count_free(count);
	smartlic_inventory_free(inventory);
	return r;
}
