/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <string.h>

#include "show.h"

/* Labels are those that routers print, where they print one. */

const char *
sl_show_option(const struct sl_show *s, const char *key, size_t index)
{
	for (size_t i = 0; i < s->n_options; i++)
		if (strcmp(s->options[i].key, key) == 0 && index-- == 0)
			return s->options[i].value;
	return NULL;
}

/* Without a line call-home and its profile are active. */
static int
is_active(const struct sl_show *s, const char *key)
{
	const char *value = sl_show_option(s, key, 0);

	return value == NULL || strcmp(value, "active") == 0;
}

/* A label and all values of the key, one a line, or what holds without any. */
static void
put_values(const struct sl_show *s, const char *label, const char *key, const char *without)
{
	const char *value = sl_show_option(s, key, 0);

	sl_put_line(s, label, value != NULL ? value : without);
	for (size_t i = 1; value != NULL && (value = sl_show_option(s, key, i)) != NULL; i++) {
		sl_buf_printf(s->out, "%*s ", (int)strlen(label), "");
		sl_put_text(s, value);
		sl_buf_puts(s->out, "\n");
	}
}

static void
put_settings(const struct sl_show *s)
{
	static const char none[] = "Not yet set up";

	sl_buf_puts(s->out, "Current call home settings:\n");
	sl_put_line(s, "    call home feature :", is_active(s, "service") ? "enable" : "disable");
	put_values(s, "    contact person's email address:", "contact", none);
	put_values(s, "    source ip address:", "source-address", none);
	put_values(s, "    source interface:", "source-interface", none);
	put_values(s, "    http proxy:", "proxy", none);
	if (sl_show_option(s, "proxy", 0) != NULL)
		put_values(s, "    http proxy user:", "proxy-user", none);
	put_values(s, "    name servers:", "name-server", "those of the system");
	put_values(s, "    trustpool:", "tls-trust-anchor",
	    "roots of the system and the trust anchor of messages");
	put_values(s, "    trustpoint Trustpool crl:", "crl", "required");
	put_values(s, "    client certificate:", "client-certificate", none);
	sl_put_line(s, "    Smart licensing messages:", "enabled");
}

static void
put_profile(const struct sl_show *s)
{
	const char *status = is_active(s, "profile") ? "ACTIVE" : "INACTIVE";

	sl_buf_printf(s->out, "    Profile: CiscoTAC-1 (status: %s)\n", status);
	sl_buf_puts(s->out, "\nProfiles:\n\nProfile Name: CiscoTAC-1\n");
	sl_put_line(s, "    Profile status:", status);
	sl_put_line(s, "    Reporting Data:", "Smart Licensing");
	sl_put_line(s, "    Transport Method:", "http");
	put_values(s, "    HTTP  address(es):", "destination", "Not yet set up");
	if (sl_show_option(s, "satellite", 0) != NULL)
		put_values(s, "Satellites:", "satellite", "");
	if (sl_show_option(s, "satellite-srv", 0) != NULL)
		put_values(s, "Satellites of domain:", "satellite-srv", "");
}

void
sl_show_call_home(const struct sl_show *s)
{
	put_settings(s);
	put_profile(s);
	sl_buf_puts(s->out, "\n");
	sl_put_attempt(s, "Last Communication Attempt:", &s->st->last_communication);
	sl_put_when(s, "Next Communication Attempt:", s->st->next_communication_ms);
}

void
sl_show_call_home_tech_support(const struct sl_show *s)
{
	sl_buf_puts(s->out, "------------------ show call-home detail ------------------\n\n");
	sl_show_call_home(s);
	sl_buf_puts(s->out, "\n------------------ show call-home trace all ------------------\n\n");
	sl_show_call_home_trace(s);
}
