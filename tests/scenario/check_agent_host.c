/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdio.h>
#include <string.h>

#include "tests/suite.h"
#include "tests/support/world.h"

/* The agent as its host sees it: what is missing, what is misused, what is configured. */

static struct smartlic_agent *a;
static struct smartlic_error err;
static struct mem_disk disk;

static void
setup(void)
{
	mem_disk_init(&disk);
	a = NULL;
	ck_assert_int_eq(smartlic_agent_new(&a, NULL, &err), 0);
}

static void
teardown(void)
{
	smartlic_agent_free(a);
	mem_disk_clear(&disk);
}

static const char *
text(void)
{
	return smartlic_agent_error(a)->text;
}

static void
give_store(void)
{
	struct smartlic_store store = mem_store(&disk);

	ck_assert_int_eq(smartlic_agent_set_store(a, &store, 0), 0);
	ck_assert_ptr_null(store.ops);
}

static void
give_destination(void)
{
	static const struct smartlic_option option = { "destination", "https://localhost/x", 0 };

	ck_assert_int_eq(smartlic_agent_set_transport(a, "direct", &option, 1), 0);
}

START_TEST(what_is_missing_is_named)
{
	ck_assert_int_eq(smartlic_agent_register(a, "t", 0), SMARTLIC_E_STATE);
	ck_assert_ptr_nonnull(strstr(text(), "store"));
	ck_assert_int_eq(smartlic_agent_process(a), SMARTLIC_E_STATE);
	/* it would go with what the store holds */
	ck_assert_int_eq(smartlic_agent_set_count(a, TAG_G, 3), SMARTLIC_E_STATE);
	ck_assert_ptr_nonnull(strstr(text(), "store"));
	ck_assert_int_eq(smartlic_agent_set_inventory(a, "", 0), SMARTLIC_E_STATE);
	ck_assert_ptr_nonnull(strstr(text(), "store"));
	give_store();
	ck_assert_int_eq(smartlic_agent_status(a)->registration, SMARTLIC_REG_UNCONFIGURED);
	ck_assert_str_eq(smartlic_agent_status(a)->missing, "udi and destination");
	ck_assert_int_eq(smartlic_agent_set_udi(a, "NCS1004", "CAT2231B18Y", "default-sdr"), 0);
	ck_assert_str_eq(smartlic_agent_status(a)->missing, "destination");
	ck_assert_int_eq(smartlic_agent_register(a, "t", 0), SMARTLIC_E_STATE);
	ck_assert_ptr_nonnull(strstr(text(), "destination"));
	give_destination();
	ck_assert_int_eq(smartlic_agent_status(a)->registration, SMARTLIC_REG_UNIDENTIFIED);
	ck_assert_str_eq(smartlic_agent_status(a)->missing, "");
	ck_assert_str_eq(smartlic_agent_status(a)->destination, "https://localhost/x");
	ck_assert_int_eq(smartlic_agent_register(a, "t", 0), SMARTLIC_E_STATE);
	ck_assert_ptr_nonnull(strstr(text(), "trust anchor"));
	ck_assert_int_eq(smartlic_agent_renew_id(a), SMARTLIC_E_STATE);
	ck_assert_int_eq(smartlic_agent_deregister(a), SMARTLIC_E_STATE);
	ck_assert_ptr_nonnull(strstr(text(), "not registered"));
	ck_assert_int_eq(smartlic_agent_set_transport(a, "direct", NULL, 0), 0);
	ck_assert_int_eq(smartlic_agent_status(a)->registration, SMARTLIC_REG_UNCONFIGURED);
}
END_TEST

