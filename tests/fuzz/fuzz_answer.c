/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "tests/fuzz/fuzz.h"
#include "tests/support/vector_device.h"

const char *const fuzz_corpus[] = { "tests/fuzz/corpus/answer", "tests/vectors", NULL };

/* The device that waits for an authorization, and the one that waits for its registration. */
static struct vector_device devices[2];

static void
setup(void)
{
	static const char *const waits_for[] = { "response-good.der",
		"response-register-good.der" };

	for (size_t i = 0; i < vectors_count(); i++) {
		struct vector v = vectors_get(i);

		for (size_t k = 0; k < 2; k++)
			if (strcmp(v.file, waits_for[k]) == 0)
				vector_device_init(&devices[k], &v);
	}
}

/* Nothing is taken that is not bound; a refusal has a reason and leaves nothing behind. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (devices[0].crypto == NULL)
		setup();
	for (size_t k = 0; k < 2; k++) {
		struct smartlic_error err = { 0 };
		struct sl_answer answer;
		int r = vector_device_check(&devices[k], data, size, &answer, &err);

		if (r == 0 ? strcmp(answer.reply->request_sha256,
				 devices[k].expected.request_sha256) != 0
			   : err.text[0] == '\0' || (answer.reply != NULL && !answer.advice))
			abort();
		sl_answer_release(&answer);
	}
	return 0;
}
