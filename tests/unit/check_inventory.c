/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdint.h>

#include "buffer.h"
#include "tests/licenses.h"
#include "tests/suite.h"

/* Inventories as text: what is read from it, seen by what is counted. */
static struct smartlic_catalog *catalog;

static void
load_catalog(void)
{
	catalog = catalog_file("catalogs/ncs1004.json");
}

static void
free_catalog(void)
{
	smartlic_catalog_free(catalog);
}

#define ROW "0/1  NCS1K4-1.2T-L-K9  OPERATIONAL  NSHUT\n"

/* ---- the router's lines --------------------------------------------------------------------- */

/* Plain and encrypted clients that the text configures, as charged and free ports; and counts. */
struct seen {
	int ports, charged;
};

static int
see(void *userdata, const struct smartlic_explanation *e)
{
	struct seen *seen = userdata;

	seen->ports += e->reason != SMARTLIC_CHARGE_TRUNK;
	seen->charged += (int)e->charged;
	return 0;
}

static const struct {
	const char *name, *text;
	int ports, g, x;
} texts[] = {
	{ "nothing at all", "", 0, 0, 0 },
	{ "a card without configuration", ROW, 0, 0, 0 },
	{ "as the router prints it",
	    ROW "hw-module location 0/1\n mxponder-slice 0\n  trunk-rate 600G\n"
		"  client-rate 100GE\n !\n!\n",
	    6, 2, 0 },
	{ "rates in the other order",
	    ROW "hw-module location 0/1\n mxponder-slice 0\n  client-rate OTU4\n"
		"  trunk-rate 500G\n !\n!\n",
	    5, 1, 0 },
	{ "without indentation",
	    ROW "hw-module location 0/1\nmxponder-slice 0\ntrunk-rate 600G\nclient-rate 100GE\n!\n"
		"mxponder-slice 1\ntrunk-rate 500G\nclient-rate 100GE\n!\n!\n",
	    11, 3, 0 },
	{ "without indentation and without marks",
	    ROW "hw-module location 0/1\nmxponder-slice 0\ntrunk-rate 600G\nclient-rate 100GE\n"
		"mxponder-slice 1\ntrunk-rate 500G\nclient-rate 100GE\n",
	    11, 3, 0 },
	{ "each setting on a line of its own (formal)",
	    ROW "hw-module location 0/1 mxponder-slice 0 trunk-rate 600G\n"
		"hw-module location 0/1 mxponder-slice 0 client-rate 100GE\n",
	    6, 2, 0 },
	{ "slice on the card's line",
	    ROW
	    "hw-module location 0/1 mxponder-slice 0\n client-rate 100GE\n trunk-rate 600G\n!\n",
	    6, 2, 0 },
	{ "as typed, prompts and all",
	    ROW "RP/0/RP0/CPU0:ios#configure\nSat Dec 15 15:25:14.385 IST\n"
		"RP/0/RP0/CPU0:ios(config)#hw-module location 0/1 mxponder-slice 0\n"
		"RP/0/RP0/CPU0:ios(config-hwmod-mxp)#client-rate 100GE\n"
		"RP/0/RP0/CPU0:ios(config-hwmod-mxp)#trunk-rate 600G\n"
		"RP/0/RP0/CPU0:ios(config-hwmod-mxp)#commit\n",
	    6, 2, 0 },
	{ "lines that end as on another system",
	    ROW "hw-module location 0/1\r\n mxponder-slice 0\r\n  trunk-rate 600G\r\n"
		"  client-rate 100GE\r\n !\r\n!\r\n",
	    6, 2, 0 },
	{ "the row of the platform after the configuration",
	    "hw-module location 0/1\n mxponder-slice 0\n  trunk-rate 600G\n  client-rate 100GE\n "
	    "!\n!\n" ROW,
	    6, 2, 0 },
	{ "mxponder, both trunks",
	    ROW
	    "hw-module location 0/1\n mxponder\n  trunk-rate 600G\n  client-rate 100GE\n !\n!\n",
	    12, 4, 0 },
	{ "mxponder 100G: one client",
	    ROW
	    "hw-module location 0/1\n mxponder\n  trunk-rate 100G\n  client-rate 100GE\n !\n!\n",
	    1, 0, 0 },
	{ "mxponder 50G: one client for both trunks",
	    ROW "hw-module location 0/1\n mxponder\n  trunk-rate 50G\n  client-rate 100GE\n !\n!\n",
	    1, 0, 0 },
	{ "mxponder 450G: nine clients, five on trunk 0",
	    ROW
	    "hw-module location 0/1\n mxponder\n  trunk-rate 450G\n  client-rate 100GE\n !\n!\n",
	    9, 1, 0 },
	{ "mxponder 550G: eleven clients",
	    ROW
	    "hw-module location 0/1\n mxponder\n  trunk-rate 550G\n  client-rate 100GE\n !\n!\n",
	    11, 3, 0 },
	{ "encryption of the fifth client, before its card",
	    ROW
	    "controller ODU4 0/1/0/0/5\n otnsec\n  policy p\n !\n!\n"
	    "hw-module location 0/1\n mxponder-slice 0\n  trunk-rate 600G\n  client-rate 100GE\n"
	    " !\n!\n",
	    6, 1, 1 },
	{ "encryption as the router writes controllers",
	    ROW "hw-module location 0/1\n mxponder\n  trunk-rate 600G\n  client-rate 100GE\n !\n!\n"
		"controller ODU40/1/0/1/6\n otnsec policy p\n!\n",
	    12, 3, 1 },
	{ "a policy's own block encrypts nothing",
	    ROW
	    "hw-module location 0/1\n mxponder-slice 0\n  trunk-rate 600G\n  client-rate 100GE\n"
	    " !\n!\ncontroller ODU40/1/0/0/6\n description spare\n!\notnsec policy p\n"
	    " cipher-suite AES-GCM-256\n!\n",
	    6, 2, 0 },
	{ "encryption of a free client is free",
	    ROW "controller ODU40/1/0/0/1\n otnsec\n!\n"
		"hw-module location 0/1 mxponder-slice 0 trunk-rate 400G client-rate 100GE\n",
	    4, 0, 0 },
	{ "a description that looks like a command",
	    ROW "hw-module location 0/1\n mxponder-slice 0\n  description trunk-rate 100G\n"
		"  trunk-rate 600G\n  client-rate 100GE\n !\n!\n",
	    6, 2, 0 },
	{ "blocks of other features around",
	    "hostname ios\ninterface MgmtEth0/RP0/CPU0/0\n ipv4 address 192.0.2.1 "
	    "255.255.255.0\n!\n" ROW
	    "hw-module location all fpd auto-upgrade\nhw-module location 0/1\n mxponder-slice 0\n"
	    "  trunk-rate 600G\n  client-rate 100GE\n  drop-lldp\n !\n!\nlldp\n!\nend\n",
	    6, 2, 0 },
	{ "a PID in small letters and with the mark of a spare part",
	    "0/1  NCS1K4-1.2T-l-k9=  OPERATIONAL  NSHUT\n"
	    "hw-module location 0/1 mxponder-slice 0 trunk-rate 600G client-rate 100GE\n",
	    6, 2, 0 },
	{ "the L-band card, which needs no license",
	    "0/1  NCS1K4-1.2TL-K9  OPERATIONAL  NSHUT\n"
	    "hw-module location 0/1 mxponder trunk-rate 600G client-rate 100GE\n",
	    12, 0, 0 },
	{ "trunks that only optics tell of: 6 bits per symbol at 69.43 GBd",
	    ROW "controller Optics0/1/0/0\n bits-per-symbol 6\n baud-rate 69.43\n!\n", 0, 2, 0 },
	{ "the same at 15 % error correction: 4.34 bits at 72.8 GBd are 500G",
	    ROW "controller Optics 0/1/0/1\n bits-per-symbol 4.34\n baud-rate 72.8\n"
		" fec EnhancedSD15\n!\n",
	    0, 1, 0 },
};

