/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdint.h>

#include "buffer.h"
#include "catalog.h"
#include "tests/licenses.h"
#include "tests/suite.h"

/* A catalog in one piece, with places where the cases below put other text. */
#define ENTITLEMENTS                                                                               \
	"{\"id\":\"A\",\"name\":\"A=\",\"tag\":\"regid.a,1.0_x\",\"description\":\"a\","           \
	"\"version\":\"1.0\"}"
#define CATALOG(entitlements, modules, rules, profiles)                                            \
	"{\"format\":1,\"name\":\"t\",\"revision\":\"1\",\"default_profile\":\"p\","               \
	"\"entitlements\":[" entitlements "],\"modules\":[" modules "],\"rules\":[" rules          \
	"],\"profiles\":[" profiles "]}"
#define MODULE    "{\"pid\":\"M\",\"license\":\"counted\"}"
#define LEVELS    "\"map\":{\"levels\":[{\"entitlement\":\"A\"}]}"
#define OTHER(id) "{\"id\":\"" id "\"," LEVELS "},"
#define PROFILE   "{\"name\":\"p\",\"rules\":[\"r\"]}"
/* The fourth rule has these members. */
#define RULE(members)                                                                              \
	CATALOG(ENTITLEMENTS, MODULE,                                                              \
	    OTHER("r") OTHER("s") OTHER("t") "{\"id\":\"u\"," members "}", PROFILE)