START_TEST(bad_values_are_refused_and_change_nothing)
{
	static const struct smartlic_option bad = { "crl", "perhaps", 0 };
	static const char *const no_names[] = { "", "../x", "/x", "Direct", "a b",
		"a-name-of-33-characters-is-longer" };

	give_store();
	ck_assert_int_eq(smartlic_agent_set_udi(a, "NCS 1004", "x", "u"), SMARTLIC_E_INVAL);
	ck_assert_int_eq(smartlic_agent_set_udi(a, "NCS1004", "x", ""), SMARTLIC_E_INVAL);
	ck_assert_int_eq(smartlic_agent_set_udi(a, NULL, NULL, NULL), SMARTLIC_E_INVAL);
	ck_assert_str_eq(smartlic_agent_status(a)->udi_pid, "");
	ck_assert_int_eq(smartlic_agent_set_count(a, "", 1), SMARTLIC_E_INVAL);
	ck_assert_int_eq(smartlic_agent_set_count(a, "a b", 1), SMARTLIC_E_INVAL);
	ck_assert_int_eq(smartlic_agent_set_count(a, NULL, 1), SMARTLIC_E_INVAL);
	ck_assert_int_eq(smartlic_agent_set_count(a, TAG_G, -1), SMARTLIC_E_INVAL);
	ck_assert_uint_eq(smartlic_agent_status(a)->n_entitlements, 0);
	ck_assert_int_eq(smartlic_agent_set_transport(a, NULL, NULL, 0), SMARTLIC_E_INVAL);
	for (size_t i = 0; i < sizeof(no_names) / sizeof(no_names[0]); i++)
		ck_assert_int_eq(
		    smartlic_agent_set_transport(a, no_names[i], NULL, 0), SMARTLIC_E_INVAL);
	ck_assert_ptr_nonnull(strstr(text(), "a-z"));
	ck_assert_str_eq(smartlic_agent_status(a)->transport, "");
	ck_assert_int_eq(smartlic_agent_set_transport(a, "direct", &bad, 1), SMARTLIC_E_INVAL);
	ck_assert_int_eq(smartlic_agent_set_transport(a, "direct", NULL, 1), SMARTLIC_E_INVAL);
	ck_assert_int_eq(smartlic_agent_set_transport_ops(a, NULL, NULL, 0), SMARTLIC_E_INVAL);
	ck_assert_int_eq(smartlic_agent_set_transport_dir(a, "here"), SMARTLIC_E_INVAL);
	ck_assert_int_lt(smartlic_agent_set_trust_anchor(a, "no pem", 6), 0);
	ck_assert_int_eq(smartlic_agent_set_trust_anchor(a, NULL, 0), SMARTLIC_E_INVAL);
	ck_assert_int_eq(smartlic_agent_set_inventory(a, "x", 1), SMARTLIC_E_STATE);
	ck_assert_int_eq(smartlic_agent_configure(a, NULL), SMARTLIC_E_INVAL);
	ck_assert_int_lt(smartlic_agent_set_catalog(a, "{}", 2), 0);
	ck_assert_int_eq(smartlic_agent_set_catalog(a, NULL, 0), SMARTLIC_E_CATALOG);
	ck_assert_ptr_null(strstr(text(), "-1"));
}
END_TEST

START_TEST(where_there_is_nothing_to_read_or_to_write_to_is_refused)
{
	static const struct smartlic_option one = { "destination", "https://localhost/x", 0 };
	struct smartlic_test *test = NULL;
	struct smartlic_settings *s = NULL;
	struct world *w = calloc(1, sizeof(*w));

	give_store();
	ck_assert_int_eq(
	    smartlic_agent_set_transport(a, "direct", &one, SIZE_MAX), SMARTLIC_E_LIMIT);
	ck_assert_int_eq(smartlic_agent_show(a, SMARTLIC_SHOW_ALL, 0, NULL), SMARTLIC_E_INVAL);
	ck_assert_int_eq(smartlic_agent_next_event(a, NULL), SMARTLIC_E_INVAL);
	ck_assert_int_eq(smartlic_test_new(NULL, a), SMARTLIC_E_INVAL);
	ck_assert_int_eq(smartlic_test_new(&test, NULL), SMARTLIC_E_INVAL);
	ck_assert_ptr_null(test);
	ck_assert_int_eq(smartlic_crypto_new(NULL, &err), SMARTLIC_E_INVAL);
	ck_assert_int_eq(smartlic_settings_parse(&s, "", 0, "f", &err), 0);
	ck_assert_ptr_null(smartlic_settings_get(s, NULL, 0));
	smartlic_settings_free(s);
	world_init(w, DRIVE_POLL);
	ck_assert_int_eq(smartlic_agent_register(w->agent, ORACLE_TOKEN, 2), SMARTLIC_E_INVAL);
	ck_assert_int_eq(smartlic_agent_register(w->agent, ORACLE_TOKEN, 0), 0);
	ck_assert_int_eq(smartlic_agent_install(w->agent, NULL, 7), SMARTLIC_E_INVAL);
	ck_assert_str_eq(world_status(w)->pending_type, "register");
	world_free(w);
	free(w);
}
END_TEST

