/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ledger/ledger.h"
#include "ledger/records.h"
#include "tests/manager/where.h"
#include "tests/suite.h"

#define ACCOUNT "5b0c7a52-0b0c-4a3e-8a54-2f1f6b1f0a11"
#define HOME    "3f1a2b4c-5d6e-4f70-8192-a3b4c5d6e7f8"
#define TAG_G                                                                                      \
	"regid.2018-05.com.cisco.S-NCS1K4-LIC-100G=,1.0_03df009f-5ac5-48da-af50-4279ddea5e24"
#define TAG_X                                                                                      \
	"regid.2018-05.com.cisco.S-NCS1K4-LIC-100X=,1.0_3938b0c5-f635-4426-9f0f-936d930cea9e"
#define NOW     INT64_C(1800000000)
#define DAY     INT64_C(86400)

static char dir[64], path[WHERE_SIZE];
static struct smartlic_error err;
static struct ledger *l;

#define ok(expr) ck_assert_msg((expr) == 0, "%s: %s", #expr, err.text)

static void
setup(void)
{
	strcpy(dir, "/tmp/check_ledger.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	where_new(path, dir);
	ok(ledger_create(path, "BU Production Test", ACCOUNT, HOME, NOW, &err));
	ok(ledger_open(&l, path, &err));
}

static void
teardown(void)
{
	static const char *const suffixes[] = { "", "-wal", "-shm" };
	char name[128];

	ledger_close(l);
	l = NULL;
	where_drop(path);
	for (size_t i = 0; i < 3; i++) {
		snprintf(name, sizeof(name), "%s/ledger.db%s", dir, suffixes[i]);
		(void)unlink(name);
	}
	ck_assert_int_eq(rmdir(dir), 0);
}

static struct ledger_pool
pool(const char *va, const char *tag)
{
	struct ledger_pool p = { 0 };
	int64_t number = strcmp(va, LEDGER_DEFAULT) == 0 ? 1 : 2;

	ok(ledger_pool_get(l, number, tag, NOW, &p.purchased, &p.consumed, &err));
	return p;
}

START_TEST(a_new_ledger_has_its_account_and_the_default_virtual_account)
{
	const struct ledger_info *info = ledger_info(l);
	char name[LEDGER_NAME_SIZE];
	struct stat st;

	ck_assert_str_eq(info->account, ACCOUNT);
	ok(ledger_account_name(l, name, &err));
	ck_assert_str_eq(name, "BU Production Test");
	ck_assert_str_eq(info->home, HOME);
	ck_assert_str_eq(info->ledger, HOME);
	ok(ledger_license_add(l, LEDGER_DEFAULT, TAG_G, 1, 0, NOW, &err));
	if (db_is_url(path))
		return;
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_uint_eq(st.st_mode & 0777, 0600);
}
END_TEST

START_TEST(a_ledger_is_not_made_over_another_nor_opened_where_there_is_none)
{
	struct ledger *other = NULL;

	ck_assert_int_eq(ledger_create(path, "Other", HOME, HOME, NOW, &err), SMARTLIC_E_EXISTS);
	ck_assert_str_eq(ledger_info(l)->account, ACCOUNT);
	ck_assert_int_eq(ledger_open(&other, "/nonexistent/ledger.db", &err),
	    SMARTLIC_E_NOT_FOUND);
	ck_assert_ptr_null(other);
}
END_TEST

START_TEST(a_ledger_of_a_later_version_is_refused)
{
	struct ledger *other = NULL;

	ok(db_exec(ledger_db(l), &err, "INSERT INTO schema_version VALUES (99, 0)", ""));
	ck_assert_int_eq(ledger_open(&other, path, &err), SMARTLIC_E_STORE_VERSION);
	ck_assert_ptr_null(other);
}
END_TEST

START_TEST(names_of_virtual_accounts_are_exact_in_case)
{
	ok(ledger_virtual_account_create(l, "NCS1000", "admin", NOW, &err));
	ck_assert_int_eq(
	    ledger_virtual_account_create(l, "NCS1000", "admin", NOW, &err), SMARTLIC_E_EXISTS);
	ck_assert_int_eq(ledger_license_add(l, "ncs1000", TAG_G, 1, 0, NOW, &err),
	    SMARTLIC_E_NOT_FOUND);
	ok(ledger_virtual_account_create(l, "ncs1000", "admin", NOW, &err));
	ok(ledger_virtual_account_create(l, "B\xc3\xbcro", "admin", NOW, &err));
}
END_TEST

static const char *const bad_names[] = { "", " x", "x ", "a\nb", "a\x7f", "a\xc2\x9b", "\xff" };

START_TEST(a_name_that_cannot_be_printed_is_refused)
{
	ck_assert_int_eq(
	    ledger_virtual_account_create(l, bad_names[_i], "admin", NOW, &err), SMARTLIC_E_INVAL);
}
END_TEST

START_TEST(licenses_are_added_by_short_or_full_tag_and_set)
{
	ok(ledger_virtual_account_create(l, "NCS1000", "admin", NOW, &err));
	ok(ledger_license_add(l, "NCS1000", "S-NCS1K4-LIC-100G=", 8, 0, NOW, &err));
	ok(ledger_license_add(l, "NCS1000", TAG_G, 4, 0, NOW, &err));
	ck_assert_int_eq(pool("NCS1000", TAG_G).purchased, 12);
	ok(ledger_license_add(l, "NCS1000", TAG_G, 5, 1, NOW, &err));
	ck_assert_int_eq(pool("NCS1000", TAG_G).purchased, 5);
	ck_assert_int_eq(pool(LEDGER_DEFAULT, TAG_G).purchased, 0);
	ck_assert_int_eq(ledger_license_add(l, "NCS1000", "S-OTHER=", 1, 0, NOW, &err),
	    SMARTLIC_E_NOT_FOUND);
	ck_assert_int_eq(ledger_license_add(l, "NCS1000", TAG_G, -1, 0, NOW, &err),
	    SMARTLIC_E_INVAL);
	ok(ledger_license_add(l, "NCS1000", "regid.x.OTHER,2.0_y", 1, 0, NOW, &err));
}
END_TEST

static int
count_pools(void *ud, const struct ledger_pool *p)
{
	(void)p;
	++*(int *)ud;
	return 0;
}

static int
keep_token(void *ud, const struct ledger_token *t)
{
	*(struct ledger_token *)ud = *t;
	return 0;
}

START_TEST(a_second_process_sees_and_changes_the_same_ledger)
{
	struct ledger *other;
	int n = 0;

	ok(ledger_open(&other, path, &err));
	db_set_busy_ms(ledger_db(other), 0);
	ok(db_begin(ledger_db(l), &err));
	ck_assert_int_eq(ledger_license_add(other, LEDGER_DEFAULT, TAG_G, 8, 0, NOW, &err),
	    SMARTLIC_E_STORE_BUSY);
	ok(ledger_pool_each(other, NOW, count_pools, &n, &err)); /* reading goes on */
	db_rollback(ledger_db(l));
	ok(ledger_license_add(other, LEDGER_DEFAULT, TAG_G, 8, 0, NOW, &err));
	ok(ledger_pool_each(l, NOW, count_pools, &n, &err));
	ck_assert_int_eq(n, 1);
	ledger_close(other);
}
END_TEST

static const unsigned char token_id[SL_TOKEN_ID_LEN] = { 1, 0x3f, 0x1a, 0x2b, 0x4c, 5, 6, 7 };

static int
new_token(const char *name, int64_t days, int64_t uses)
{
	const struct ledger_token_new new = { .virtual_account = LEDGER_DEFAULT,
		.name = name,
		.days = days,
		.uses_max = uses };

	return ledger_token_create(l, &new, token_id, NOW, &err);
}

START_TEST(a_token_is_listed_by_its_id_and_revoked_once)
{
	struct ledger_token t = { 0 };

	ok(new_token("lab", 30, LEDGER_ANY_USES));
	ok(ledger_token_each(l, keep_token, &t, &err));
	ck_assert_str_eq(t.name, "lab");
	ck_assert_str_eq(t.virtual_account, LEDGER_DEFAULT);
	ck_assert_int_eq(t.expires_s, NOW + 30 * DAY);
	ck_assert(t.revoked_s == DB_NULL_INT);
	ck_assert_int_eq(t.uses_max, LEDGER_ANY_USES);
	ok(ledger_token_revoke(l, t.id_text, "admin", NOW + 1, &err));
	ok(ledger_token_revoke(l, t.id, "admin", NOW + 2, &err));
	ok(ledger_token_each(l, keep_token, &t, &err));
	ck_assert_int_eq(t.revoked_s, NOW + 1);
	ck_assert_int_eq(ledger_token_revoke(l, "nonsense", "admin", NOW, &err), SMARTLIC_E_INVAL);
	ck_assert_int_eq(
	    ledger_token_revoke(l, "00000000000000000000000000000000", "admin", NOW, &err),
	    SMARTLIC_E_NOT_FOUND);
}
END_TEST

static const struct {
	int64_t days, uses;
} bad_tokens[] = { { 0, 1 }, { 366, 1 }, { -1, 1 }, { 30, 0 }, { 30, -2 } };

START_TEST(a_token_outside_its_limits_is_refused)
{
	ck_assert_int_eq(
	    new_token("", bad_tokens[_i].days, bad_tokens[_i].uses), SMARTLIC_E_INVAL);
}
END_TEST

/* An instance of one UDI with one issued key, as register makes them. */
static struct ledger_row
add_instance(int n, const char *sn, int with_usage)
{
	struct ledger_row row = { .va = 1,
		.state = LEDGER_PENDING,
		.issued_s = NOW,
		.contact_s = NOW,
		.expires_s = NOW + 365 * DAY,
		.usage_s = with_usage ? NOW : DB_NULL_INT,
		.deadline_s = with_usage ? NOW + 90 * DAY : DB_NULL_INT,
		.compliance = "none" };
	struct ledger_key key = { .state = LEDGER_KEY_ISSUED };

	sl_uuid7(row.instance, NOW * 1000 + n, (const unsigned char *)"0123456789");
	ok(sl_udi_set(&row.udi, "NCS1004", sn, "default-sdr", &err));
	sl_hex(row.token, token_id, sizeof(token_id));
	snprintf(key.ski, sizeof(key.ski), "%040d", n);
	strcpy(key.instance, row.instance);
	ok(ledger_row_add(l, &row, &err));
	ok(ledger_key_add(l, &key, key.ski, "DER", 3, NOW, NOW + 365 * DAY, &err));
	return row;
}

static void
make_live(struct ledger_row *row, int n)
{
	struct ledger_key key;
	char ski[LEDGER_SKI_HEX];

	snprintf(ski, sizeof(ski), "%040d", n);
	ck_assert_int_eq(ledger_key_get(l, ski, &key, NULL, &err), 1);
	ok(ledger_key_promote(l, &key, &err));
	ok(ledger_row_close_earlier(l, row, NOW, &err));
	row->state = LEDGER_LIVE;
	ok(ledger_row_put(l, row, &err));
}

static void
use(struct ledger_row *row, int64_t g, int64_t x, int64_t now_s)
{
	struct ledger_usage usage[2] = { { TAG_G, g, 0 }, { TAG_X, x, 0 } };
	int reserved;

	row->usage_s = now_s;
	row->deadline_s = now_s + 90 * DAY;
	ok(ledger_row_put(l, row, &err));
	ck_assert_int_ge(ledger_usage_set(l, row->instance, usage, x > 0 ? 2 : 1, &reserved, &err), 0);
	ok(ledger_settle(l, &row->udi, now_s, &err));
}

static void
setup_token(void)
{
	setup();
	ok(new_token("", 30, 2));
}

START_TEST(consumption_follows_usage_and_ends_when_an_instance_is_closed)
{
	struct ledger_row row = add_instance(1, "A", 0);
	struct ledger_usage same[2] = { { TAG_X, 2, 0 }, { TAG_G, 5, 0 } };
	int reserved;

	make_live(&row, 1);
	use(&row, 8, 8, NOW);
	ck_assert_int_eq(pool(LEDGER_DEFAULT, TAG_G).consumed, 8);
	use(&row, 5, 2, NOW + 1);
	ck_assert_int_eq(pool(LEDGER_DEFAULT, TAG_G).consumed, 5);
	ck_assert_int_eq(pool(LEDGER_DEFAULT, TAG_X).consumed, 2);
	ck_assert_int_eq(ledger_usage_set(l, row.instance, same, 2, &reserved, &err), 0);
	ck_assert_int_eq(ledger_usage_set(l, row.instance, same, 1, &reserved, &err), 1);
	use(&row, 4, 0, NOW + 2);
	ck_assert_int_eq(pool(LEDGER_DEFAULT, TAG_X).consumed, 0);
	ok(ledger_check(l, &err));
	ok(ledger_row_close(l, row.instance, "deregistered", NULL, NOW + 3, &err));
	ck_assert_int_eq(pool(LEDGER_DEFAULT, TAG_G).consumed, 0);
	ck_assert_int_eq(ledger_is_revoked(l, "0000000000000000000000000000000000000001", &err), 1);
	ok(ledger_check(l, &err));
}
END_TEST

START_TEST(a_silent_instance_is_released_after_its_deadline_and_may_take_again)
{
	struct ledger_row row = add_instance(1, "A", 0);

	make_live(&row, 1);
	use(&row, 8, 0, NOW);
	ok(ledger_release_overdue(l, 1, NOW + 90 * DAY, &err));
	ck_assert_int_eq(pool(LEDGER_DEFAULT, TAG_G).consumed, 8);
	ok(ledger_release_overdue(l, 1, NOW + 90 * DAY + 1, &err));
	ck_assert_int_eq(pool(LEDGER_DEFAULT, TAG_G).consumed, 0);
	ok(ledger_check(l, &err));
	use(&row, 8, 0, NOW + 91 * DAY);
	ck_assert_int_eq(pool(LEDGER_DEFAULT, TAG_G).consumed, 8);
	ok(ledger_check(l, &err));
}
END_TEST

START_TEST(only_the_newest_pending_one_with_usage_holds_and_none_beside_a_live_one)
{
	struct ledger_row a = add_instance(1, "A", 1), b = add_instance(2, "A", 1);

	use(&a, 3, 0, NOW);
	ck_assert_int_eq(pool(LEDGER_DEFAULT, TAG_G).consumed, 0);
	use(&b, 4, 0, NOW);
	ck_assert_int_eq(pool(LEDGER_DEFAULT, TAG_G).consumed, 4);
	ok(ledger_row_close(l, b.instance, "removed", "admin", NOW, &err));
	ck_assert_int_eq(pool(LEDGER_DEFAULT, TAG_G).consumed, 3);
	make_live(&a, 1);
	b = add_instance(3, "A", 1);
	use(&b, 7, 0, NOW);
	ck_assert_int_eq(pool(LEDGER_DEFAULT, TAG_G).consumed, 3);
	ok(ledger_check(l, &err));
	make_live(&b, 3);
	ok(ledger_settle(l, &b.udi, NOW, &err));
	ck_assert_int_eq(pool(LEDGER_DEFAULT, TAG_G).consumed, 7);
	ok(ledger_check(l, &err));
}
END_TEST

START_TEST(the_ninth_pending_one_closes_the_oldest)
{
	struct ledger_row first = add_instance(0, "A", 0), row;

	for (int i = 1; i <= 8; i++)
		row = add_instance(i, "A", 0);
	ok(ledger_row_trim_pending(l, &row.udi, NOW, &err));
	ck_assert_int_eq(ledger_row_get(l, first.instance, &row, &err), 1);
	ck_assert_int_eq(row.state, LEDGER_CLOSED);
	ck_assert_int_eq(ledger_row_get(l, add_instance(9, "B", 0).instance, &row, &err), 1);
	ck_assert_int_eq(row.state, LEDGER_PENDING);
}
END_TEST

START_TEST(removal_leaves_a_tombstone_and_takes_the_pending_ones_too)
{
	struct ledger_row live = add_instance(1, "A", 0), other = add_instance(2, "B", 0);
	struct ledger_row pending;
	struct ledger_instance found;

	make_live(&live, 1);
	pending = add_instance(3, "A", 0);
	ok(ledger_instance_find(l, "A", &found, &err));
	ck_assert_str_eq(found.instance, live.instance);
	ok(ledger_instance_remove(l, "A", "admin@example.net", NOW + 5, &err));
	ok(ledger_instance_find(l, live.instance, &found, &err));
	ck_assert_str_eq(found.state, "closed");
	ck_assert_str_eq(found.closed_why, "removed");
	ck_assert_str_eq(found.closed_by, "admin@example.net");
	ck_assert_int_eq(found.closed_s, NOW + 5);
	ok(ledger_instance_find(l, pending.instance, &found, &err));
	ck_assert_str_eq(found.state, "closed");
	ok(ledger_instance_find(l, other.instance, &found, &err));
	ck_assert_str_eq(found.state, "pending");
	ck_assert_int_eq(ledger_instance_remove(l, "A", "x", NOW, &err), SMARTLIC_E_NOT_FOUND);
	ck_assert_int_eq(ledger_instance_find(l, "C", &found, &err), SMARTLIC_E_NOT_FOUND);
}
END_TEST

START_TEST(a_serial_number_that_two_devices_share_names_neither)
{
	struct ledger_row one = add_instance(1, "A", 0), two = add_instance(2, "B", 0);
	struct ledger_instance found;

	ok(db_exec(ledger_db(l), &err, "UPDATE instance SET sn = 'A', uuid = 'sdr-2' WHERE sn = 'B'",
	    ""));
	ck_assert_int_eq(ledger_instance_find(l, "A", &found, &err), SMARTLIC_E_INVAL);
	ck_assert_int_eq(ledger_instance_remove(l, "A", "x", NOW, &err), SMARTLIC_E_INVAL);
	ok(ledger_instance_remove(l, two.instance, "x", NOW, &err));
	ok(ledger_instance_find(l, "A", &found, &err));
	ck_assert_str_eq(found.state, "closed"); /* the newest is what it was */
	ok(ledger_instance_find(l, one.instance, &found, &err));
	ck_assert_str_eq(found.state, "pending");
}
END_TEST

START_TEST(a_token_is_charged_once_for_each_udi)
{
	char token[2 * SL_TOKEN_ID_LEN + 1];
	struct sl_udi a, b, c;
	struct ledger_token t;

	sl_hex(token, token_id, sizeof(token_id));
	ok(sl_udi_set(&a, "NCS1004", "A", "default-sdr", &err));
	ok(sl_udi_set(&b, "NCS1004", "B", "default-sdr", &err));
	ok(sl_udi_set(&c, "NCS1004", "C", "default-sdr", &err));
	ck_assert_int_eq(ledger_token_charge(l, token, &a, NOW, &err), 1);
	ck_assert_int_eq(ledger_token_charge(l, token, &a, NOW, &err), 1);
	ck_assert_int_eq(ledger_token_charge(l, token, &b, NOW, &err), 1);
	ok(db_begin(ledger_db(l), &err));
	ck_assert_int_eq(ledger_token_charge(l, token, &c, NOW, &err), 0);
	db_rollback(ledger_db(l));
	ok(ledger_token_each(l, keep_token, &t, &err));
	ck_assert_int_eq(t.uses, 2);
	ok(ledger_check(l, &err));
}
END_TEST

START_TEST(sixty_four_requests_are_kept_and_the_last_result)
{
	struct ledger_row row = add_instance(1, "A", 0);
	struct ledger_request q = { .type = "authorize", .digest = "d", .at_s = NOW }, got;
	struct sl_buf body = { 0 };

	for (int i = 1; i <= 70; i++) {
		q.sequence = i;
		snprintf(q.request_id, sizeof(q.request_id), "id-%d", i);
		ok(ledger_request_add(l, row.instance, &q, "{}", &err));
	}
	ck_assert_int_eq(ledger_request_by_sequence(l, row.instance, 6, &got, &err), 0);
	ck_assert_int_eq(ledger_request_by_sequence(l, row.instance, 7, &got, &err), 1);
	ck_assert_int_eq(ledger_request_by_id(l, row.instance, "id-69", &got, &body, &err), 1);
	ck_assert_int_eq(got.has_body, 0);
	ck_assert_int_eq(ledger_request_by_id(l, row.instance, "id-70", &got, &body, &err), 1);
	ck_assert_int_eq(got.has_body, 1);
	ck_assert_str_eq(body.data, "{}");
	sl_buf_free(&body);
}
END_TEST

/* step: by how much their numbers grow. */
START_TEST(what_is_kept_of_requests_is_bounded_whatever_their_numbers)
{
	static const int steps[] = { 1, 2, 15, 16, 17 };
	struct ledger_row row = add_instance(1, "A", 0);
	struct ledger_request q = { .type = "authorize", .digest = "d", .at_s = NOW }, got;
	int kept = 0;

	ok(db_begin(ledger_db(l), &err)); /* one wait for the disk */
	for (int i = 1; i <= 300; i++) {
		q.before = q.sequence;
		q.sequence += steps[_i];
		snprintf(q.request_id, sizeof(q.request_id), "id-%d", i);
		ok(ledger_request_add(l, row.instance, &q, "{}", &err));
	}
	ok(db_commit(ledger_db(l), &err));
	for (int i = 1; i <= 300; i++) {
		int r =
		    ledger_request_by_sequence(l, row.instance, (int64_t)i * steps[_i], &got, &err);

		ck_assert_int_ge(r, i > 300 - LEDGER_REQUESTS_KEPT);
		kept += r;
	}
	ck_assert_int_ge(kept, LEDGER_REQUESTS_KEPT);
	ck_assert_int_lt(kept, LEDGER_REQUESTS_KEPT + 16);
}
END_TEST

static int
keep_alert(void *ud, const struct ledger_alert *a)
{
	*(struct ledger_alert *)ud = *a;
	return 0;
}

START_TEST(an_alert_is_raised_once_for_its_cause)
{
	struct ledger_row row = add_instance(1, "A", 0);
	struct ledger_alert a = { 0 };

	ok(ledger_alert_sign(l, ALERT_CLONE, &row, "x", "y", NOW, &err));
	ok(ledger_alert_sign(l, ALERT_CLONE, &row, "x", "z", NOW + 9, &err));
	ok(ledger_alert_each(l, NULL, 0, keep_alert, &a, &err));
	ck_assert_int_eq(a.times, 2);
	ck_assert_int_eq(a.raised_s, NOW);
	ck_assert_int_eq(a.last_s, NOW + 9);
	ck_assert_str_eq(a.second, "z");
	ck_assert_str_eq(a.source, row.instance);
	ck_assert_str_eq(a.subject, "PID:NCS1004 SN:A");
}
END_TEST

START_TEST(the_newest_list_of_an_issuer_is_kept)
{
	struct ledger_crl crl = { 5, NOW, 0 }, got;
	struct sl_buf list = { 0 };

	ok(ledger_crl_put(l, "root", &crl, "five", 4, &err));
	crl.number = 4;
	ok(ledger_crl_put(l, "root", &crl, "four", 4, &err));
	ck_assert_int_eq(ledger_crl_get(l, "root", &got, &list, &err), 1);
	ck_assert_int_eq(got.number, 5);
	ck_assert_str_eq(list.data, "five");
	ck_assert_int_eq(ledger_crl_get(l, "issuing", &got, NULL, &err), 0);
	sl_buf_free(&list);
}
END_TEST

/* A sum that was tampered with is found, by each of the three keepers of it. */
static const char *const damage[] = {
	"UPDATE pool SET consumed = consumed + 1",
	"UPDATE usage SET held = held - 1",
	"DELETE FROM entry",
	"UPDATE instance SET state = 'closed'",
	"UPDATE token SET uses = 1",
	"DELETE FROM key",
	"UPDATE instance SET sequence = 3",
};

START_TEST(a_ledger_that_does_not_add_up_is_found)
{
	struct ledger_row row = add_instance(1, "A", 0);

	make_live(&row, 1);
	use(&row, 8, 8, NOW);
	ok(ledger_check(l, &err));
	ok(db_exec(ledger_db(l), &err, damage[_i], ""));
	ck_assert_int_eq(ledger_check(l, &err), SMARTLIC_E_STORE);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("ledger");
	TCase *t = tcase_create("accounts");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, a_new_ledger_has_its_account_and_the_default_virtual_account);
	tcase_add_test(t, a_ledger_is_not_made_over_another_nor_opened_where_there_is_none);
	tcase_add_test(t, a_ledger_of_a_later_version_is_refused);
	tcase_add_test(t, names_of_virtual_accounts_are_exact_in_case);
	tcase_add_loop_test(t, a_name_that_cannot_be_printed_is_refused, 0,
	    sizeof(bad_names) / sizeof(bad_names[0]));
	tcase_add_test(t, licenses_are_added_by_short_or_full_tag_and_set);
	tcase_add_test(t, a_second_process_sees_and_changes_the_same_ledger);
	tcase_add_test(t, a_token_is_listed_by_its_id_and_revoked_once);
	tcase_add_loop_test(t, a_token_outside_its_limits_is_refused, 0,
	    sizeof(bad_tokens) / sizeof(bad_tokens[0]));
	suite_add_tcase(s, t);

	t = tcase_create("records");
	tcase_add_checked_fixture(t, setup_token, teardown);
	tcase_add_test(t, consumption_follows_usage_and_ends_when_an_instance_is_closed);
	tcase_add_test(t, a_silent_instance_is_released_after_its_deadline_and_may_take_again);
	tcase_add_test(t, only_the_newest_pending_one_with_usage_holds_and_none_beside_a_live_one);
	tcase_add_test(t, the_ninth_pending_one_closes_the_oldest);
	tcase_add_test(t, removal_leaves_a_tombstone_and_takes_the_pending_ones_too);
	tcase_add_test(t, a_serial_number_that_two_devices_share_names_neither);
	tcase_add_test(t, a_token_is_charged_once_for_each_udi);
	tcase_add_test(t, sixty_four_requests_are_kept_and_the_last_result);
	tcase_add_loop_test(t, what_is_kept_of_requests_is_bounded_whatever_their_numbers, 0, 5);
	tcase_add_test(t, an_alert_is_raised_once_for_its_cause);
	tcase_add_test(t, the_newest_list_of_an_issuer_is_kept);
	tcase_add_loop_test(t, a_ledger_that_does_not_add_up_is_found, 0,
	    sizeof(damage) / sizeof(damage[0]));
	suite_add_tcase(s, t);
	return run_suite(s);
}
