/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdio.h>
#include <string.h>

#include "tests/manager/site.h"
#include "text.h"

/* What devices report of their use over time. */

#define VA "NCS1000"

static struct site s;
static struct site_token token;
static struct device d;
static char next_id[SL_UUID_SIZE];

static void
setup(void)
{
	site_open(&s);
	site_ok(&s, ledger_virtual_account_create(s.ledger, VA, "admin", s.now, &s.err));
	site_ok(&s, ledger_license_add(s.ledger, VA, TAG_G, 8, 0, s.now, &s.err));
	token = site_token_new(&s, VA, 30, LEDGER_ANY_USES);
	d = device_new(&s, "CAT2231B18Y");
	ck_assert_int_eq(device_register(&s, &d, &token, 0), SL_DENIED_NONE);
	ck_assert_int_eq(device_use(&s, &d, 8, 0), SL_DENIED_NONE);
}

static void
teardown(void)
{
	site_check(&s);
	device_free(&d);
	site_close(&s);
}

/* The body as it is given, in a request that is good otherwise. */
static void
ask(struct device *from, const char *body)
{
	unsigned char random[16];
	struct sl_buf text = { 0 };

	(void)site_fill(&s, random, sizeof(random));
	sl_uuid4(next_id, random);
	sl_buf_printf(&text,
	    "{\"slx\":1,\"msg\":\"request\",\"type\":\"report\",\"request_id\":\"%s\",\"sequence\":"
	    "%lld,"
	    "\"udi\":{\"pid\":\"NCS1004\",\"sn\":\"%s\",\"uuid\":\"default-sdr\"},\"instance\":\"%"
	    "s\","
	    "\"store\":\"%s\",\"body\":%s}",
	    next_id, (long long)++from->sequence, from->udi.sn, from->instance, from->store, body);
	device_say(&s, from, text.data, 1);
	memcpy(from->request_id, next_id, sizeof(next_id));
	sl_buf_free(&text);
}

#define SAMPLE(n, start, hours, max, last)                                                         \
	"{\"tag\":\"" TAG_G "\",\"n\":" #n ",\"start\":\"2027-01-14T" start                        \
	"Z\",\"hours\":" #hours ",\"max\":" #max ",\"last\":" #last "}"
#define SAMPLES(list) "{\"samples\":[" list "]}"

static enum sl_denial
report(struct device *from, const char *body)
{
	ask(from, body);
	return device_code(&s, from);
}

static int
write_sample(void *ud, const struct ledger_sample *sample)
{
	char start[SL_TIME_SIZE];

	sl_time(start, sample->start_s);
	ck_assert_str_eq(sample->tag, TAG_G);
	sl_buf_printf(ud, "%lld: %s %lld %lld %lld\n", (long long)sample->n, start,
	    (long long)sample->hours, (long long)sample->max, (long long)sample->last);
	return 0;
}

/* The device's samples, a line each. */
static void
samples_are(const char *expected)
{
	struct sl_buf text = { 0 };

	sl_buf_puts(&text, "");
	site_ok(&s, ledger_sample_each(s.ledger, d.instance, 0, write_sample, &text, &s.err));
	ck_assert_str_eq(text.len == 0 ? "" : text.data, expected);
	sl_buf_free(&text);
}

static void
body_is(const char *expected)
{
	char *body = site_last_body(&s);

	ck_assert_str_eq(body, expected);
	free(body);
}

START_TEST(a_report_is_acknowledged_up_to_its_newest_sample)
{
	ck_assert_int_eq(
	    report(&d, SAMPLES(SAMPLE(1, "00:00:00", 1, 8, 6) "," SAMPLE(2, "01:00:00", 1, 7, 7))),
	    SL_DENIED_NONE);
	body_is("{\"acknowledged\":2}");
	samples_are("1: 2027-01-14T00:00:00Z 1 8 6\n2: 2027-01-14T01:00:00Z 1 7 7\n");
	ck_assert_int_eq(report(&d, SAMPLES(SAMPLE(3, "02:00:00", 24, 9, 0))), SL_DENIED_NONE);
	body_is("{\"acknowledged\":3}");
	ck_assert_int_eq(site_samples(&s, SITE_PAGES).n, 3);
	ck_assert_int_eq(report(&d, SAMPLES("")), SL_DENIED_NONE);
	body_is("{\"acknowledged\":0}");
}
END_TEST

