/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "authority/request_read.h"
#include "tests/fuzz/fuzz.h"
#include "text.h"

const char *const fuzz_corpus[] = { "tests/fuzz/corpus/request", NULL };

static void
require(int fact)
{
	if (!fact)
		abort();
}

static void
check_accepted(const struct request *q)
{
	require(request_is_named(q) && sl_is_uuid(q->request_id) && sl_is_uuid(q->store));
	require(strcmp(q->type_name, sl_msg_type_name(q->type)) == 0);
	require(sl_udi_check(&q->udi, NULL) == 0);
	if (q->type == SL_MSG_REGISTER)
		require(q->sequence == 0 && strlen(q->token_proof) == 64);
	else
		require(q->sequence > 0 && q->sequence <= SL_SEQUENCE_MAX &&
		        sl_is_uuid(q->instance));
	require((q->type != SL_MSG_REGISTER && q->type != SL_MSG_RENEW_ID) || q->csr.len > 0);
	require(q->type != SL_MSG_AUTHORIZE || q->has_usage);
	require(q->n_samples <= REQUEST_SAMPLES_MAX);
	for (size_t i = 0; i < q->n_samples; i++)
		require(sl_is_tag(q->samples[i].tag) && q->samples[i].n >= 1 && q->samples[i].hours >= 1 &&
		        q->samples[i].last >= 0 && q->samples[i].last <= q->samples[i].max &&
		        q->samples[i].max <= REQUEST_COUNT_MAX);
	require(q->n_usage <= REQUEST_USAGE_MAX);
	for (size_t i = 0; i < q->n_usage; i++) {
		require(sl_is_tag(q->usage[i].tag) && q->usage[i].count >= 1 &&
		        q->usage[i].count <= REQUEST_COUNT_MAX);
		for (size_t k = 0; k < i; k++)
			require(strcmp(q->usage[k].tag, q->usage[i].tag) != 0);
	}
}

/* What the header promises of a request that was read or denied. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct smartlic_error err = { 0 };
	struct request q;

	if (request_read(&q, data, size, &err) == 0) {
		if (q.denial == SL_DENIED_NONE)
			check_accepted(&q);
		else if (q.has_header)
			require(request_is_named(&q) && err.text[0] != '\0');
		else
			require(err.text[0] != '\0');
		require(q.request_id[0] == '\0' || sl_is_uuid(q.request_id));
		require(q.instance[0] == '\0' || sl_is_uuid(q.instance));
	}
	request_release(&q);
	return 0;
}
