/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "reply.h"
#include "text.h"
#include "tests/fuzz/fuzz.h"

const char *const fuzz_corpus[] = { "tests/fuzz/corpus/reply", NULL };

static void
require(int fact)
{
	if (!fact)
		abort();
}

/* What the header promises of a reply that was read. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct smartlic_error err = { 0 };
	struct sl_reply *p = NULL;

	if (sl_reply_read(&p, (const char *)data, size, &err) < 0) {
		require(p == NULL && err.text[0] != '\0');
		return 0;
	}
	require(sl_is_uuid(p->ledger) && p->time_s >= 0);
	require(p->request_sha256[0] == '\0' || sl_is_uuid(p->request_id));
	require(p->status != SL_REPLY_ERROR || p->error.code != SL_DENIED_NONE);
	if (p->status == SL_REPLY_OK && p->type == SL_MSG_REGISTER)
		require(sl_is_uuid(p->body_instance) && p->n_certificates > 0);
	for (size_t i = 0; i < p->n_certificates; i++)
		require(p->certificates[i].len > 0);
	for (size_t i = 0; i < p->authorization.n_entitlements; i++)
		require(sl_is_tag(p->authorization.entitlements[i].tag) &&
			p->authorization.entitlements[i].count >= 0);
	sl_reply_free(p);
	return 0;
}