/* Of a page that is there already, and a number twice in one report. */
START_TEST(of_many_samples_each_is_taken_and_of_a_number_twice_the_larger)
{
	static const char first[] = SAMPLES(SAMPLE(1, "00:00:00", 1, 1, 1) "," SAMPLE(
	    2, "01:00:00", 1, 2, 1) "," SAMPLE(3, "02:00:00", 1, 3, 1) "," SAMPLE(4, "03:00:00", 1,
	    4, 1) "," SAMPLE(5, "04:00:00", 1, 5, 1)),
			  again[] = SAMPLES(SAMPLE(2, "01:00:00", 1, 1, 1) "," SAMPLE(3, "02:00:00",
			      1, 9, 1) "," SAMPLE(4, "03:00:00", 1, 7, 1) "," SAMPLE(4, "03:00:00",
			      1, 8, 1) "," SAMPLE(6, "05:00:00", 1, 6, 1));

	ck_assert_int_eq(report(&d, first), SL_DENIED_NONE);
	samples_are("1: 2027-01-14T00:00:00Z 1 1 1\n2: 2027-01-14T01:00:00Z 1 2 1\n"
		    "3: 2027-01-14T02:00:00Z 1 3 1\n4: 2027-01-14T03:00:00Z 1 4 1\n"
		    "5: 2027-01-14T04:00:00Z 1 5 1\n");
	ck_assert_int_eq(report(&d, again), SL_DENIED_NONE);
	samples_are("1: 2027-01-14T00:00:00Z 1 1 1\n2: 2027-01-14T01:00:00Z 1 2 1\n"
		    "3: 2027-01-14T02:00:00Z 1 9 1\n4: 2027-01-14T03:00:00Z 1 8 1\n"
		    "5: 2027-01-14T04:00:00Z 1 5 1\n6: 2027-01-14T05:00:00Z 1 6 1\n");
	ck_assert_int_eq(report(&d, first), SL_DENIED_NONE);
	ck_assert_int_eq(site_samples(&s, SITE_PAGES).sum, 1 + 2 + 9 + 8 + 5 + 6);
}
END_TEST

START_TEST(a_report_moves_no_deadline_no_pool_and_no_token)
{
	struct db *db = ledger_db(s.ledger);
	int64_t deadline_s = site_count(&s, "SELECT deadline_s FROM instance");
	static const char *const guards[] = {
		"CREATE TEMP TRIGGER t1 BEFORE UPDATE ON pool BEGIN SELECT RAISE(ABORT, 'pool'); "
		"END",
		"CREATE TEMP TRIGGER t2 BEFORE UPDATE ON token BEGIN SELECT RAISE(ABORT, 'token'); "
		"END",
		"CREATE TEMP TRIGGER t3 BEFORE INSERT ON entry BEGIN SELECT RAISE(ABORT, 'entry'); "
		"END",
		"CREATE TEMP TRIGGER t4 BEFORE UPDATE ON usage BEGIN SELECT RAISE(ABORT, 'usage'); "
		"END",
	};

	if (db_is_server(db)) /* the statements are the same, its triggers are not */
		return;
	for (size_t i = 0; i < sizeof(guards) / sizeof(guards[0]); i++)
		site_ok(&s, db_exec(db, &s.err, guards[i], ""));
	s.now += 5 * SITE_DAY;
	ck_assert_int_eq(report(&d, SAMPLES(SAMPLE(1, "00:00:00", 1, 80, 80))), SL_DENIED_NONE);
	ck_assert_int_eq(site_count(&s, "SELECT deadline_s FROM instance"), deadline_s);
	ck_assert_int_eq(site_count(&s, "SELECT contact_s FROM instance"), s.now);
	ck_assert_int_eq(site_consumed(&s, 2, TAG_G), 8);
}
END_TEST

