/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SL_ERROR_H
#define SL_ERROR_H

#include <stdarg.h>

#include <smartlic/error.h>

/* All of these allow err to be NULL. */
void sl_error_clear(struct smartlic_error *err);

/* Records and returns `code`, so that callers write: return sl_fail(…); */
int sl_fail(struct smartlic_error *err, int code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
int sl_fail_line(struct smartlic_error *err, int code, int line, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
/* "out of memory", SMARTLIC_E_NOMEM */
int sl_nomem(struct smartlic_error *err);

#endif
