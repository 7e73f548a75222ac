/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "policy.h"

#define MINUTE INT64_C(60)
#define HOUR   INT64_C(3600)
#define DAY    INT64_C(86400)

static const struct {
	const char *name;
	size_t offset;
	int64_t initial, min, max;
} rules[] = {
#define RULE(name, initial, min, max)                                                              \
	{                                                                                          \
#name, offsetof(struct sl_policy, name), initial, min, max                         \
	}
	RULE(renew_after_s, SL_RENEW_AFTER_S, HOUR, 20 * 366 * DAY),
	RULE(next_contact_s, SL_NEXT_CONTACT_S, HOUR, 30 * DAY),
	RULE(ooc_poll_s, SL_OOC_POLL_S, 15 * MINUTE, 30 * DAY),
	RULE(retry_s, SL_RETRY_S, 5 * MINUTE, 30 * DAY),
	RULE(collect_s, SL_COLLECT_S, MINUTE, DAY),
	RULE(report_s, SL_REPORT_S, HOUR, 30 * DAY),
#undef RULE
};
#define N_RULES (sizeof(rules) / sizeof(rules[0]))

static int64_t *
member(struct sl_policy *policy, size_t i)
{
	return (int64_t *)(void *)((char *)policy + rules[i].offset);
}

void
sl_policy_default(struct sl_policy *policy)
{
	for (size_t i = 0; i < N_RULES; i++)
		*member(policy, i) = rules[i].initial;
	policy->export_controlled_allowed = 0;
}

static int
clamp(int64_t *value, int64_t min, int64_t max, const char *name, char *text, size_t size)
{
	int64_t asked = *value;
	size_t used = strlen(text);

	if (asked >= min && asked <= max)
		return 0;
	*value = asked < min ? min : max;
	(void)snprintf(text + used, size - used, "%s%s %" PRId64 " %s to %" PRId64,
	    used > 0 ? "; " : "", name, asked, asked < min ? "raised" : "lowered", *value);
	return 1;
}

int
sl_policy_take(struct sl_policy *policy, const struct sl_policy *offered, char *text, size_t size)
{
	struct sl_policy in = *offered;
	int n = 0;

	text[0] = '\0';
	for (size_t i = 0; i < N_RULES; i++) {
		int64_t value = *member(&in, i);

		if (value == -1)
			continue;
		n += clamp(&value, rules[i].min, rules[i].max, rules[i].name, text, size);
		*member(policy, i) = value;
	}
	if (in.export_controlled_allowed != -1)
		policy->export_controlled_allowed = in.export_controlled_allowed;
	return n;
}

int
sl_clamp_auth_life(int64_t *life_s, char *text, size_t size)
{
	text[0] = '\0';
	return clamp(
	    life_s, SL_AUTH_LIFE_MIN_S, SL_AUTH_LIFE_MAX_S, "authorization life", text, size);
}

int
sl_clamp_renew_after(int64_t *renew_after_s, int64_t id_life_s, char *text, size_t size)
{
	int64_t half = id_life_s > 0 ? id_life_s / 2 : 0;

	text[0] = '\0';
	return clamp(renew_after_s, 0, half, "renew_after_s", text, size);
}
