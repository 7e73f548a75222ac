/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_SCENARIO_MANAGED_H
#define TESTS_SCENARIO_MANAGED_H

#include "tests/manager/site.h"
#include "tests/support/world.h"

/* Fixture of a real agent and the manager's heart, without a network between them. */

static struct site s;
static struct world w;
static struct site_token token;
static struct sl_buf root; /* PEM */

static inline void
ask_authority(void *ud, const void *request, size_t len, int64_t now_s, struct sl_buf *ret)
{
	struct site *site = ud;

	site->now = now_s;
	site_ok(site, authority_answer(
			  site->authority, request, len, now_s, site_fill, site, ret, &site->err));
}

/* Licenses and a token of this virtual account, and an agent that has them to ask for.  The site is
 * open. */
static inline void
setup_agent(const char *virtual_account)
{
	site_ok(&s, ledger_license_add(s.ledger, virtual_account, TAG_G, 8, 0, s.now, &s.err));
	site_ok(&s, ledger_license_add(s.ledger, virtual_account, TAG_X, 8, 0, s.now, &s.err));
	token = site_token_new(&s, virtual_account, 30, -1);
	world_init(&w, DRIVE_POLL);
	world_stop(&w);
	mem_disk_clear(&w.disk);
	root = tpki_pem(pki_root(s.pki));
	w.respond = ask_authority;
	w.respond_ud = &s;
	w.anchor = root.data;
	w.anchor_len = root.len;
	w.token = token.text;
	w.wall_ms = SITE_NOW * 1000;
	w.oracle.now_s = SITE_NOW;
	ck_assert_int_eq(world_start(&w), 0);
}

static inline void
teardown(void)
{
	world_stop(&w);
	world_free(&w);
	sl_buf_free(&root);
	site_close(&s);
}

#endif