START_TEST(structs_of_another_size_are_told_apart)
{
	struct {
		struct smartlic_env env;
		long more;
	} later = { .env.size = sizeof(later) };
	struct smartlic_event e = { .size = 4 };
	struct smartlic_agent *b = NULL;

	ck_assert_int_eq(smartlic_agent_new(&b, &later.env, &err), 0);
	smartlic_agent_free(b);
	b = NULL;
	later.more = 1;
	ck_assert_int_eq(smartlic_agent_new(&b, &later.env, &err), SMARTLIC_E_ABI);
	later.env.size = 0;
	ck_assert_int_eq(smartlic_agent_new(&b, &later.env, &err), SMARTLIC_E_ABI);
	ck_assert_ptr_null(b);
	ck_assert_int_eq(smartlic_agent_new(NULL, NULL, &err), SMARTLIC_E_INVAL);
	ck_assert_int_eq(smartlic_agent_next_event(a, &e), SMARTLIC_E_ABI);
	smartlic_agent_free(NULL);
}
END_TEST

START_TEST(settings_configure_it)
{
	static const char lines[] =
	    "call-home\n service active\n profile CiscoTAC-1\n  active\n"
	    "  destination address http https://ssm.example.net/x\n"
	    "license platform udi pid NCS1004 sn CAT2231B18Y uuid default-sdr\n";
	struct smartlic_settings *s = NULL;

	give_store();
	ck_assert_msg(
	    smartlic_settings_parse(&s, lines, sizeof(lines) - 1, "f", &err) == 0, "%s", err.text);
	ck_assert_int_eq(smartlic_agent_configure(a, s), 0);
	ck_assert_str_eq(smartlic_agent_status(a)->missing, "");
	ck_assert_str_eq(smartlic_agent_status(a)->destination, "https://ssm.example.net/x");
	ck_assert_str_eq(smartlic_agent_status(a)->transport, "direct");
	ck_assert_int_eq(smartlic_agent_status(a)->registration, SMARTLIC_REG_UNIDENTIFIED);
	smartlic_settings_free(s);
}
END_TEST

START_TEST(a_call_home_that_is_not_active_is_named_as_what_is_missing)
{
#define PROFILE "  destination address http https://ssm.example.net/x\n"
#define UDI     "license platform udi pid NCS1004 sn CAT2231B18Y uuid default-sdr\n"
	static const struct {
		const char *lines, *missing;
	} off[] = {
		{ "call-home\n no service active\n profile CiscoTAC-1\n" PROFILE UDI,
		    "call-home service" },
		{ "call-home\n profile CiscoTAC-1\n  no active\n" PROFILE UDI,
		    "call-home profile" },
		{ "call-home\n no service active\n profile CiscoTAC-1\n" PROFILE,
		    "udi and call-home service" },
		{ "call-home\n no service active\n" UDI, "destination" },
	};
	struct smartlic_settings *s = NULL;

	give_store();
	ck_assert_msg(
	    smartlic_settings_parse(&s, off[_i].lines, strlen(off[_i].lines), "f", &err) == 0, "%s",
	    err.text);
	ck_assert_int_eq(smartlic_agent_configure(a, s), 0);
	ck_assert_str_eq(smartlic_agent_status(a)->missing, off[_i].missing);
	ck_assert_int_eq(smartlic_agent_status(a)->registration, SMARTLIC_REG_UNCONFIGURED);
	ck_assert_int_eq(smartlic_agent_register(a, "t", 0), SMARTLIC_E_STATE);
	ck_assert_int_eq(_i < 3, strstr(text(), "call-home is not active") != NULL);
	smartlic_settings_free(s);
}
END_TEST

