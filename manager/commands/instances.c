/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdio.h>
#include <string.h>

#include "commands/command.h"
#include "commands/done.h"
#include "commands/list.h"
#include "commands/output.h"
#include "commands/session.h"
#include "system.h"

static json_t *
instance_json(const struct ledger_instance *i)
{
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:o, s:o, s:o, s:o, s:I, s:s, s:s, "
			 "s:o, s:s, s:s}",
	    "instance", i->instance, "pid", i->udi.pid, "sn", i->udi.sn, "uuid", i->udi.uuid,
	    "hostname", i->hostname, "virtual_account", i->virtual_account, "state", i->state,
	    "compliance", i->compliance, "issued", output_time(i->issued_s), "last_contact",
	    output_time(i->last_contact_s), "deadline", output_time(i->deadline_s),
	    "registration_expires", output_time(i->registration_expires_s), "sequence",
	    (json_int_t)i->sequence, "closed_why", i->closed_why, "closed_by", i->closed_by, "closed",
	    output_time(i->closed_s), "export_controlled",
	    i->export_controlled ? "allowed" : "not allowed", "served_by", i->served_by);
}

int
command_instance_tell(const struct call *call, struct ledger *ledger, const char *instance,
    struct smartlic_error *err)
{
	struct ledger_instance i;
	int r = call->done == NULL ? 0 : ledger_instance_find(ledger, instance, &i, err);

	if (r == 0 && call->done != NULL)
		done_row(call, instance_json(&i));
	return r;
}

static int
add_instance(void *ud, const struct ledger_instance *i)
{
	return json_array_append_new(ud, instance_json(i)) < 0 ? SMARTLIC_E_NOMEM : 0;
}

#define PAGE     1000
#define PAGE_MAX 100000

static int
check_state(const char *state, struct smartlic_error *err)
{
	if (state == NULL || strcmp(state, "live") == 0 || strcmp(state, "pending") == 0 ||
	    strcmp(state, "closed") == 0)
		return 0;
	return sl_fail(err, SMARTLIC_E_INVAL, "--state: '%s': one of live, pending, closed is expected",
	    state);
}

static int
fill_instances(const struct call *call, struct ledger *ledger, json_t *list, struct smartlic_error *err)
{
	struct ledger_instance_query q = { .search = call->option[OPTION_SEARCH],
		.virtual_account = call->option[OPTION_VIRTUAL_ACCOUNT],
		.state = call->option[OPTION_STATE],
		.after = call->option[OPTION_AFTER],
		.limit = PAGE };
	const json_t *last;
	int more, r = check_state(q.state, err);

	if (r == 0)
		r = command_after(call, err);
	if (r == 0 && call->option[OPTION_LIMIT] != NULL)
		r = command_number(
		    "--limit", call->option[OPTION_LIMIT], 1, PAGE_MAX, &q.limit, err);
	if (r == 0)
		r = ledger_instance_list(ledger, &q, add_instance, list, &more, err);
	if (r == 0 && more) {
		last = json_array_get(list, json_array_size(list) - 1);
		(void)fprintf(stderr, "There are more: --after %s\n",
		    json_string_value(json_object_get(last, "instance")));
	}
	return r;
}

int
command_instance_list(const struct call *call, struct smartlic_error *err)
{
	static const struct output_column columns[] = {
		{ "instance", "INSTANCE" },
		{ "pid", "PID" },
		{ "sn", "SERIAL" },
		{ "virtual_account", "VIRTUAL ACCOUNT" },
		{ "state", "STATE" },
		{ "compliance", "COMPLIANCE" },
		{ "last_contact", "LAST CONTACT" },
		{ "served_by", "SERVED BY" },
	};

	return command_list(
	    call, fill_instances, columns, sizeof(columns) / sizeof(columns[0]), err);
}

/* ---- one of them -------------------------------------------------------- */

static int
add_usage(void *ud, const struct ledger_held *h)
{
	char short_tag[SL_TAG_SIZE];
	json_t *row;

	sl_tag_short(short_tag, h->tag);
	row = json_pack("{s:s, s:s, s:I, s:I, s:I}", "license", short_tag, "tag", h->tag, "count",
	    (json_int_t)h->count, "held", (json_int_t)h->held, "reserved", (json_int_t)h->reserved);
	return json_array_append_new(ud, row) < 0 ? SMARTLIC_E_NOMEM : 0;
}

