/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "commands/upstream.h"
#include "doctor/doctor.h"

/* The clock beside another one's. */
static void
tell_apart(struct doctor *d, int64_t there_s)
{
	int64_t apart_s = d->now_s - there_s;
	enum doctor_grade grade = doctor_grade_apart(apart_s);
	char span[DOCTOR_SPAN_SIZE];

	doctor_tell(d, grade, "clock",
	    grade == DOCTOR_GOOD ? "both agree"
	    : grade == DOCTOR_WARNING
		? "one of both is wrong"
		: "one of both is wrong: certificates may not be valid yet there",
	    grade == DOCTOR_GOOD ? "" : "set the clock that is wrong, and let NTP keep it",
	    "it is %s %s that of %s", doctor_span(span, apart_s),
	    apart_s < 0 ? "behind" : "ahead of", d->upstream);
}

void
doctor_upstream(struct doctor *d)
{
	struct smartlic_error why = { 0 };
	char dir[FILE_PATH_SIZE], path[FILE_PATH_SIZE];
	struct sl_buf pem = { 0 };
	int64_t there_s = 0;
	int r = file_path(dir, d->data, DATA_PKI, &why);

	if (r == 0)
		r = file_path(path, dir, "root.pem", &why);
	if (r == 0)
		r = file_read(path, &pem, &why);
	if (r == 0)
		r = upstream_clock(d->upstream, pem.data, pem.len, d->now_s, &there_s, &why);
	if (r == 0)
		tell_apart(d, there_s);
	else
		doctor_tell_failure(d, "upstream", "the clock was not compared",
		    "see whether it runs, and has a certificate of this root", &why);
	sl_buf_free(&pem);
}
