/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bytes.h"
#include "cli.h"
#include "conf_files.h"
#include "syslog.h"

#define CONF_MAX (1024 * 1024)

enum use {
	USE_SHOW = 0, /* read-only */
	USE_TEST,     /* likewise, by all that decides about the way */
	USE_COMMAND,  /* the messages are in the events */
	USE_START,    /* of an agent that lives on: each message is told, as to any log */
	USE_AGAIN,    /* of one that lives */
};

/* What the configuration names, read. */
struct inputs {
	struct smartlic_settings *settings;
	struct bytes anchor, catalog, inventory;
	struct conf_files files;
	enum use use;
};

static void
inputs_release(struct inputs *in)
{
	smartlic_settings_free(in->settings);
	free(in->anchor.data);
	free(in->catalog.data);
	free(in->inventory.data);
	conf_files_release(&in->files);
}

static int
read_catalog(struct bytes *ret, const char *name)
{
	char path[4096];

	static const char cure[] =
	    "'license platform catalog' names one that is installed, or a path";

	if (strchr(name, '/') != NULL)
		return bytes_read(ret, name, BYTES_MAX, "catalog", cure);
	if ((size_t)snprintf(path, sizeof(path), "%s/%s.json", CATALOGDIR, name) >= sizeof(path)) {
		complain("the catalog's name is too long");
		return CLI_FAILED;
	}
	return bytes_read(ret, path, BYTES_MAX, "catalog", cure);
}

static int
read_settings(struct inputs *in, const struct cli *cli)
{
	struct bytes text = { 0 };
	struct smartlic_error err = { 0 };
	int r;

	r = bytes_read(&text, cli->conf, CONF_MAX, "configuration", "-c names another");
	if (r == 0 &&
	    smartlic_settings_parse(&in->settings, text.data, text.len, cli->conf, &err) < 0) {
		complain("%s", err.text);
		r = CLI_FAILED;
	}
	free(text.data);
	return r;
}

/* The value of a key that the command cannot do without. */
static const char *
need(const struct inputs *in, const struct cli *cli, const char *key, const char *line)
{
	const char *value = smartlic_settings_get(in->settings, key, 0);

	if (value == NULL)
		complain("%s: the line '%s' is missing", cli->conf, line);
	return value;
}

/* Lawful, as on a new chassis; but the wrong file looks the same. */
static void
warn_if_nothing(const struct smartlic_count *count, const char *file)
{
	for (size_t i = 0; i < smartlic_count_rows(count); i++)
		if (smartlic_count_row(count, i)->count > 0)
			return;
	complain("warning: %s: no license is needed for what it configures; if it ought to be, "
		 "correct the file or 'license platform inventory'",
	    file);
}

/* Lawful too: the host's name for its product need not be the catalog's. */
static void
warn_if_another_product(const struct inputs *in, const struct smartlic_catalog *catalog)
{
	const char *pid = smartlic_settings_get(in->settings, "udi-pid", 0), *known;

	for (size_t i = 0; (known = smartlic_catalog_chassis(catalog, i)) != NULL; i++)
		if (pid == NULL || strcmp(known, pid) == 0)
			return;
	if (pid != NULL && smartlic_catalog_chassis(catalog, 0) != NULL)
		complain("warning: the catalog %s is for %s, and this device "
			 "is a %s; if its licenses are counted by another, correct 'license "
			 "platform catalog' or 'license platform udi'",
		    smartlic_catalog_name(catalog), smartlic_catalog_chassis(catalog, 0), pid);
}

/* Counts before the agent does, so that what is wrong with the files is said with the store
 * untouched. */