START_TEST(the_routers_lines_are_understood)
{
	struct smartlic_inventory *inv = inventory_text(texts[_i].text);
	struct smartlic_count *count = count_of(catalog, NULL, inv);
	struct smartlic_error err;
	struct seen seen = { 0, 0 };

	ck_assert_int_eq(smartlic_count_explain(catalog, NULL, inv, see, &seen, &err), 0);
	ck_assert_msg(seen.ports == texts[_i].ports && seen.charged == texts[_i].g + texts[_i].x &&
			  smartlic_count_row(count, 0)->count == texts[_i].g &&
			  smartlic_count_row(count, 1)->count == texts[_i].x,
	    "%s: %d ports, %ld/%ld", texts[_i].name, seen.ports,
	    (long)smartlic_count_row(count, 0)->count, (long)smartlic_count_row(count, 1)->count);
	ck_assert_msg(smartlic_count_diagnostic(count, 0) == NULL, "%s: %s: %s", texts[_i].name,
	    smartlic_count_diagnostic(count, 0)->where, smartlic_count_diagnostic(count, 0)->text);
	smartlic_count_free(count);
	smartlic_inventory_free(inv);
}
END_TEST

/* A text, the line that is told of, words of it, and what is counted all the same. */
static const struct {
	const char *text, *where, *words;
	int g;
} contradictions[] = {
	{ ROW "hw-module location 0/1\n mxponder-slice 0\n  trunk-rate 600G\n  client-rate 100GE\n "
	      "!\n"
	      " mxponder\n  trunk-rate 600G\n",
	    "line 7", "exclude each other", 2 },
	{ ROW "hw-module location 0/1\n mxponder-slice 2\n  trunk-rate 600G\n  client-rate 100GE\n",
	    "line 3", "has slices 0 and 1", 0 },
	{ ROW "hw-module location 0/1\n mxponder-slice x\n  trunk-rate 600G\n", "line 3",
	    "a slice's number", 0 },
	{ ROW "hw-module location 0/1\n mxponder-slice 0\n  trunk-rate 450G\n  client-rate 100GE\n",
	    "line 4", "need mxponder", 0 },
	{ ROW "hw-module location 0/1\n mxponder\n  trunk-rate 425G\n  client-rate 100GE\n",
	    "line 4", "steps of 50G", 0 },
	{ ROW "hw-module location 0/1\n mxponder\n  trunk-rate 1000G\n  client-rate 100GE\n",
	    "line 4", "50G to 600G", 0 },
	{ ROW "hw-module location 0/1\n mxponder\n  trunk-rate fast\n", "line 4", "such as 600G",
	    0 },
	{ ROW "hw-module location 0/1\n mxponder\n  trunk-rate 99999999999999999999G\n", "line 4",
	    "such as 600G", 0 },
	{ ROW "hw-module location 0/1\n mxponder-slice 0\n  trunk-rate 600G\n  trunk-rate 400G\n"
	      "  client-rate 100GE\n",
	    "line 5", "line 4 says 600G", 2 },
	{ ROW "hw-module location 0/1\n mxponder-slice 0\n  client-rate 100GE\n  client-rate OTU4\n"
	      "  trunk-rate 600G\n",
	    "line 5", "line 4 says 100GE", 2 },
	{ ROW "hw-module location 0/1\n mxponder-slice 0\n  client-rate 400GE\n  trunk-rate 600G\n",
	    "line 4", "100GE or OTU4", 0 },
	{ ROW "hw-module location 0/1\n mxponder-slice 0\n  client-rate quick\n  trunk-rate 600G\n",
	    "line 4", "100GE or OTU4", 2 },
	{ ROW "hw-module location 0/1\n mxponder-slice 0\n  trunk-rate 600G\n", "line 3",
	    "no client-rate", 2 },
	{ ROW "hw-module location 0/1\n mxponder-slice 0\n  client-rate 100GE\n", "line 3",
	    "no trunk-rate", 0 },
	{ ROW "hw-module location 0/1\n trunk-rate 600G\n", "line 3", "outside of mxponder", 0 },
	{ ROW "hw-module location 0/1 mxponder trunk-rate 100G client-rate 100GE\n"
	      "controller ODU4 0/1/0/1/1\n otnsec\n",
	    "line 4", "not configured", 0 },
	{ ROW "controller ODU4 0/1/0/0/33\n otnsec\n", "line 3", "no such client", 0 },
	{ "controller ODU4 0/3/0/0/1\n otnsec\n", "line 2", "no client is configured", 0 },
	{ ROW "0/1  NCS1K4-1.2T-K9  OPERATIONAL  NSHUT\n", "line 2", "NCS1K4-1.2T-L-K9 in line 1",
	    0 },
	{ ROW "controller Optics0/1/0/0\n bits-per-symbol many\n", "line 3", "such as 3.4375", 0 },
	{ ROW "no hw-module location 0/1\n", "line 2", "not applied", 0 },
	{ ROW "hw-module location 0/1 mxponder-slice 0 trunk-rate 600G client-rate 100GE\n"
	      "controller Optics0/1/0/0\n bits-per-symbol 4\n baud-rate 69.43\n",
	    "0/1", "give 400 Gb/s; the rate is counted", 2 },
};

