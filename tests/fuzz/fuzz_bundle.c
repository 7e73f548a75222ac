/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "tests/fuzz/fuzz.h"
#include "transports/bundle.h"

const char *const fuzz_corpus[] = { "tests/fuzz/corpus/bundle", NULL };

struct input {
	const uint8_t *at;
	size_t left, portion;
};

static ssize_t
take(void *ud, void *buf, size_t size)
{
	struct input *in = ud;
	size_t n = size < in->portion ? size : in->portion;

	n = n < in->left ? n : in->left;
	memcpy(buf, in->at, n);
	in->at += n;
	in->left -= n;
	return (ssize_t)n;
}

/* A block that was found, armoured, is found again. */
static void
check_block(const struct sl_bundle *b)
{
	size_t len;
	char *text = sl_bundle_armour(b->der, b->len, &len);
	struct input in = { (const uint8_t *)text, len, 64 };
	struct sl_bundle again = { .read = take, .ud = &in };

	if (b->len == 0 || b->len > SL_BUNDLE_MESSAGE_MAX || text == NULL ||
	    sl_bundle_next(&again) != SL_BUNDLE_BLOCK || again.len != b->len ||
	    memcmp(again.der, b->der, b->len) != 0 || sl_bundle_next(&again) != SL_BUNDLE_END)
		abort();
	sl_bundle_release(&again);
	free(text);
}

/* What is found does not depend on how it arrives; a digest of it. */
static size_t
read_all(const uint8_t *data, size_t len, size_t portion)
{
	struct input in = { data, len, portion };
	struct sl_bundle b = { .read = take, .ud = &in };
	enum sl_bundle_found found;
	size_t sum = 0;

	do {
		found = sl_bundle_next(&b);
		sum = sum * 31 + found;
		if (found == SL_BUNDLE_BLOCK) {
			sum = sum * 31 + b.len;
			check_block(&b);
		}
		if (found == SL_BUNDLE_FAILED || b.blocks > SL_BUNDLE_BLOCKS_MAX ||
		    (found == SL_BUNDLE_BAD && b.why == NULL))
			abort();
	} while (found == SL_BUNDLE_BLOCK || found == SL_BUNDLE_BAD);
	sl_bundle_release(&b);
	return sum;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	if (read_all(data, len, 4096) != read_all(data, len, 1))
		abort();
	return 0;
}
