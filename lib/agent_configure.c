/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent.h"
#include "text.h"

/* Room for every value of every key, and for what the host hands in. */
#define OPTIONS_MAX 64

/* The options of the transport, from the settings. */
struct wanted {
	struct smartlic_agent *a;
	const struct smartlic_settings *settings;
	struct smartlic_option item[OPTIONS_MAX];
	size_t n;
	char proxy[300];
};

/* With which transports a line counts. */
enum goes { WITH_ALL = 0, WITH_SATELLITE, WITH_OTHERS };

/* What the lines say, key by key, as which option, and whether it goes to the transport without
 * call-home. */
static const struct {
	const char *key, *option;
	enum goes goes;
	int always;
} passed[] = {
	{ "destination", "destination", WITH_OTHERS, 0 },
	{ "satellite", "destination", WITH_SATELLITE, 0 },
	{ "satellite-srv", "srv-domain", WITH_SATELLITE, 0 },
	{ "name-server", "name-server", WITH_ALL, 1 },
	{ "outbox", "outbox", WITH_ALL, 1 },
	{ "inbox", "inbox", WITH_ALL, 1 },
	{ "crl", "crl", WITH_ALL, 1 },
	{ "proxy-user", "proxy-user", WITH_ALL, 0 },
	{ "source-interface", "source-interface", WITH_ALL, 0 },
	{ "source-address", "source-address", WITH_ALL, 0 },
};

/* A file that a line names, and the option that has its bytes: the host reads it. */
static const struct {
	const char *key, *option;
} files[] = {
	{ "tls-trust-anchor", "tls-trust-anchor-pem" },
	{ "client-certificate", "client-certificate-pem" },
	{ "client-key", "client-key-pem" },
	{ "proxy-password-file", "proxy-password" },
};

static int
add(struct wanted *w, const char *key, const char *value, size_t len)
{
	if (w->n == OPTIONS_MAX)
		return sl_fail(&w->a->err, SMARTLIC_E_LIMIT,
		    "configure: more than %d transport options; leave out some name servers",
		    OPTIONS_MAX);
	w->item[w->n++] = (struct smartlic_option){ .key = key, .value = value, .len = len };
	return 0;
}

static int
is_active(const struct smartlic_settings *settings, const char *key)
{
	const char *value = smartlic_settings_get(settings, key, 0);

	return value == NULL || strcmp(value, "active") == 0;
}

static const char *
transport_of(const struct smartlic_settings *settings)
{
	const char *name = smartlic_settings_get(settings, "transport", 0);

	return name != NULL ? name : "direct";
}

static int
is_satellite(const struct smartlic_settings *settings)
{
	return strcmp(transport_of(settings), SL_TRANSPORT_SATELLITE) == 0;
}

/* The profile's lines are about its own destinations, which satellites are not. */
static enum sl_call_home
call_home_of(const struct smartlic_settings *settings)
{
	if (!is_active(settings, "service"))
		return SL_CALL_HOME_NO_SERVICE;
	return is_active(settings, "profile") || is_satellite(settings) ? SL_CALL_HOME_ACTIVE
									: SL_CALL_HOME_NO_PROFILE;
}

static int
add_proxy(struct wanted *w)
{
	const char *host = smartlic_settings_get(w->settings, "proxy-host", 0);
	const char *port = smartlic_settings_get(w->settings, "proxy-port", 0);

	if (host == NULL || port == NULL)
		return 0;
	(void)snprintf(w->proxy, sizeof(w->proxy), strchr(host, ':') != NULL ? "[%s]:%s" : "%s:%s",
	    host, port);
	return add(w, "proxy", w->proxy, strlen(w->proxy));
}

static int
add_lines(struct wanted *w)
{
	enum goes other = is_satellite(w->settings) ? WITH_OTHERS : WITH_SATELLITE;
	int calls = call_home_of(w->settings) == SL_CALL_HOME_ACTIVE;
	const char *value;
	int r = 0;

	for (size_t k = 0; k < sizeof(passed) / sizeof(passed[0]); k++) {
		/* a call-home that is inactive goes nowhere */
		if ((!calls && !passed[k].always) || passed[k].goes == other)
			continue;
		for (size_t i = 0; r == 0 && (value = smartlic_settings_get(
						  w->settings, passed[k].key, i)) != NULL;
		     i++)
			r = add(w, passed[k].option, value, strlen(value));
	}
	return r == 0 && calls ? add_proxy(w) : r;
}

/* What is shown of call-home: also what does not go to the transport, and paths in place of bytes.
 */
