/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "message.h"
#include "tests/fuzz/fuzz.h"

const char *const fuzz_corpus[] = { "tests/fuzz/corpus/json", "tests/vectors", NULL };

static int
depth(const json_t *v)
{
	const char *key;
	json_t *e;
	size_t i;
	int max = 0, d;

	if (json_is_object(v)) {
		/* the macro wants what it may change; nothing is changed here */
		json_object_foreach((json_t *)(uintptr_t)v, key, e)
		{
			d = depth(e);
			max = d > max ? d : max;
		}
	} else if (json_is_array(v)) {
		json_array_foreach(v, i, e)
		{
			d = depth(e);
			max = d > max ? d : max;
		}
	} else if (json_is_real(v)) {
		abort();
	} else {
		return 0;
	}
	return max + 1;
}

/* What is read obeys the limits, and is read again from what is written of it. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct smartlic_error err = { 0 };
	json_t *root = NULL, *again = NULL;
	char *text;

	if (sl_json_load(&root, (const char *)data, size, SL_CONTENT_MAX, &err) < 0) {
		if (root != NULL || err.text[0] == '\0')
			abort();
		return 0;
	}
	if (!json_is_object(root) || depth(root) > SL_JSON_DEPTH_MAX)
		abort();
	text = json_dumps(root, JSON_COMPACT);
	/* written out a text may be longer than it was: no limit on size here */
	if (text == NULL || sl_json_load(&again, text, strlen(text), SIZE_MAX, &err) < 0 ||
	    !json_equal(root, again))
		abort();
	free(text);
	json_decref(root);
	json_decref(again);
	return 0;
}
