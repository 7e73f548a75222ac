/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SL_LOADABLE_H
#define SL_LOADABLE_H

#include <sys/stat.h>

/*
 * What is loaded into this process, and who could put something else in its place: who owns it, or
 * may write to it or to a folder above it.  Root and this user could, and are no risk.
 */
enum sl_risk {
	SL_RISK_NONE = 0,
	SL_RISK_OWNER,  /* it belongs to another user */
	SL_RISK_OTHERS, /* others may write to it */
	SL_RISK_UNKNOWN /* it cannot be looked at: errno */
};

/* others: the bits of a mode by which others write, S_IWOTH and S_IWGRP or the one alone. */
enum sl_risk sl_risk(const struct stat *st, mode_t others);
/*
 * The same of the folders above a resolved and absolute path, which is cut and mended on the way.
 * *ret_len: how much of the path is the first folder that is a risk.
 */
enum sl_risk sl_risk_above(char *path, mode_t others, int *ret_len);

#endif