static const struct {
	const char *text, *want;
} bad[] = {
	{ "", "line 1" },
	{ "[]", "expected a JSON object" },
	{ "{\"format\":1}", "name: missing" },
	{ "{\"format\":2}", "format: expected integer 1 to 1, got 2" },
	{ "{\"formats\":1}", "formats: no such member" },
	{ RULE(LEVELS ",\"allow\":{\"units\":\"four\"}"),
	    "rules[3].allow.units: expected integer ≥ 0, got \"four\"" },
	{ RULE(LEVELS ",\"allow\":{\"units\":-4}"),
	    "rules[3].allow.units: expected integer 0 to 1000000000, got -4" },
	{ RULE(LEVELS ",\"allow\":{\"units\":4.5}"), "rules[3].allow.units: expected integer" },
	{ RULE(LEVELS ",\"allow\":{\"units\":9223372036854775807}"),
	    "rules[3].allow.units: expected integer 0 to 1000000000" },
	{ RULE(LEVELS ",\"allow\":{\"kind\":\"gratis\"}"),
	    "rules[3].allow.kind: expected \"free\" or \"threshold\", got \"gratis\"" },
	{ RULE(LEVELS ",\"allow\":7"), "rules[3].allow: expected an object, got 7" },
	{ RULE(LEVELS ",\"allow\":{\"unit\":1}"), "rules[3].allow.unit: no such member" },
	{ RULE(LEVELS ",\"quantise\":{\"granule\":0}"),
	    "rules[3].quantise.granule: expected integer 1" },
	{ RULE(LEVELS ",\"quantise\":{\"coupled\":{\"mode\":\"m\",\"even\":\"up\"}}"),
	    "rules[3].quantise.coupled.odd: missing" },
	{ RULE(LEVELS ",\"group\":\"rack\""),
	    "rules[3].group: expected \"port\", \"slice\", \"card\"" },
	{ RULE(LEVELS ",\"group\":\"port\",\"measure\":{\"capacity\":\"trunk\"}"),
	    "rules[3].group: " },
	{ RULE(LEVELS ",\"group\":\"slice\",\"measure\":{\"demand\":\"sessions\"}"),
	    "rules[3].group: sessions" },
	{ RULE("\"map\":{\"levels\":[]}"), "rules[3].map.levels: expected 1 to 8 elements, got 0" },
	{ RULE("\"comment\":\"\""), "rules[3].map.levels: missing" },
	{ RULE("\"map\":{\"levels\":[{\"entitlement\":\"B\"}]}"),
	    "rules[3].map.levels[0].entitlement: expected the id" },
	{ RULE("\"map\":{\"levels\":[{\"match\":\"encrypted\",\"entitlement\":\"A\"}]}"),
	    "rules[3].map.levels[0]: levels by encryption" },
	{ RULE("\"map\":{\"by\":\"tier\",\"levels\":[{\"entitlement\":\"A\"}]}"),
	    "rules[3].map.levels[0]: by tier" },
	{ RULE("\"map\":{\"by\":\"rate\",\"levels\":[{\"up_to_gbps\":100,\"entitlement\":\"A\"},"
	       "{\"up_to_gbps\":100,\"entitlement\":\"A\"}]}"),
	    "rules[3].map.levels[1]: by rate" },
	{ RULE(LEVELS ",\"clamp\":{\"entitlement\":\"A\",\"min\":4,\"max\":3}"),
	    "rules[3].clamp: max is below min" },
	{ RULE(LEVELS ",\"window\":{\"kind\":\"high-water\"}"), "rules[3].window: span_s" },
	{ RULE(LEVELS ",\"window\":{\"kind\":\"percentile\",\"span_s\":60}"),
	    "rules[3].window: percent" },
	{ RULE("\"like\":\"u\""), "rules[3].like: expected the id of an earlier rule" },
	{ RULE("\"like\":\"later\""), "rules[3].like: expected the id of an earlier rule" },
	{ RULE(LEVELS ",\"select\":{\"pid\":[\"X\",\"X\"]}"), "rules[3].select.pid[1]: \"X\"" },
	{ RULE(LEVELS ",\"select\":{\"mode\":[7]}"), "rules[3].select.mode[0]: expected a string" },
	{ CATALOG(ENTITLEMENTS, MODULE, OTHER("r") OTHER("r") "{\"id\":\"x\"," LEVELS "}", PROFILE),
	    "rules[1].id: \"r\" is there twice" },
	{ CATALOG(ENTITLEMENTS "," ENTITLEMENTS, MODULE, "{\"id\":\"r\"," LEVELS "}", PROFILE),
	    "entitlements[1].id: \"A\" is there twice" },
	{ CATALOG("{\"id\":\"A\",\"name\":\"A=\",\"tag\":\"a "
		  "b\",\"description\":\"\",\"version\":\"1\"}",
	      MODULE, "{\"id\":\"r\"," LEVELS "}", PROFILE),
	    "entitlements[0].tag: expected printable" },
	{ CATALOG(ENTITLEMENTS, MODULE "," MODULE, "{\"id\":\"r\"," LEVELS "}", PROFILE),
	    "modules[1].pid: \"M\" is there twice" },
	{ CATALOG(ENTITLEMENTS, "{\"pid\":\"m=\",\"license\":\"none\"}",
	      "{\"id\":\"r\"," LEVELS "}", PROFILE),
	    "modules[0].pid: expected upper-case" },
	{ CATALOG(ENTITLEMENTS, "{\"pid\":\"M\",\"license\":\"none\",\"layout\":\"?\"}",
	      "{\"id\":\"r\"," LEVELS "}", PROFILE),
	    "modules[0].layout: expected the id" },
	{ CATALOG(ENTITLEMENTS, MODULE, "{\"id\":\"r\"," LEVELS "}",
	      "{\"name\":\"p\",\"rules\":[\"q\"]}"),
	    "profiles[0].rules[0]: expected the id of a rule" },
	{ CATALOG(ENTITLEMENTS, MODULE, "{\"id\":\"r\"," LEVELS "}", PROFILE "," PROFILE),
	    "profiles[1].name: \"p\" is there twice" },
	{ CATALOG(ENTITLEMENTS, MODULE, "{\"id\":\"r\"," LEVELS "}",
	      "{\"name\":\"q\",\"rules\":[\"r\"]}"),
	    "default_profile: expected the name of a profile" },
};

START_TEST(errors_name_the_path_what_is_expected_and_what_is_there)
{
	struct smartlic_catalog *c = NULL;
	struct smartlic_error err;

	ck_assert_int_eq(
	    smartlic_catalog_new(&c, bad[_i].text, strlen(bad[_i].text), &err), SMARTLIC_E_CATALOG);
	ck_assert_ptr_null(c);
	ck_assert_msg(strncmp(err.text, bad[_i].want, strlen(bad[_i].want)) == 0, "%s, not %s",
	    err.text, bad[_i].want);
}
END_TEST

START_TEST(every_catalog_is_read)
{
	static const char *const names[] = { "catalogs/ncs1004.json", "catalogs/router-tiers.json",
		"catalogs/gateway-subscribers.json" };
	struct smartlic_catalog *c = catalog_file(names[_i]);

	ck_assert_msg(
	    strstr(names[_i], smartlic_catalog_name(c)) != NULL, "%s", smartlic_catalog_name(c));
	ck_assert_str_eq(smartlic_catalog_profile(c, 0), c->default_profile->name);
	ck_assert_ptr_null(smartlic_catalog_profile(c, c->n_profiles));
	smartlic_catalog_free(c);
}
END_TEST

