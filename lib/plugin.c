/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <string.h>

#include "plugin.h"

#ifdef SL_PLUGINS
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "loadable.h"
#endif

#define NAME_MAX_LEN 32
#define NAME_LETTERS "abcdefghijklmnopqrstuvwxyz0123456789-"
/* What a table must have at least: the members up to where interface 1 ended. */
#define OPS_V1_SIZE                                                                                \
	(offsetof(struct smartlic_transport_ops, deadline) +                                       \
	    sizeof(((struct smartlic_transport_ops *)0)->deadline))

/*
 * Built in at configure time.  A table and not constructors: a linker drops an
 * object of a static library that nobody names, and its constructor with it.
 */
#ifdef SL_BUILTIN_DIRECT
extern const struct smartlic_transport_ops smartlic_transport_direct;
#endif
#ifdef SL_BUILTIN_SATELLITE
extern const struct smartlic_transport_ops smartlic_transport_satellite;
#endif
#ifdef SL_BUILTIN_FILE
extern const struct smartlic_transport_ops smartlic_transport_file;
#endif

static const struct smartlic_transport_ops *const builtins[] = {
#ifdef SL_BUILTIN_DIRECT
	&smartlic_transport_direct,
#endif
#ifdef SL_BUILTIN_SATELLITE
	&smartlic_transport_satellite,
#endif
#ifdef SL_BUILTIN_FILE
	&smartlic_transport_file,
#endif
	NULL,
};

int
sl_plugin_check_name(const char *name, int code, struct smartlic_error *err)
{
	size_t len = name != NULL ? strlen(name) : 0;

	if (len < 1 || len > NAME_MAX_LEN || strspn(name, NAME_LETTERS) != len)
		return sl_fail(err, code,
		    "transport '%.40s': not a name; it has 1 to %d of the characters a-z, 0-9 "
		    "and '-'",
		    name != NULL ? name : "", NAME_MAX_LEN);
	return 0;
}

static int
has_functions(const struct smartlic_transport_ops *ops)
{
	return ops->open != NULL && ops->close != NULL && ops->submit != NULL &&
	       ops->step != NULL && ops->cancel != NULL && ops->pollfds != NULL &&
	       ops->deadline != NULL;
}

/* `where` is the file that has the table, or what else to call it in texts. */
static int
check_table(const struct smartlic_transport_ops *ops, const char *name, const char *where,
    struct smartlic_error *err)
{
	if (ops->size < sizeof(ops->size) + sizeof(ops->abi) || ops->abi != SMARTLIC_TRANSPORT_ABI)
		return sl_fail(err, SMARTLIC_E_ABI,
		    "%s: made for transport interface %u, this library has %u; install the two "
		    "of one release",
		    where, ops->size < sizeof(ops->size) + sizeof(ops->abi) ? 0 : ops->abi,
		    SMARTLIC_TRANSPORT_ABI);
	if (ops->size < OPS_V1_SIZE)
		return sl_fail(err, SMARTLIC_E_ABI,
		    "%s: table of %zu bytes, at least %zu expected; build it against "
		    "<smartlic/transport.h> with .size = sizeof(table)",
		    where, ops->size, OPS_V1_SIZE);
	if (ops->name == NULL || ops->summary == NULL)
		return sl_fail(err, SMARTLIC_E_TRANSPORT,
		    "%s: table without %s; mend the transport's source", where,
		    ops->name == NULL ? "name" : "summary");
	if (name != NULL && strcmp(ops->name, name) != 0)
		return sl_fail(err, SMARTLIC_E_TRANSPORT,
		    "%s: calls itself '%.40s', not '%s'; name it as the file is named", where,
		    ops->name, name);
	if (!has_functions(ops))
		return sl_fail(err, SMARTLIC_E_TRANSPORT,
		    "%s: table lacks a function; all from open to deadline are mandatory", where);
	return 0;
}

int
sl_plugin_check(
    const struct smartlic_transport_ops *ops, const char *name, struct smartlic_error *err)
{
	int r;

	if (ops == NULL)
		return sl_fail(err, SMARTLIC_E_INVAL, "transport table: NULL");
	r = check_table(ops, name, "transport table", err);
	return r == 0 ? sl_plugin_check_name(ops->name, SMARTLIC_E_TRANSPORT, err) : r;
}

#ifdef SL_PLUGINS

/* A group of others may not write either. */
#define OTHERS (S_IWGRP | S_IWOTH)

/* The rest of a text about somebody who could swap the code that is loaded; NULL: nobody. */
static const char *
text_of(enum sl_risk risk)
{
	switch (risk) {
	case SL_RISK_NONE:
		break;
	case SL_RISK_OWNER:
		return "belongs to another user; chown it to root";
	case SL_RISK_OTHERS:
		return "can be written by others than its owner; chmod go-w it";
	case SL_RISK_UNKNOWN:
		return strerror(errno);
	}
	return NULL;
}

/* `path` is resolved and absolute; it is cut and mended on the way. */
static int
check_above(char *path, struct smartlic_error *err)
{
	int len = 0;
	const char *why = text_of(sl_risk_above(path, OTHERS, &len));

	return why == NULL ? 0
			   : sl_fail(err, SMARTLIC_E_TRANSPORT,
				 "%.*s, above the transport folder: %s", len, path, why);
}

