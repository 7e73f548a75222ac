/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MANAGER_DOCTOR_H
#define MANAGER_DOCTOR_H

#include "commands/session.h"
#include "doctor/rules.h"

/*
 * Looks at a data folder and changes nothing in it.  Each examination tells what it found, what
 * that means and the cure, one row for each thing; what cannot be looked at is a row too.
 */
struct doctor {
	const char *data;
	int quick;            /* not all of a large ledger */
	const char *upstream; /* a URL whose clock is to be compared; NULL: none */
	int64_t now_s;
	json_t *rows; /* "subject" "grade" "found" "meaning" "cure" */
	int bad, warnings;
};

/* meaning and cure: "" where there is nothing to say. */
void doctor_tell(struct doctor *d, enum doctor_grade grade, const char *subject,
    const char *meaning, const char *cure, const char *found, ...)
    __attribute__((format(printf, 6, 7)));
/* The same, of something that failed: found is the text of `why`. */
void doctor_tell_failure(struct doctor *d, const char *subject, const char *meaning,
    const char *cure, const struct smartlic_error *why);

/* data.c: owner and modes of the folder and of what is in it, the token keys, the disk.  0, or
 * SMARTLIC_E_NOT_FOUND where there is no such folder. */
int doctor_data(struct doctor *d);
/* ledger.c: engine, schema, chain, sums, token keys, clock, satellites, backup. */
void doctor_ledger(struct doctor *d);
/* keys.c: each key fits its certificate, each certificate leads to the root and is not near its
 * end. */
void doctor_keys(struct doctor *d);
/* upstream.c: its clock beside ours; it answers over plain HTTP or with a certificate of our root.
 */
void doctor_upstream(struct doctor *d);

/* "3 days", "2 hours", "40 seconds": of a span, whatever its sign. */
#define DOCTOR_SPAN_SIZE 40
const char *doctor_span(char ret[DOCTOR_SPAN_SIZE], int64_t s);

#endif
