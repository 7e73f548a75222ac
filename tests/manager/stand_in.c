/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "authority/authority.h"
#include "tests/manager/stand_in.h"

struct stand_in stand_in;
static struct authority_guard guard;

struct exchange {
	struct sl_buf text;
};

int
authority_prepare(struct exchange **ret, struct authority *authority, const void *request,
    size_t len, int64_t now_s, int (*random)(void *ud, void *buf, size_t len), void *ud,
    struct smartlic_error *err)
{
	struct exchange *x;
	unsigned char byte;

	(void)authority;
	if (now_s < 1 || random(ud, &byte, 1) < 0)
		return sl_fail(err, SMARTLIC_E_INVAL, "no clock, or no randomness");
	if (len == 6 && memcmp(request, "broken", 6) == 0)
		return sl_fail(err, SMARTLIC_E_STORE, "the disk is full");
	if (len == 4 && memcmp(request, "lost", 4) == 0)
		return sl_fail(err, SMARTLIC_E_STORE_BUSY, "the server is away");
	if (len == 5 && (memcmp(request, "guess", 5) == 0 || memcmp(request, "joins", 5) == 0)) {
		if (guard.wait_s(guard.ud, now_s) > 0)
			return sl_fail(err, SMARTLIC_E_LIMIT, "too many");
		if (memcmp(request, "guess", 5) == 0)
			guard.failed(guard.ud, now_s);
	}
	x = calloc(1, sizeof(*x));
	sl_buf_add(&x->text, request, len);
	*ret = x;
	return 0;
}

void
authority_execute(struct exchange *const *list, size_t n)
{
	FILE *f = fopen(stand_in.executed_file, "a");
	char byte = 'b';

	if (stand_in.begins_fd != 0 &&
	    (write(stand_in.begins_fd, &byte, 1) != 1 || read(stand_in.goes_on_fd, &byte, 1) != 1))
		abort();
	for (size_t i = 0; f != NULL && i < n; i++)
		(void)fprintf(f, "%.20s of %zu\n", list[i]->text.data, n);
	(void)fclose(f);
}

int
authority_seal(const struct exchange *x, struct sl_buf *ret, struct smartlic_error *err)
{
	if (strcmp(x->text.data, "busy") == 0)
		return sl_fail(err, SMARTLIC_E_STORE_BUSY, "others write");
	sl_buf_add(ret, "answer to ", 10);
	sl_buf_add(ret, x->text.data, x->text.len);
	return 0;
}

void
authority_forget(struct exchange *x)
{
	if (x == NULL)
		return;
	sl_buf_free(&x->text);
	free(x);
}

void
authority_outcome(const struct exchange *x, struct authority_outcome *ret)
{
	(void)x;
	*ret = (struct authority_outcome){ .type = "authorize", .request_id = "" };
}

/* For a ledger that takes several writers at once. */
int
authority_exchange(struct exchange **ret, struct authority *authority, const void *request,
    size_t len, int64_t now_s, int (*random)(void *ud, void *buf, size_t len), void *ud,
    struct sl_buf *ret_response, struct smartlic_error *err)
{
	(void)authority;
	(void)now_s;
	(void)random;
	(void)ud;
	(void)err;
	*ret = calloc(1, sizeof(**ret));
	sl_buf_add(ret_response, "second answer to ", 17);
	sl_buf_add(ret_response, request, len);
	return 0;
}

void
authority_set_guard(struct authority *authority, const struct authority_guard *ret)
{
	(void)authority;
	guard = ret != NULL ? *ret : (struct authority_guard){ 0 };
}

int
authority_alive(struct authority *authority, struct smartlic_error *err)
{
	(void)authority;
	return stand_in.ledger_is_lost ? sl_fail(err, SMARTLIC_E_STORE, "no ledger") : 0;
}

int
authority_daily(struct authority *authority, int64_t now_s, struct smartlic_error *err)
{
	(void)authority;
	(void)now_s;
	(void)err;
	return 0;
}

int
authority_trim(
    struct authority *authority, struct ledger_trim *run, int64_t now_s, struct smartlic_error *err)
{
	(void)authority;
	(void)run;
	(void)now_s;
	(void)err;
	return stand_in.trims_for_ever;
}