START_TEST(lines_that_contradict_are_told_with_their_number)
{
	struct smartlic_inventory *inv = inventory_text(contradictions[_i].text);
	struct smartlic_count *count = count_of(catalog, NULL, inv);
	const struct smartlic_diagnostic *d = smartlic_count_diagnostic(count, 0);

	ck_assert_msg(
	    diagnostic_with(count, contradictions[_i].where, contradictions[_i].words) != NULL,
	    "%s at %s: \"%s\" at %s", contradictions[_i].words, contradictions[_i].where,
	    d == NULL ? "nothing" : d->text, d == NULL ? "" : d->where);
	ck_assert_int_eq(smartlic_count_row(count, 0)->count, contradictions[_i].g);
	smartlic_count_free(count);
	smartlic_inventory_free(inv);
}
END_TEST

START_TEST(a_chassis_is_known_by_its_system_card)
{
	struct smartlic_inventory *inv = inventory_text(
	    "0/0 NCS1K4-1.2T-K9 OPERATIONAL NSHUT\n0/1 NCS1K4-1.2T-K9 OPERATIONAL NSHUT\n"
	    "0/2 NCS1K4-1.2T-K9 OPERATIONAL NSHUT\n0/3 NCS1K4-1.2T-K9 OPERATIONAL NSHUT\n"
	    "0/4 NCS1K4-1.2T-K9 OPERATIONAL NSHUT\n0/SC0 NCS1004 OPERATIONAL NSHUT\n");
	struct smartlic_count *count = count_of(catalog, NULL, inv);

	ck_assert_ptr_nonnull(diagnostic_with(count, "chassis 1", "5 cards in a NCS1004"));
	smartlic_count_free(count);
	smartlic_inventory_free(inv);
}
END_TEST

