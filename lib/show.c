/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "show.h"

static void (*const texts[])(const struct sl_show *s) = {
	[SMARTLIC_SHOW_ALL] = sl_show_all,
	[SMARTLIC_SHOW_STATUS] = sl_show_status,
	[SMARTLIC_SHOW_USAGE] = sl_show_usage,
	[SMARTLIC_SHOW_UDI] = sl_show_udi,
	[SMARTLIC_SHOW_SUMMARY] = sl_show_summary,
	[SMARTLIC_SHOW_PLATFORM_DETAIL] = sl_show_platform_detail,
	[SMARTLIC_SHOW_PLATFORM_SUMMARY] = sl_show_platform_summary,
	[SMARTLIC_SHOW_PLATFORM_TRACE] = sl_show_platform_trace,
	[SMARTLIC_SHOW_TECH] = sl_show_tech,
	[SMARTLIC_SHOW_TRACE] = sl_show_trace,
	[SMARTLIC_SHOW_TECH_SUPPORT] = sl_show_tech_support,
	[SMARTLIC_SHOW_CALL_HOME] = sl_show_call_home,
	[SMARTLIC_SHOW_CALL_HOME_TRACE] = sl_show_call_home_trace,
	[SMARTLIC_SHOW_CALL_HOME_TECH_SUPPORT] = sl_show_call_home_tech_support,
};
#define TEXTS ((int)(sizeof(texts) / sizeof(texts[0])))

int
sl_show(const struct sl_show *show, int what, int format, struct smartlic_error *err)
{
	if (what < SMARTLIC_SHOW_ALL || what >= TEXTS)
		return sl_fail(
		    err, SMARTLIC_E_INVAL, "show: %d is not an enum smartlic_show_what", what);
	switch (format) {
	case SMARTLIC_SHOW_JSON:
		return sl_show_json(show, what, err);
	case SMARTLIC_SHOW_TEXT:
		texts[what](show);
		return show->out->failed ? sl_nomem(err) : 0;
	default:
		return sl_fail(
		    err, SMARTLIC_E_INVAL, "show: %d is not an enum smartlic_show_format", format);
	}
}
