/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "commands/command.h"
#include "commands/list.h"
#include "commands/output.h"

json_t *
command_alert_json(const struct ledger_alert *a)
{
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:o, s:o, s:I, s:o, s:s, s:s, s:s, s:s, s:s, "
			 "s:o}",
	    "alert", a->def->name, "severity", a->def->severity, "source", a->def->source, "id",
	    a->source, "subject", a->subject, "text", a->text, "raised", output_time(a->raised_s),
	    "last", output_time(a->last_s), "times", (json_int_t)a->times, "due",
	    output_time(a->due_s), "due_means", a->def->due, "action", a->def->action, "clears",
	    a->def->cleared, "first_contact", a->first, "second_contact", a->second, "cleared",
	    output_time(a->cleared_s));
}

struct alerts {
	json_t *list;
	int as_json;
};

static int
add_alert(void *ud, const struct ledger_alert *a)
{
	const struct alerts *all = ud;
	json_t *alert = command_alert_json(a);

	/* what is due without a date is so in words; programs have both */
	if (!all->as_json && a->due_s == DB_NULL_INT)
		(void)json_object_set(alert, "due", json_object_get(alert, "due_means"));
	return json_array_append_new(all->list, alert) < 0 ? SMARTLIC_E_NOMEM : 0;
}

static int
fill_alerts(const struct call *call, struct ledger *ledger, json_t *list, struct smartlic_error *err)
{
	struct alerts all = { list, call->option[OPTION_JSON] != NULL };

	return ledger_alert_each(
	    ledger, NULL, call->option[OPTION_ALL] != NULL, add_alert, &all, err);
}

int
command_alert_list(const struct call *call, struct smartlic_error *err)
{
	static const struct output_column columns[] = {
		{ "alert", "ALERT" },
		{ "severity", "SEVERITY" },
		{ "due", "DUE" },
		{ "subject", "OF" },
		OUTPUT_BELOW,
		{ "text", "Cause" },
		{ "first_contact", "One contact" },
		{ "second_contact", "The other" },
		{ "raised", "Raised" },
		{ "action", "What to do" },
		{ "clears", "Cleared when" },
		{ "cleared", "Cleared" },
	};

	return command_list(
	    call, fill_alerts, columns, sizeof(columns) / sizeof(columns[0]), err);
}
