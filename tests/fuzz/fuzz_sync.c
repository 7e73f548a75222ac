/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "authority/sync.h"
#include "tests/fuzz/fuzz.h"
#include "text.h"

/* A row of a synchronisation, as a satellite or its upstream sends it. */

const char *const fuzz_corpus[] = { "tests/fuzz/corpus/sync", NULL };

static struct smartlic_crypto *crypto;

static void
require(int fact)
{
	if (!fact)
		abort();
}

static void
release(void)
{
	smartlic_crypto_free(crypto);
}

static void
check_usage(const struct ledger_usage *usage, size_t n)
{
	require(n <= REQUEST_USAGE_MAX);
	for (size_t i = 0; i < n; i++) {
		require(sl_is_tag(usage[i].tag) && usage[i].count >= 1 &&
			usage[i].count <= REQUEST_COUNT_MAX);
		for (size_t k = 0; k < i; k++)
			require(strcmp(usage[k].tag, usage[i].tag) != 0);
	}
}

static void
check_keys(const struct sync_row *in)
{
	size_t in_use = 0;

	require(in->n_keys <= SYNC_KEYS_MAX);
	for (size_t i = 0; i < in->n_keys; i++) {
		require(in->keys[i].cert != NULL &&
			strcmp(sl_cert_cn(in->keys[i].cert), in->row.instance) == 0);
		in_use += in->keys[i].key.state ==
			  (in->row.state == LEDGER_LIVE ? LEDGER_KEY_CURRENT : LEDGER_KEY_ISSUED);
	}
	require(in->row.state == LEDGER_CLOSED || in_use == 1);
}

static void
check_reservations(const struct sync_row *in)
{
	require(in->n_reservations <= SYNC_RESERVATIONS_MAX);
	for (size_t i = 0; i < in->n_reservations; i++) {
		const struct ledger_reservation *v = &in->reservations[i].v;

		require(sl_is_uuid(v->reservation) && v->state[0] != '\0');
		require(strcmp(v->instance, in->row.instance) == 0);
		require((strcmp(v->state, "open") == 0) == (v->closed_s == DB_NULL_INT));
		check_usage(in->reservations[i].licenses, in->reservations[i].n);
	}
}

/* What the header promises of a row that was read. */
static void
check_row(const struct sync_row *in)
{
	json_t *body = NULL;

	require(sl_is_uuid(in->row.instance) && sl_uuid7_ms(in->row.instance) >= 0);
	require(sl_is_uuid(in->row.home) && in->row.va >= 1);
	require(sl_udi_check(&in->row.udi, NULL) == 0);
	require(in->row.sequence >= 0 && in->row.sequence <= SL_SEQUENCE_MAX);
	require(in->row.sequence == 0 || in->has_last);
	check_usage(in->usage, in->n_usage);
	check_keys(in);
	check_reservations(in);
	if (in->last_body != NULL && in->last.denial[0] == '\0')
		require(sl_json_load(&body, in->last_body, strlen(in->last_body), SL_CONTENT_MAX,
			    NULL) == 0);
	json_decref(body);
	/* a row says nothing new to who has it */
	require(sync_judge(&in->row, &in->row) == SYNC_SAME);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct smartlic_error err = { 0 };
	struct sync_row in;
	json_t *root;

	if (crypto == NULL) {
		require(smartlic_crypto_new(&crypto, NULL) == 0);
		(void)atexit(release);
	}
	if (sl_json_load(&root, (const char *)data, size, SL_CONTENT_MAX, &err) < 0)
		return 0;
	if (sync_row_read(&in, crypto, root, &err) == 0)
		check_row(&in);
	else
		require(err.text[0] != '\0');
	sync_row_release(&in);
	json_decref(root);
	return 0;
}