START_TEST(a_catalog_that_was_cut_or_altered_is_read_or_refused)
{
	struct smartlic_catalog *c = NULL;
	struct smartlic_error err;
	size_t len;
	char *text = source_file("catalogs/ncs1004.json", &len), was;

	for (size_t i = (size_t)_i; i + 1 < len; i += 37) {
		if (smartlic_catalog_new(&c, text, i, &err) == 0)
			ck_abort_msg("read although cut at %zu", i);
		was = text[i];
		text[i] = '"';
		if (smartlic_catalog_new(&c, text, len, &err) == 0)
			smartlic_catalog_free(c);
		text[i] = was;
	}
	free(text);
}
END_TEST

/* ---- the pipeline: one rule, one inventory, what it needs ------------------------------------ */

#define PIPE_ENTITLEMENTS                                                                          \
	"{\"id\":\"A\",\"name\":\"A\",\"tag\":\"a\",\"description\":\"\",\"version\":\"1\"},"      \
	"{\"id\":\"B\",\"name\":\"B\",\"tag\":\"b\",\"description\":\"\",\"version\":\"1\"},"      \
	"{\"id\":\"C\",\"name\":\"C\",\"tag\":\"c\",\"description\":\"\",\"version\":\"1\"}"
#define PIPE(rule)                                                                                 \
	CATALOG(PIPE_ENTITLEMENTS, MODULE ",{\"pid\":\"N\",\"license\":\"counted\"}",              \
	    "{\"id\":\"r\"," rule "}", PROFILE)
#define ENC                                                                                        \
	"\"map\":{\"levels\":[{\"match\":\"plain\",\"entitlement\":\"A\"},{\"match\":"             \
	"\"encrypted\",\"entitlement\":\"B\"}]"
#define TIER(mode)                                                                                 \
	"\"map\":{\"by\":\"tier\",\"mode\":\"" mode                                                \
	"\",\"levels\":[{\"match\":\"x\",\"entitlement\":\"A\"},"                                  \
	"{\"match\":\"y\",\"entitlement\":\"B\"},{\"match\":\"z\",\"entitlement\":\"C\"}]}"

/* Ports 1 plain 100, 2 encrypted 100, 3 plain 250, 4 encrypted 40, of tiers x, y, z, none; trunk
 * 600 on slice 0; a second card of one encrypted port; loads 1700 and 900. */
static const char inventory_json[] =
    "{\"chassis\":[{\"name\":\"one\",\"cards\":[{\"location\":\"1\",\"pid\":\"M\",\"mode\":\"m\","
    "\"tier\":\"y\","
    "\"subscribers\":1700,\"sessions\":20,\"slices\":[{\"slice\":0,\"trunk_gbps\":650,\"ports\":["
    "{\"port\":1,\"gbps\":100,\"tier\":\"x\"},{\"port\":2,\"gbps\":100,\"encrypted\":true,\"tier\":"
    "\"y\"}]},"
    "{\"slice\":1,\"trunk_gbps\":50,\"ports\":["
    "{\"port\":3,\"gbps\":250,\"tier\":\"z\"},{\"port\":4,\"gbps\":40,\"encrypted\":true}]}]},"
    "{\"location\":\"2\",\"pid\":\"N\",\"subscribers\":900,\"ports\":["
    "{\"port\":1,\"gbps\":400,\"encrypted\":true},{\"port\":9,\"gbps\":100,\"role\":\"up\"}]}]}]}";

