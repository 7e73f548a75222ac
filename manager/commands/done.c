/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "commands/done.h"
#include "crypto.h"
#include "ledger/ledger.h"

int
done_run(const struct call *call, struct smartlic_error *err)
{
	int r = call->command->run(call, err), told = 0;

	/* commands that list have printed their own */
	if (call->done != NULL && json_object_size(call->done) > 0)
		told = output_json(call->done, r < 0 ? NULL : err);
	return r < 0 ? r : told;
}

/* Any of the strings may be a secret. */
void
done_release(struct call *call)
{
	json_t *value;
	const char *key;

	json_object_foreach(call->done, key, value)
		if (json_is_string(value))
			sl_wipe((void *)json_string_value(value), json_string_length(value));
	json_decref(call->done);
	call->done = NULL;
}

void
done_text(const struct call *call, const char *format, ...)
{
	va_list args;

	if (call->done != NULL)
		return;
	va_start(args, format);
	(void)vprintf(format, args);
	va_end(args);
}

void
done_json(const struct call *call, const char *key, json_t *value)
{
	if (call->done != NULL)
		(void)json_object_set_new(call->done, key, value);
	else
		json_decref(value);
}

void
done_string(const struct call *call, const char *key, const char *text)
{
	done_json(call, key, output_string(text));
}

void
done_number(const struct call *call, const char *key, int64_t n)
{
	done_json(call, key, json_integer((json_int_t)n));
}

void
done_time(const struct call *call, const char *key, int64_t s)
{
	done_json(call, key, output_time(s));
}

void
done_tag(const struct call *call, const char *tag)
{
	const struct ledger_entitlement *e = ledger_entitlement_find(tag);
	char short_tag[SL_TAG_SIZE];

	sl_tag_short(short_tag, e != NULL ? e->tag : tag);
	done_string(call, "license", short_tag);
	done_string(call, "tag", e != NULL ? e->tag : tag);
}

void
done_row(const struct call *call, json_t *row)
{
	if (call->done != NULL)
		(void)json_object_update(call->done, row);
	json_decref(row);
}

void
done_secret(const struct call *call, const struct sl_buf *token)
{
	/* unbuffered: stdio would keep a copy that nobody wipes */
	(void)setvbuf(stdout, NULL, _IONBF, 0);
	if (call->done == NULL)
		(void)printf("%s\n", token->data);
	else
		done_string(call, "token", token->data);
}