static int
check_count(const struct inputs *in, const char *file)
{
	struct smartlic_catalog *catalog = NULL;
	struct smartlic_inventory *inventory = NULL;
	struct smartlic_count *count = NULL;
	const struct smartlic_diagnostic *d;
	struct smartlic_error err = { 0 };
	int r;

	r = smartlic_catalog_new(&catalog, in->catalog.data, in->catalog.len, &err);
	if (r == 0 && in->inventory.data != NULL)
		r = smartlic_inventory_new(&inventory, in->inventory.data, in->inventory.len, &err);
	if (r == 0 && inventory != NULL)
		r = smartlic_count_new(&count, catalog, NULL, inventory, &err);
	if (r < 0)
		complain("%s: %s", file, err.text);
	for (size_t i = 0; r == 0 && count != NULL; i++) {
		d = smartlic_count_diagnostic(count, i);
		if (d == NULL)
			break;
		complain("%s: %s: %s", file, d->where, d->text);
	}
	if (r == 0)
		warn_if_another_product(in, catalog);
	if (r == 0 && count != NULL)
		warn_if_nothing(count, file);
	smartlic_count_free(count);
	smartlic_inventory_free(inventory);
	smartlic_catalog_free(catalog);
	return r < 0 ? CLI_FAILED : 0;
}

/* So a file looks that is about to be written, or was when the power failed. */
static int
refuse_empty(const struct inputs *in, const char *path)
{
	if (in->use < USE_START || in->inventory.len > 0)
		return 0;
	complain(
	    "inventory '%s' is empty; write it, or correct 'license platform inventory'", path);
	return CLI_FAILED;
}

static int
read_inventory(struct inputs *in, const char *catalog, const char *path)
{
	int r = bytes_read(&in->inventory, path, BYTES_MAX, "inventory",
	    "put it there, or correct 'license platform inventory'");

	if (r == 0)
		r = refuse_empty(in, path);
	if (r == 0)
		r = check_count(in, path);
	if (r == 0 || in->use != USE_START)
		return r;
	/* a device keeps its authorization while somebody mends its files */
	free(in->inventory.data);
	in->inventory = (struct bytes){ 0 };
	complain("the counts stay as they were until %s can be used", path);
	return check_count(in, catalog);
}

static int
read_count(struct inputs *in, const struct cli *cli)
{
	const char *inventory = smartlic_settings_get(in->settings, "inventory", 0);
	const char *catalog = smartlic_settings_get(in->settings, "catalog", 0);
	int r;

	if (inventory == NULL && catalog == NULL)
		return 0;
	catalog = need(in, cli, "catalog", "license platform catalog NAME");
	if (catalog == NULL)
		return CLI_FAILED;
	r = read_catalog(&in->catalog, catalog);
	if (r == 0)
		r = inventory != NULL ? read_inventory(in, catalog, inventory)
				      : check_count(in, catalog);
	return r;
}

/* Where requests go. */
static int
read_way(const struct inputs *in, const struct cli *cli)
{
	const char *transport = smartlic_settings_get(in->settings, "transport", 0), *inbox;
	struct stat st;

	if (strcmp(transport, "satellite") == 0) {
		if (smartlic_settings_get(in->settings, "satellite-srv", 0) != NULL)
			return 0;
		return need(in, cli, "satellite",
			   "license smart satellite URL' or 'license smart satellite srv DOMAIN") ==
			       NULL
			   ? CLI_FAILED
			   : 0;
	}
	if (strcmp(transport, "file") != 0)
		return need(in, cli, "destination", "destination address http URL") == NULL
			   ? CLI_FAILED
			   : 0;
	inbox = need(in, cli, "inbox", "license smart file inbox DIR");
	if (inbox == NULL || need(in, cli, "outbox", "license smart file outbox DIR") == NULL)
		return CLI_FAILED;
	/* a stick that is elsewhere is no mistake, a slip in the name is; a test says it itself */
	if (in->use == USE_TEST)
		return 0;
	if (stat(inbox, &st) != 0)
		complain(
		    "warning: inbox %s: %s; no answer is found there now", inbox, strerror(errno));
	else if (!S_ISDIR(st.st_mode))
		complain(
		    "warning: inbox %s: not a folder; correct 'license smart file inbox'", inbox);
	return 0;
}