static const struct {
	const char *name, *catalog;
	int want[3];
} pipes[] = {
	{ "ports, by encryption", PIPE(ENC "}"), { 2, 3, 0 } },
	{ "stacked", PIPE(ENC ",\"mode\":\"stack\"}"), { 5, 3, 0 } },
	{ "100G units rounded up",
	    PIPE(ENC "},\"measure\":{\"demand\":\"gbps\"},\"quantise\":{\"granule\":100}"),
	    { 4, 6, 0 } },
	{ "rounded down",
	    PIPE(ENC "},\"measure\":{\"demand\":\"gbps\"},"
		     "\"quantise\":{\"granule\":100,\"round\":\"down\"}"),
	    { 3, 5, 0 } },
	{ "rounded to the nearest",
	    PIPE(ENC "},\"measure\":{\"demand\":\"gbps\"},"
		     "\"quantise\":{\"granule\":100,\"round\":\"nearest\"}"),
	    { 4, 5, 0 } },
	{ "rounded by group",
	    PIPE(ENC "},\"group\":\"chassis\",\"measure\":{\"demand\":\"gbps\"},"
		     "\"quantise\":{\"granule\":100,\"each\":\"group\"}"),
	    { 4, 6, 0 } },
	{ "one mode only", PIPE(ENC "},\"select\":{\"mode\":[\"m\"]}"), { 2, 2, 0 } },
	{ "one PID only", PIPE(ENC "},\"select\":{\"pid\":[\"N\"]}"), { 0, 1, 0 } },
	{ "another role", PIPE(ENC "},\"select\":{\"role\":\"up\"}"), { 1, 0, 0 } },
	{ "no such role", PIPE(ENC "},\"select\":{\"role\":\"down\"}"), { 0, 0, 0 } },
	{ "2 free, in ascending order", PIPE(ENC "},\"allow\":{\"units\":2}"), { 1, 1, 0 } },
	{ "3 free, in descending order",
	    PIPE(ENC "},\"allow\":{\"units\":3,\"order\":\"descending\"}"), { 1, 0, 0 } },
	{ "1 free, plain first", PIPE(ENC "},\"allow\":{\"units\":1,\"order\":\"lowest-first\"}"),
	    { 1, 2, 0 } },
	{ "1 free, encrypted first",
	    PIPE(ENC "},\"allow\":{\"units\":1,\"order\":\"highest-first\"}"), { 2, 1, 0 } },
	{ "threshold of 3: none or all",
	    PIPE(ENC "},\"allow\":{\"kind\":\"threshold\",\"units\":3}"), { 2, 2, 0 } },
	{ "threshold of 4: not more than that",
	    PIPE(ENC "},\"allow\":{\"kind\":\"threshold\",\"units\":4}"), { 0, 0, 0 } },
	{ "2 free per module in a chassis",
	    PIPE(ENC "},\"group\":\"chassis\",\"allow\":{\"units\":2,\"per\":\"module\"}"),
	    { 0, 1, 0 } },
	{ "2 free in a slice", PIPE(ENC "},\"group\":\"slice\",\"allow\":{\"units\":2}"),
	    { 0, 0, 0 } },
	{ "3 of 4 units of a port free",
	    PIPE(ENC "},\"group\":\"port\",\"measure\":{\"demand\":\"gbps\"},"
		     "\"quantise\":{\"granule\":100},\"allow\":{\"units\":2}"),
	    { 1, 2, 0 } },
	{ "trunk or clients, whichever is more",
	    PIPE(ENC "},\"group\":\"slice\","
		     "\"measure\":{\"demand\":\"gbps\",\"capacity\":\"trunk\"},\"quantise\":{"
		     "\"granule\":100},"
		     "\"allow\":{\"units\":4}"),
	    { 3, 0, 0 } },
	{ "trunk rounded by slice in a mode",
	    PIPE(ENC "},\"group\":\"slice\","
		     "\"measure\":{\"demand\":\"gbps\",\"capacity\":\"trunk\"},\"quantise\":{"
		     "\"granule\":100,"
		     "\"coupled\":{\"mode\":\"m\",\"even\":\"down\",\"odd\":\"up\"}},\"allow\":{"
		     "\"units\":4}"),
	    { 2, 0, 0 } },
	{ "trunk besides clients",
	    PIPE(ENC "},\"group\":\"slice\",\"combine\":\"sum\","
		     "\"measure\":{\"demand\":\"gbps\",\"capacity\":\"trunk\"},\"quantise\":{"
		     "\"granule\":100},"
		     "\"allow\":{\"units\":2}"),
	    { 6, 2 + 1, 0 } },
	{ "tiers, one license each", PIPE(TIER("replace") ",\"select\":{\"pid\":[\"M\"]}"),
	    { 1, 2, 1 } },
	{ "tiers on top of each other", PIPE(TIER("stack") ",\"select\":{\"pid\":[\"M\"]}"),
	    { 4, 3, 1 } },
	{ "by rate",
	    PIPE("\"map\":{\"by\":\"rate\",\"levels\":[{\"up_to_gbps\":40,\"entitlement\":\"A\"},"
		 "{\"up_to_gbps\":250,\"entitlement\":\"B\"},{\"entitlement\":\"C\"}]}"),
	    { 1, 3, 1 } },
	{ "at least 4 a card", PIPE(ENC "},\"clamp\":{\"entitlement\":\"A\",\"min\":4}"),
	    { 8, 3, 0 } },
	{ "at most 1 a card", PIPE(ENC "},\"clamp\":{\"entitlement\":\"B\",\"max\":1}"),
	    { 2, 2, 0 } },
	{ "subscribers in packs of 1000, 500 free a module",
	    PIPE("\"map\":{\"levels\":[{\"entitlement\":\"C\"}]},"
		 "\"group\":\"chassis\",\"measure\":{\"demand\":\"subscribers\"},"
		 "\"allow\":{\"units\":500,\"per\":\"module\",\"pack\":1000}"),
	    { 0, 0, 2 } },
	{ "sessions in tens",
	    PIPE("\"map\":{\"levels\":[{\"entitlement\":\"C\"}]},"
		 "\"measure\":{\"demand\":\"sessions\"},\"quantise\":{\"granule\":10}"),
	    { 0, 0, 2 } },
};