static int
show_lines(struct wanted *w)
{
	static const char *const keys[] = { "service", "contact", "profile", "destination",
		"satellite", "satellite-srv", "name-server", "source-address", "source-interface",
		"proxy-user", "crl", "tls-trust-anchor", "client-certificate" };
	const char *value;
	int r;

	w->n = 0;
	r = add_proxy(w);
	for (size_t k = 0; k < sizeof(keys) / sizeof(keys[0]) && r == 0; k++)
		for (size_t i = 0;
		     r == 0 && (value = smartlic_settings_get(w->settings, keys[k], i)) != NULL;
		     i++)
			r = add(w, keys[k], value, strlen(value));
	return r == 0 ? sl_options_copy(&w->a->call_home_lines, w->item, w->n, &w->a->err) : r;
}

static int
has(const struct wanted *w, const char *key)
{
	for (size_t i = 0; i < w->n; i++)
		if (strcmp(w->item[i].key, key) == 0)
			return 1;
	return 0;
}

/* Trust that was asked for and is not there would be trust in others. */
static int
check_files(const struct wanted *w)
{
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		const char *path = smartlic_settings_get(w->settings, files[i].key, 0);

		if (path == NULL || has(w, files[i].option))
			continue;
		return sl_fail(&w->a->err, SMARTLIC_E_INVAL,
		    "configure: the settings name the file %.100s, whose bytes are missing; hand "
		    "them in as the option %s of smartlic_agent_configure_with",
		    path, files[i].option);
	}
	return 0;
}

static int
set_udi(struct smartlic_agent *a, const struct smartlic_settings *settings)
{
	const char *pid = smartlic_settings_get(settings, "udi-pid", 0);

	return pid == NULL
		   ? 0
		   : smartlic_agent_set_udi(a, pid, smartlic_settings_get(settings, "udi-sn", 0),
			 smartlic_settings_get(settings, "udi-uuid", 0));
}

/* The inventory itself is handed in by the host, who read it from there. */
static void
name_inventory(struct smartlic_agent *a, const struct smartlic_settings *settings)
{
	const char *path = smartlic_settings_get(settings, "inventory", 0);

	(void)sl_copy(a->inventory_source, sizeof(a->inventory_source), path != NULL ? path : "");
}

static void
set_privacy(struct smartlic_agent *a, const struct smartlic_settings *settings)
{
	static const struct {
		const char *key;
		uint32_t bit;
	} privacy[] = {
		{ "privacy-hostname", SMARTLIC_PRIVACY_HOSTNAME },
		{ "privacy-version", SMARTLIC_PRIVACY_VERSION },
	};

	a->privacy = 0;
	for (size_t i = 0; i < sizeof(privacy) / sizeof(privacy[0]); i++) {
		const char *value = smartlic_settings_get(settings, privacy[i].key, 0);

		if (value != NULL && strcmp(value, "on") == 0)
			a->privacy |= privacy[i].bit;
	}
}

/* A line says where to. */
static int
has_way(const struct smartlic_settings *settings)
{
	if (is_satellite(settings))
		return smartlic_settings_get(settings, "satellite", 0) != NULL ||
		       smartlic_settings_get(settings, "satellite-srv", 0) != NULL;
	return smartlic_settings_get(settings, "destination", 0) != NULL;
}

int
smartlic_agent_configure_with(struct smartlic_agent *agent,
    const struct smartlic_settings *settings, const struct smartlic_option *more, size_t n)
{
	struct wanted w = { .a = agent, .settings = settings };
	int r;

	if (sl_agent_enter(agent) < 0)
		return SMARTLIC_E_STATE;
	if (settings == NULL || (more == NULL && n > 0))
		return sl_fail(&agent->err, SMARTLIC_E_INVAL, "configure: no settings");
	r = add_lines(&w);
	for (size_t i = 0; i < n && r == 0; i++)
		r = add(&w, more[i].key, more[i].value, more[i].len);
	/* nothing is sent where the store may only be read */
	if (r == 0 && !agent->read_only)
		r = check_files(&w);
	if (r == 0)
		r = set_udi(agent, settings);
	if (r < 0)
		return r;
	name_inventory(agent, settings);
	set_privacy(agent, settings);
	r = smartlic_agent_set_transport(agent, transport_of(settings), w.item, w.n);
	/* without a destination that is what is missing first, and folders are no call-home */
	if (r == 0 && has_way(settings) && !sl_agent_goes_by_file(agent))
		agent->call_home = call_home_of(settings);
	return r == 0 ? show_lines(&w) : r;
}

int
smartlic_agent_configure(struct smartlic_agent *agent, const struct smartlic_settings *settings)
{
	return smartlic_agent_configure_with(agent, settings, NULL, 0);
}
