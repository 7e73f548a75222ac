/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "show.h"
#include "text.h"

void
sl_put_text(const struct sl_show *s, const char *text)
{
	while (*text != '\0') {
		size_t control = sl_control(text);

		if (control > 0)
			sl_buf_puts(s->out, " ");
		else
			sl_buf_add(s->out, text, 1);
		text += control > 0 ? control : 1;
	}
}

void
sl_put_time(const struct sl_show *s, int64_t time_ms)
{
	sl_show_time(s->out, time_ms, s->local_time, s->userdata);
}

void
sl_put_line(const struct sl_show *s, const char *label, const char *value)
{
	sl_buf_puts(s->out, label);
	if (value[0] != '\0') {
		sl_buf_puts(s->out, " ");
		sl_put_text(s, value);
	}
	sl_buf_puts(s->out, "\n");
}

void
sl_put_when(const struct sl_show *s, const char *label, int64_t time_ms)
{
	if (time_ms != SMARTLIC_NO_TIME)
		sl_put_moment(s, label, time_ms);
}

void
sl_put_moment(const struct sl_show *s, const char *label, int64_t time_ms)
{
	if (time_ms == SMARTLIC_NO_TIME) {
		sl_put_line(s, label, "None");
		return;
	}
	sl_buf_printf(s->out, "%s ", label);
	sl_put_time(s, time_ms);
	sl_buf_puts(s->out, "\n");
}

void
sl_put_attempt(const struct sl_show *s, const char *label, const struct smartlic_attempt *attempt)
{
	const char *word = sl_show_outcome(attempt->outcome);

	if (attempt->outcome == SMARTLIC_ATTEMPT_NONE) {
		sl_put_line(s, label, word);
		return;
	}
	sl_buf_printf(s->out, "%s %s on ", label, word);
	sl_put_time(s, attempt->time_ms);
	sl_buf_puts(s->out, "\n");
	if (attempt->outcome == SMARTLIC_ATTEMPT_FAILED)
		sl_put_line(s, "    Failure reason:", attempt->reason);
}

void
sl_put_span(const struct sl_show *s, const char *label, int64_t seconds)
{
	sl_buf_printf(s->out, "%s %lld days, %d hours, %d minutes, %d seconds\n", label,
	    (long long)(seconds / 86400), (int)(seconds % 86400 / 3600), (int)(seconds % 3600 / 60),
	    (int)(seconds % 60));
}
