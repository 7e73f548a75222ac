/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <smartlic/license.h>

#include "count.h"
#include "count_changes.h"

#define FILE_MAX (256u << 20)
#define PIDS_MAX 64

enum { DONE = 0, FAILED = 1, USAGE = 2 };

struct options {
	const char *file, *against, *catalog, *profile;
	const char *pid[PIDS_MAX]; /* LOCATION=PID */
	size_t n_pids;
	int explain, json;
};

/* One file, counted. */
struct counted {
	struct smartlic_inventory *inventory;
	struct smartlic_count *count;
};

/* ---- input -------------------------------------------------------------------------------- */

static int
failed(const char *file, const char *text)
{
	fprintf(stderr, "smartlic count: %s: %s\n", file, text);
	return FAILED;
}

static char *
read_all(FILE *f, size_t *len)
{
	size_t cap = 65536, n = 0, got;
	char *text = malloc(cap), *more;

	while (text != NULL && (got = fread(text + n, 1, cap - n, f)) > 0) {
		n += got;
		if (n < cap)
			continue;
		cap *= 2;
		more = cap > FILE_MAX ? NULL : realloc(text, cap);
		if (more == NULL)
			free(text);
		text = more;
	}
	*len = n;
	return text;
}

/* Reads a file, "-" being the standard input; says why not. */
static char *
slurp(const char *name, size_t *len)
{
	int std = strcmp(name, "-") == 0;
	FILE *f = std ? stdin : fopen(name, "rb");
	char *text = NULL;

	if (f == NULL) {
		failed(name, strerror(errno));
		return NULL;
	}
	errno = 0;
	text = read_all(f, len);
	if (text == NULL) {
		failed(name, "larger than 256 MiB, or out of memory");
	} else if (ferror(f)) {
		failed(name, errno != 0 ? strerror(errno) : "cannot be read");
		free(text);
		text = NULL;
	}
	if (!std)
		fclose(f);
	return text;
}

static struct smartlic_catalog *
open_catalog(const char *name)
{
	struct smartlic_catalog *catalog = NULL;
	struct smartlic_error err;
	char path[4096];
	size_t len;
	char *text;

	if (strchr(name, '/') == NULL &&
	    snprintf(path, sizeof(path), "%s/%s.json", CATALOGDIR, name) < (int)sizeof(path))
		name = path;
	text = slurp(name, &len);
	if (text == NULL)
		return NULL;
	if (smartlic_catalog_new(&catalog, text, len, &err) < 0)
		failed(name, err.text);
	free(text);
	return catalog;
}

/* A location that only one of two files has is no mistake there. */
static int
apply_pids(
    struct smartlic_inventory *inventory, const struct options *o, int must, const char *file)
{
	struct smartlic_error err;
	char location[128];
	int card;

	for (size_t i = 0; i < o->n_pids; i++) {
		const char *eq = strchr(o->pid[i], '=');

		(void)snprintf(
		    location, sizeof(location), "%.*s", (int)(eq - o->pid[i]), o->pid[i]);
		card = smartlic_inventory_find_card(inventory, location, &err);
		if (card < 0 && !must)
			continue;
		if (card < 0 || smartlic_inventory_set_pid(inventory, card, eq + 1, &err) < 0)
			return failed(file, err.text);
	}
	return DONE;
}

static int
count_file(struct counted *ret, const struct smartlic_catalog *catalog, const struct options *o,
    const char *file, int must)
{
	struct smartlic_error err;
	size_t len;
	char *text = slurp(file, &len);
	int r;

	if (text == NULL)
		return FAILED;
	r = smartlic_inventory_new(&ret->inventory, text, len, &err);
	free(text);
	if (r < 0)
		return failed(file, err.text);
	if (apply_pids(ret->inventory, o, must, file) != DONE)
		return FAILED;
	if (smartlic_count_new(&ret->count, catalog, o->profile, ret->inventory, &err) < 0)
		return failed(file, err.text);
	return DONE;
}

static void
release(struct counted *c)
{
	smartlic_count_free(c->count);
	smartlic_inventory_free(c->inventory);
}

/* ---- text --------------------------------------------------------------------------------- */

static int
print_explanation(void *userdata, const struct smartlic_explanation *e)
{
	(void)userdata;
	if (e->charged > 1)
		printf("%-14s %" PRId64 " x %s: %s\n", e->port, e->charged, e->charge, e->why);
	else
		printf("%-14s %s: %s\n", e->port, e->charge, e->why);
	return 0;
}

static void
print_diagnostics(const struct smartlic_count *count)
{
	const struct smartlic_diagnostic *d;

	for (size_t i = 0; (d = smartlic_count_diagnostic(count, i)) != NULL; i++)
		printf("%s%s%s%s\n", i == 0 ? "\nTo be looked at:\n" : "", d->where,
		    d->where[0] == '\0' ? "" : ": ", d->text);
}

