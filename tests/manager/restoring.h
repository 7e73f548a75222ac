/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_MANAGER_RESTORING_H
#define TESTS_MANAGER_RESTORING_H

#include <stdio.h>
#include <string.h>

#include "tests/manager/site.h"

/* Fixture of an authority with a backup, and of going back to it. */

#define VA     "NCS1000"
#define LEDGER "7d1c2b3a-4f5e-4a6b-8c7d-9e0f1a2b3c4d"

static struct site s;
static struct site_token token;
static struct device d, later;
static char backup[128];
static struct ledger_restored restored;

static inline int
server(void)
{
	return db_is_url(s.db_path);
}

static inline void
make_backup(void)
{
	site_ok(&s, ledger_backup(s.ledger, backup, s.now, &s.err));
}

static inline int
restore(const char *from)
{
	return ledger_restore(s.db_path, from, LEDGER, (const unsigned char *)"0123456789a", "admin",
	    s.now, &restored, &s.err);
}

/* A device that is known and one that registers after the backup, ten days before its return. */
static inline void
setup(void)
{
	site_open(&s);
	snprintf(backup, sizeof(backup), "%s/backup", s.dir);
	site_ok(&s, ledger_virtual_account_create(s.ledger, VA, "admin", s.now, &s.err));
	site_ok(&s, ledger_license_add(s.ledger, VA, TAG_G, 8, 0, s.now, &s.err));
	token = site_token_new(&s, VA, 30, LEDGER_ANY_USES);
	d = device_new(&s, "KNOWN");
	later = device_new(&s, "LATER");
	ck_assert_int_eq(device_register(&s, &d, &token, 0), SL_DENIED_NONE);
	ck_assert_int_eq(device_use(&s, &d, 2, 0), SL_DENIED_NONE);
	s.now += SITE_DAY;
	make_backup();
}

static inline void
go_back(void)
{
	site_stop(&s);
	s.now += 10 * SITE_DAY;
	site_ok(&s, restore(backup));
	site_start(&s);
}

static inline void
teardown(void)
{
	site_check(&s);
	device_free(&d);
	device_free(&later);
	site_close(&s);
}

struct looking {
	const char *what;
	int n;
};

static inline int
look(void *ud, const struct ledger_audit *a)
{
	struct looking *l = ud;

	l->n += strcmp(a->what, l->what) == 0;
	return 0;
}

static inline int
audited(const char *what)
{
	struct looking l = { what, 0 };

	site_ok(&s, ledger_audit_each(s.ledger, look, &l, &s.err));
	return l.n;
}

#endif