START_TEST(of_unequal_samples_with_one_key_the_larger_counts_whichever_came_first)
{
	struct device copy = d;

	ck_assert_int_eq(report(&d, SAMPLES(SAMPLE(1, "00:00:00", 1, 8, 6) "," SAMPLE(2, "01:00:00",
					1, 3, 3) "," SAMPLE(3, "02:00:00", 1, 3, 2))),
	    SL_DENIED_NONE);
	ck_assert_int_eq(report(&d, SAMPLES(SAMPLE(1, "00:00:00", 1, 5, 5) "," SAMPLE(2, "01:00:00",
					1, 4, 0) "," SAMPLE(3, "00:00:00", 3, 3, 2))),
	    SL_DENIED_NONE);
	samples_are("1: 2027-01-14T00:00:00Z 1 8 6\n3: 2027-01-14T00:00:00Z 3 3 2\n"
		    "2: 2027-01-14T01:00:00Z 1 4 0\n");
	/* another store numbers its own */
	copy.message = (struct sl_buf){ 0 };
	copy.sequence = d.sequence;
	memcpy(copy.store, SITE_HOME, SL_UUID_SIZE);
	ck_assert_int_eq(report(&copy, SAMPLES(SAMPLE(1, "00:00:00", 1, 1, 1))), SL_DENIED_NONE);
	ck_assert_int_eq(site_samples(&s, SITE_PAGES).n, 4);
	sl_buf_free(&copy.message);
}
END_TEST

START_TEST(a_report_that_brings_nothing_new_writes_no_sample)
{
	static const char first[] = SAMPLES(SAMPLE(1, "00:00:00", 1, 8, 6) "," SAMPLE(
	    64, "01:00:00", 1, 7, 7) "," SAMPLE(65, "02:00:00", 1, 7, 7)),
			  smaller[] = SAMPLES(SAMPLE(64, "01:00:00", 1, 7, 6));
	int64_t at_s = s.now;

	ck_assert_int_eq(report(&d, first), SL_DENIED_NONE);
	s.now += SITE_DAY;
	ck_assert_int_eq(report(&d, first), SL_DENIED_NONE);
	ck_assert_int_eq(report(&d, smaller), SL_DENIED_NONE);
	ck_assert_int_eq(site_count(&s, "SELECT COUNT(*) FROM sample_page"), 2);
	ck_assert_int_eq(site_count(&s, "SELECT MAX(at_s) FROM sample_page"), at_s);
	/* one that does writes the page in which it is */
	ck_assert_int_eq(report(&d, SAMPLES(SAMPLE(64, "01:00:00", 1, 9, 6))), SL_DENIED_NONE);
	ck_assert_int_eq(site_count(&s, "SELECT page FROM sample_page ORDER BY at_s DESC"), 0);
	ck_assert_int_eq(site_count(&s, "SELECT MIN(at_s) FROM sample_page"), at_s);
}
END_TEST

START_TEST(a_repeated_report_has_the_same_body_and_one_of_before_no_effect)
{
	struct sl_buf old = { 0 };
	struct sl_reply *reply;

	ask(&d, SAMPLES(SAMPLE(1, "00:00:00", 1, 8, 6)));
	sl_buf_add(&old, d.message.data, d.message.len);
	ck_assert_int_eq(device_code(&s, &d), SL_DENIED_NONE);
	ck_assert_int_eq(device_code(&s, &d), SL_DENIED_NONE);
	body_is("{\"acknowledged\":1}");
	ck_assert_int_eq(device_use(&s, &d, 8, 0), SL_DENIED_NONE);
	reply = site_send(&s, &old);
	ck_assert_int_eq(reply->error.code, SL_DENIED_SUPERSEDED);
	sl_reply_free(reply);
	sl_buf_free(&old);
}
END_TEST

START_TEST(a_report_is_any_first_request_and_makes_its_instance_live)
{
	struct device other = device_new(&s, "OTHER");

	ck_assert_int_eq(device_register(&s, &other, &token, 0), SL_DENIED_NONE);
	ck_assert_int_eq(report(&other, SAMPLES(SAMPLE(1, "00:00:00", 1, 8, 6))), SL_DENIED_NONE);
	ck_assert_int_eq(site_count(&s, "SELECT COUNT(*) FROM instance WHERE state = 'live'"), 2);
	ck_assert_int_eq(site_samples(&s, SITE_PAGES " WHERE sn = 'OTHER' AND va = 2").n, 1);
	device_free(&other);
}
END_TEST

