/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdio.h>
#include <string.h>

#include "fsm.h"

/*
 * Prints the figures of doc/states.md from the rows of lib/fsm.c, as Mermaid state diagrams: one
 * arrow for each pair of states, with all events that lead along it.  tests/contract/generated.sh
 * compares.
 */
struct arrow {
	int from, to;
	const char *on;
};
#define ARROWS_MAX 256

static void
put_state(const char *name)
{
	/* an identifier has no '-' */
	for (; *name != '\0'; name++)
		(void)putchar(*name == '-' ? '_' : *name);
}

static void
put_arrows(const struct arrow *arrows, size_t n, const char *const *names)
{
	for (size_t i = 0; i < n; i++) {
		size_t j = 0;

		while (arrows[j].from != arrows[i].from || arrows[j].to != arrows[i].to)
			j++;
		if (j < i)
			continue; /* drawn with the first of its kind */
		(void)printf("    ");
		put_state(names[arrows[i].from]);
		(void)printf(" --> ");
		put_state(names[arrows[i].to]);
		for (; j < n; j++)
			if (arrows[j].from == arrows[i].from && arrows[j].to == arrows[i].to)
				(void)printf("%s%s", j == i ? " : " : ", ", arrows[j].on);
		(void)printf("\n");
	}
}

static void
put_figure(const char *title, const struct arrow *arrows, size_t n, const char *const *names,
    int n_names, int first)
{
	(void)printf("## %s\n\n```mermaid\nstateDiagram-v2\n", title);
	for (int i = 0; i < n_names; i++)
		if (strchr(names[i], '-') != NULL) {
			(void)printf("    state \"%s\" as ", names[i]);
			put_state(names[i]);
			(void)printf("\n");
		}
	(void)printf("    [*] --> ");
	put_state(names[first]);
	(void)printf("\n");
	put_arrows(arrows, n, names);
	(void)printf("```\n\n");
}

int
main(void)
{
	static struct arrow arrows[ARROWS_MAX];
	const char *reg[SL_REG_STATES], *auth[SL_AUTH_STATES];

	if (sl_reg_nrows > ARROWS_MAX || sl_auth_nrows > ARROWS_MAX)
		return 1;
	for (int i = 0; i < SL_REG_STATES; i++)
		reg[i] = sl_reg_state_name((enum smartlic_registration)i);
	for (int i = 0; i < SL_AUTH_STATES; i++)
		auth[i] = sl_auth_state_name((enum smartlic_authorization)i);
	for (size_t i = 0; i < sl_reg_nrows; i++)
		arrows[i] = (struct arrow){ (int)sl_reg_rows[i].from, (int)sl_reg_rows[i].to,
			sl_reg_event_name(sl_reg_rows[i].on) };
	put_figure(
	    "Registration", arrows, sl_reg_nrows, reg, SL_REG_STATES, SMARTLIC_REG_UNCONFIGURED);
	for (size_t i = 0; i < sl_auth_nrows; i++)
		arrows[i] = (struct arrow){ (int)sl_auth_rows[i].from, (int)sl_auth_rows[i].to,
			sl_auth_event_name(sl_auth_rows[i].on) };
	put_figure(
	    "Authorization", arrows, sl_auth_nrows, auth, SL_AUTH_STATES, SMARTLIC_AUTH_NONE);
	return ferror(stdout) != 0 || fflush(stdout) != 0;
}
