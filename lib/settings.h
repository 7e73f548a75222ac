/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SL_SETTINGS_H
#define SL_SETTINGS_H

#include <smartlic/settings.h>

#include "buffer.h"

/* The values of configuration lines, apart from the grammar around them.  Predicates: 1 or 0. */
int sl_settings_is_transport(const char *text);
int sl_settings_is_address(const char *text);
int sl_settings_is_host(const char *text);   /* a name or an address, IPv6 without brackets */
int sl_settings_is_domain(const char *text); /* a name that records can stand below */
int sl_settings_is_port(const char *text);
int sl_settings_is_user(const char *text);      /* for HTTP, where ':' ends the name */
int sl_settings_is_interface(const char *text); /* as the kernel names one */
int sl_settings_is_path(const char *text);      /* of a file here: no URL */
/* http or https, a host, perhaps a port and a path; no user, no fragment. */
int sl_settings_is_url(const char *text);

/* Appends advice on a good URL; 1 if there is any, else 0 and nothing appended. */
int sl_settings_advise_url(struct sl_buf *ret, const char *url);

/* Appends a word for an error text: cut if long, bytes outside of printable ASCII as '?'. */
void sl_settings_quote(struct sl_buf *ret, const char *word);

#endif
