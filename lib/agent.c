/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "agent.h"
#include "env_system.h"
#include "show.h"

/* The members that version 0.1 knows; what a newer host sets beyond them must be zero. */
static int
copy_env(struct smartlic_env *ret, const struct smartlic_env *env, struct smartlic_error *err)
{
	const unsigned char *bytes = (const unsigned char *)env;

	*ret = (struct smartlic_env){ .size = sizeof(*ret) };
	if (env == NULL)
		return 0;
	if (env->size < sizeof(env->size) || env->size > 4096)
		return sl_fail(err, SMARTLIC_E_ABI,
		    "struct smartlic_env: set size to sizeof(struct smartlic_env)");
	for (size_t i = sizeof(*env); i < env->size; i++)
		if (bytes[i] != 0)
			return sl_fail(err, SMARTLIC_E_ABI,
			    "struct smartlic_env: has members set that this library does not know");
	memcpy(ret, env, env->size < sizeof(*ret) ? env->size : sizeof(*ret));
	ret->size = sizeof(*ret);
	return 0;
}

/* The clock functions come together or not at all: two clocks of two worlds would not agree. */
static void
complete_env(struct smartlic_env *env)
{
	if (env->wall_ms == NULL)
		env->wall_ms = sl_system_wall_ms;
	if (env->mono_ms == NULL) {
		env->mono_ms = sl_system_mono_ms;
		if (env->boot_id == NULL)
			env->boot_id = sl_system_boot_id;
	}
	if (env->random == NULL)
		env->random = sl_system_random;
	if (env->local_time == NULL)
		env->local_time = sl_system_local_time;
}

int
smartlic_agent_new(
    struct smartlic_agent **ret, const struct smartlic_env *env, struct smartlic_error *err)
{
	struct smartlic_env copy;
	struct smartlic_agent *a;
	int r;

	sl_error_clear(err);
	if (ret == NULL)
		return sl_fail(err, SMARTLIC_E_INVAL, "smartlic_agent_new: nowhere to put it");
	r = copy_env(&copy, env, err);
	if (r < 0)
		return r;
	a = calloc(1, sizeof(*a));
	if (a == NULL)
		return sl_nomem(err);
	complete_env(&copy);
	a->env = copy;
	a->wall_ms = SL_NO_TIME;
	a->privacy = SMARTLIC_PRIVACY_HOSTNAME;
	a->hold_until_ms = INT64_MIN;
	sl_record_init(&a->rec);
	/* without it, what elapsed between two processes is not counted */
	if (a->env.boot_id == NULL ||
	    a->env.boot_id(a->env.userdata, a->boot_id, sizeof(a->boot_id)) < 0)
		a->boot_id[0] = '\0';
	if (a->env.crypto == NULL) {
		r = smartlic_crypto_new(&a->own_crypto, err);
		if (r < 0) {
			smartlic_agent_free(a);
			return r;
		}
		a->env.crypto = a->own_crypto;
	}
	*ret = a;
	return 0;
}

void
smartlic_agent_free(struct smartlic_agent *agent)
{
	struct smartlic_agent *a = agent;

	if (a == NULL)
		return;
	sl_agent_close_transport(a);
	sl_agent_drop_key(a);
	sl_options_clear(&a->options);
	sl_options_clear(&a->call_home_lines);
	sl_record_clear(&a->rec);
	sl_slots_close(&a->slots);
	sl_trust_free(a->trust);
	smartlic_catalog_free(a->catalog);
	free(a->anchors);
	free(a->transport_dir);
	free(a->entitlements);
	free(a->short_names);
	free(a->reserved);
	smartlic_crypto_free(a->own_crypto);
	free(a);
}

const struct smartlic_error *
smartlic_agent_error(const struct smartlic_agent *agent)
{
	return &agent->err;
}

int
smartlic_agent_set_store(struct smartlic_agent *agent, struct smartlic_store *store, int read_only)
{
	struct smartlic_agent *a = agent;
	int r;

	if (sl_agent_enter(a) < 0)
		return SMARTLIC_E_STATE;
	if (a->has_store)
		return sl_fail(&a->err, SMARTLIC_E_STATE, "set_store: this agent has a store");
	r = sl_slots_open(&a->slots, store, a->env.crypto, read_only, &a->err);
	if (r < 0)
		return r;
	a->read_only = read_only;
	r = sl_agent_load(a);
	if (r == 0 && a->anchors != NULL)
		r = sl_agent_build_trust(a, a->anchors, a->anchors_len);
	if (r < 0) {
		/* back to the caller, as it was */
		*store = a->slots.store;
		if (a->slots.locked)
			store->ops->unlock(store->store);
		a->slots = (struct sl_slots){ 0 };
		sl_record_clear(&a->rec);
		return r;
	}
	a->has_store = 1;
	sl_agent_configured(a);
	return 0;
}

int
smartlic_agent_show(struct smartlic_agent *agent, int what, int format, char **ret)
{
	const struct smartlic_status *status = smartlic_agent_status(agent);
	struct sl_buf b = { 0 };
	struct sl_show show = { .out = &b,
		.st = status,
		.trace = &agent->trace,
		.options = agent->call_home_lines.n > 0 ? agent->call_home_lines.item
							: agent->options.item,
		.n_options =
		    agent->call_home_lines.n > 0 ? agent->call_home_lines.n : agent->options.n,
		.local_time = agent->env.local_time,
		.userdata = agent->env.userdata };
	char *text;
	int r;

	sl_error_clear(&agent->err);
	if (ret == NULL)
		return sl_fail(&agent->err, SMARTLIC_E_INVAL, "show: nowhere to put it");
	if (status == NULL)
		return sl_nomem(&agent->err);
	r = sl_show(&show, what, format, &agent->err);
	if (r < 0) {
		sl_buf_free(&b);
		return r;
	}
	text = sl_buf_take(&b);
	if (text == NULL)
		return sl_nomem(&agent->err);
	*ret = text;
	return 0;
}