static void
print_change(void *userdata, const char *port, const char *was, const char *now)
{
	int *n = userdata;

	printf("%s%-14s %s -> %s\n", (*n)++ == 0 ? "\nChanges:\n" : "", port,
	    was[0] == '\0' ? "not configured" : was, now[0] == '\0' ? "not configured" : now);
}

static int
print_text(const struct smartlic_catalog *catalog, const struct counted *now,
    const struct counted *old, const struct options *o)
{
	const struct smartlic_count_row *row, *was;
	struct smartlic_error err;
	int n = 0;
	int64_t skipped = smartlic_inventory_skipped(now->inventory);

	printf("Licenses by profile %s of catalog %s\n\n", smartlic_count_profile(now->count),
	    smartlic_catalog_name(catalog));
	for (size_t i = 0; (row = smartlic_count_row(now->count, i)) != NULL; i++) {
		printf("%-24s %8" PRId64, row->name, row->count);
		was = old->count == NULL ? NULL : smartlic_count_row(old->count, i);
		if (was != NULL)
			printf(" (was %" PRId64 ", %+" PRId64 ")", was->count,
			    row->count - was->count);
		printf("  %s\n", row->description);
	}
	if (old->count != NULL && count_changes(catalog, o->profile, old->inventory, now->inventory,
				      print_change, &n) < 0)
		return failed(o->file, "out of memory");
	if (o->explain) {
		printf("\n");
		if (smartlic_count_explain(
			catalog, o->profile, now->inventory, print_explanation, NULL, &err) < 0)
			return failed(o->file, err.text);
	}
	print_diagnostics(now->count);
	if (skipped > 0)
		printf("\n%" PRId64 " lines of other features were skipped.\n", skipped);
	return DONE;
}

/* ---- JSON --------------------------------------------------------------------------------- */

static void
put_string(const char *text)
{
	putchar('"');
	for (const unsigned char *p = (const unsigned char *)text; *p != '\0'; p++) {
		if (*p < 0x20 || *p == 0x7f)
			printf("\\u%04x", *p);
		else if (*p == '"' || *p == '\\')
			printf("\\%c", *p);
		else
			putchar(*p);
	}
	putchar('"');
}

static void
put_member(const char *before, const char *key, const char *value)
{
	printf("%s\"%s\": ", before, key);
	put_string(value);
}

static int
put_explanation(void *userdata, const struct smartlic_explanation *e)
{
	int *n = userdata;

	put_member((*n)++ > 0 ? ",\n    {" : "\n    {", "port", e->port);
	put_member(", ", "charge", e->charge);
	printf(", \"units\": %" PRId64 ", \"charged\": %" PRId64, e->units, e->charged);
	put_member(", ", "why", e->why);
	putchar('}');
	return 0;
}

static void
put_change(void *userdata, const char *port, const char *was, const char *now)
{
	int *n = userdata;

	put_member((*n)++ > 0 ? ",\n    {" : "\n    {", "port", port);
	put_member(", ", "was", was);
	put_member(", ", "charge", now);
	putchar('}');
}

/* "" stands for a port that is not configured. */
static int
put_changes(const struct smartlic_catalog *catalog, const struct counted *now,
    const struct counted *old, const struct options *o)
{
	int n = 0;

	printf(",\n  \"changes\": [");
	if (count_changes(catalog, o->profile, old->inventory, now->inventory, put_change, &n) < 0)
		return failed(o->file, "out of memory");
	printf("%s]", n > 0 ? "\n  " : "");
	return DONE;
}

static int
print_json(const struct smartlic_catalog *catalog, const struct counted *now,
    const struct counted *old, const struct options *o)
{
	const struct smartlic_count_row *row, *was;
	const struct smartlic_diagnostic *d;
	struct smartlic_error err;
	int n = 0, r;

	put_member("{\n  ", "profile", smartlic_count_profile(now->count));
	put_member(",\n  ", "catalog", smartlic_catalog_name(catalog));
	printf(",\n  \"entitlements\": [");
	for (size_t i = 0; (row = smartlic_count_row(now->count, i)) != NULL; i++) {
		put_member(i > 0 ? ",\n    {" : "\n    {", "tag", row->tag);
		put_member(", ", "name", row->name);
		printf(", \"count\": %" PRId64, row->count);
		was = old->count == NULL ? NULL : smartlic_count_row(old->count, i);
		if (was != NULL)
			printf(", \"was\": %" PRId64 ", \"change\": %" PRId64, was->count,
			    row->count - was->count);
		putchar('}');
	}
	printf("\n  ],\n  \"ports\": [");
	r = smartlic_count_explain(catalog, o->profile, now->inventory, put_explanation, &n, &err);
	if (r < 0)
		return failed(o->file, err.text);
	printf("%s],\n  \"diagnostics\": [", n > 0 ? "\n  " : "");
	for (n = 0; (d = smartlic_count_diagnostic(now->count, (size_t)n)) != NULL; n++) {
		put_member(n > 0 ? ",\n    {" : "\n    {", "where", d->where);
		put_member(", ", "text", d->text);
		putchar('}');
	}
	printf("%s]", n > 0 ? "\n  " : "");
	if (old->count != NULL && put_changes(catalog, now, old, o) != DONE)
		return FAILED;
	printf(",\n  \"skipped\": %" PRId64 "\n}\n", smartlic_inventory_skipped(now->inventory));
	return DONE;
}