/* What a command that talks to the authority needs besides the settings. */
static int
read_rest(struct inputs *in, const struct cli *cli)
{
	const char *anchor, *warning;

	for (size_t i = 0; (warning = smartlic_settings_warning(in->settings, i)) != NULL; i++)
		complain("warning: %s", warning);
	if (need(in, cli, "udi-pid", "license platform udi pid PID sn SN uuid UUID") == NULL ||
	    read_way(in, cli) != 0)
		return CLI_FAILED;
	anchor = need(in, cli, "trust-anchor", "license smart trust-anchor FILE");
	if (anchor == NULL || bytes_read(&in->anchor, anchor, BYTES_MAX, "trust anchor",
				  "put the authority's root certificate there ('smartlic-manager "
				  "trust-anchor' prints it)") != 0)
		return CLI_FAILED;
	if (conf_files_read(&in->files, in->settings) != 0)
		return CLI_FAILED;
	return in->use == USE_TEST ? 0 : read_count(in, cli);
}

/* Whether it is sent is a matter of the settings; a name that cannot be sent is none. */
static void
tell_hostname(struct smartlic_agent *agent)
{
	char name[256];

	if (gethostname(name, sizeof(name) - 1) < 0)
		return;
	name[sizeof(name) - 1] = '\0';
	(void)!smartlic_agent_set_hostname(agent, name);
}

static int
set_count(struct smartlic_agent *agent, const struct inputs *in)
{
	int r = 0;

	if (in->catalog.data != NULL)
		r = smartlic_agent_set_catalog(agent, in->catalog.data, in->catalog.len);
	if (r == 0 && in->inventory.data != NULL)
		r = smartlic_agent_set_inventory(agent, in->inventory.data, in->inventory.len);
	return r;
}

static int
set_up(struct smartlic_agent *agent, const struct inputs *in)
{
	int r = smartlic_agent_configure_with(agent, in->settings, in->files.option, in->files.n);

	if (r == 0)
		tell_hostname(agent);
	return r == 0 ? set_count(agent, in) : r;
}

/* Before the store is opened, so that a file that is no certificate leaves none behind. */
static int
use_anchor(struct smartlic_agent *agent, const struct inputs *in)
{
	if (in->anchor.data == NULL ||
	    smartlic_agent_set_trust_anchor(agent, in->anchor.data, in->anchor.len) == 0)
		return 0;
	complain("trust anchor '%s': %s", smartlic_settings_get(in->settings, "trust-anchor", 0),
	    smartlic_agent_error(agent)->text);
	return -1;
}

static int
use_store(struct smartlic_agent *agent, const char *path, int read_only)
{
	struct smartlic_store store = { 0 };
	struct smartlic_error err = { 0 };
	int r;

	if (smartlic_store_file_new(&store, path, read_only, &err) < 0) {
		complain("%s", err.text);
		return -1;
	}
	r = smartlic_agent_set_store(agent, &store, read_only);
	if (r == 0)
		return 0;
	complain("%s%s", smartlic_agent_error(agent)->text,
	    r == SMARTLIC_E_STORE_BUSY ? ". If that is 'smartlic run': stop it, give this command, "
					 "and start it again; 'show' works meanwhile"
				       : "");
	smartlic_store_release(&store);
	return -1;
}

/* What it did besides is in its trace. */
static void
log_message(void *userdata, int level, const char *message)
{
	(void)userdata;
	if (level < SMARTLIC_LOG_DEBUG)
		tell(level, message);
}

static int
open_agent(struct smartlic_agent **ret, const struct inputs *in, const char *path)
{
	struct smartlic_env env = { .size = sizeof(env),
		.log = in->use == USE_START ? log_message : NULL };
	struct smartlic_agent *agent = NULL;
	struct smartlic_error err = { 0 };

	if (smartlic_agent_new(&agent, &env, &err) < 0) {
		complain("%s", err.text);
		return CLI_FAILED;
	}
	if (use_anchor(agent, in) < 0 || use_store(agent, path, in->use <= USE_TEST) < 0)
		goto out;
	if (set_up(agent, in) < 0) {
		complain("%s", smartlic_agent_error(agent)->text);
		goto out;
	}
	*ret = agent;
	return 0;
out:
	smartlic_agent_free(agent);
	return CLI_FAILED;
}