START_TEST(lines_of_other_features_are_counted)
{
	struct smartlic_inventory *inv = inventory_text(
	    "hostname ios\n\n" ROW "!\nhw-module location 0/1 mxponder\nlldp\nend\n");

	ck_assert_int_eq(smartlic_inventory_skipped(inv), 4);
	smartlic_inventory_free(inv);
}
END_TEST

/* ---- JSON ----------------------------------------------------------------------------------- */

#define CARD(members)                                                                              \
	"{\"chassis\":[{\"cards\":[{\"location\":\"0/1\",\"pid\":\"NCS1K4-1.2T-L-K9\"" members     \
	"}]}]}"
#define SLICE(members) CARD(",\"slices\":[{\"slice\":0" members "}]")
#define PORT(members)  SLICE(",\"ports\":[{\"port\":2" members "}]")

static const struct {
	const char *text, *words;
	int code;
} bad[] = {
	{ "{", "line 1", SMARTLIC_E_INVENTORY },
	{ "{}", "chassis: missing", SMARTLIC_E_INVENTORY },
	{ "{\"chassis\":7}", "chassis: expected an array, got 7", SMARTLIC_E_INVENTORY },
	{ "{\"chassis\":[7]}", "chassis[0]: expected an object", SMARTLIC_E_INVENTORY },
	{ "{\"chassis\":[],\"x\":1}", "x: no such member", SMARTLIC_E_INVENTORY },
	{ "{\"chassis\":[],\"chassis\":[]}", "duplicate", SMARTLIC_E_INVENTORY },
	{ "{\"chassis\":[{\"name\":\"a\"},{\"name\":\"a\"}]}", "chassis[1]: there is a chassis",
	    SMARTLIC_E_EXISTS },
	{ "{\"chassis\":[{\"cards\":[{\"pid\":\"X\"}]}]}", "chassis[0].cards[0].location: missing",
	    SMARTLIC_E_INVENTORY },
	{ "{\"chassis\":[{\"cards\":[{\"location\":\"0 1\",\"pid\":\"X\"}]}]}",
	    "chassis[0].cards[0]: location \"0 1\"", SMARTLIC_E_INVENTORY },
	{ "{\"chassis\":[{\"cards\":[{\"location\":\"1\",\"pid\":\"X\"},"
	  "{\"location\":\"1\",\"pid\":\"X\"}]}]}",
	    "cards[1]: there is a card at 1", SMARTLIC_E_EXISTS },
	{ CARD(",\"slices\":[{\"slice\":0},{\"slice\":0}]"), "slices[1]: slice 0 is there twice",
	    SMARTLIC_E_INVENTORY },
	{ CARD(",\"slices\":[{\"slice\":16}]"), "slice: expected integer 0 to 15, got 16",
	    SMARTLIC_E_INVENTORY },
	{ SLICE(",\"trunk_gbps\":-1"),
	    "slices[0].trunk_gbps: expected integer 0 to 1000000, got -1", SMARTLIC_E_INVENTORY },
	{ SLICE(",\"trunk_gbps\":600.5"), "trunk_gbps: expected integer ≥ 0, got 600.5",
	    SMARTLIC_E_INVENTORY },
	{ SLICE(",\"trunk_gbps\":9223372036854775807"), "trunk_gbps: expected",
	    SMARTLIC_E_INVENTORY },
	{ SLICE(",\"trunk_gbps\":9223372036854775808"), "line 1", SMARTLIC_E_INVENTORY },
	{ SLICE(",\"trunk_gbps\":NaN"), "line 1", SMARTLIC_E_INVENTORY },
	{ SLICE(",\"baud_gbd\":1e999"), "line 1", SMARTLIC_E_INVENTORY },
	{ SLICE(",\"bits_per_symbol\":99"), "bits_per_symbol: expected number 0 to 16, got 99",
	    SMARTLIC_E_INVENTORY },
	{ PORT(""), "ports[0].client: missing", SMARTLIC_E_INVENTORY },
	{ PORT(",\"client\":\"0GE\""), "ports[0].client: expected a client rate",
	    SMARTLIC_E_INVENTORY },
	{ PORT(",\"client\":\"\\u00e9\""), "ports[0].client: expected a client rate",
	    SMARTLIC_E_INVENTORY },
	{ PORT(",\"client\":\"100GE\",\"encrypted\":1"), "encrypted: expected true or false, got 1",
	    SMARTLIC_E_INVENTORY },
	{ PORT(",\"gbps\":1},{\"port\":2,\"gbps\":1"), "ports[1]: port 2 is there twice",
	    SMARTLIC_E_INVENTORY },
	{ PORT(",\"gbps\":1},{\"port\":1000000000,\"gbps\":1"),
	    "ports[1].port: expected integer 0 to 1023, got 1000000000", SMARTLIC_E_INVENTORY },
	{ CARD(",\"subscribers\":2000000000"), "subscribers: expected integer",
	    SMARTLIC_E_INVENTORY },
};

