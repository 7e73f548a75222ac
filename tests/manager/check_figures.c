/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <string.h>

#include "api/gauges.h"
#include "ledger/records.h"
#include "ledger/satellites.h"
#include "tests/manager/site.h"

/* What /metrics tells of the ledger: right, bounded, and cheap. */

#define VA    "Lab"
#define OTHER "8d9f4c1e-7a3b-4f52-9c60-1b2a3c4d5e6f"

static struct site s;
static struct ledger_figures f;
static struct sl_buf text;

static void
setup(void)
{
	site_open(&s);
	site_ok(&s, ledger_virtual_account_create(s.ledger, VA, "ann", s.now, &s.err));
	f = (struct ledger_figures){ .pools = NULL };
}

static void
teardown(void)
{
	ledger_figures_free(&f);
	sl_buf_free(&text);
	site_close(&s);
}

/* A reading, and its text. */
static const char *
scrape(void)
{
	static const struct gauges_certificate certificates[] = {
		{ "issuing", "current", SITE_NOW + 7 },
		{ "tls", "current", SITE_NOW - 7 },
	};

	site_ok(&s, ledger_figures_read(s.ledger, &f, s.now, &s.err));
	sl_buf_free(&text);
	gauges_write(&text, &f, certificates, 2, SITE_NOW);
	ck_assert(!text.failed);
	return text.data;
}

#define HAS(line)  ck_assert_msg(strstr(scrape(), "\n" line "\n") != NULL, "%s", text.data)
#define LACKS(end) ck_assert_msg(strstr(scrape(), end) == NULL, "%s", text.data)
#define LABELS(va) "account=\"BU Production Test\",virtual_account=\"" va "\""
#define LICENSE_G  ",license=\"S-NCS1K4-LIC-100G=\",tag=\"" TAG_G "\"} "

static struct device
new_device(const char *sn, int64_t uses)
{
	struct site_token t = site_token_new(&s, VA, 30, LEDGER_ANY_USES);
	struct device d = device_new(&s, sn);

	ck_assert_int_eq(device_register(&s, &d, &t, 0), SL_DENIED_NONE);
	if (uses > 0)
		ck_assert_int_eq(device_use(&s, &d, uses, 0), SL_DENIED_NONE);
	return d;
}

START_TEST(a_pool_is_told_with_what_was_bought_is_in_use_and_is_reserved)
{
	struct device a = new_device("A", 8), b = new_device("B", 0);

	site_ok(&s, ledger_license_add(s.ledger, VA, TAG_G, 12, 0, s.now, &s.err));
	ck_assert_int_eq(device_reserve(&s, &b, 3, 0), SL_DENIED_NONE);
	HAS("smartlic_license_purchased{" LABELS("Lab") LICENSE_G "12");
	HAS("smartlic_license_in_use{" LABELS("Lab") LICENSE_G "11");
	HAS("smartlic_license_reserved{" LABELS("Lab") LICENSE_G "3");
	HAS("smartlic_license_balance{" LABELS("Lab") LICENSE_G "1");
	/* bought and in use are of the moment */
	ck_assert_int_eq(device_use(&s, &a, 10, 0), SL_DENIED_NONE);
	HAS("smartlic_license_balance{" LABELS("Lab") LICENSE_G "-1");
	site_check(&s);
	device_free(&a);
	device_free(&b);
}
END_TEST

START_TEST(instances_are_told_by_state_and_counted_at_most_once_a_minute)
{
	struct device a = new_device("A", 1), b;

#define LIVE    "smartlic_instances{account=\"BU Production Test\",state=\"live\"} "
#define PENDING "smartlic_instances{account=\"BU Production Test\",state=\"pending\"} "
	HAS(LIVE "1");
	HAS(PENDING "0");
	b = new_device("B", 0);
	HAS(PENDING "0");
	s.now += LEDGER_COUNT_AGAIN_S - 1;
	HAS(PENDING "0");
	s.now++;
	HAS(PENDING "1");
	HAS(LIVE "1");
	/* nor does a clock that was set back keep it from being counted */
	ck_assert_int_eq(device_use(&s, &b, 1, 0), SL_DENIED_NONE);
	s.now -= SITE_DAY;
	HAS(LIVE "2");
	device_free(&a);
	device_free(&b);
}
END_TEST

