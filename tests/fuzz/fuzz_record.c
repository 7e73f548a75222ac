/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "record.h"
#include "tests/fuzz/fuzz.h"
#include "trace.h"

const char *const fuzz_corpus[] = { "tests/fuzz/corpus/record", NULL };

/* What is loaded of a trace is lines to its end. */
static void
trace_is_sound(const uint8_t *data, size_t size)
{
	struct sl_trace trace = { 0 };
	struct sl_trace_line line;
	size_t at = 0;

	sl_trace_load(&trace, data, size);
	while (sl_trace_next(&trace, &at, &line))
		continue;
	if (at != trace.len)
		abort();
}

/* The bytes are a trace or a record.  What is read is sound, and a record written and read again it
 * is the same. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct smartlic_error err;
	struct sl_record record, again;
	struct sl_buf a = { 0 }, b = { 0 };

	trace_is_sound(data, size);
	if (sl_record_read(&record, data, size, &err) < 0)
		return 0;
	if (sl_record_write(&a, &record, &err) < 0 ||
	    sl_record_read(&again, a.data, a.len, &err) < 0 ||
	    sl_record_write(&b, &again, &err) < 0 || a.len != b.len ||
	    memcmp(a.data, b.data, a.len) != 0)
		abort();
	sl_record_clear(&record);
	sl_record_clear(&again);
	sl_buf_free(&a);
	sl_buf_free(&b);
	return 0;
}