START_TEST(json_errors_name_the_path)
{
	struct smartlic_inventory *inv = NULL;
	struct smartlic_error err;

	ck_assert_int_eq(
	    smartlic_inventory_new(&inv, bad[_i].text, strlen(bad[_i].text), &err), bad[_i].code);
	ck_assert_ptr_null(inv);
	ck_assert_msg(
	    strstr(err.text, bad[_i].words) != NULL, "%s, not %s", err.text, bad[_i].words);
}
END_TEST

static void
repeat(struct sl_buf *b, const char *text, int n)
{
	while (n-- > 0)
		sl_buf_puts(b, text);
}

START_TEST(hostile_sizes_end_before_they_are_built)
{
	struct smartlic_inventory *inv = NULL;
	struct sl_buf b = { 0 };
	struct smartlic_error err;

	sl_buf_puts(&b, "{\"chassis\":");
	switch (_i) {
	case 0: /* deep */
		repeat(&b, "[", 100000);
		break;
	case 1: /* many objects */
		repeat(&b, "[{}],", 300000);
		break;
	case 2: /* many values */
		sl_buf_puts(&b, "[0");
		repeat(&b, ",0", 3000000);
		break;
	case 3: /* many bytes */
		sl_buf_puts(&b, "[\"");
		repeat(&b, "0123456789abcdef", 2000000);
		break;
	}
	ck_assert_int_eq(b.failed, 0);
	ck_assert_int_eq(smartlic_inventory_new(&inv, b.data, b.len, &err), SMARTLIC_E_LIMIT);
	ck_assert_ptr_null(inv);
	sl_buf_free(&b);
}
END_TEST