static int
open_by(struct smartlic_agent **ret, const struct cli *cli, struct inputs *in)
{
	int r = in->use == USE_SHOW ? 0 : read_rest(in, cli);
	const char *store = r == 0 ? need(in, cli, "store", "license smart store FOLDER") : NULL;

	return store == NULL ? CLI_FAILED : open_agent(ret, in, store);
}

int
conf_open(struct smartlic_agent **ret, const struct cli *cli, int read_only)
{
	struct inputs in = { .use = read_only ? USE_SHOW : USE_COMMAND };
	int r = read_settings(&in, cli);

	if (r == 0)
		r = open_by(ret, cli, &in);
	inputs_release(&in);
	return r;
}

int
conf_test(struct smartlic_agent **ret, const struct cli *cli)
{
	struct inputs in = { .use = USE_TEST };
	int r = read_settings(&in, cli);

	if (r == 0)
		r = open_by(ret, cli, &in);
	inputs_release(&in);
	return r;
}

int
conf_settings(struct smartlic_settings **ret, const struct cli *cli)
{
	struct inputs in = { 0 };
	int r = read_settings(&in, cli);

	if (r == 0)
		*ret = in.settings;
	return r;
}

/* The settings are the caller's. */
static void
inputs_release_read(struct inputs *in)
{
	in->settings = NULL;
	inputs_release(in);
}

int
conf_start(struct smartlic_agent **ret, const struct cli *cli, struct smartlic_settings *settings)
{
	struct inputs in = { .use = USE_START, .settings = settings };
	int r = open_by(ret, cli, &in);

	inputs_release_read(&in);
	return r;
}

int
conf_reload(struct smartlic_agent *agent, const struct cli *cli, struct smartlic_settings *settings)
{
	struct inputs in = { .use = USE_AGAIN, .settings = settings };
	int r = read_rest(&in, cli);

	if (r == 0 && use_anchor(agent, &in) < 0)
		r = CLI_FAILED;
	if (r == 0 && set_up(agent, &in) < 0) {
		complain("%s", smartlic_agent_error(agent)->text);
		r = CLI_FAILED;
	}
	inputs_release_read(&in);
	return r;
}

int
conf_recount(
    struct smartlic_agent *agent, const struct cli *cli, struct smartlic_settings *settings)
{
	struct inputs in = { .use = USE_AGAIN, .settings = settings };
	int r = read_count(&in, cli);

	if (r == 0 && set_count(agent, &in) < 0) {
		complain("%s", smartlic_agent_error(agent)->text);
		r = CLI_FAILED;
	}
	inputs_release_read(&in);
	return r;
}

static int
read_token(char ret[TOKEN_SIZE])
{
	size_t len = 0;
	ssize_t n;

	do {
		n = read(STDIN_FILENO, ret + len, TOKEN_SIZE - 1 - len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			complain(
			    "the token cannot be read from standard input: %s", strerror(errno));
			return CLI_FAILED;
		}
		len += (size_t)n;
	} while (n != 0 && len < TOKEN_SIZE - 1);
	while (len > 0 && strchr(" \t\r\n", ret[len - 1]) != NULL)
		len--;
	ret[len] = '\0';
	return 0;
}

int
token_take(char ret[TOKEN_SIZE], char *word)
{
	size_t len = strlen(word);

	if (strcmp(word, "-") == 0)
		return read_token(ret);
	/* too long for a token: the library says so of what is left */
	(void)snprintf(ret, TOKEN_SIZE, "%s", word);
	memset(word, 'x', len);
	return 0;
}
