/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BENCH_PARTS_H
#define BENCH_PARTS_H

#include <stddef.h>

/*
 * What an authority cannot do without, each measured by itself: P-256 of raw OpenSSL, the disk, the
 * HTTP server, and SQLite taking rows.  Microseconds.
 */
struct parts {
	double cores;
	double verify_us, sign_us, fsync_us;
	double sample_us; /* of processor, for one of the samples of a day; 0: not measured */
};

/* folder: on the disk in question.  ledger: its file, whose own tables the rows are put into; NULL:
 * it is no file. */
void parts_measure(struct parts *ret, const char *folder, const char *ledger);

/* What a kind of request needs. */
struct needs {
	double echo; /* a second: the HTTP server with requests and answers of its sizes */
	int verifications, signatures, samples;
	double a_commit; /* requests that are made durable at once */
};
/* How many a second these allow together, on all cores. */
double parts_together(const struct parts *p, const struct needs *n);

#endif