START_TEST(more_cards_than_a_chassis_can_have_are_refused)
{
	struct smartlic_inventory *inv = NULL;
	struct sl_buf b = { 0 };
	struct smartlic_error err;

	for (int i = 0; i < 65; i++)
		sl_buf_printf(&b, "hw-module location 0/%d mxponder\n", i);
	ck_assert_int_eq(smartlic_inventory_new(&inv, b.data, b.len, &err), SMARTLIC_E_LIMIT);
	ck_assert_int_eq(err.line, 65);
	sl_buf_free(&b);
}
END_TEST

START_TEST(five_cards_in_four_slots_are_told)
{
	struct smartlic_inventory *inv;
	struct smartlic_count *count;
	struct sl_buf b = { 0 };

	sl_buf_puts(&b, "{\"chassis\":[{\"pid\":\"NCS1004\",\"cards\":[");
	for (int i = 0; i < 5; i++)
		sl_buf_printf(&b, "%s{\"location\":\"0/%d\",\"pid\":\"NCS1K4-1.2T-K9\"}",
		    i > 0 ? "," : "", i);
	sl_buf_puts(&b, "]}]}");
	inv = inventory_text(b.data);
	count = count_of(catalog, NULL, inv);
	ck_assert_ptr_nonnull(diagnostic_with(count, "chassis 1", "5 cards in a NCS1004"));
	smartlic_count_free(count);
	smartlic_inventory_free(inv);
	sl_buf_free(&b);
}
END_TEST

START_TEST(what_a_card_cannot_have_is_told_and_counted)
{
	static const struct {
		const char *text, *words;
	} cases[] = {
		{ PORT(",\"client\":\"400GE\""), "no 400GE clients" },
		{ PORT(",\"gbps\":40"), "(40 Gb/s)" },
		{ SLICE(",\"ports\":[{\"port\":8,\"client\":\"100GE\"}]"),
		    "port 8 is no client of slice 0" },
		{ SLICE(",\"trunk_gbps\":650"), "650 Gb/s; this card has 50 to 600" },
		{ SLICE(",\"trunk_gbps\":450"), "needs the mode mxponder" },
		{ SLICE(",\"bits_per_symbol\":4,\"baud_gbd\":69.43,\"fec\":\"99\""), "FEC \"99\"" },
	};
	struct smartlic_inventory *inv = inventory_text(cases[_i].text);
	struct smartlic_count *count = count_of(catalog, NULL, inv);

	ck_assert_msg(
	    diagnostic_with(count, "0/1", cases[_i].words) != NULL, "%s", cases[_i].words);
	smartlic_count_free(count);
	smartlic_inventory_free(inv);
}
END_TEST

#define N(array) ((int)(sizeof(array) / sizeof((array)[0])))

int
main(void)
{
	Suite *s = suite_create("inventory");
	TCase *t = tcase_create("inventory");

	tcase_add_checked_fixture(t, load_catalog, free_catalog);
	tcase_add_loop_test(t, the_routers_lines_are_understood, 0, N(texts));
	tcase_add_loop_test(
	    t, lines_that_contradict_are_told_with_their_number, 0, N(contradictions));
	tcase_add_test(t, a_chassis_is_known_by_its_system_card);
	tcase_add_test(t, lines_of_other_features_are_counted);
	tcase_add_loop_test(t, json_errors_name_the_path, 0, N(bad));
	tcase_add_loop_test(t, hostile_sizes_end_before_they_are_built, 0, 4);
	tcase_add_test(t, more_cards_than_a_chassis_can_have_are_refused);
	tcase_add_test(t, five_cards_in_four_slots_are_told);
	tcase_add_loop_test(t, what_a_card_cannot_have_is_told_and_counted, 0, 6);
	suite_add_tcase(s, t);
	return run_suite(s);
}
