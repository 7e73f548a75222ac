/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdio.h>

#include "commands/command.h"
#include "commands/done.h"
#include "commands/list.h"
#include "commands/output.h"
#include "commands/session.h"
#include "system.h"

#define N(columns) (sizeof(columns) / sizeof((columns)[0]))

static json_t *
reservation_json(const struct ledger_reservation *v)
{
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:b, s:o, s:o, s:o, s:s, s:s}",
	    "reservation", v->reservation, "code", v->code, "instance", v->instance, "pid",
	    v->udi.pid, "sn", v->udi.sn, "uuid", v->udi.uuid, "virtual_account", v->virtual_account,
	    "state", v->state, "unconfirmed", v->unconfirmed, "made", output_time(v->made_s),
	    "ends", output_time(v->ends_s), "closed", output_time(v->closed_s), "closed_by",
	    v->closed_by, "reason", v->reason);
}

static int
add_reservation(void *ud, const struct ledger_reservation *v)
{
	return json_array_append_new(ud, reservation_json(v)) < 0 ? SMARTLIC_E_NOMEM : 0;
}

static int
fill_reservations(
    const struct call *call, struct ledger *ledger, json_t *list, struct smartlic_error *err)
{
	(void)call;
	return ledger_reservation_each(ledger, add_reservation, list, err);
}

int
command_reservation_list(const struct call *call, struct smartlic_error *err)
{
	static const struct output_column columns[] = {
		{ "reservation", "RESERVATION" },
		{ "pid", "PID" },
		{ "sn", "SERIAL" },
		{ "virtual_account", "VIRTUAL ACCOUNT" },
		{ "state", "STATE" },
		{ "unconfirmed", "UNCONFIRMED" },
		{ "ends", "ENDS" },
	};

	return command_list(call, fill_reservations, columns, N(columns), err);
}

static int
add_license(void *ud, const char *tag, int64_t count)
{
	char short_tag[SL_TAG_SIZE];
	json_t *row;

	sl_tag_short(short_tag, tag);
	row = json_pack(
	    "{s:s, s:s, s:I}", "license", short_tag, "tag", tag, "count", (json_int_t)count);
	return json_array_append_new(ud, row) < 0 ? SMARTLIC_E_NOMEM : 0;
}

/* *ret: the reservation with its list "licenses". */
static int
collect(struct session *s, const char *id, json_t **ret, struct smartlic_error *err)
{
	struct ledger_reservation v;
	json_t *licenses = json_array(), *all = NULL;
	int r;

	r = ledger_reservation_find(s->ledger, id, &v, err);
	if (r == 0)
		r = ledger_reserved_each(s->ledger, &v, add_license, licenses, err);
	if (r == 0) {
		all = reservation_json(&v);
		if (json_object_set(all, "licenses", licenses) < 0) {
			json_decref(all);
			r = sl_nomem(err);
		} else {
			*ret = all;
		}
	}
	json_decref(licenses);
	return r;
}

static int
show(const json_t *all, struct smartlic_error *err)
{
	static const struct output_column lines[] = {
		{ "reservation", "Reservation" },
		{ "code", "Authorization code" },
		{ "instance", "Instance" },
		{ "pid", "PID" },
		{ "sn", "Serial number" },
		{ "uuid", "UUID" },
		{ "virtual_account", "Virtual account" },
		{ "state", "State" },
		{ "made", "Reserved" },
		{ "ends", "Ends" },
	};
	static const struct output_column closed_lines[] = {
		{ "closed", "Over since" },
		{ "closed_by", "Closed by" },
		{ "reason", "Reason" },
		{ "unconfirmed", "Unconfirmed" },
	};
	static const struct output_column licenses[] = {
		{ "license", "LICENSE" },
		{ "count", "RESERVED" },
	};

	output_lines(all, lines, N(lines));
	if (!json_is_null(json_object_get(all, "closed")))
		output_lines(all, closed_lines, N(closed_lines));
	putchar('\n');
	return output_list(json_object_get(all, "licenses"), licenses, N(licenses), 0, err);
}

int
command_reservation_show(const struct call *call, struct smartlic_error *err)
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

int
command_reservation_close(const struct call *call, struct smartlic_error *err)
{
	struct session s = { 0 };
	struct ledger_reservation v;
	json_t *all = NULL;
	int r = session_open(&s, call, err);

	if (r == 0)
		r = ledger_reservation_close(s.ledger, call->operand[0],
		    call->option[OPTION_REASON], command_by(call), system_now_s(), err);
	if (r == 0 && call->done != NULL)
		r = ledger_reservation_find(s.ledger, call->operand[0], &v, err);
	if (r == 0 && call->done != NULL)
		r = collect(&s, v.reservation, &all, err);
	done_row(call, all);
	session_close(&s);
	return r;
}