/* The numbers that explain a count are the count. */
static int
see(void *userdata, const struct smartlic_explanation *e)
{
	int64_t *sum = userdata;
	int tags = 1;

	for (const char *p = e->charge; *p != '\0'; p++)
		tags += *p == '+';
	if (e->reason != SMARTLIC_CHARGE_WHOLE)
		*sum += e->charged * tags;
	return 0;
}

START_TEST(each_stage_of_the_pipeline_does_its_part)
{
	struct smartlic_catalog *c = NULL;
	struct smartlic_inventory *inv = inventory_text(inventory_json);
	struct smartlic_count *count;
	struct smartlic_error err;
	int64_t told = 0, sum = 0;

	ck_assert_msg(
	    smartlic_catalog_new(&c, pipes[_i].catalog, strlen(pipes[_i].catalog), &err) == 0,
	    "%s: %s", pipes[_i].name, err.text);
	count = count_of(c, NULL, inv);
	for (size_t i = 0; i < 3; i++) {
		ck_assert_msg(smartlic_count_row(count, i)->count == pipes[_i].want[i],
		    "%s: %s is %ld, not %d", pipes[_i].name, smartlic_count_row(count, i)->name,
		    (long)smartlic_count_row(count, i)->count, pipes[_i].want[i]);
		sum += smartlic_count_row(count, i)->count;
	}
	ck_assert_int_eq(smartlic_count_explain(c, NULL, inv, see, &told, &err), 0);
	if (c->rule[0].pack == 1 && !c->rule[0].clamped && c->rule[0].each == SL_EACH_ITEM)
		ck_assert_msg(
		    told == sum, "%s: explained %ld of %ld", pipes[_i].name, (long)told, (long)sum);
	smartlic_count_free(count);
	smartlic_inventory_free(inv);
	smartlic_catalog_free(c);
}
END_TEST

/* ---- other products ---------------------------------------------------------------------------
 */

START_TEST(a_router_with_tiers_needs_no_code)
{
	struct smartlic_catalog *c = catalog_file("catalogs/router-tiers.json");
	struct smartlic_inventory *inv = inventory_text(
	    "{\"chassis\":[{\"name\":\"a\",\"pid\":\"RTR-8\",\"cards\":[{\"location\":\"0/0\","
	    "\"pid\":\"RTR-LC-36X400G\",\"tier\":\"advantage\",\"ports\":[{\"port\":0,\"client\":"
	    "\"400GE\"},"
	    "{\"port\":1,\"client\":\"400GE\",\"tier\":\"essentials\"},"
	    "{\"port\":35,\"client\":\"400GE\",\"role\":\"uplink\"}]},"
	    "{\"location\":\"0/RP0\",\"pid\":\"RTR-RP\"}]},"
	    "{\"name\":\"b\",\"pid\":\"RTR-8\",\"cards\":[{\"location\":\"0/0\","
	    "\"pid\":\"RTR-LC-48X100G\",\"ports\":[{\"port\":0,\"client\":\"100GE\"}]}]},"
	    "{\"name\":\"c\",\"pid\":\"RTR-8\",\"cards\":[{\"location\":\"0/"
	    "RP0\",\"pid\":\"RTR-RP\"}]}]}");
	struct smartlic_count *count = count_of(c, NULL, inv);

	/* a: 8 Essentials, 4 of them Advantage too; b: 1, but 4 at least; c: nothing */
	ck_assert_int_eq(smartlic_count_row(count, 0)->count, 12);
	ck_assert_int_eq(smartlic_count_row(count, 1)->count, 4);
	smartlic_count_free(count);
	smartlic_inventory_free(inv);
	smartlic_catalog_free(c);
}
END_TEST

#define DAY INT64_C(86400)

