/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "ledger/satellites.h"
#include "request.h"
#include "store.h"
#include "tests/simulation/simulation.h"

/*
 * Bugs that the simulation must find, in one program that is built for this alone: the linker leads
 * six functions here (--wrap), and SL_BUG names the one that has its bug in this run.
 */
static int
has_bug(const char *name)
{
	const char *bug = getenv("SL_BUG");

	return bug != NULL && strcmp(bug, name) == 0;
}

int __real_sl_slots_save(struct sl_slots *slots, struct sl_buf *slot, const void *tail,
    size_t tail_len, int both, struct smartlic_error *err);
int __wrap_sl_slots_save(struct sl_slots *slots, struct sl_buf *slot, const void *tail,
    size_t tail_len, int both, struct smartlic_error *err);
int __real_sl_request_write(struct sl_buf *ret, const struct sl_request *request,
    struct smartlic_error *err);
int __wrap_sl_request_write(struct sl_buf *ret, const struct sl_request *request,
    struct smartlic_error *err);
int __real_ledger_token_charge(struct ledger *l, const char *token, const struct sl_udi *udi,
    int64_t now_s, struct smartlic_error *err);
int __wrap_ledger_token_charge(struct ledger *l, const char *token, const struct sl_udi *udi,
    int64_t now_s, struct smartlic_error *err);

int __real_ledger_samples_add(struct ledger *l, const struct ledger_row *row, const char *store,
    const struct ledger_sample *samples, size_t n, int64_t now_s, struct smartlic_error *err);
int __wrap_ledger_samples_add(struct ledger *l, const struct ledger_row *row, const char *store,
    const struct ledger_sample *samples, size_t n, int64_t now_s, struct smartlic_error *err);

int __real_ledger_unreserve(struct ledger *l, const struct ledger_row *row, const char *id,
    int64_t now_s, struct smartlic_error *err);
int __wrap_ledger_unreserve(struct ledger *l, const struct ledger_row *row, const char *id,
    int64_t now_s, struct smartlic_error *err);

int __real_ledger_row_take(struct ledger *l, const struct ledger_row *row, int known,
    struct ledger_usage *usage, size_t n, int64_t now_s, struct smartlic_error *err);
int __wrap_ledger_row_take(struct ledger *l, const struct ledger_row *row, int known,
    struct ledger_usage *usage, size_t n, int64_t now_s, struct smartlic_error *err);

/* A request that is not persisted before it is sent. */
int
__wrap_sl_slots_save(struct sl_slots *slots, struct sl_buf *slot, const void *tail, size_t tail_len,
    int both, struct smartlic_error *err)
{
	if (both && has_bug("forgotten-persist"))
		return 0;
	return __real_sl_slots_save(slots, slot, tail, tail_len, both, err);
}

/* Every seventh number of an instance is that of the request before. */
int
__wrap_sl_request_write(struct sl_buf *ret, const struct sl_request *request,
    struct smartlic_error *err)
{
	struct sl_request again = *request;

	if (request->sequence > 0 && request->sequence % 7 == 0 && has_bug("reused-sequence"))
		again.sequence--;
	return __real_sl_request_write(ret, &again, err);
}

/* A use is charged for each registration, also of a device that has been charged for. */
int
__wrap_ledger_token_charge(struct ledger *l, const char *token, const struct sl_udi *udi,
    int64_t now_s, struct smartlic_error *err)
{
	int before = ledger_token_used_by(l, token, udi, err);
	int r = __real_ledger_token_charge(l, token, udi, now_s, err);

	if (r != 1 || before != 1 || !has_bug("token-charged-twice"))
		return r;
	r = db_exec(ledger_db(l), err, "UPDATE token SET uses = uses + 1 WHERE token = $1", "t",
	    token);
	return r < 0 ? r : 1;
}

/* The eleventh sample of a report is acknowledged like the others, and forgotten. */
int
__wrap_ledger_samples_add(struct ledger *l, const struct ledger_row *row, const char *store,
    const struct ledger_sample *samples, size_t n, int64_t now_s, struct smartlic_error *err)
{
	size_t first = n > 10 && has_bug("forgotten-sample") ? 10 : n;
	int r;

	r = __real_ledger_samples_add(l, row, store, samples, first, now_s, err);
	if (r == 0 && first + 1 < n)
		r = __real_ledger_samples_add(l, row, store, samples + first + 1, n - first - 1, now_s,
		    err);
	return r;
}

/* A reservation's return is confirmed, and stays open. */
int
__wrap_ledger_unreserve(struct ledger *l, const struct ledger_row *row, const char *id,
    int64_t now_s, struct smartlic_error *err)
{
	return has_bug("forgotten-return") ? 0 : __real_ledger_unreserve(l, row, id, now_s, err);
}

/* Of what is in use only the first license comes along with a satellite's row. */
int
__wrap_ledger_row_take(struct ledger *l, const struct ledger_row *row, int known,
    struct ledger_usage *usage, size_t n, int64_t now_s, struct smartlic_error *err)
{
	if (n > 1 && has_bug("half-a-row"))
		n = 1;
	return __real_ledger_row_take(l, row, known, usage, n, now_s, err);
}
