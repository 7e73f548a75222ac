/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SL_TURNS_H
#define SL_TURNS_H

#include <stddef.h>
#include <stdint.h>

#include "options.h"

/*
 * In which turn destinations are tried: in their own order, but one that has failed rests, and is
 * tried after all others until its rest is over.  So the next request begins with the one that
 * answered, nobody is left untried, and the first comes first again.  Pure; zero to start.
 */
struct sl_turns {
	int64_t rest_ms; /* 0: none rests, each request begins with the first */
	int64_t until_ms[SL_MAX_DESTINATIONS]; /* by the caller's clock: it rests; 0: it does not */
	size_t order[SL_MAX_DESTINATIONS];     /* of the request in work */
	size_t n, at;
};

/* A request begins; there are `n` destinations. */
void sl_turns_begin(struct sl_turns *t, size_t n, int64_t now_ms);
/* Whose turn it is. */
size_t sl_turns_now(const struct sl_turns *t);
/* It failed.  1: it is the turn of another; 0: that was the last. */
int sl_turns_failed(struct sl_turns *t, int64_t now_ms);
/* It answered.  1: it had failed before. */
int sl_turns_answered(struct sl_turns *t);
/* Those from `first` on are others now. */
void sl_turns_forget(struct sl_turns *t, size_t first);

#endif
