/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "api/gauges.h"
#include "message.h"

static void
begin(struct sl_buf *ret, const char *name, const char *help)
{
	sl_buf_printf(ret, "# HELP %s %s\n# TYPE %s gauge\n", name, help, name);
}

/* What people have named may hold anything but control characters. */
static void
label(struct sl_buf *ret, const char *before, const char *name, const char *value)
{
	sl_buf_printf(ret, "%s%s=\"", before, name);
	for (; *value != '\0'; value++) {
		if (*value == '\\' || *value == '"')
			sl_buf_add(ret, "\\", 1);
		if (*value == '\n')
			sl_buf_add(ret, "\\n", 2);
		else
			sl_buf_add(ret, value, 1);
	}
	sl_buf_add(ret, "\"", 1);
}

static void
number(struct sl_buf *ret, int64_t v)
{
	sl_buf_printf(ret, "} %lld\n", (long long)v);
}

/* ---- licenses
 * ------------------------------------------------------------------------------------- */

enum quantity { PURCHASED, IN_USE, RESERVED, BALANCE, QUANTITIES };
static const struct {
	const char *name, *help;
} quantities[QUANTITIES] = {
	[PURCHASED] = { "smartlic_license_purchased",
	    "Licenses that were bought, by their present term." },
	[IN_USE] = { "smartlic_license_in_use",
	    "Licenses that are counted for devices, reserved ones among them." },
	[RESERVED] = { "smartlic_license_reserved",
	    "Licenses that are reserved; counted at most once a minute." },
	[BALANCE] = { "smartlic_license_balance",
	    "Licenses purchased less those in use; below 0: out of compliance." },
};

static int64_t
quantity_of(const struct ledger_pool_figure *p, enum quantity q)
{
	switch (q) {
	case PURCHASED:
		return p->purchased;
	case IN_USE:
		return p->in_use;
	case RESERVED:
		return p->reserved;
	case BALANCE:
		return p->purchased - p->in_use;
	case QUANTITIES:
		break;
	}
	return 0;
}

static void
write_licenses(struct sl_buf *ret, const struct ledger_figures *f)
{
	char license[SL_TAG_SIZE];

	for (int q = 0; q < QUANTITIES; q++) {
		begin(ret, quantities[q].name, quantities[q].help);
		for (size_t i = 0; i < f->n_pools; i++) {
			const struct ledger_pool_figure *p = &f->pools[i];

			sl_tag_short(license, p->tag);
			sl_buf_puts(ret, quantities[q].name);
			label(ret, "{", "account", p->account);
			label(ret, ",", "virtual_account", p->virtual_account);
			label(ret, ",", "license", p->tag[0] != '\0' ? license : "other");
			/* two may have the same short form */
			label(ret, ",", "tag", p->tag);
			number(ret, quantity_of(p, (enum quantity)q));
		}
	}
}

/* ---- the others
 * ----------------------------------------------------------------------------------- */

static void
write_instance(struct sl_buf *ret, const char *account, const char *state, int64_t n)
{
	sl_buf_puts(ret, "smartlic_instances");
	label(ret, "{", "account", account);
	label(ret, ",", "state", state);
	number(ret, n);
}

static void
write_instances(struct sl_buf *ret, const struct ledger_figures *f)
{
	begin(ret, "smartlic_instances", "Open product instances; counted at most once a minute.");
	for (size_t i = 0; i < f->n_accounts; i++) {
		write_instance(ret, f->accounts[i].account, "live", f->accounts[i].live);
		write_instance(ret, f->accounts[i].account, "pending", f->accounts[i].pending);
	}
}

static void
write_satellites(struct sl_buf *ret, const struct ledger_figures *f)
{
	static const char name[] = "smartlic_satellite_last_sync_timestamp_seconds";

	begin(ret, name, "When a satellite and its upstream last synchronised.");
	for (size_t i = 0; i < f->n_satellites; i++) {
		sl_buf_puts(ret, name);
		label(ret, "{", "account", f->satellites[i].account);
		label(ret, ",", "satellite", f->satellites[i].satellite);
		number(ret, f->satellites[i].synced_s);
	}
}

static void
write_certificates(
    struct sl_buf *ret, const struct gauges_certificate *list, size_t n, int64_t now_s)
{
	static const char name[] = "smartlic_certificate_expiry_seconds";

	begin(ret, name, "Seconds until a certificate ends; below 0: it has ended.");
	for (size_t i = 0; i < n; i++) {
		sl_buf_puts(ret, name);
		label(ret, "{", "certificate", list[i].name);
		label(ret, ",", "state", list[i].state);
		number(ret, list[i].ends_s - now_s);
	}
}

void
gauges_write(struct sl_buf *ret, const struct ledger_figures *figures,
    const struct gauges_certificate *certificates, size_t n, int64_t now_s)
{
	write_licenses(ret, figures);
	write_instances(ret, figures);
	write_satellites(ret, figures);
	write_certificates(ret, certificates, n, now_s);
}
