/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "buffer.h"
#include "tests/licenses.h"
#include "tests/suite.h"

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

static const char *const profiles[] = { "ncs1004-slice", "ncs1004-slice-sum", "ncs1004-card",
	"ncs1004-card-replace" };

#define L_K9 "NCS1K4-1.2T-L-K9"
#define K9   "NCS1K4-1.2T-K9"

/* One card: per slice the trunk's rate, plain and encrypted clients. */
struct card {
	const char *pid;
	int mxponder;
	struct {
		int trunk, plain, encrypted;
	} slice[2];
};

#define SLICE(t, p, e)                                                                             \
	{                                                                                          \
		t, p, e                                                                            \
	}
#define CARD(pid, s0, s1)                                                                          \
	{                                                                                          \
		pid, 0,                                                                            \
		{                                                                                  \
			s0, s1                                                                     \
		}                                                                                  \
	}
#define MXP(s0, s1)                                                                                \
	{                                                                                          \
		L_K9, 1,                                                                           \
		{                                                                                  \
			s0, s1                                                                     \
		}                                                                                  \
	}
#define NO     SLICE(0, 0, 0)
#define FULL   SLICE(600, 6, 0)
#define FULL_X SLICE(600, 0, 6)

/* The table of the notes: 100G and 100X by profile. */
static const struct row {
	const char *name;
	struct card card[4];
	int want[4][2];
} rows[] = {
	{ "slice 0 400G, 4 clients", { CARD(L_K9, SLICE(400, 4, 0), NO) },
	    { { 0, 0 }, { 0, 0 }, { 0, 0 }, { 0, 0 } } },
	{ "slice 0 500G, 5 clients", { CARD(L_K9, SLICE(500, 5, 0), NO) },
	    { { 1, 0 }, { 2, 0 }, { 1, 0 }, { 1, 0 } } },
	{ "slice 0 600G, 6 encrypted", { CARD(L_K9, FULL_X, NO) },
	    { { 0, 2 }, { 0, 4 }, { 2, 2 }, { 0, 2 } } },
	{ "mxponder 400G, 8 clients", { MXP(SLICE(400, 4, 0), SLICE(400, 4, 0)) },
	    { { 0, 0 }, { 0, 0 }, { 4, 0 }, { 4, 0 } } },
	{ "mxponder 600G, 12 clients", { MXP(FULL, FULL) },
	    { { 4, 0 }, { 8, 0 }, { 8, 0 }, { 8, 0 } } },
	{ "mxponder 600G, 12 encrypted", { MXP(FULL_X, FULL_X) },
	    { { 0, 4 }, { 0, 8 }, { 8, 8 }, { 0, 8 } } },
	{ "slice 0 600G plain + slice 1 600G encrypted", { CARD(L_K9, FULL, FULL_X) },
	    { { 2, 2 }, { 4, 4 }, { 8, 6 }, { 2, 6 } } },
	{ "mxponder 450G coupled, 9 clients", { MXP(SLICE(450, 5, 0), SLICE(450, 4, 0)) },
	    { { 1, 0 }, { 2, 0 }, { 5, 0 }, { 5, 0 } } },
	{ "600G trunk, 4 clients provisioned", { CARD(L_K9, SLICE(600, 4, 0), NO) },
	    { { 2, 0 }, { 2, 0 }, { 2, 0 }, { 2, 0 } } },
	{ "4 cards 2×600G, two encrypted",
	    { CARD(L_K9, FULL, FULL), CARD(L_K9, FULL, FULL), CARD(L_K9, FULL_X, FULL_X),
		CARD(L_K9, FULL_X, FULL_X) },
	    { { 8, 8 }, { 16, 16 }, { 32, 16 }, { 16, 16 } } },
	{ "L-K9 600G ×2 plain + 1.2T-K9 600G ×2 + L-K9 500G ×2 encrypted",
	    { CARD(L_K9, FULL, FULL), CARD(K9, FULL, FULL),
		CARD(L_K9, SLICE(500, 0, 5), SLICE(500, 0, 5)) },
	    { { 4, 2 }, { 8, 4 }, { 14, 6 }, { 8, 6 } } },
};

static void
put_slice(struct sl_buf *b, const struct card *card, int s)
{
	int n = card->slice[s].plain + card->slice[s].encrypted;

	sl_buf_printf(b, "%s{\"slice\":%d,\"trunk_gbps\":%d,\"ports\":[", s > 0 ? "," : "", s,
	    card->slice[s].trunk);
	for (int i = 0; i < n; i++)
		sl_buf_printf(b, "%s{\"port\":%d,\"client\":\"100GE\",\"encrypted\":%s}",
		    i > 0 ? "," : "", (s == 0 ? 2 : 8) + i,
		    i < card->slice[s].plain ? "false" : "true");
	sl_buf_puts(b, "]}");
}

