/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "db/engine.h"

/* In place of postgres.c where libpq was not there when this was built. */

int
postgres_open(struct db **ret, const char *url, int create, struct smartlic_error *err)
{
	(void)ret;
	(void)url;
	(void)create;
	return sl_fail(err, SMARTLIC_E_STORE,
	    "this smartlic-manager was built without PostgreSQL; build it where libpq is, with "
	    "--with-postgresql");
}

int
postgres_url_shown(const char *url, char *ret, size_t size, struct smartlic_error *err)
{
	(void)size;
	ret[0] = '\0';
	return postgres_open(NULL, url, 0, err);
}
