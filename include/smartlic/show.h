/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SMARTLIC_SHOW_H
#define SMARTLIC_SHOW_H

#include <smartlic/env.h>
#include <smartlic/status.h>

#ifdef __cplusplus
extern "C" {
#endif

enum smartlic_show_what {
	SMARTLIC_SHOW_ALL = 1,
	SMARTLIC_SHOW_STATUS = 2,
	SMARTLIC_SHOW_USAGE = 3,
	SMARTLIC_SHOW_UDI = 4,
	SMARTLIC_SHOW_SUMMARY = 5,
	SMARTLIC_SHOW_PLATFORM_DETAIL = 6,
	SMARTLIC_SHOW_PLATFORM_SUMMARY = 7,
	SMARTLIC_SHOW_PLATFORM_TRACE = 8, /* what was configured, counted and reported */
	SMARTLIC_SHOW_TECH = 9,           /* everything that the status has */
	SMARTLIC_SHOW_TRACE = 10,         /* what the agent did, the newest lines */
	SMARTLIC_SHOW_TECH_SUPPORT = 11,  /* all of these, for a support case; no secret */
	SMARTLIC_SHOW_CALL_HOME = 12,     /* how the authority is reached */
	SMARTLIC_SHOW_CALL_HOME_TRACE = 13,
	SMARTLIC_SHOW_CALL_HOME_TECH_SUPPORT = 14, /* both */
	SMARTLIC_SHOW_FORCE_INT32 = INT32_MAX
};

enum smartlic_show_format {
	SMARTLIC_SHOW_TEXT = 0, /* the reference's layout, lines end in '\n' */
	SMARTLIC_SHOW_JSON = 1, /* one object */
	SMARTLIC_SHOW_FORMAT_FORCE_INT32 = INT32_MAX
};

#ifdef __cplusplus
}
#endif
#endif
