/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "ledger/alert_rules.h"

#define DAY_S INT64_C(86400)

const struct alert_def alert_defs[ALERTS] = {
#define LEDGER_ALERT(id, name, severity, source, due, action, cleared)                             \
	[ALERT_##id] = { name, severity, source, due, action, cleared },
#include "ledger/alerts.def"
#undef LEDGER_ALERT
};

unsigned int
alerts_of_pool(int64_t purchased, int64_t consumed)
{
	if (consumed > purchased)
		return ALERT_BIT(OUT_OF_COMPLIANCE);
	return purchased > 0 && consumed == purchased ? ALERT_BIT(INSUFFICIENT) : 0;
}

unsigned int
alerts_of_device(const struct alert_device *d, int64_t now_s)
{
	unsigned int open = 0;

	if (d->live && now_s - d->contact_s >= d->silence_s)
		open |= ALERT_BIT(SILENT);
	if (d->live && d->released)
		open |= ALERT_BIT(RELEASED);
	return open;
}

unsigned int
alerts_of_token(const struct alert_token *t, int64_t now_s)
{
	int64_t tenth = (t->expires_s - t->created_s) / 10;
	int64_t ahead = tenth < ALERT_TOKEN_S ? tenth : ALERT_TOKEN_S;

	return t->usable && now_s < t->expires_s && t->expires_s - now_s <= ahead
	           ? ALERT_BIT(TOKEN_ENDING)
	           : 0;
}

unsigned int
alerts_of_end(enum alert_id id, int64_t ends_s, int64_t now_s)
{
	static const int64_t days[ALERTS] = {
		[ALERT_ROOT_ENDING] = 365,
		[ALERT_ISSUING_ENDING] = 400, /* what it issues lives for a year */
		[ALERT_SATELLITES_ENDING] = 800, /* what it issues lives for two */
		[ALERT_SIGNER_ENDING] = 90,
		[ALERT_TLS_ENDING] = 30,
		[ALERT_ROOT_LIST_ENDING] = 60,
	};

	return ends_s - now_s <= days[id] * DAY_S ? 1U << id : 0;
}
