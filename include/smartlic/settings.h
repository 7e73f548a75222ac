/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SMARTLIC_SETTINGS_H
#define SMARTLIC_SETTINGS_H

#include <stddef.h>

#include <smartlic/error.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * The configuration lines of the reference, read into keys and values.  Pure:
 * no file is opened; `name` is only used in error texts ("FILE:LINE: …").
 */
struct smartlic_settings;

/* Reads a whole text.  A line that is not understood fails with SMARTLIC_E_CONFIG and names file,
 * line, word and what was expected; *ret is then left as it was.  Warnings are kept. */
SMARTLIC_API SMARTLIC_MUST_USE int smartlic_settings_parse(struct smartlic_settings **ret,
    const char *text, size_t len, const char *name, struct smartlic_error *err);

SMARTLIC_API void smartlic_settings_free(struct smartlic_settings *settings);

/*
 * The index-th value (from 0) of a key; NULL past the last, and for unknown keys.  Borrowed until
 * free.  Keys, with their value where no line gives one: "transport" (direct), "destination" (at
 * most 8, tried in turn), "satellite" (likewise), "satellite-srv" (a domain), "name-server" (at
 * most 16), "trust-anchor" (path), "tls-trust-anchor" (paths, at most 8), "client-certificate" and
 * "client-key" (paths), "proxy-host", "proxy-port", "proxy-user", "proxy-password-file" (path),
 * "source-interface", "source-address", "store" (path), "udi-pid", "udi-sn", "udi-uuid", "catalog"
 * (name, or path with a '/'), "inventory" (path), "crl" (required; or optional), "contact",
 * "service" and "profile" (active; or inactive), "privacy-hostname" (on; or off), "privacy-version"
 * (off; or on).  Where nothing is said of several there is one value at most: a later line replaces
 * an earlier one, with a warning.
 */
SMARTLIC_API const char *smartlic_settings_get(
    const struct smartlic_settings *settings, const char *key, size_t index);

/* The index-th warning, "FILE:LINE: …", or NULL.  Borrowed until free. */
SMARTLIC_API const char *smartlic_settings_warning(
    const struct smartlic_settings *settings, size_t index);

#ifdef __cplusplus
}
#endif
#endif
