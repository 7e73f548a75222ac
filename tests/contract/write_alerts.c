/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdio.h>

#include "ledger/alert_rules.h"

/*
 * Prints the alerts of smartlic-manager(8) from manager/ledger/alerts.def; tests/contract/generated.sh
 * compares.
 */
int
main(void)
{
	puts(".Bl -tag -width Ds");
	for (int id = 0; id < ALERTS; id++) {
		const struct alert_def *d = &alert_defs[id];

		printf(".It %s (%s, of a%s %s)\n", d->name, d->severity,
		    d->source[0] == 'i' ? "n" : "", d->source);
		printf("Due: %s.\nWhat to do: %s.\nIt is cleared when %s.\n", d->due, d->action,
		    d->cleared);
	}
	puts(".El");
	return 0;
}