START_TEST(samples_stay_the_devices_after_it_registered_again)
{
	ck_assert_int_eq(report(&d, SAMPLES(SAMPLE(1, "00:00:00", 1, 8, 6))), SL_DENIED_NONE);
	ck_assert_int_eq(device_register(&s, &d, &token, 1), SL_DENIED_NONE);
	ck_assert_int_eq(
	    report(&d, SAMPLES(SAMPLE(1, "00:00:00", 1, 8, 6) "," SAMPLE(2, "01:00:00", 1, 1, 1))),
	    SL_DENIED_NONE);
	samples_are("1: 2027-01-14T00:00:00Z 1 8 6\n2: 2027-01-14T01:00:00Z 1 1 1\n");
}
END_TEST

static const struct {
	const char *body, *text;
} bad_bodies[] = {
	{ "{}", "samples" },
	{ "{\"samples\":{}}", "samples" },
	{ SAMPLES("1"), "body.samples[0]: an object is expected" },
	{ SAMPLES(SAMPLE(1, "00:00:00", 1, 8, 6) ",{}"), "body.samples[1]" },
	{ SAMPLES("{\"n\":1,\"start\":\"2027-01-14T00:00:00Z\",\"hours\":1,\"max\":1,\"last\":1}"),
	    "tag" },
	{ SAMPLES(
	      "{\"tag\":\"a b\",\"n\":1,\"start\":\"2027-01-14T00:00:00Z\",\"hours\":1,\"max\":1,"
	      "\"last\":1}"),
	    "body.samples[0].tag: not a tag" },
	{ SAMPLES(SAMPLE(0, "00:00:00", 1, 8, 6)), "body.samples[0].n" },
	{ SAMPLES(SAMPLE(9007199254740992, "00:00:00", 1, 8, 6)), "body.samples[0].n" },
	{ SAMPLES(SAMPLE(1, "24:00:00", 1, 8, 6)), "body.samples[0].start" },
	{ SAMPLES(SAMPLE(1, "00:00:00", 0, 8, 6)), "body.samples[0].hours" },
	{ SAMPLES(SAMPLE(1, "00:00:00", 8785, 8, 6)), "body.samples[0].hours" },
	{ SAMPLES(SAMPLE(1, "00:00:00", 1, -1, -1)), "body.samples[0].max" },
	{ SAMPLES(SAMPLE(1, "00:00:00", 1, 1000000001, 0)), "body.samples[0].max" },
	{ SAMPLES(SAMPLE(1, "00:00:00", 1, 8, -1)), "body.samples[0].last" },
	{ SAMPLES(SAMPLE(1, "00:00:00", 1, 8, 9)),
	    "body.samples[0].last: 9, more than the 8 of max" },
};

START_TEST(a_report_out_of_shape_is_refused_and_names_the_place)
{
	struct sl_reply *reply;

	ask(&d, bad_bodies[_i].body);
	reply = device_send(&s, &d);
	ck_assert_int_eq(reply->error.code, SL_DENIED_BAD_REQUEST);
	ck_assert_str_eq(reply->request_sha256, d.sha256);
	ck_assert_msg(strstr(reply->error.message, bad_bodies[_i].text) != NULL, "%s: %s",
	    bad_bodies[_i].body, reply->error.message);
	ck_assert_int_eq(site_samples(&s, SITE_PAGES).n, 0);
	ck_assert_int_eq(site_count(&s, "SELECT sequence FROM instance"), 1);
	sl_reply_free(reply);
}
END_TEST

START_TEST(more_samples_than_one_report_takes_are_refused)
{
	struct sl_buf body = { 0 };
	struct sl_reply *reply;

	sl_buf_puts(&body, "{\"samples\":[");
	for (int i = 0; i < 4096; i++)
		sl_buf_puts(&body, "1,");
	sl_buf_puts(&body, "1]}");
	ask(&d, body.data);
	reply = device_send(&s, &d);
	ck_assert_int_eq(reply->error.code, SL_DENIED_BAD_REQUEST);
	ck_assert_ptr_nonnull(strstr(reply->error.message, "4097"));
	sl_reply_free(reply);
	sl_buf_free(&body);
}
END_TEST