START_TEST(with_satellites_the_lines_of_satellites_count)
{
#define BY_SATELLITE "license smart transport satellite\n"
	static const struct {
		const char *lines, *missing, *destination;
	} cases[] = {
		{ "call-home\n profile CiscoTAC-1\n" PROFILE BY_SATELLITE UDI, "satellite", "" },
		{ BY_SATELLITE, "udi and satellite", "" },
		{ BY_SATELLITE UDI "license smart satellite https://a.example.net\n"
				   "license smart satellite https://b.example.net\n",
		    "", "https://a.example.net" },
		{ BY_SATELLITE UDI "license smart satellite srv example.net\n", "", "example.net" },
		{ BY_SATELLITE UDI "license smart satellite https://a.example.net\n"
				   "no license smart satellite\n",
		    "satellite", "" },
		/* the profile is that of other destinations, the service that of all */
		{ "call-home\n profile CiscoTAC-1\n  no active\n" BY_SATELLITE UDI
		  "license smart satellite https://a.example.net\n",
		    "", "https://a.example.net" },
		{ "call-home\n no service active\n" BY_SATELLITE UDI
		  "license smart satellite https://a.example.net\n",
		    "call-home service", "" },
		{ "license smart satellite https://a.example.net\n" UDI, "destination", "" },
	};
	struct smartlic_settings *s = NULL;

	give_store();
	ck_assert_msg(
	    smartlic_settings_parse(&s, cases[_i].lines, strlen(cases[_i].lines), "f", &err) == 0,
	    "%s", err.text);
	ck_assert_int_eq(smartlic_agent_configure(a, s), 0);
	ck_assert_str_eq(smartlic_agent_status(a)->missing, cases[_i].missing);
	ck_assert_str_eq(smartlic_agent_status(a)->destination, cases[_i].destination);
	smartlic_settings_free(s);
}
END_TEST

START_TEST(files_that_settings_name_are_handed_in_by_the_host)
{
	static const struct {
		const char *lines, *key;
	} named[] = {
		{ "crypto ca trustpool import url /etc/a.pem\n", "tls-trust-anchor-pem" },
		{ "call-home\nhttp-proxy p port 1 user u password-file /p\n", "proxy-password" },
	};
	struct smartlic_option option = { named[_i].key, "bytes", 5 };
	struct smartlic_settings *s = NULL;

	give_store();
	ck_assert_int_eq(
	    smartlic_settings_parse(&s, named[_i].lines, strlen(named[_i].lines), "f", &err), 0);
	ck_assert_int_eq(smartlic_agent_configure(a, s), SMARTLIC_E_INVAL);
	ck_assert_ptr_nonnull(strstr(smartlic_agent_error(a)->text, named[_i].key));
	ck_assert_int_eq(smartlic_agent_configure_with(a, s, &option, 1), 0);
	ck_assert_int_eq(smartlic_agent_configure_with(a, s, NULL, 1), SMARTLIC_E_INVAL);
	smartlic_settings_free(s);
}
END_TEST

START_TEST(a_transport_that_is_not_there_is_a_failure_that_is_shown)
{
	static const struct smartlic_option option = { "destination", "https://localhost/x", 0 };
	struct world *w = calloc(1, sizeof(*w));

	world_init(w, DRIVE_POLL);
	ck_assert_int_eq(smartlic_agent_set_transport_dir(w->agent, "/nonexistent"), 0);
	ck_assert_int_eq(smartlic_agent_set_transport(w->agent, "nosuch", &option, 1), 0);
	world_register(w);
	ck_assert_int_eq(world_status(w)->registration, SMARTLIC_REG_RETRY_WAIT);
	ck_assert_int_eq(world_status(w)->initial_registration.code, SMARTLIC_E_TRANSPORT);
	ck_assert_ptr_nonnull(strstr(world_status(w)->initial_registration.reason, "/nonexistent"));
	/* the way is changed, and the request goes on */
	ck_assert_int_eq(
	    smartlic_agent_set_transport_ops(w->agent, &smartlic_transport_loop, w->option, 1), 0);
	world_pass(w, DAYS(1));
	ck_assert_int_eq(world_status(w)->registration, SMARTLIC_REG_REGISTERED);
	world_free(w);
	free(w);
}
END_TEST

START_TEST(an_option_that_the_transport_refuses_is_shown)
{
	struct world *w = calloc(1, sizeof(*w));

	world_init(w, DRIVE_POLL);
	ck_assert_int_eq(
	    smartlic_agent_set_transport_ops(w->agent, &smartlic_transport_loop, NULL, 0), 0);
	world_register(w);
	ck_assert_ptr_nonnull(strstr(world_status(w)->initial_registration.reason, "loop-peer"));
	world_free(w);
	free(w);
}
END_TEST

static int curt_result;

/* Fails, and leaves a text without its end. */
static int
curt_open(void **ret, const struct smartlic_host *host, const struct smartlic_option *options,
    size_t n, char *why, size_t cap)
{
	(void)ret;
	(void)host;
	(void)options;
	(void)n;
	memset(why, 'x', cap);
	return curt_result;
}

