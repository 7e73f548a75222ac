/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_MANAGER_STAND_IN_H
#define TESTS_MANAGER_STAND_IN_H

/*
 * For a server alone: what it asks of an authority is answered here, by the request's own words.
 * "busy" and "broken" are refused, all else is given back.  "guess" registers with a token that
 * there is not, "joins" with one that there is.  "lost" is not even looked at.  What was executed
 * is written to a file, as a ledger would keep it.
 */
extern struct stand_in {
	char executed_file[96]; /* a line for each: its first words, and of how many in the batch */
	int ledger_is_lost;
	int trims_for_ever;
	/* When not 0: before a batch is executed a byte is written to the first, and one is waited
	 * for from the second. */
	int begins_fd, goes_on_fd;
} stand_in;

#endif