START_TEST(licenses_that_devices_make_up_share_one_line)
{
	char tag[64];

	for (int i = 0; i < 100; i++) {
		(void)snprintf(tag, sizeof(tag), "regid.2018-05.com.example.X%d,1.0", i);
		site_ok(&s, db_exec(ledger_db(s.ledger), &s.err,
				"INSERT INTO pool (account, va, tag, consumed)"
				" VALUES ($1, $2, $3, 2)",
				"tit", SITE_ACCOUNT, (int64_t)(1 + i % 2), tag));
	}
	HAS("smartlic_license_in_use{" LABELS("Lab") ",license=\"other\",tag=\"\"} 100");
	HAS("smartlic_license_in_use{" LABELS("Default") ",license=\"other\",tag=\"\"} 100");
	ck_assert_uint_eq(f.n_pools, 2);
}
END_TEST

START_TEST(a_strange_license_that_was_bought_has_a_line_of_its_own_also_when_its_term_is_over)
{
	struct ledger_purchase p = { .virtual_account = VA,
		.tag = "regid.2018-05.com.example.X,1.0_a",
		.kind = LEDGER_TERM,
		.quantity = 5,
		.start_s = DB_NULL_INT,
		.end_s = SITE_NOW + SITE_DAY };

#define STRANGE(id)                                                                                \
	"{" LABELS("Lab") ",license=\"X\",tag=\"regid.2018-05.com.example.X,1.0_" id "\"} "
	site_ok(&s, ledger_purchase_add(s.ledger, &p, "ann", s.now, &s.err));
	/* another one with the same short form is another series */
	(void)sl_copy(p.tag, sizeof(p.tag), "regid.2018-05.com.example.X,1.0_b");
	site_ok(&s, ledger_purchase_add(s.ledger, &p, "ann", s.now, &s.err));
	HAS("smartlic_license_purchased" STRANGE("a") "5");
	HAS("smartlic_license_purchased" STRANGE("b") "5");
	s.now += SITE_DAY;
	HAS("smartlic_license_purchased" STRANGE("a") "0");
}
END_TEST

START_TEST(names_are_escaped)
{
	site_ok(&s, ledger_account_rename(s.ledger, "a \"b\" \\c", "ann", s.now, &s.err));
	site_ok(&s, ledger_virtual_account_rename(
			s.ledger, VA, "B\xc3\xbcro {1},\\n", "ann", s.now, &s.err));
	site_ok(
	    &s, ledger_license_add(s.ledger, "B\xc3\xbcro {1},\\n", TAG_G, 1, 0, s.now, &s.err));
	HAS("smartlic_license_purchased{account=\"a \\\"b\\\" \\\\c\","
	    "virtual_account=\"B\xc3\xbcro {1},\\\\n\"" LICENSE_G "1");
}
END_TEST

START_TEST(every_account_is_told_of_and_the_selected_one_stays)
{
	site_ok(&s, ledger_account_create(s.ledger, "Other", OTHER, "ann", s.now, &s.err));
	site_ok(&s, ledger_select(s.ledger, "Other", &s.err));
	site_ok(&s, ledger_license_add(s.ledger, NULL, TAG_G, 3, 0, s.now, &s.err));
	site_ok(&s, ledger_select(s.ledger, SITE_ACCOUNT, &s.err));
	site_ok(&s, ledger_license_add(s.ledger, NULL, TAG_G, 4, 0, s.now, &s.err));
	HAS("smartlic_license_purchased{account=\"Other\",virtual_account=\"Default\"" LICENSE_G
	    "3");
	HAS("smartlic_license_purchased{" LABELS("Default") LICENSE_G "4");
	HAS("smartlic_instances{account=\"Other\",state=\"live\"} 0");
	ck_assert_str_eq(ledger_info(s.ledger)->account, SITE_ACCOUNT);
}
END_TEST