/* What a device reported after the backup it reports again, since the answer's ledger is another. */
START_TEST(samples_that_a_restored_backup_has_lost_are_taken_again)
{
	struct ledger_restored restored;
	char backup[128];

	snprintf(backup, sizeof(backup), "%s/backup", s.dir);
	ck_assert_int_eq(report(&d, SAMPLES(SAMPLE(1, "00:00:00", 1, 8, 6))), SL_DENIED_NONE);
	site_ok(&s, ledger_backup(s.ledger, backup, s.now, &s.err));
	ck_assert_int_eq(report(&d, SAMPLES(SAMPLE(2, "01:00:00", 1, 7, 7))), SL_DENIED_NONE);
	site_stop(&s);
	s.now += SITE_DAY;
	site_ok(&s, ledger_restore(s.db_path, backup, "7d1c2b3a-4f5e-4a6b-8c7d-9e0f1a2b3c4d",
			(const unsigned char *)"0123456789a", "admin", s.now, &restored, &s.err));
	site_start(&s);
	samples_are("1: 2027-01-14T00:00:00Z 1 8 6\n");
	ck_assert_int_eq(
	    report(&d, SAMPLES(SAMPLE(1, "00:00:00", 1, 8, 6) "," SAMPLE(2, "01:00:00", 1, 7, 7))),
	    SL_DENIED_NONE);
	samples_are("1: 2027-01-14T00:00:00Z 1 8 6\n2: 2027-01-14T01:00:00Z 1 7 7\n");
}
END_TEST

