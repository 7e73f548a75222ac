/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "show.h"

/* Lines of one part, or of all (part SL_TRACE_PARTS), oldest first. */
static void
put_lines(const struct sl_show *s, enum sl_trace_part part)
{
	struct sl_trace_line line;
	size_t at = 0, n = 0;

	while (s->trace != NULL && sl_trace_next(s->trace, &at, &line)) {
		if (part != SL_TRACE_PARTS && line.part != part)
			continue;
		sl_put_time(s, line.time_ms);
		sl_buf_puts(s->out, ": ");
		if (part == SL_TRACE_PARTS)
			sl_buf_printf(s->out, "%s: ", sl_show_part(line.part));
		sl_put_text(s, line.text);
		sl_buf_puts(s->out, "\n");
		n++;
	}
	if (n == 0)
		sl_buf_puts(s->out, "No trace\n");
}

void
sl_show_trace(const struct sl_show *s)
{
	put_lines(s, SL_TRACE_PARTS);
}

void
sl_show_call_home_trace(const struct sl_show *s)
{
	put_lines(s, SL_TRACE_CALL_HOME);
}

void
sl_show_platform_trace(const struct sl_show *s)
{
	put_lines(s, SL_TRACE_PLATFORM);
}