/* ---- the command -------------------------------------------------------------------------- */

static const char usage_text[] =
    "usage: smartlic count FILE [--catalog NAME|PATH] [--profile NAME] [--pid LOCATION=PID]…\n"
    "                      [--explain] [--json] [--against OLD-FILE]\n"
    "Counts the licenses that a configuration needs.  FILE is JSON or the router's own lines\n"
    "(show running-config and show platform, in any order); - reads the standard input.\n";

static int
usage(const char *text, const char *what)
{
	fprintf(stderr, "smartlic count: %s%s\n%s", text, what, usage_text);
	return USAGE;
}

static int
set_value(struct options *o, const char *option, const char *value)
{
	const char *eq;

	if (strcmp(option, "--catalog") == 0) {
		o->catalog = value;
	} else if (strcmp(option, "--profile") == 0) {
		o->profile = value;
	} else if (strcmp(option, "--against") == 0) {
		o->against = value;
	} else {
		eq = strchr(value, '=');
		if (eq == NULL || eq == value || eq[1] == '\0')
			return usage("--pid: expected LOCATION=PID, got ", value);
		if (o->n_pids == PIDS_MAX)
			return usage("--pid: given too often: ", value);
		o->pid[o->n_pids++] = value;
	}
	return DONE;
}

static int
parse(struct options *o, int argc, char **argv)
{
	static const char *const with_value[] = { "--catalog", "--profile", "--against", "--pid" };
	size_t n = sizeof(with_value) / sizeof(with_value[0]), k;

	for (int i = 1; i < argc; i++) {
		for (k = 0; k < n && strcmp(argv[i], with_value[k]) != 0; k++)
			;
		if (k < n) {
			if (i + 1 == argc)
				return usage("a value is missing after ", argv[i]);
			if (set_value(o, argv[i], argv[i + 1]) != DONE)
				return USAGE;
			i++;
		} else if (strcmp(argv[i], "--explain") == 0) {
			o->explain = 1;
		} else if (strcmp(argv[i], "--json") == 0) {
			o->json = 1;
		} else if (argv[i][0] == '-' && argv[i][1] != '\0') {
			return usage("unknown option ", argv[i]);
		} else if (o->file != NULL) {
			return usage("one FILE only, not also ", argv[i]);
		} else {
			o->file = argv[i];
		}
	}
	if (o->file == NULL)
		return usage("which FILE?", "");
	if (o->against != NULL && strcmp(o->file, "-") == 0 && strcmp(o->against, "-") == 0)
		return usage("only one of two files can be the standard input", "");
	return DONE;
}

static void
list_profiles(const struct smartlic_catalog *catalog)
{
	const char *name;

	fprintf(stderr, "profiles of catalog %s:\n", smartlic_catalog_name(catalog));
	for (size_t i = 0; (name = smartlic_catalog_profile(catalog, i)) != NULL; i++)
		fprintf(
		    stderr, "  %-24s %s\n", name, smartlic_catalog_profile_description(catalog, i));
}

static int
known_profile(const struct smartlic_catalog *catalog, const char *profile)
{
	const char *name;

	for (size_t i = 0; (name = smartlic_catalog_profile(catalog, i)) != NULL; i++)
		if (profile == NULL || strcmp(name, profile) == 0)
			return 1;
	return 0;
}

int
count_main(int argc, char **argv)
{
	struct options o = { .catalog = "ncs1004" };
	struct counted now = { 0 }, old = { 0 };
	struct smartlic_catalog *catalog = NULL;
	int r = parse(&o, argc, argv);

	if (r != DONE)
		return r;
	catalog = open_catalog(o.catalog);
	if (catalog == NULL)
		return FAILED;
	if (!known_profile(catalog, o.profile)) {
		r = failed(o.profile, "no such profile");
		list_profiles(catalog);
		goto out;
	}
	r = count_file(&now, catalog, &o, o.file, 1);
	if (r == DONE && o.against != NULL)
		r = count_file(&old, catalog, &o, o.against, 0);
	if (r == DONE)
		r = o.json ? print_json(catalog, &now, &old, &o)
			   : print_text(catalog, &now, &old, &o);
	if (r == DONE && (fflush(stdout) != 0 || ferror(stdout)))
		r = failed("standard output", strerror(errno));
out:
	release(&now);
	release(&old);
	smartlic_catalog_free(catalog);
	return r;
}
