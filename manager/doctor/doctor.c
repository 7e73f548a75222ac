/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "commands/output.h"
#include "doctor/doctor.h"
#include "system.h"

/* `smartlic-manager doctor`: what is wrong with a data folder, or soon will be. */

static const char *const grades[] = {
	[DOCTOR_GOOD] = "good",
	[DOCTOR_WARNING] = "warning",
	[DOCTOR_BAD] = "bad",
	[DOCTOR_SKIPPED] = "skipped",
};

static void
add_row(struct doctor *d, enum doctor_grade grade, const char *subject, const char *found,
    const char *meaning, const char *cure)
{
	json_t *row = json_pack("{s:s, s:s, s:s, s:s, s:s}", "subject", subject, "grade",
	    grades[grade], "found", found, "meaning", meaning, "cure", cure);

	/* a row that finds no memory, or is no UTF-8, must not pass for a good one */
	if (row == NULL || json_array_append_new(d->rows, row) < 0)
		grade = DOCTOR_BAD;
	d->bad += grade == DOCTOR_BAD;
	d->warnings += grade == DOCTOR_WARNING;
}

void
doctor_tell(struct doctor *d, enum doctor_grade grade, const char *subject, const char *meaning,
    const char *cure, const char *found, ...)
{
	char text[700];
	va_list ap;

	va_start(ap, found);
	(void)vsnprintf(text, sizeof(text), found, ap);
	va_end(ap);
	add_row(d, grade, subject, text, meaning, cure);
}

void
doctor_tell_failure(struct doctor *d, const char *subject, const char *meaning, const char *cure,
    const struct smartlic_error *why)
{
	add_row(d, DOCTOR_BAD, subject,
	    why->text[0] != '\0' ? why->text : smartlic_strerror(why->code), meaning, cure);
}

const char *
doctor_span(char ret[DOCTOR_SPAN_SIZE], int64_t s)
{
	static const struct {
		int64_t s;
		const char *name;
	} units[] = { { DOCTOR_DAY_S, "day" }, { 3600, "hour" }, { 60, "minute" },
		{ 1, "second" } };
	size_t i = 0;

	s = s < 0 ? -s : s;
	/* two of a unit, or the next smaller one: "47 hours", "2 days" */
	while (i < 3 && s < 2 * units[i].s)
		i++;
	(void)snprintf(ret, DOCTOR_SPAN_SIZE, "%lld %s%s", (long long)(s / units[i].s),
	    units[i].name, s / units[i].s == 1 ? "" : "s");
	return ret;
}

static void
print_row(const json_t *row)
{
	const char *cure = json_string_value(json_object_get(row, "cure"));

	printf("%-17s %-8s ", json_string_value(json_object_get(row, "subject")),
	    json_string_value(json_object_get(row, "grade")));
	output_text(json_string_value(json_object_get(row, "found")));
	printf("; ");
	output_text(json_string_value(json_object_get(row, "meaning")));
	printf("; ");
	output_text(cure[0] != '\0' ? cure : "nothing to do");
	putchar('\n');
}

int
command_doctor(const struct call *call, struct smartlic_error *err)
{
	struct doctor d = { .data = call->option[OPTION_DATA],
		.quick = call->option[OPTION_QUICK] != NULL,
		.upstream = call->option[OPTION_UPSTREAM],
		.now_s = system_now_s(),
		.rows = json_array() };
	json_t *row;
	size_t i;
	int r = 0;

	if (doctor_data(&d) == 0) {
		doctor_ledger(&d);
		doctor_keys(&d);
		if (d.upstream != NULL)
			doctor_upstream(&d);
	}
	if (call->option[OPTION_JSON] != NULL) {
		r = output_json(d.rows, err);
	} else {
		json_array_foreach(d.rows, i, row) print_row(row);
	}
	json_decref(d.rows);
	if (r == 0 && d.bad > 0)
		r = sl_fail(err, SMARTLIC_E_STATE, "%d thing%s wrong, %d warning%s", d.bad,
		    d.bad == 1 ? " is" : "s are", d.warnings, d.warnings == 1 ? "" : "s");
	return r;
}