static void
put_card(struct sl_buf *b, const struct card *card, int number)
{
	sl_buf_printf(b, "%s{\"location\":\"0/%d\",\"pid\":\"%s\",\"mode\":\"%s\",\"slices\":[",
	    number > 0 ? "," : "", number, card->pid,
	    card->mxponder ? "mxponder" : "mxponder-slice");
	put_slice(b, card, 0);
	put_slice(b, card, 1);
	sl_buf_puts(b, "]}");
}

static char *
json_of(const struct card *card)
{
	struct sl_buf b = { 0 };

	sl_buf_puts(&b, "{\"chassis\":[{\"pid\":\"NCS1004\",\"cards\":[");
	for (int i = 0; i < 4 && card[i].pid != NULL; i++)
		put_card(&b, &card[i], i);
	sl_buf_puts(&b, "]}]}");
	return sl_buf_take(&b);
}

START_TEST(the_table_of_the_notes_is_counted)
{
	const struct row *row = &rows[_i / 4];
	char *text = json_of(row->card);
	struct smartlic_inventory *inv = inventory_text(text);
	struct smartlic_count *count = count_of(catalog, profiles[_i % 4], inv);

	for (size_t e = 0; e < 2; e++)
		ck_assert_msg(smartlic_count_row(count, e)->count == row->want[_i % 4][e],
		    "%s, %s: %s is %ld, not %d", row->name, profiles[_i % 4],
		    smartlic_count_row(count, e)->name, (long)smartlic_count_row(count, e)->count,
		    row->want[_i % 4][e]);
	ck_assert_ptr_null(smartlic_count_diagnostic(count, 0));
	smartlic_count_free(count);
	smartlic_inventory_free(inv);
	free(text);
}
END_TEST

START_TEST(the_four_cards_of_the_reference_need_8_and_8)
{
	size_t len;
	char *text = source_file("examples/ncs1004-four-cards.txt", &len);
	struct smartlic_inventory *inv = inventory_text(text);
	struct smartlic_count *count = count_of(catalog, NULL, inv);

	ck_assert_uint_eq(smartlic_count_rows(count), 2);
	ck_assert_str_eq(smartlic_count_row(count, 0)->name, "S-NCS1K4-LIC-100G=");
	ck_assert_str_eq(smartlic_count_row(count, 0)->tag,
	    "regid.2018-05.com.cisco.S-NCS1K4-LIC-100G=,1.0_03df009f-5ac5-48da-af50-4279ddea5e24");
	ck_assert_int_eq(smartlic_count_row(count, 0)->count, 8);
	ck_assert_str_eq(smartlic_count_row(count, 1)->tag,
	    "regid.2018-05.com.cisco.S-NCS1K4-LIC-100X=,1.0_3938b0c5-f635-4426-9f0f-936d930cea9e");
	ck_assert_int_eq(smartlic_count_row(count, 1)->count, 8);
	ck_assert_ptr_null(smartlic_count_row(count, 2));
	ck_assert_ptr_null(smartlic_count_diagnostic(count, 0));
	smartlic_count_free(count);
	smartlic_inventory_free(inv);
	free(text);
}
END_TEST

/* One bit for each client port that is told of, once. */
static int
note_port(void *userdata, const struct smartlic_explanation *e)
{
	unsigned int *ports = userdata;
	unsigned int bit = 1u << atoi(strrchr(e->port, '/') + 1);

	ck_assert_msg((*ports & bit) == 0, "%s twice", e->port);
	*ports |= bit;
	return 0;
}