static int
add_key(void *ud, const struct ledger_key_info *k)
{
	json_t *row = json_pack("{s:s, s:s, s:s, s:o}", "id", k->ski, "serial", k->serial, "state",
	    k->state, "issued", output_time(k->issued_s));

	return json_array_append_new(ud, row) < 0 ? SMARTLIC_E_NOMEM : 0;
}

#define HISTORY_MAX 200

/* Of licences: "+8 S-NCS1K4-LIC-100G=". */
static int
add_history(void *ud, const struct ledger_history *h)
{
	char short_tag[SL_TAG_SIZE], text[SL_TAG_SIZE + 32];
	json_t *row;

	sl_tag_short(short_tag, h->tag);
	(void)snprintf(text, sizeof(text), "%+lld %s", (long long)h->delta, short_tag);
	row = json_pack("{s:o, s:s, s:s, s:s}", "at", output_time(h->at_s), "what", h->what, "who", h->who,
	    "text", h->tag[0] != '\0' ? text : h->text);
	return json_array_append_new(ud, row) < 0 ? SMARTLIC_E_NOMEM : 0;
}

static int
add_alert(void *ud, const struct ledger_alert *a)
{
	return json_array_append_new(ud, command_alert_json(a)) < 0 ? SMARTLIC_E_NOMEM : 0;
}

/* *ret: the instance with lists "usage", "keys", "alerts", "history". */
static int
collect(struct session *s, const char *uuid_or_serial, json_t **ret, struct smartlic_error *err)
{
	struct ledger_instance i;
	json_t *usage = json_array(), *keys = json_array(), *alerts = json_array(), *all = NULL;
	json_t *history = json_array();
	int r;

	r = ledger_instance_find(s->ledger, uuid_or_serial, &i, err);
	if (r == 0)
		r = ledger_usage_each(s->ledger, i.instance, add_usage, usage, err);
	if (r == 0)
		r = ledger_key_each(s->ledger, i.instance, add_key, keys, err);
	if (r == 0)
		r = ledger_alert_each(s->ledger, i.instance, 0, add_alert, alerts, err);
	if (r == 0)
		r = ledger_history_each(
		    s->ledger, i.instance, HISTORY_MAX, add_history, history, err);
	if (r == 0) {
		all = instance_json(&i);
		if (json_object_set(all, "usage", usage) < 0 ||
		    json_object_set(all, "keys", keys) < 0 ||
		    json_object_set(all, "alerts", alerts) < 0 ||
		    json_object_set(all, "history", history) < 0) {
			json_decref(all);
			r = sl_nomem(err);
		} else {
			*ret = all;
		}
	}
	json_decref(usage);
	json_decref(keys);
	json_decref(alerts);
	json_decref(history);
	return r;
}

static int
show_list(const json_t *all, const char *key, const struct output_column *columns, size_t n,
    struct smartlic_error *err)
{
	const json_t *list = json_object_get(all, key);

	if (json_array_size(list) == 0)
		return 0;
	putchar('\n');
	return output_list(list, columns, n, 0, err);
}

#define N(columns) (sizeof(columns) / sizeof((columns)[0]))

