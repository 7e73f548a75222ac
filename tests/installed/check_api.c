/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a host sees: this program is compiled by pkg-config against the installed headers and
 * library alone, and calls every exported function (a check compares it with the map).
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <check.h>
#include <smartlic/smartlic.h>

#define TAG_100G                                                                                   \
	"regid.2018-05.com.cisco.S-NCS1K4-LIC-100G=,1.0_03df009f-5ac5-48da-af50-4279ddea5e24"

static char folder[64];
static char *catalog_text, *root_text, *inventory_text;
static size_t catalog_len, root_len, inventory_len;

static char *
read_file(const char *path, size_t *ret_len)
{
	FILE *f = fopen(path, "rb");
	char *text = calloc(1, 1 << 20);

	ck_assert_msg(f != NULL, "%s", path);
	ck_assert_ptr_nonnull(text);
	*ret_len = fread(text, 1, (1 << 20) - 1, f);
	(void)fclose(f);
	return text;
}

static const char *
need_env(const char *name)
{
	const char *value = getenv(name);

	ck_assert_msg(value != NULL, "%s is not set", name);
	return value;
}

static void
setup(void)
{
	(void)snprintf(folder, sizeof(folder), "/tmp/smartlic-api-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	catalog_text = read_file(need_env("API_CATALOG"), &catalog_len);
	root_text = read_file(need_env("API_ROOT"), &root_len);
	inventory_text = read_file(need_env("API_INVENTORY"), &inventory_len);
}

static void
teardown(void)
{
	char command[128];

	free(catalog_text);
	free(root_text);
	free(inventory_text);
	(void)snprintf(command, sizeof(command), "rm -rf '%s'", folder);
	ck_assert_int_eq(system(command), 0);
}

/* A world of the test's own, so that time moves when the test says so. */
static int64_t mono = 5000;
static char last_log[512];

static int64_t
fake_wall(void *ud)
{
	(void)ud;
	return INT64_C(1800000000000) + mono;
}

static int64_t
fake_mono(void *ud)
{
	(void)ud;
	return mono;
}

static void
keep_log(void *ud, int level, const char *message)
{
	(void)ud;
	(void)level;
	(void)snprintf(last_log, sizeof(last_log), "%s", message);
}

/* A transport of the host's own that can't reach anybody. */
static int submitted, cancelled;

static int
dead_open(void **ret, const struct smartlic_host *host, const struct smartlic_option *options,
    size_t n, char *text, size_t cap)
{
	(void)host;
	(void)options;
	(void)n;
	(void)text;
	(void)cap;
	*ret = &submitted;
	return 0;
}

static void
dead_close(void *tp)
{
	(void)tp;
}

static int
dead_submit(void *tp, const struct smartlic_message *request)
{
	(void)tp;
	ck_assert_uint_gt(request->len, 0);
	submitted++;
	return 0;
}

static int
dead_step(void *tp, struct smartlic_outcome *ret)
{
	(void)tp;
	ret->kind = SMARTLIC_OUTCOME_FAILED;
	ret->http_status = 0;
	ret->retry_after_ms = -1;
	ret->body = NULL;
	ret->len = 0;
	(void)snprintf(ret->text, sizeof(ret->text), "nobody is there");
	return 1;
}

static void
dead_cancel(void *tp)
{
	(void)tp;
	cancelled++;
}

static int
dead_pollfds(void *tp, struct pollfd *fds, size_t *n)
{
	(void)tp;
	(void)fds;
	*n = 0;
	return 0;
}

static int64_t
dead_deadline(void *tp)
{
	(void)tp;
	return INT64_MAX;
}

static const struct smartlic_transport_ops dead = {
	.size = sizeof(dead),
	.abi = SMARTLIC_TRANSPORT_ABI,
	.name = "dead",
	.summary = "reaches nobody",
	.open = dead_open,
	.close = dead_close,
	.submit = dead_submit,
	.step = dead_step,
	.cancel = dead_cancel,
	.pollfds = dead_pollfds,
	.deadline = dead_deadline,
};

/* base64url of key number 1, home 3f1a2b4c, eleven bytes, and a secret of zeros */
static const char token[] = "AT8aK0wAAQIDBAUGBwgJCgAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

static struct smartlic_agent *
agent_with_store(const char *name, int read_only)
{
	struct smartlic_env env = {
		.size = sizeof(env),
		.wall_ms = fake_wall,
		.mono_ms = fake_mono,
		.log = keep_log,
	};
	struct smartlic_agent *agent = NULL;
	struct smartlic_store store;
	struct smartlic_error err;
	char path[128];

	ck_assert_int_eq(smartlic_agent_new(&agent, &env, &err), 0);
	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	ck_assert_msg(smartlic_store_file_new(&store, path, read_only, &err) == 0, "%s", err.text);
	ck_assert_msg(smartlic_agent_set_store(agent, &store, read_only) == 0, "%s",
	    smartlic_agent_error(agent)->text);
	return agent;
}

static void
must(struct smartlic_agent *agent, int r)
{
	ck_assert_msg(r >= 0, "%s", smartlic_agent_error(agent)->text);
}

/* Processes until there is nothing to do at once; in this test the network always fails. */
static void
settle(struct smartlic_agent *agent)
{
	for (int i = 0; i < 100; i++) {
		struct pollfd fds[16];
		size_t n = 16;
		int r = smartlic_agent_process(agent);

		must(agent, r);
		if (r == 0)
			return;
		must(agent, smartlic_agent_pollfds(agent, fds, &n));
	}
	ck_abort_msg("the agent does not come to rest");
}

static int
saw_event(struct smartlic_agent *agent, int type)
{
	struct smartlic_event event = { .size = sizeof(event) };
	int seen = 0;

	while (smartlic_agent_next_event(agent, &event) == 1)
		if (event.type == type)
			seen = 1;
	return seen;
}

START_TEST(names_of_things_are_told)
{
	ck_assert_str_eq(smartlic_version(), SMARTLIC_VERSION);
	ck_assert_str_eq(smartlic_error_name(SMARTLIC_E_STORE_BUSY), "STORE_BUSY");
	ck_assert_str_ne(smartlic_strerror(SMARTLIC_E_STORE_BUSY), "");
	ck_assert_int_eq(smartlic_error_class(SMARTLIC_E_COMM), SMARTLIC_CLASS_RETRY);
}
END_TEST

START_TEST(a_token_says_where_it_comes_from)
{
	struct smartlic_token read = { .size = sizeof(read) };
	struct smartlic_error err;

	ck_assert_int_eq(smartlic_token_read(&read, token, &err), 0);
	ck_assert_int_eq(read.key_number, 1);
	ck_assert_str_eq(read.home, "3f1a2b4c");
	ck_assert_int_eq(smartlic_token_read(&read, "not a token", &err), SMARTLIC_E_TOKEN);
	ck_assert_str_ne(err.text, "");
}
END_TEST

START_TEST(licenses_are_counted_without_an_agent)
{
	struct smartlic_catalog *catalog = NULL;
	struct smartlic_inventory *inventory = NULL;
	struct smartlic_count *count = NULL;
	struct smartlic_error err;
	int64_t sum = 0;

	ck_assert_msg(
	    smartlic_catalog_new(&catalog, catalog_text, catalog_len, &err) == 0, "%s", err.text);
	ck_assert_msg(smartlic_inventory_new(&inventory, inventory_text, inventory_len, &err) == 0,
	    "%s", err.text);
	ck_assert_int_eq(smartlic_count_new(&count, catalog, NULL, inventory, &err), 0);
	ck_assert_uint_eq(smartlic_count_rows(count), 2);
	for (size_t i = 0; i < smartlic_count_rows(count); i++)
		sum += smartlic_count_row(count, i)->count;
	ck_assert_int_eq(sum, 16);
	ck_assert_ptr_null(smartlic_count_diagnostic(count, 0));
	smartlic_count_free(count);
	smartlic_inventory_free(inventory);
	smartlic_catalog_free(catalog);
}
END_TEST

START_TEST(a_device_that_reaches_nobody_waits_and_says_so)
{
	struct smartlic_finding finding = { .size = sizeof(finding) };
	struct smartlic_test *test = NULL;
	struct pollfd fds[4];
	size_t n_fds = 4;
	struct smartlic_agent *agent = agent_with_store("store", 0);
	const struct smartlic_status *status;
	char *text = NULL;

	must(agent, smartlic_agent_set_udi(agent, "NCS1004", "CAT2231B18Y", "default-sdr"));
	must(agent, smartlic_agent_set_trust_anchor(agent, root_text, root_len));
	must(agent, smartlic_agent_set_transport_ops(agent, &dead, NULL, 0));
	must(agent, smartlic_agent_set_catalog(agent, catalog_text, catalog_len));
	must(agent, smartlic_agent_set_inventory(agent, inventory_text, inventory_len));
	must(agent, smartlic_agent_set_count(agent, TAG_100G, 3));
	submitted = 0;
	must(agent, smartlic_agent_register(agent, token, 0));
	ck_assert_int_eq(smartlic_agent_busy(agent), 1);
	settle(agent);
	ck_assert_int_eq(submitted, 1);
	ck_assert(saw_event(agent, SMARTLIC_EVENT_REGISTRATION_FAILED));
	ck_assert_ptr_nonnull(strstr(last_log, "%LICENSE-SMART_LIC-"));
	ck_assert_int_gt(smartlic_agent_deadline(agent), mono);

	status = smartlic_agent_status(agent);
	ck_assert_int_eq(status->registration, SMARTLIC_REG_RETRY_WAIT);
	ck_assert_ptr_nonnull(strstr(status->initial_registration.reason, "nobody is there"));
	must(agent, smartlic_agent_show(agent, SMARTLIC_SHOW_ALL, SMARTLIC_SHOW_TEXT, &text));
	ck_assert_ptr_nonnull(strstr(text, "UNREGISTERED - REGISTRATION FAILED"));
	free(text);

	must(agent, smartlic_agent_register(agent, token, SMARTLIC_REGISTER_FORCE));
	settle(agent);
	ck_assert_int_eq(submitted, 2);
	ck_assert_int_eq(smartlic_agent_cancel(agent), 1);
	ck_assert_int_eq(smartlic_agent_cancel(agent), 0);

	must(agent, smartlic_test_new(&test, agent));
	ck_assert_int_eq(smartlic_test_deadline(test), 0);
	must(agent, smartlic_test_pollfds(test, fds, &n_fds));
	ck_assert_uint_eq(n_fds, 0);
	ck_assert_int_eq(smartlic_test_step(test, &finding), 1);
	ck_assert_str_eq(finding.subject, "configuration");
	ck_assert_int_eq(smartlic_test_step(test, &finding), 1);
	ck_assert_str_eq(finding.subject, "trust anchor");
	ck_assert_int_eq(smartlic_test_step(test, &finding), 1);
	ck_assert_int_eq(finding.grade, SMARTLIC_GRADE_SKIPPED);
	ck_assert_int_eq(smartlic_test_step(test, &finding), 2);
	smartlic_test_free(test);
	ck_assert_int_eq(submitted, 2);

	must(agent, smartlic_agent_clock_accept(agent));
	ck_assert_int_eq(
	    smartlic_agent_reserve(agent, &(struct smartlic_license){ "regid.x", 1 }, 1),
	    SMARTLIC_E_STATE);
	ck_assert_int_eq(smartlic_agent_return_reservation(agent), SMARTLIC_E_STATE);
	ck_assert_int_eq(smartlic_agent_install(agent, "x", 1), SMARTLIC_E_STATE);
	ck_assert_int_eq(smartlic_agent_status(agent)->reservation_enabled, 0);
	must(agent, smartlic_agent_set_hostname(agent, "edge-7"));
	ck_assert_int_eq(smartlic_agent_status(agent)->sends_hostname, 0);
	must(agent, smartlic_agent_set_privacy(agent, SMARTLIC_PRIVACY_VERSION));
	ck_assert_int_eq(smartlic_agent_status(agent)->sends_hostname, 1);
	ck_assert_int_eq(smartlic_agent_status(agent)->sends_version, 0);
	ck_assert_int_eq(smartlic_agent_status(agent)->clock_accept, 1);
	settle(agent);
	ck_assert(saw_event(agent, SMARTLIC_EVENT_CLOCK_ACCEPT));

	ck_assert_int_eq(smartlic_agent_renew_auth(agent), SMARTLIC_E_STATE);
	ck_assert_int_eq(smartlic_agent_renew_id(agent), SMARTLIC_E_STATE);
	ck_assert_int_eq(smartlic_agent_deregister(agent), SMARTLIC_E_STATE);
	ck_assert_str_ne(smartlic_agent_error(agent)->text, "");
	smartlic_agent_free(agent);
}
END_TEST

START_TEST(a_reader_beside_the_owner_takes_no_lock)
{
	struct smartlic_agent *owner = agent_with_store("store", 0);
	struct smartlic_agent *reader = agent_with_store("store", 1);
	struct smartlic_agent *second = NULL;
	struct smartlic_store store;
	struct smartlic_error err;
	char path[128];

	ck_assert_int_eq(smartlic_agent_new(&second, NULL, &err), 0);
	(void)snprintf(path, sizeof(path), "%s/store", folder);
	ck_assert_int_eq(smartlic_store_file_new(&store, path, 0, &err), 0);
	ck_assert_int_eq(smartlic_agent_set_store(second, &store, 0), SMARTLIC_E_STORE_BUSY);
	smartlic_store_release(&store);
	smartlic_agent_free(second);
	smartlic_agent_free(reader);
	smartlic_agent_free(owner);
}
END_TEST

START_TEST(configuration_lines_set_an_agent_up)
{
	static const char lines[] =
	    "call-home\n profile CiscoTAC-1\n"
	    "  destination address http https://ssm:9/its/service/oddce/services/DDCEService\n"
	    "license smart transport direct\n"
	    "license platform udi pid NCS1004 sn CAT2231B18Y uuid default-sdr\n";
	static const struct smartlic_option password = { "proxy-password", "x", 1 };
	struct smartlic_agent *agent = agent_with_store("store", 0);
	struct smartlic_settings *settings = NULL;
	struct smartlic_error err;

	ck_assert_int_eq(
	    smartlic_settings_parse(&settings, "nonsense\n", 9, "x.conf", &err), SMARTLIC_E_CONFIG);
	ck_assert_int_eq(err.line, 1);
	ck_assert_msg(smartlic_settings_parse(&settings, lines, strlen(lines), "x.conf", &err) == 0,
	    "%s", err.text);
	ck_assert_str_eq(smartlic_settings_get(settings, "udi-sn", 0), "CAT2231B18Y");
	/* "ssm" is a short name */
	ck_assert_ptr_nonnull(smartlic_settings_warning(settings, 0));
	must(agent, smartlic_agent_configure(agent, settings));
	must(agent, smartlic_agent_configure_with(agent, settings, &password, 1));
	ck_assert_str_eq(smartlic_agent_status(agent)->udi_pid, "NCS1004");
	smartlic_settings_free(settings);
	smartlic_agent_free(agent);
}
END_TEST

/* The reason of a registration attempt by the named transport, from the folder if one is set. */
static const char *
reason_of_attempt(struct smartlic_agent *agent, const char *name)
{
	static const char nobody[] = "http://127.0.0.1:1/";
	const struct smartlic_option options[] = { { "destination", nobody, sizeof(nobody) - 1 } };

	must(agent, smartlic_agent_set_udi(agent, "NCS1004", "CAT2231B18Y", "default-sdr"));
	must(agent, smartlic_agent_set_trust_anchor(agent, root_text, root_len));
	must(agent, smartlic_agent_set_transport(agent, name, options, 1));
	must(agent, smartlic_agent_register(agent, token, SMARTLIC_REGISTER_FORCE));
	for (int i = 0; i < 2000 && smartlic_agent_busy(agent); i++) {
		struct pollfd fds[16];
		size_t n = 16;

		must(agent, smartlic_agent_process(agent));
		must(agent, smartlic_agent_pollfds(agent, fds, &n));
		(void)poll(fds, (nfds_t)n, 5);
		mono += 5;
	}
	ck_assert_int_eq(smartlic_agent_busy(agent), 0);
	return smartlic_agent_status(agent)->initial_registration.reason;
}

START_TEST(the_direct_transport_is_found_where_it_was_installed)
{
	struct smartlic_agent *agent = agent_with_store("store", 0);
	const char *reason = reason_of_attempt(agent, "direct");

	ck_assert_msg(strstr(reason, "127.0.0.1") != NULL, "%s", reason);
	smartlic_agent_free(agent);
}
END_TEST

START_TEST(a_transport_that_is_not_there_is_a_failed_attempt)
{
	struct smartlic_agent *agent = agent_with_store("store", 0);
	const char *reason;

	ck_assert_int_eq(smartlic_agent_set_transport_dir(agent, "relative"), SMARTLIC_E_INVAL);
	must(agent, smartlic_agent_set_transport_dir(agent, folder));
	reason = reason_of_attempt(agent, "absent");
	ck_assert_msg(strstr(reason, "absent") != NULL, "%s", reason);
	smartlic_agent_free(agent);
}
END_TEST

START_TEST(two_agents_share_a_crypto_context)
{
	struct smartlic_crypto *crypto = NULL;
	struct smartlic_env env = { .size = sizeof(env) };
	struct smartlic_agent *a = NULL, *b = NULL;
	struct smartlic_error err;

	ck_assert_int_eq(smartlic_crypto_new(&crypto, &err), 0);
	env.crypto = crypto;
	ck_assert_int_eq(smartlic_agent_new(&a, &env, &err), 0);
	ck_assert_int_eq(smartlic_agent_new(&b, &env, &err), 0);
	smartlic_agent_free(a);
	smartlic_agent_free(b);
	smartlic_crypto_free(crypto);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("installed library");
	TCase *t = tcase_create("api");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, names_of_things_are_told);
	tcase_add_test(t, a_token_says_where_it_comes_from);
	tcase_add_test(t, licenses_are_counted_without_an_agent);
	tcase_add_test(t, a_device_that_reaches_nobody_waits_and_says_so);
	tcase_add_test(t, a_reader_beside_the_owner_takes_no_lock);
	tcase_add_test(t, configuration_lines_set_an_agent_up);
	tcase_add_test(t, the_direct_transport_is_found_where_it_was_installed);
	tcase_add_test(t, a_transport_that_is_not_there_is_a_failed_attempt);
	tcase_add_test(t, two_agents_share_a_crypto_context);
	suite_add_tcase(s, t);
	runner = srunner_create(s);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