START_TEST(a_deleted_virtual_account_is_told_of_no_more)
{
	site_ok(&s, ledger_license_add(s.ledger, VA, TAG_G, 3, 0, s.now, &s.err));
	site_ok(
	    &s, ledger_license_transfer(s.ledger, TAG_G, 3, VA, NULL, NULL, "ann", s.now, &s.err));
	HAS("smartlic_license_purchased{" LABELS("Lab") LICENSE_G "0");
	site_ok(&s, ledger_virtual_account_delete(s.ledger, VA, "ann", s.now, &s.err));
	LACKS("Lab");
}
END_TEST

START_TEST(what_ends_is_told_by_the_seconds_left)
{
	HAS("smartlic_certificate_expiry_seconds{certificate=\"issuing\",state=\"current\"} 7");
	HAS("smartlic_certificate_expiry_seconds{certificate=\"tls\",state=\"current\"} -7");
}
END_TEST

START_TEST(a_satellite_is_told_of_with_its_last_synchronisation_while_it_is_one)
{
	static const unsigned char token[SL_TOKEN_ID_LEN] = { 1 };
	static const char *const vas[] = { VA };

	site_ok(&s, ledger_satellite_create(
			s.ledger, "Edge", vas, 1, "", token, s.now + SITE_DAY, s.now, &s.err));
	LACKS("satellite=");
	site_ok(&s, db_exec(ledger_db(s.ledger), &s.err,
			"UPDATE satellite SET state = 'joined', synced_s = 1799999999", ""));
	HAS("smartlic_satellite_last_sync_timestamp_seconds{account=\"BU Production Test\","
	    "satellite=\"Edge\"} 1799999999");
	site_ok(
	    &s, db_exec(ledger_db(s.ledger), &s.err, "UPDATE satellite SET state = 'left'", ""));
	LACKS("satellite=");
}
END_TEST

/* SQLite says how it would do it; the other engine has the same index. */
START_TEST(counting_instances_reads_an_index_and_none_of_them)
{
	struct db_row *row;

	if (db_is_server(ledger_db(s.ledger)))
		return;
	site_ok(&s, db_query(ledger_db(s.ledger), &row, &s.err,
			"EXPLAIN QUERY PLAN SELECT COUNT(*) FROM instance"
			" WHERE account = $1 AND state = 'live'",
			"t", SITE_ACCOUNT));
	ck_assert_int_eq(db_next(row, &s.err), 1);
	ck_assert_ptr_nonnull(strstr(db_text(row, 3), "USING COVERING INDEX instance_state"));
	db_done(row);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("figures");
	TCase *t = tcase_create("figures");

	tcase_add_unchecked_fixture(t, site_keep, site_drop);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, a_pool_is_told_with_what_was_bought_is_in_use_and_is_reserved);
	tcase_add_test(t, instances_are_told_by_state_and_counted_at_most_once_a_minute);
	tcase_add_test(t, licenses_that_devices_make_up_share_one_line);
	tcase_add_test(
	    t, a_strange_license_that_was_bought_has_a_line_of_its_own_also_when_its_term_is_over);
	tcase_add_test(t, names_are_escaped);
	tcase_add_test(t, every_account_is_told_of_and_the_selected_one_stays);
	tcase_add_test(t, a_deleted_virtual_account_is_told_of_no_more);
	tcase_add_test(t, what_ends_is_told_by_the_seconds_left);
	tcase_add_test(t, a_satellite_is_told_of_with_its_last_synchronisation_while_it_is_one);
	tcase_add_test(t, counting_instances_reads_an_index_and_none_of_them);
	suite_add_tcase(suite, t);
	return run_suite(suite);
}