static int
show(const json_t *all, struct smartlic_error *err)
{
	static const struct output_column lines[] = {
		{ "instance", "Instance" },
		{ "pid", "PID" },
		{ "sn", "Serial number" },
		{ "uuid", "UUID" },
		{ "hostname", "Host name" },
		{ "virtual_account", "Virtual account" },
		{ "state", "State" },
		{ "compliance", "Compliance" },
		{ "issued", "Registered" },
		{ "registration_expires", "Registration expires" },
		{ "last_contact", "Last contact" },
		{ "deadline", "Licenses held until" },
		{ "sequence", "Last sequence" },
		{ "export_controlled", "Export-controlled" },
		{ "served_by", "Served by" },
	};
	static const struct output_column closed_lines[] = {
		{ "closed_why", "Closed because" },
		{ "closed_by", "Closed by" },
		{ "closed", "Closed at" },
	};
	static const struct output_column usage[] = {
		{ "license", "LICENSE" },
		{ "count", "USED" },
		{ "held", "HELD" },
		{ "reserved", "RESERVED" },
	};
	static const struct output_column keys[] = {
		{ "id", "KEY" },
		{ "state", "STATE" },
		{ "issued", "ISSUED" },
	};
	static const struct output_column alerts[] = {
		{ "alert", "ALERT" },
		{ "raised", "RAISED" },
		{ "last", "LAST" },
		{ "times", "TIMES" },
		{ "first_contact", "ONE CONTACT" },
		{ "second_contact", "THE OTHER" },
	};
	static const struct output_column history[] = {
		{ "at", "AT" },
		{ "what", "WHAT" },
		{ "who", "WHO" },
		{ "text", "TEXT" },
	};
	int r;

	output_lines(all, lines, N(lines));
	if (!json_is_null(json_object_get(all, "closed")))
		output_lines(all, closed_lines, N(closed_lines));
	r = show_list(all, "usage", usage, N(usage), err);
	if (r == 0)
		r = show_list(all, "keys", keys, N(keys), err);
	if (r == 0)
		r = show_list(all, "alerts", alerts, N(alerts), err);
	if (r == 0)
		r = show_list(all, "history", history, N(history), err);
	return r;
}

int
command_instance_show(const struct call *call, struct smartlic_error *err)
{
	struct session s = { 0 };
	json_t *all = NULL;
	int r = session_open(&s, call, err);

	if (r == 0)
		r = collect(&s, call->operand[0], &all, err);
	if (r == 0)
		r = call->option[OPTION_JSON] != NULL ? output_json(all, err) : show(all, err);
	json_decref(all);
	session_close(&s);
	return r;
}

/* ---- its use over time -------------------------------------------------- */

#define USAGE_DAYS 35

static int
add_sample(void *ud, const struct ledger_sample *s)
{
	char short_tag[SL_TAG_SIZE];
	json_t *row;

	sl_tag_short(short_tag, s->tag);
	row = json_pack("{s:o, s:I, s:s, s:s, s:I, s:I, s:I}", "start", output_time(s->start_s), "hours",
	    (json_int_t)s->hours, "license", short_tag, "tag", s->tag, "max", (json_int_t)s->max, "last",
	    (json_int_t)s->last, "n", (json_int_t)s->n);
	return json_array_append_new(ud, row) < 0 ? SMARTLIC_E_NOMEM : 0;
}

/* Also beside JSON: on standard error. */
static int
note_complete(struct ledger *ledger, int64_t asked_s, int64_t now_s, struct smartlic_error *err)
{
	char text[SL_TIME_SIZE];
	int64_t from_s;
	int r = ledger_samples_from(ledger, now_s, &from_s, err);

	if (r == 0 && from_s > asked_s) {
		sl_time(text, from_s);
		(void)fprintf(stderr, "Complete from %s on: older usage samples are not kept.\n", text);
	}
	return r;
}

static int
fill_usage(const struct call *call, struct ledger *ledger, json_t *list, struct smartlic_error *err)
{
	int64_t days = USAGE_DAYS, now_s = system_now_s();
	struct ledger_instance i;
	int r = 0;

	if (call->option[OPTION_DAYS] != NULL)
		r = command_number("--days", call->option[OPTION_DAYS], 1, 365, &days, err);
	if (r == 0)
		r = ledger_instance_find(ledger, call->operand[0], &i, err);
	if (r == 0)
		r = ledger_sample_each(
		    ledger, i.instance, now_s - days * 86400, add_sample, list, err);
	return r < 0 ? r : note_complete(ledger, now_s - days * 86400, now_s, err);
}

int
command_instance_usage(const struct call *call, struct smartlic_error *err)
{
	static const struct output_column columns[] = {
		{ "start", "START" },
		{ "hours", "HOURS" },
		{ "license", "LICENSE" },
		{ "max", "HIGHEST" },
		{ "last", "LAST" },
	};

	return command_list(call, fill_usage, columns, N(columns), err);
}
