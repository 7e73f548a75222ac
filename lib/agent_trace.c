/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdarg.h>
#include <stdio.h>

#include "agent.h"

/* What the agent tells: messages for the host, and the trace for who looks for a cause. */

int
sl_agent_enter(struct smartlic_agent *a)
{
	if (a->telling)
		return SMARTLIC_E_STATE;
	sl_error_clear(&a->err);
	return 0;
}

void
sl_agent_tell(struct smartlic_agent *a, int level, const char *text)
{
	/* what a log looks at may have something to tell, too */
	int outer = a->telling;

	if (a->env.log == NULL)
		return;
	a->telling = 1;
	a->env.log(a->env.userdata, level, text);
	a->telling = outer;
}

static void
tell(void *agent, int level, const char *text)
{
	sl_agent_tell(agent, level, text);
}

void
sl_agent_publish(struct smartlic_agent *a)
{
	sl_journal_publish(&a->journal, tell, a);
}

static void
trace(struct smartlic_agent *a, enum sl_trace_part part, const char *text)
{
	/* whoever only looks leaves no trace */
	if (!a->read_only)
		sl_trace_add(&a->trace, part, a->wall_ms, text);
}

/* A line for the trace is for the host's log as well. */
__attribute__((format(printf, 3, 0))) static void
trace_and_log(struct smartlic_agent *a, enum sl_trace_part part, const char *fmt, va_list ap)
{
	char text[SL_TRACE_TEXT + 1];

	(void)vsnprintf(text, sizeof(text), fmt, ap);
	trace(a, part, text);
	sl_agent_tell(a, SMARTLIC_LOG_DEBUG, text);
}

void
sl_agent_note(struct smartlic_agent *a, enum sl_note note, const char *fmt, ...)
{
	char details[SL_JOURNAL_TEXT], text[SL_JOURNAL_TEXT];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(details, sizeof(details), fmt, ap);
	va_end(ap);
	sl_journal_note(&a->journal, note, details, a->wall_ms);
	sl_note_format(text, sizeof(text), note, details);
	trace(a, SL_TRACE_AGENT, text);
}

void
sl_agent_trace(struct smartlic_agent *a, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	trace_and_log(a, SL_TRACE_AGENT, fmt, ap);
	va_end(ap);
}

void
sl_agent_trace_call_home(struct smartlic_agent *a, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	trace_and_log(a, SL_TRACE_CALL_HOME, fmt, ap);
	va_end(ap);
}

void
sl_agent_trace_transport(struct smartlic_agent *a, int level, const char *text)
{
	trace(a, SL_TRACE_CALL_HOME, text);
	sl_agent_tell(a, level, text);
}

void
sl_agent_trace_platform(struct smartlic_agent *a, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	trace_and_log(a, SL_TRACE_PLATFORM, fmt, ap);
	va_end(ap);
}