START_TEST(ports_of_two_slices_may_alternate)
{
	static const int want[4][2] = { { 0, 0 }, { 0, 0 }, { 2, 1 }, { 1, 1 } };
	struct smartlic_inventory *inv = inventory_text(
	    "{\"chassis\":[{\"cards\":[{\"location\":\"0/"
	    "0\",\"pid\":\"NCS1K4-1.2T-L-K9\",\"slices\":["
	    "{\"slice\":0,\"ports\":[{\"port\":6,\"client\":\"100GE\"},{\"port\":2,\"client\":"
	    "\"100GE\"},"
	    "{\"port\":4,\"client\":\"100GE\"}]},"
	    "{\"slice\":1,\"ports\":[{\"port\":3,\"client\":\"100GE\",\"encrypted\":true},"
	    "{\"port\":7,\"client\":\"100GE\",\"encrypted\":true},"
	    "{\"port\":5,\"client\":\"100GE\",\"encrypted\":true}]}]}]}]}");
	struct smartlic_count *count = count_of(catalog, profiles[_i], inv);
	unsigned int ports = 0;

	ck_assert_int_eq(
	    smartlic_count_explain(catalog, profiles[_i], inv, note_port, &ports, NULL), 0);
	ck_assert_uint_eq(ports, 0xfc);
	/* a card's first four are 2 to 5: 6 is plain, 7 encrypted */
	ck_assert_int_eq(smartlic_count_row(count, 0)->count, want[_i][0]);
	ck_assert_int_eq(smartlic_count_row(count, 1)->count, want[_i][1]);
	smartlic_count_free(count);
	smartlic_inventory_free(inv);
}
END_TEST

static void
refused(const char *text, const char *words)
{
	struct smartlic_inventory *inv = inventory_text(text);
	struct smartlic_count *count = NULL;
	struct smartlic_error err;

	ck_assert_int_eq(
	    smartlic_count_new(&count, catalog, NULL, inv, &err), SMARTLIC_E_INVENTORY);
	ck_assert_ptr_null(count);
	ck_assert_msg(strstr(err.text, words) != NULL, "%s", err.text);
	smartlic_inventory_free(inv);
}

START_TEST(an_unknown_pid_is_refused_with_its_place)
{
	refused("0/1 NCS1K4-NEW-K9 OPERATIONAL NSHUT\n", "0/1: PID NCS1K4-NEW-K9 is not in");
	refused("hw-module location 0/2 mxponder trunk-rate 400G client-rate 100GE\n",
	    "0/2: no PID is known");
}
END_TEST

START_TEST(a_licensed_pid_without_a_rule_is_counted_and_said)
{
	static const struct {
		const char *profile;
		int want[2];
	} cases[] = { { NULL, { 4, 1 } }, { "ncs1004-card", { 5, 1 } } };
	struct smartlic_inventory *inv = inventory_text(
	    "{\"chassis\":[{\"cards\":[{\"location\":\"0/"
	    "0\",\"pid\":\"NCS1K4-QXP-L-K9\",\"slices\":["
	    "{\"slice\":0,\"trunk_gbps\":400,\"ports\":[{\"port\":1,\"client\":\"400GE\"},"
	    "{\"port\":2,\"client\":\"100GE\",\"encrypted\":true}]},"
	    "{\"slice\":1,\"trunk_gbps\":400,\"ports\":[{\"port\":3,\"client\":\"400GE\"}]}]}]}]}");
	struct smartlic_count *count = count_of(catalog, cases[_i].profile, inv);

	ck_assert_int_eq(smartlic_count_row(count, 0)->count, cases[_i].want[0]);
	ck_assert_int_eq(smartlic_count_row(count, 1)->count, cases[_i].want[1]);
	ck_assert_ptr_nonnull(diagnostic_with(count, "0/0", "no public rule"));
	smartlic_count_free(count);
	smartlic_inventory_free(inv);
}
END_TEST

START_TEST(an_unknown_profile_is_refused)
{
	struct smartlic_inventory *inv = inventory_text("");
	struct smartlic_count *count = NULL;
	struct smartlic_error err;

	ck_assert_int_eq(
	    smartlic_count_new(&count, catalog, "ncs1004-moon", inv, &err), SMARTLIC_E_NOT_FOUND);
	ck_assert_msg(strstr(err.text, "ncs1004-slice") != NULL, "%s", err.text);
	smartlic_inventory_free(inv);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("count");
	TCase *t = tcase_create("ncs1004");

	tcase_add_checked_fixture(t, load_catalog, free_catalog);
	tcase_add_loop_test(
	    t, the_table_of_the_notes_is_counted, 0, 4 * (int)(sizeof(rows) / sizeof(rows[0])));
	tcase_add_test(t, the_four_cards_of_the_reference_need_8_and_8);
	tcase_add_loop_test(t, ports_of_two_slices_may_alternate, 0, 4);
	tcase_add_test(t, an_unknown_pid_is_refused_with_its_place);
	tcase_add_loop_test(t, a_licensed_pid_without_a_rule_is_counted_and_said, 0, 2);
	tcase_add_test(t, an_unknown_profile_is_refused);
	suite_add_tcase(s, t);
	return run_suite(s);
}
