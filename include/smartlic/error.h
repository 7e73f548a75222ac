/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SMARTLIC_ERROR_H
#define SMARTLIC_ERROR_H

#include <stdint.h>

#include <smartlic/version.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Functions that can fail return 0 (or a documented positive value) on success
 * and one of these, all negative, on failure.  They are not errno values.
 */
enum smartlic_error_code {
	SMARTLIC_OK = 0,
#define SMARTLIC_ERR_DEF(name, number, class_, text) SMARTLIC_E_##name = -(number),
#include <smartlic/errors.def>
#undef SMARTLIC_ERR_DEF
	SMARTLIC_E_FORCE_INT32 = INT32_MAX
};

/* What a host should do about an error. */
enum smartlic_error_class {
	SMARTLIC_CLASS_NONE = 0,
	SMARTLIC_CLASS_BUG = 1,     /* the caller is wrong: fix the program */
	SMARTLIC_CLASS_RETRY = 2,   /* nothing to do: the agent tries again by itself */
	SMARTLIC_CLASS_REFUSED = 3, /* the authority said no: tell an operator */
	SMARTLIC_CLASS_LOCAL = 4,   /* memory, disk, store, plug-in: mend the device */
	SMARTLIC_CLASS_DATA = 5,    /* bytes that were handed in are malformed */
	SMARTLIC_CLASS_FORCE_INT32 = INT32_MAX
};

/*
 * Filled by functions that fail without an object that could keep the text.
 * Always terminated.  The text names the cause, the place and the next step.
 */
struct smartlic_error {
	int32_t code; /* 0 or an enum smartlic_error_code */
	int32_t line; /* line of the input, from 1; 0 where there is none */
	char text[504];
};

/* A short static text for a code; never NULL, also for unknown codes. */
SMARTLIC_API const char *smartlic_strerror(int code);

/* The name of a code as written in errors.def ("NOMEM"); static; "UNKNOWN" for others. */
SMARTLIC_API const char *smartlic_error_name(int code);

/* The class of a code: an enum smartlic_error_class. */
SMARTLIC_API int smartlic_error_class(int code);

#ifdef __cplusplus
}
#endif
#endif