static int
check_folder(char *dir, struct smartlic_error *err)
{
	const char *why;
	struct stat st;

	if (stat(dir, &st) != 0)
		return sl_fail(
		    err, SMARTLIC_E_TRANSPORT, "transport folder %s: %s", dir, strerror(errno));
	if (!S_ISDIR(st.st_mode))
		return sl_fail(err, SMARTLIC_E_TRANSPORT,
		    "transport folder %s: not a folder; set the one that has the transports", dir);
	why = text_of(sl_risk(&st, OTHERS));
	if (why != NULL)
		return sl_fail(err, SMARTLIC_E_TRANSPORT, "transport folder %s: %s", dir, why);
	return check_above(dir, err);
}

/* The folder that the path means, without links on the way: what is checked is what is used.  The
 * caller frees it. */
static int
resolve_folder(char **ret, const char *dir, struct smartlic_error *err)
{
	char *path;
	int r;

	if (dir[0] != '/')
		return sl_fail(err, SMARTLIC_E_TRANSPORT,
		    "transport folder '%s': not an absolute path; begin it with '/'", dir);
	path = realpath(dir, NULL);
	if (path == NULL && errno == ENOMEM)
		return sl_nomem(err);
	if (path == NULL)
		return sl_fail(err, SMARTLIC_E_TRANSPORT,
		    "transport folder %s: %s; install the transports there or set another folder",
		    dir, strerror(errno));
	r = check_folder(path, err);
	if (r < 0)
		free(path);
	else
		*ret = path;
	return r;
}

/* The folder and all above it were checked first: nobody but their owner can swap the file between
 * this and dlopen. */
static int
check_file(const char *path, const char *name, struct smartlic_error *err)
{
	const char *why;
	struct stat st;

	if (lstat(path, &st) != 0 && errno == ENOENT)
		return sl_fail(err, SMARTLIC_E_TRANSPORT,
		    "%s: no such file; install the transport '%s' or name another", path, name);
	if (lstat(path, &st) != 0)
		return sl_fail(err, SMARTLIC_E_TRANSPORT, "%s: %s; make it readable for this user",
		    path, strerror(errno));
	if (!S_ISREG(st.st_mode))
		return sl_fail(err, SMARTLIC_E_TRANSPORT,
		    "%s: not a regular file; put the transport itself there, no link", path);
	why = text_of(sl_risk(&st, OTHERS));
	return why == NULL ? 0 : sl_fail(err, SMARTLIC_E_TRANSPORT, "%s: %s", path, why);
}

static void
symbol_of(char *ret, size_t cap, const char *name)
{
	(void)snprintf(ret, cap, "smartlic_transport_%s", name);
	for (; *ret != '\0'; ret++)
		if (*ret == '-')
			*ret = '_';
}

static int
load(const struct smartlic_transport_ops **ret, const char *path, const char *name,
    struct smartlic_error *err)
{
	const struct smartlic_transport_ops *ops;
	char symbol[sizeof("smartlic_transport_") + NAME_MAX_LEN];
	void *object;
	int r;

	object = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	if (object == NULL) /* its text names the path */
		return sl_fail(err, SMARTLIC_E_TRANSPORT,
		    "cannot load %s; install what it needs, or build it for this system",
		    dlerror());
	symbol_of(symbol, sizeof(symbol), name);
	ops = dlsym(object, symbol);
	if (ops == NULL) {
		r = sl_fail(err, SMARTLIC_E_TRANSPORT,
		    "%s: has no symbol %s; it is no transport, or was renamed", path, symbol);
		goto out;
	}
	r = check_table(ops, name, path, err);
	if (r < 0)
		goto out;
	*ret = ops;
	/* kept for the life of the process: what it loaded in turn (TLS, its own statics) need
	 * not survive being unloaded */
	object = NULL;
out:
	if (object != NULL)
		(void)dlclose(object);
	return r;
}

static int
find_file(const struct smartlic_transport_ops **ret, const char *name, const char *dir,
    struct smartlic_error *err)
{
	char path[1024], *folder = NULL;
	int n, r;

	r = resolve_folder(&folder, dir == NULL ? SL_TRANSPORT_DIR : dir, err);
	if (r < 0)
		return r;
	n = snprintf(path, sizeof(path), "%s/smartlic-transport-%s.so", folder, name);
	if (n < 0 || (size_t)n >= sizeof(path))
		r = sl_fail(err, SMARTLIC_E_TRANSPORT,
		    "transport folder of %zu bytes: too long; at most %zu", strlen(folder),
		    sizeof(path) - 64);
	free(folder);
	if (r == 0)
		r = check_file(path, name, err);
	return r == 0 ? load(ret, path, name, err) : r;
}

#else

static int
find_file(const struct smartlic_transport_ops **ret, const char *name, const char *dir,
    struct smartlic_error *err)
{
	(void)ret;
	(void)dir;
	return sl_fail(err, SMARTLIC_E_TRANSPORT,
	    "transport '%s': not built into this library, and it loads none; configure with "
	    "--with-builtin-transports=%s",
	    name, name);
}

#endif

int
sl_plugin_find(const struct smartlic_transport_ops **ret, const char *name, const char *dir,
    struct smartlic_error *err)
{
	int r;

	r = sl_plugin_check_name(name, SMARTLIC_E_TRANSPORT, err);
	if (r < 0)
		return r;
	for (size_t i = 0; builtins[i] != NULL; i++) {
		if (strcmp(builtins[i]->name, name) != 0)
			continue;
		*ret = builtins[i];
		return 0;
	}
	return find_file(ret, name, dir, err);
}
