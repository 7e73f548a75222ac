/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "show.h"

/* How much the platform can carry is no matter of its licenses: the reference prints a constant. */
#define GAUGE_KBPS 1000000

static void
put_times(const struct sl_show *s)
{
	const struct smartlic_status *st = s->st;

	sl_put_moment(s, "Collection: LAST:", st->last_collection_ms);
	sl_put_moment(s, "            NEXT:", st->next_collection_ms);
	sl_put_moment(s, "Reporting:  LAST:", st->last_report_ms);
	sl_put_moment(s, "            NEXT:", st->next_report_ms);
}

/* Before its first answer the authority has not told the name. */
static void
put_name(const struct sl_show *s, const struct smartlic_entitlement *e)
{
	if (e->name[0] != '\0') {
		sl_put_text(s, e->name);
		return;
	}
	sl_buf_puts(s->out, "(");
	sl_put_text(s, e->short_name);
	sl_buf_puts(s->out, ")");
}

static void
put_feature(const struct sl_show *s)
{
	const struct smartlic_status *st = s->st;

	/* CONFIG: counts come from the running configuration */
	sl_buf_puts(s->out, "\n=====\nFeature/Area 'system'\nName: System\nStatus: ACTIVE\n"
			    "Flags: CONFIG\n\n");
	for (size_t i = 0; i < st->n_entitlements; i++) {
		const struct smartlic_entitlement *e = &st->entitlements[i];

		sl_buf_printf(s->out, "[%2zu] Name: ", i + 1);
		put_name(s, e);
		sl_buf_puts(s->out, "\n");
		sl_put_line(s, "     Entitlement Tag:", e->tag);
		sl_buf_printf(
		    s->out, "     Count: Last reported:%5lld\n", (long long)e->last_reported);
		sl_buf_printf(s->out, "            Next report:%7lld\n", (long long)e->next_report);
	}
}

void
sl_show_platform_detail(const struct sl_show *s)
{
	const struct smartlic_status *st = s->st;

	sl_buf_printf(s->out, "Current state:    %s\n\n", sl_show_registration(st));
	put_times(s);
	sl_buf_printf(s->out, "\nParameters: Collection interval:%8lld minute(s)\n",
	    (long long)(st->collect_s / 60));
	sl_buf_printf(s->out, "            Reporting interval:%8lld minute(s)\n",
	    (long long)(st->report_s / 60));
	sl_buf_printf(s->out, "            Throughput gauge:%13d Kbps\n", GAUGE_KBPS);
	if (st->n_entitlements > 0)
		put_feature(s);
}

void
sl_show_platform_summary(const struct sl_show *s)
{
	const struct smartlic_status *st = s->st;

	put_times(s);
	sl_buf_printf(s->out, "\n%-14s%-32s%13s\n", "Feature/Area", "Entitlement", "Count");
	sl_buf_printf(s->out, "%-46s%6s %6s\n", "", "Last", "Next");
	for (size_t i = 0; i < st->n_entitlements; i++) {
		const struct smartlic_entitlement *e = &st->entitlements[i];

		sl_buf_printf(s->out, "%-14s%-32s%6lld %6lld\n", "System", e->short_name,
		    (long long)e->last_reported, (long long)e->next_report);
	}
	if (st->n_entitlements == 0)
		sl_buf_puts(s->out, "No licenses in use\n");
}
