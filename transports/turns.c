/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "turns.h"

void
sl_turns_begin(struct sl_turns *t, size_t n, int64_t now_ms)
{
	t->n = t->at = 0;
	for (int resting = 0; resting <= 1; resting++)
		for (size_t i = 0; i < n; i++)
			if ((t->until_ms[i] > now_ms) == resting)
				t->order[t->n++] = i;
}

size_t
sl_turns_now(const struct sl_turns *t)
{
	return t->order[t->at];
}

int
sl_turns_failed(struct sl_turns *t, int64_t now_ms)
{
	if (t->rest_ms > 0)
		t->until_ms[sl_turns_now(t)] = now_ms + t->rest_ms;
	if (t->at + 1 == t->n)
		return 0;
	t->at++;
	return 1;
}

int
sl_turns_answered(struct sl_turns *t)
{
	int failed = t->until_ms[sl_turns_now(t)] != 0;

	t->until_ms[sl_turns_now(t)] = 0;
	return failed;
}

void
sl_turns_forget(struct sl_turns *t, size_t first)
{
	for (size_t i = first; i < SL_MAX_DESTINATIONS; i++)
		t->until_ms[i] = 0;
}