static void
subscribers(struct smartlic_inventory *inv, int64_t n)
{
	struct smartlic_error err;

	ck_assert_int_eq(smartlic_inventory_set_load(inv, 0, 0, n, &err), 0);
}

START_TEST(a_gateway_pays_for_the_highest_of_thirty_days)
{
	struct smartlic_catalog *c = catalog_file("catalogs/gateway-subscribers.json");
	struct smartlic_inventory *inv =
	    inventory_text("{\"chassis\":[{\"cards\":[{\"location\":\"1\",\"pid\":\"GW-SVC\"}]}]}");
	struct smartlic_count *count = NULL;
	struct smartlic_window *high = NULL, *rank = NULL;
	struct smartlic_error err;
	int64_t day;

	ck_assert_int_eq(smartlic_count_follow(&count, c, NULL, inv, &err), 0);
	ck_assert_int_eq(smartlic_window_new(&high, c, NULL, &err), 0);
	for (day = 0; day < 60; day++) {
		subscribers(inv, day == 10 ? 9500 : 2400);
		ck_assert_int_eq(smartlic_window_add(high, day * DAY, count, &err), 0);
		ck_assert_int_eq(smartlic_count_row(count, 0)->count, day == 10 ? 9 : 2);
		ck_assert_int_eq(smartlic_window_row(high, 0)->count, day < 10 || day > 40 ? 2 : 9);
	}
	ck_assert_int_eq(smartlic_window_add(high, DAY, count, &err), SMARTLIC_E_INVAL);
	smartlic_count_free(count);
	count = NULL;
	ck_assert_int_eq(smartlic_count_follow(&count, c, "gateway-percentile", inv, &err), 0);
	ck_assert_int_eq(smartlic_window_add(high, 60 * DAY, count, &err), SMARTLIC_E_INVAL);
	ck_assert_int_eq(smartlic_window_new(&rank, c, "gateway-percentile", &err), 0);
	for (day = 0; day < 60; day++) { /* one day in thirty is below 5 %: it does not count */
		subscribers(inv, day == 40 ? 9500 : 2400);
		ck_assert_int_eq(smartlic_window_add(rank, day * DAY, count, &err), 0);
	}
	ck_assert_int_eq(smartlic_window_row(rank, 0)->count, 2);
	smartlic_window_free(high);
	smartlic_window_free(rank);
	smartlic_count_free(count);
	smartlic_inventory_free(inv);
	smartlic_catalog_free(c);
}
END_TEST

START_TEST(a_trunks_capacity_follows_from_its_optics)
{
	static const struct {
		uint32_t bits, baud;
		const char *fec;
		int64_t gbps;
	} cases[] = {
		{ 6000000, 69430000, "27", 600 },
		{ 4000000, 69430000, "27", 400 },
		{ 4340000, 72800000, "15", 500 },
		{ 4340000, 72800000, "EnhancedSD15", 500 },
		{ 3437500, 69435000, "", 350 },
		{ 2200000, 69435000, "27", 200 },
		{ 2260000, 69435000, "27", 250 },
		{ 6000000, 69430000, "99", 0 },
		{ 0, 69430000, "27", 0 },
		{ 6000000, 0, "27", 0 },
		{ 16000000, 200000000, "15", 5050 },
	};
	struct smartlic_catalog *c = catalog_file("catalogs/ncs1004.json");

	ck_assert_int_eq(sl_catalog_trunk_gbps(c, cases[_i].bits, cases[_i].baud, cases[_i].fec),
	    cases[_i].gbps);
	smartlic_catalog_free(c);
}
END_TEST

#define N(array) ((int)(sizeof(array) / sizeof((array)[0])))

int
main(void)
{
	Suite *s = suite_create("catalog");
	TCase *t = tcase_create("catalog");

	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, errors_name_the_path_what_is_expected_and_what_is_there, 0, N(bad));
	tcase_add_loop_test(t, every_catalog_is_read, 0, 3);
	tcase_add_loop_test(t, a_catalog_that_was_cut_or_altered_is_read_or_refused, 0, 4);
	tcase_add_loop_test(t, each_stage_of_the_pipeline_does_its_part, 0, N(pipes));
	tcase_add_test(t, a_router_with_tiers_needs_no_code);
	tcase_add_test(t, a_gateway_pays_for_the_highest_of_thirty_days);
	tcase_add_loop_test(t, a_trunks_capacity_follows_from_its_optics, 0, 11);
	suite_add_tcase(s, t);
	return run_suite(s);
}
