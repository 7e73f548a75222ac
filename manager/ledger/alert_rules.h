/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MANAGER_ALERT_RULES_H
#define MANAGER_ALERT_RULES_H

#include <stdint.h>

/*
 * When an alert is open: facts in, alerts out.  The same rule raises and clears it, whoever looks at
 * the fact.  Pure.
 */
enum alert_id {
#define LEDGER_ALERT(id, name, severity, source, due, action, cleared) ALERT_##id,
#include "ledger/alerts.def"
#undef LEDGER_ALERT
	ALERTS
};
/* A set of them. */
#define ALERT_BIT(id) (1U << ALERT_##id)
#define ALERT_ALL     ((1U << ALERTS) - 1)

struct alert_def {
	const char *name, *severity;
	const char *source; /* "instance" "license" "token" "certificate" */
	const char *due, *action, *cleared;
};
extern const struct alert_def alert_defs[ALERTS];

/* Each rule decides these, and gives those of them that are open. */
#define ALERTS_OF_SIGN (ALERT_BIT(CLONE) | ALERT_BIT(REPLACED_KEY))
#define ALERTS_OF_POOL (ALERT_BIT(OUT_OF_COMPLIANCE) | ALERT_BIT(INSUFFICIENT))
#define ALERTS_OF_DEVICE (ALERT_BIT(SILENT) | ALERT_BIT(RELEASED))
#define ALERTS_OF_TOKEN ALERT_BIT(TOKEN_ENDING)

/* A sign that was last seen then still counts. */
#define ALERT_SIGN_S (INT64_C(90) * 86400)

unsigned int alerts_of_pool(int64_t purchased, int64_t consumed);

struct alert_device {
	int live;
	int64_t contact_s, silence_s;
	int released; /* it uses licenses that no pool counts any more */
};
unsigned int alerts_of_device(const struct alert_device *device, int64_t now_s);

struct alert_token {
	int64_t created_s, expires_s;
	int usable; /* neither revoked nor used up */
};
/* In the last tenth of its life, a week at most. */
#define ALERT_TOKEN_S (INT64_C(7) * 86400)
unsigned int alerts_of_token(const struct alert_token *token, int64_t now_s);

/* `id`, one of those of certificates, or none. */
unsigned int alerts_of_end(enum alert_id id, int64_t ends_s, int64_t now_s);

#endif
