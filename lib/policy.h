/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SL_POLICY_H
#define SL_POLICY_H

#include <stddef.h>
#include <stdint.h>

#include "reply.h"

/* What the authority may set, in seconds, and how far; pure. */
#define SL_RENEW_AFTER_S   INT64_C(15552000) /* 180 days */
#define SL_NEXT_CONTACT_S  INT64_C(2592000)  /* 30 days */
#define SL_OOC_POLL_S      INT64_C(43200)
#define SL_RETRY_S         INT64_C(3600)
#define SL_COLLECT_S       INT64_C(3600)
#define SL_REPORT_S        INT64_C(86400)
#define SL_AUTH_LIFE_S     INT64_C(7776000) /* 90 days */
#define SL_AUTH_LIFE_MIN_S INT64_C(604800)
#define SL_AUTH_LIFE_MAX_S INT64_C(31536000)

void sl_policy_default(struct sl_policy *policy);

/*
 * Takes over what is offered (-1: nothing offered, the present value stays), within the clamps.
 * Clamped ones are named in text ("retry_s 10 raised to 300; …"), which is "" when there are none.
 * The return value is their number.
 */
int sl_policy_take(
    struct sl_policy *policy, const struct sl_policy *offered, char *text, size_t size);

/* The same for spans that depend on the answer: an authorization's life, and the renewal of an
 * identity, at most half its life.  1 if clamped. */
int sl_clamp_auth_life(int64_t *life_s, char *text, size_t size);
int sl_clamp_renew_after(int64_t *renew_after_s, int64_t id_life_s, char *text, size_t size);

#endif
