/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <string.h>
#include <unistd.h>

#include "loadable.h"

enum sl_risk
sl_risk(const struct stat *st, mode_t others)
{
	if (st->st_uid != 0 && st->st_uid != geteuid())
		return SL_RISK_OWNER;
	return (st->st_mode & others) != 0 ? SL_RISK_OTHERS : SL_RISK_NONE;
}

/* Who may rename in a folder can put another one in the place of what was looked at.  In a sticky one
 * that takes the owner of either; and a group of one's own, as many systems give every user, is no
 * others. */
static enum sl_risk
risk_of_folder(const struct stat *st, mode_t others)
{
	int own_group = st->st_gid == getegid() && getegid() == geteuid();

	if (own_group)
		others &= ~(mode_t)S_IWGRP;
	return sl_risk(st, (st->st_mode & S_ISVTX) != 0 ? 0 : others);
}

enum sl_risk
sl_risk_above(char *path, mode_t others, int *ret_len)
{
	enum sl_risk risk = SL_RISK_NONE;
	struct stat st;

	for (char *slash = path; risk == SL_RISK_NONE && slash != NULL;
	     slash = strchr(slash + 1, '/')) {
		char *end = slash == path ? slash + 1 : slash, cut = *end;

		*end = '\0';
		risk = stat(path, &st) != 0 ? SL_RISK_UNKNOWN : risk_of_folder(&st, others);
		*end = cut;
		*ret_len = (int)(end - path);
	}
	return risk;
}