START_TEST(a_transport_that_fails_against_its_contract_has_failed)
{
	struct smartlic_transport_ops ops = smartlic_transport_loop;
	struct world *w = calloc(1, sizeof(*w));

	curt_result = _i == 0 ? SMARTLIC_E_TRANSPORT : 5;
	ops.name = "curt";
	ops.open = curt_open;
	world_init(w, DRIVE_POLL);
	ck_assert_int_eq(smartlic_agent_set_transport_ops(w->agent, &ops, w->option, 1), 0);
	world_register(w);
	ck_assert_int_eq(world_status(w)->initial_registration.code, SMARTLIC_E_TRANSPORT);
	ck_assert_ptr_nonnull(strstr(world_status(w)->initial_registration.reason, "xxx"));
	world_free(w);
	free(w);
}
END_TEST

START_TEST(the_inventory_is_counted_and_reported)
{
	static const char lines[] =
	    "0/1 NCS1K4-1.2T-L-K9 OPERATIONAL NSHUT\n"
	    "hw-module location 0/1\n mxponder\n  trunk-rate 600G\n  client-rate 100GE\n";
	char path[512], *catalog = NULL;
	struct world *w = calloc(1, sizeof(*w));
	size_t len = 0;
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s/catalogs/ncs1004.json", getenv("TOP_SRCDIR"));
	f = fopen(path, "r");
	ck_assert_ptr_nonnull(f);
	ck_assert_int_gt(getdelim(&catalog, &len, EOF, f), 0);
	(void)fclose(f);
	world_init(w, DRIVE_POLL);
	w->counts[0] = w->counts[1] = -1;
	ck_assert_int_eq(smartlic_agent_set_count(w->agent, "host.tag", 3), 0);
	ck_assert_msg(smartlic_agent_set_catalog(w->agent, catalog, strlen(catalog)) == 0, "%s",
	    smartlic_agent_error(w->agent)->text);
	ck_assert_msg(smartlic_agent_set_inventory(w->agent, lines, sizeof(lines) - 1) == 0, "%s",
	    smartlic_agent_error(w->agent)->text);
	world_ready(w);
	ck_assert_ptr_nonnull(strstr(w->oracle.usage, "{\"tag\":\"host.tag\",\"count\":3}"));
	ck_assert_ptr_nonnull(strstr(w->oracle.usage, "{\"tag\":\"" TAG_G "\",\"count\":4}"));
	/* an inventory that is refused leaves the counts */
	ck_assert_int_lt(smartlic_agent_set_inventory(w->agent, "{\"chassis\":7}", 13), 0);
	world_settle(w);
	ck_assert_int_eq(w->oracle.executed_of[SL_MSG_AUTHORIZE], 1);
	free(catalog);
	world_free(w);
	free(w);
}
END_TEST

START_TEST(events_beyond_what_is_kept_drop_the_oldest)
{
	struct world *w = calloc(1, sizeof(*w));
	struct smartlic_event e = { .size = sizeof(e) };
	int n = 0;

	world_init(w, DRIVE_POLL);
	world_ready(w);
	for (int i = 0; i < 40; i++) {
		w->wall_ms += HOURS(1);
		ck_assert_int_ge(smartlic_agent_process(w->agent), 0);
	}
	w->wall_ms += DAYS(1000);
	while (smartlic_agent_process(w->agent) == 1)
		;
	while (smartlic_agent_next_event(w->agent, &e) == 1) {
		ck_assert_int_ge(e.severity, SMARTLIC_LOG_CRITICAL);
		ck_assert_ptr_nonnull(strstr(e.message, "%LICENSE-SMART_LIC-"));
		n++;
	}
	ck_assert_int_ge(n, 20);
	ck_assert_int_le(n, 32);
	world_free(w);
	free(w);
}
END_TEST

/* A log that cannot keep its hands off the agent that is telling it something. */
static long refused, looked;