/* As the first version of the tables left it. */
START_TEST(an_older_ledger_is_brought_up_when_it_is_opened)
{
	static const char *const back[] = {
		"DROP TABLE sample_page",
		"ALTER TABLE key DROP COLUMN expires_s",
		"ALTER TABLE revocation DROP COLUMN expires_s",
		"DROP TABLE gap",
		"DROP TABLE audit",
		"ALTER TABLE manager DROP COLUMN saved_s",
		"ALTER TABLE manager DROP COLUMN backup_s",
		"DROP TABLE token_udi",
		"DROP TABLE history",
		"ALTER TABLE virtual_account DROP COLUMN silence_days",
		"ALTER TABLE virtual_account DROP COLUMN deadline_days",
		"DROP INDEX instance_watch",
		"ALTER TABLE instance DROP COLUMN watch_s",
		"DROP INDEX token_end",
		"DROP TABLE alert",
		"CREATE TABLE alert (account TEXT NOT NULL, name TEXT NOT NULL, instance TEXT NOT "
		"NULL,"
		" raised_s BIGINT NOT NULL, last_s BIGINT NOT NULL, times BIGINT NOT NULL,"
		" first TEXT NOT NULL, second TEXT NOT NULL, cleared_s BIGINT,"
		" PRIMARY KEY (account, name, instance, raised_s))",
		"CREATE UNIQUE INDEX alert_open ON alert (account, name, instance)"
		" WHERE cleared_s IS NULL",
		"INSERT INTO alert SELECT account, 'possible clone', instance, 1, 2, 3, 'x', 'y', "
		"NULL"
		" FROM instance WHERE state = 'live'",
		"DROP INDEX instance_va",
		"DROP INDEX instance_state",
		"DROP INDEX instance_word_sn",
		"DROP INDEX instance_word_hostname",
		"DROP INDEX instance_word_pid",
		"ALTER TABLE token DROP COLUMN description",
		"ALTER TABLE token DROP COLUMN made_by",
		"ALTER TABLE token DROP COLUMN export_controlled",
		"ALTER TABLE token DROP COLUMN last_use_s",
		"ALTER TABLE instance DROP COLUMN export_controlled",
		"DROP TABLE chain",
		"ALTER TABLE entry DROP COLUMN hash",
		"ALTER TABLE purchase DROP COLUMN order_ref",
		"ALTER TABLE purchase DROP COLUMN kind",
		"ALTER TABLE purchase DROP COLUMN start_s",
		"ALTER TABLE purchase DROP COLUMN end_s",
		"ALTER TABLE purchase DROP COLUMN what",
		"ALTER TABLE purchase DROP COLUMN who",
		"DROP INDEX account_number",
		"DROP INDEX account_name",
		"ALTER TABLE account DROP COLUMN number",
		"DROP TABLE key_home",
		"DROP TABLE token_home",
		"DROP TABLE udi_home",
		"DROP TABLE crl",
		"CREATE TABLE crl (account TEXT NOT NULL REFERENCES account, issuer TEXT NOT NULL,"
		" number BIGINT NOT NULL, made_s BIGINT NOT NULL, revoked BIGINT NOT NULL,"
		" list BYTEA NOT NULL, PRIMARY KEY (account, issuer))",
		"INSERT INTO crl SELECT account, 'root', 7, 8, 9, certificate FROM key LIMIT 1",
		"ALTER TABLE instance DROP COLUMN home",
		"DROP TABLE satellite",
		"DROP TABLE satellite_va",
		"DROP TABLE upstream",
		"DROP TABLE change",
		"DROP TABLE evidence",
		"DROP TABLE transfer",
		"ALTER TABLE manager DROP COLUMN sealed_s",
		"DROP TABLE reservation_license",
		"DROP TABLE reservation",
		"ALTER TABLE usage DROP COLUMN reserved",
		"ALTER TABLE instance DROP COLUMN unconfirmed",
		"ALTER TABLE request DROP COLUMN denial",
		"ALTER TABLE account DROP COLUMN default_va",
		"ALTER TABLE virtual_account DROP COLUMN deleted_s",
		"DROP TABLE virtual_account_tag",
		"ALTER TABLE instance DROP COLUMN root",
		"ALTER TABLE account DROP COLUMN sample_days",
		"ALTER TABLE account DROP COLUMN samples_from_s",
		"ALTER TABLE virtual_account DROP COLUMN renew_after_s",
		"ALTER TABLE virtual_account DROP COLUMN next_contact_s",
		"ALTER TABLE virtual_account DROP COLUMN ooc_poll_s",
		"ALTER TABLE virtual_account DROP COLUMN retry_s",
		"ALTER TABLE virtual_account DROP COLUMN collect_s",
		"ALTER TABLE virtual_account DROP COLUMN report_s",
		"DELETE FROM schema_version WHERE version > 1",
	};
	struct ledger *again = NULL;

	for (size_t i = 0; i < sizeof(back) / sizeof(back[0]); i++)
		site_ok(&s, db_exec(ledger_db(s.ledger), &s.err, back[i], ""));
	site_ok(&s, ledger_open(&again, s.db_path, &s.err));
	ledger_close(again);
	ck_assert_int_eq(site_count(&s, "SELECT number FROM crl WHERE issuer = 'root'"), 7);
	ck_assert_int_eq(report(&d, SAMPLES(SAMPLE(1, "00:00:00", 1, 8, 6))), SL_DENIED_NONE);
	samples_are("1: 2027-01-14T00:00:00Z 1 8 6\n");
	/* it loses none that it was trusted with */
	ck_assert_int_eq(
	    site_count(&s, "SELECT sample_days FROM account"), LEDGER_SAMPLES_FOREVER);
	ck_assert_int_gt(site_count(&s, "SELECT expires_s FROM key"), s.now + 365 * SITE_DAY);
	ck_assert_int_eq(site_alerts(&s, "possible clone"), 1);
	site_check(&s);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("report");
	TCase *t = tcase_create("live");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, a_report_is_acknowledged_up_to_its_newest_sample);
	tcase_add_test(t, of_many_samples_each_is_taken_and_of_a_number_twice_the_larger);
	tcase_add_test(t, a_report_moves_no_deadline_no_pool_and_no_token);
	tcase_add_test(t, of_unequal_samples_with_one_key_the_larger_counts_whichever_came_first);
	tcase_add_test(t, a_report_that_brings_nothing_new_writes_no_sample);
	tcase_add_test(t, a_repeated_report_has_the_same_body_and_one_of_before_no_effect);
	tcase_add_test(t, a_report_is_any_first_request_and_makes_its_instance_live);
	tcase_add_test(t, samples_stay_the_devices_after_it_registered_again);
	tcase_add_loop_test(t, a_report_out_of_shape_is_refused_and_names_the_place, 0,
	    sizeof(bad_bodies) / sizeof(bad_bodies[0]));
	tcase_add_test(t, more_samples_than_one_report_takes_are_refused);
	tcase_add_test(t, samples_that_a_restored_backup_has_lost_are_taken_again);
	tcase_add_test(t, an_older_ledger_is_brought_up_when_it_is_opened);
	suite_add_tcase(suite, t);
	return run_suite(suite);
}