static void
meddle(void *userdata, int level, const char *message)
{
	struct smartlic_agent *of = ((struct world *)userdata)->agent;
	static const struct smartlic_option option = { "destination", "https://localhost/x", 0 };

	(void)level;
	(void)message;
	if (of == NULL) /* it is being made */
		return;
	ck_assert_int_eq(smartlic_agent_set_count(of, TAG_X, 7), SMARTLIC_E_STATE);
	ck_assert_int_eq(smartlic_agent_set_udi(of, "A", "B", "C"), SMARTLIC_E_STATE);
	ck_assert_int_eq(smartlic_agent_set_transport(of, "direct", &option, 1), SMARTLIC_E_STATE);
	ck_assert_int_eq(smartlic_agent_register(of, "token", 0), SMARTLIC_E_STATE);
	ck_assert_int_eq(smartlic_agent_deregister(of), SMARTLIC_E_STATE);
	ck_assert_int_eq(smartlic_agent_cancel(of), SMARTLIC_E_STATE);
	ck_assert_int_eq(smartlic_agent_process(of), SMARTLIC_E_STATE);
	refused++;
	looked += smartlic_agent_status(of) != NULL;
}

START_TEST(a_log_that_calls_back_may_look_and_changes_nothing)
{
	struct world *w = calloc(1, sizeof(*w));

	refused = looked = 0;
	world_init(w, DRIVE_POLL);
	w->env.log = meddle;
	world_restart(w);
	world_ready(w);
	ck_assert_int_eq(smartlic_agent_renew_id(w->agent), 0);
	world_settle(w);
	ck_assert_int_eq(world_status(w)->registration, SMARTLIC_REG_REGISTERED);
	ck_assert_int_eq(world_status(w)->authorization, SMARTLIC_AUTH_AUTHORIZED);
	ck_assert_int_gt(refused, 10);
	ck_assert_int_eq(looked, refused);
	world_free(w);
	free(w);
}
END_TEST

START_TEST(every_state_says_its_consequence)
{
	struct world *w = calloc(1, sizeof(*w));

	world_init(w, DRIVE_POLL);
	ck_assert_ptr_nonnull(strstr(world_status(w)->consequence, "registers this device"));
	w->net = NET_DOWN;
	world_register(w);
	ck_assert_ptr_nonnull(strstr(world_status(w)->consequence, "sent again on"));
	w->net = NET_UP;
	ck_assert_int_eq(smartlic_agent_cancel(w->agent), 1);
	world_ready(w);
	ck_assert_ptr_nonnull(strstr(world_status(w)->consequence, "Everything is in order"));
	w->net = NET_DOWN;
	ck_assert_int_eq(smartlic_agent_renew_auth(w->agent), 0);
	world_settle(w);
	ck_assert_ptr_nonnull(strstr(world_status(w)->consequence, "is called again on"));
	w->net = NET_UP;
	w->oracle.out_of_compliance = 1;
	ck_assert_int_eq(smartlic_agent_renew_auth(w->agent), 0);
	world_settle(w);
	ck_assert_ptr_nonnull(strstr(world_status(w)->consequence, "buy or transfer"));
	w->net = NET_DOWN;
	ck_assert_int_eq(smartlic_agent_deregister(w->agent), 0);
	world_settle(w);
	ck_assert_ptr_nonnull(strstr(world_status(w)->consequence, "is told so on"));
	world_free(w);
	free(w);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("agent, host");
	TCase *t = tcase_create("host");

	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, what_is_missing_is_named);
	tcase_add_test(t, bad_values_are_refused_and_change_nothing);
	tcase_add_test(t, where_there_is_nothing_to_read_or_to_write_to_is_refused);
	tcase_add_test(t, structs_of_another_size_are_told_apart);
	tcase_add_test(t, settings_configure_it);
	tcase_add_loop_test(t, a_call_home_that_is_not_active_is_named_as_what_is_missing, 0, 4);
	tcase_add_loop_test(t, with_satellites_the_lines_of_satellites_count, 0, 8);
	tcase_add_loop_test(t, files_that_settings_name_are_handed_in_by_the_host, 0, 2);
	tcase_add_test(t, a_transport_that_is_not_there_is_a_failure_that_is_shown);
	tcase_add_test(t, an_option_that_the_transport_refuses_is_shown);
	tcase_add_loop_test(t, a_transport_that_fails_against_its_contract_has_failed, 0, 2);
	tcase_add_test(t, the_inventory_is_counted_and_reported);
	tcase_add_test(t, events_beyond_what_is_kept_drop_the_oldest);
	tcase_add_test(t, a_log_that_calls_back_may_look_and_changes_nothing);
	tcase_add_test(t, every_state_says_its_consequence);
	suite_add_tcase(s, t);
	return run_suite(s);
}
