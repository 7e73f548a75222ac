/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdio.h>
#include <string.h>

#include "tests/manager/site.h"

/* Product instances in lists, their history, and what administrators do to them. */

static struct site s;
static struct device d[6];
static struct site_token token;

static void
setup(void)
{
	static const char *const serials[] = { "CAT1", "CAT12", "FOX1", "CAT2", "cat13", "DOG9" };

	site_open(&s);
	site_ok(&s, ledger_virtual_account_create(s.ledger, "NCS1000", "admin", s.now, &s.err));
	token = site_token_new(&s, LEDGER_DEFAULT, 30, LEDGER_ANY_USES);
	for (size_t i = 0; i < 6; i++)
		d[i] = device_new(&s, serials[i]);
}

static void
teardown(void)
{
	site_check(&s);
	for (size_t i = 0; i < 6; i++)
		device_free(&d[i]);
	site_close(&s);
}

static void
register_all(void)
{
	for (size_t i = 0; i < 6; i++) {
		s.now++;
		ck_assert_int_eq(device_register(&s, &d[i], &token, 0), SL_DENIED_NONE);
	}
}

/* The serial numbers of a list. */
struct page {
	char serials[256];
	char last[SL_UUID_SIZE];
	int n, more;
};

static int
add_serial(void *ud, const struct ledger_instance *i)
{
	struct page *p = ud;
	size_t used = strlen(p->serials);

	(void)snprintf(p->serials + used, sizeof(p->serials) - used, "%s%s", used > 0 ? " " : "",
	    i->udi.sn);
	(void)strcpy(p->last, i->instance);
	p->n++;
	return 0;
}

static struct page
list(struct ledger_instance_query q)
{
	struct page p = { .n = 0 };

	if (q.limit == 0)
		q.limit = 100;
	site_ok(&s, ledger_instance_list(s.ledger, &q, add_serial, &p, &p.more, &s.err));
	return p;
}
#define LIST(...) list((struct ledger_instance_query){ __VA_ARGS__ })
#define ck_list(wanted, ...) ck_assert_str_eq(LIST(__VA_ARGS__).serials, wanted)

START_TEST(instances_are_listed_as_they_registered_and_by_account_and_state)
{
	register_all();
	ck_list("CAT1 CAT12 FOX1 CAT2 cat13 DOG9", .search = NULL);
	ck_assert_int_eq(device_use(&s, &d[2], 1, 0), SL_DENIED_NONE);
	ck_list("FOX1", .state = "live");
	ck_list("CAT1 CAT12 CAT2 cat13 DOG9", .state = "pending");
	site_ok(&s, ledger_instance_transfer(s.ledger, "CAT2", "NCS1000", "alice", s.now, &s.err));
	ck_list("CAT2", .virtual_account = "NCS1000");
	ck_list("", .virtual_account = "NCS1000", .state = "live");
	ck_list("CAT1 CAT12 cat13 DOG9", .virtual_account = LEDGER_DEFAULT, .state = "pending");
}
END_TEST

START_TEST(a_search_finds_by_the_beginning_of_serial_host_and_pid_in_any_case)
{
	register_all();
	ck_list("CAT1 CAT12 cat13 CAT2", .search = "cat");
	ck_list("CAT12", .search = "CAT12");
	ck_list("", .search = "AT1");
	/* all have this host name and PID: by serial number first, each once */
	ck_list("CAT1 CAT12 FOX1 CAT2 cat13 DOG9", .search = "LAB-");
	ck_list("CAT1 CAT12 FOX1 CAT2 cat13 DOG9", .search = "ncs1004");
	s.now++;
	(void)strcpy(d[0].udi.sn, "LAB-7");
	ck_assert_int_eq(device_register(&s, &d[0], &token, 0), SL_DENIED_NONE);
	ck_list("LAB-7 CAT1 CAT12 FOX1 CAT2 cat13 DOG9", .search = "lab-");
	/* no pattern */
	ck_list("", .search = "%");
	ck_list("", .search = "C_T");
}
END_TEST

/* Page after page, whatever the size, gives the whole list; also where one was added meanwhile. */
static void
ck_pages(const char *search, int64_t limit, const char *wanted)
{
	struct page all = { .n = 0 }, p;
	struct ledger_instance_query q = { .search = search, .limit = limit };

	do {
		p = list(q);
		ck_assert_int_le(p.n, limit);
		ck_assert_int_eq(p.more, p.n == limit && p.more);
		(void)snprintf(all.serials + strlen(all.serials),
		    sizeof(all.serials) - strlen(all.serials), "%s%s", all.n > 0 ? " " : "",
		    p.serials);
		all.n += p.n;
		(void)strcpy(all.last, p.last);
		q.after = all.last;
	} while (p.more);
	ck_assert_str_eq(all.serials, wanted);
}

START_TEST(pages_of_any_size_are_together_the_whole_list)
{
	register_all();
	s.now++;
	(void)strcpy(d[0].udi.sn, "LAB-7");
	ck_assert_int_eq(device_register(&s, &d[0], &token, 0), SL_DENIED_NONE);
	for (int64_t limit = 1; limit < 9; limit++) {
		ck_pages(NULL, limit, "CAT1 CAT12 FOX1 CAT2 cat13 DOG9 LAB-7");
		ck_pages("lab-", limit, "LAB-7 CAT1 CAT12 FOX1 CAT2 cat13 DOG9");
		ck_pages("c", limit, "CAT1 CAT12 cat13 CAT2");
	}
}
END_TEST

START_TEST(what_is_no_page_is_refused)
{
	struct ledger_instance_query q = { .limit = 0 };
	struct page p;

	register_all();
	ck_assert_int_eq(ledger_instance_list(s.ledger, &q, add_serial, &p, &p.more, &s.err),
	    SMARTLIC_E_INVAL);
	q = (struct ledger_instance_query){ .limit = 1, .search = "CAT", .after = d[2].instance };
	ck_assert_int_eq(ledger_instance_list(s.ledger, &q, add_serial, &p, &p.more, &s.err),
	    SMARTLIC_E_NOT_FOUND);
	q = (struct ledger_instance_query){ .limit = 1, .virtual_account = "Nowhere" };
	ck_assert_int_eq(ledger_instance_list(s.ledger, &q, add_serial, &p, &p.more, &s.err),
	    SMARTLIC_E_NOT_FOUND);
}
END_TEST

/* ---- history --------------------------------------------------------------- */

static int
add_history(void *ud, const struct ledger_history *h)
{
	char *text = ud, line[900];

	if (h->tag[0] != '\0')
		(void)snprintf(line, sizeof(line), "%s %+d\n", h->what, (int)h->delta);
	else
		(void)snprintf(line, sizeof(line), "%s%s%s%s%s\n", h->what, h->who[0] ? " by " : "",
		    h->who, h->text[0] ? ": " : "", h->text);
	/* the newest comes first; told from the oldest on */
	(void)memmove(text + strlen(line), text, strlen(text) + 1);
	(void)memcpy(text, line, strlen(line));
	return 0;
}

static void
ck_history(const char *instance, const char *wanted)
{
	char text[2000] = "";

	site_ok(&s, ledger_history_each(s.ledger, instance, 100, add_history, text, &s.err));
	ck_assert_str_eq(text, wanted);
}

START_TEST(the_history_tells_what_became_of_an_instance)
{
	site_ok(&s, ledger_license_add(s.ledger, LEDGER_DEFAULT, TAG_G, 4, 0, s.now, &s.err));
	ck_assert_int_eq(device_register(&s, &d[0], &token, 0), SL_DENIED_NONE);
	for (int i = 0; i < 3; i++) {
		s.now++;
		ck_assert_int_eq(device_use(&s, &d[0], 4, 0), SL_DENIED_NONE);
	}
	s.now++;
	ck_assert_int_eq(device_use(&s, &d[0], 5, 0), SL_DENIED_NONE);
	s.now++;
	ck_assert_int_eq(device_renew_id(&s, &d[0]), SL_DENIED_NONE);
	s.now++;
	site_ok(&s, ledger_instance_transfer(s.ledger, "CAT1", "NCS1000", "alice", s.now, &s.err));
	s.now++;
	site_ok(&s, ledger_instance_remove(s.ledger, "CAT1", "bob", s.now, &s.err));
	ck_history(d[0].instance, "registered\n"
				  "authorized\nusage +4\n"
				  "out of compliance\nusage +1\n"
				  "renewed\n"
				  "transferred by alice: from Default to NCS1000\n"
				  "transferred -5\nusage +5\n"
				  "removed by bob\nreleased -5\n");
}
END_TEST

/* ---- transfer -------------------------------------------------------------- */

START_TEST(a_transfer_takes_what_is_held_along)
{
	ck_assert_int_eq(device_register(&s, &d[0], &token, 0), SL_DENIED_NONE);
	ck_assert_int_eq(device_use(&s, &d[0], 4, 2), SL_DENIED_NONE);
	site_ok(&s, ledger_instance_transfer(s.ledger, "CAT1", "NCS1000", "alice", s.now, &s.err));
	site_check(&s);
	ck_assert_int_eq(site_consumed(&s, 1, TAG_G), 0);
	ck_assert_int_eq(site_consumed(&s, 1, TAG_X), 0);
	ck_assert_int_eq(site_consumed(&s, 2, TAG_G), 4);
	ck_assert_int_eq(site_consumed(&s, 2, TAG_X), 2);
	ck_assert_int_eq(device_use(&s, &d[0], 3, 0), SL_DENIED_NONE);
	ck_assert_int_eq(site_consumed(&s, 1, TAG_G), 0);
	ck_assert_int_eq(site_consumed(&s, 2, TAG_G), 3);
	ck_assert_int_eq(ledger_instance_transfer(s.ledger, "CAT1", "NCS1000", "alice", s.now,
			     &s.err), SMARTLIC_E_EXISTS);
	ck_assert_int_eq(ledger_instance_transfer(s.ledger, "CAT1", "Nowhere", "alice", s.now,
			     &s.err), SMARTLIC_E_NOT_FOUND);
}
END_TEST

START_TEST(a_transfer_takes_a_registration_along_that_is_not_used_yet)
{
	ck_assert_int_eq(device_register(&s, &d[0], &token, 0), SL_DENIED_NONE);
	ck_assert_int_eq(device_use(&s, &d[0], 4, 0), SL_DENIED_NONE);
	ck_assert_int_eq(device_register(&s, &d[0], &token, 1), SL_DENIED_NONE);
	site_ok(&s, ledger_instance_transfer(s.ledger, "CAT1", "NCS1000", "alice", s.now, &s.err));
	ck_assert_int_eq(device_use(&s, &d[0], 4, 0), SL_DENIED_NONE);
	ck_assert_int_eq(site_consumed(&s, 1, TAG_G), 0);
	ck_assert_int_eq(site_consumed(&s, 2, TAG_G), 4);
}
END_TEST

START_TEST(a_transferred_device_is_judged_by_the_pools_where_it_is)
{
	struct ledger_instance i;

	site_ok(&s, ledger_license_add(s.ledger, "NCS1000", TAG_G, 4, 0, s.now, &s.err));
	ck_assert_int_eq(device_register(&s, &d[0], &token, 0), SL_DENIED_NONE);
	ck_assert_int_eq(device_use(&s, &d[0], 4, 0), SL_DENIED_NONE);
	site_ok(&s, ledger_instance_find(s.ledger, "CAT1", &i, &s.err));
	ck_assert_str_eq(i.compliance, "out_of_compliance");
	site_ok(&s, ledger_instance_transfer(s.ledger, "CAT1", "NCS1000", "alice", s.now, &s.err));
	ck_assert_int_eq(device_use(&s, &d[0], 4, 0), SL_DENIED_NONE);
	site_ok(&s, ledger_instance_find(s.ledger, "CAT1", &i, &s.err));
	ck_assert_str_eq(i.compliance, "authorized");
	ck_assert_str_eq(i.virtual_account, "NCS1000");
}
END_TEST

START_TEST(licenses_released_at_the_deadline_stay_so_in_a_transfer)
{
	ck_assert_int_eq(device_register(&s, &d[0], &token, 0), SL_DENIED_NONE);
	ck_assert_int_eq(device_use(&s, &d[0], 4, 0), SL_DENIED_NONE);
	s.now += 91 * SITE_DAY;
	site_ok(&s, ledger_instance_transfer(s.ledger, "CAT1", "NCS1000", "alice", s.now, &s.err));
	ck_assert_int_eq(site_consumed(&s, 1, TAG_G), 0);
	ck_assert_int_eq(site_consumed(&s, 2, TAG_G), 0);
	ck_assert_int_eq(device_use(&s, &d[0], 4, 0), SL_DENIED_NONE);
	ck_assert_int_eq(site_consumed(&s, 2, TAG_G), 4);
}
END_TEST

/* ---- a returned device ----------------------------------------------------- */

static struct ledger_replaced
replace(const char *old, const struct sl_udi *with, struct site_token *ret)
{
	struct ledger_replace how = { .udi = *with, .who = "alice", .days = 30 };
	struct ledger_replaced done;
	struct sl_buf text = { 0 };

	site_ok(&s, authority_instance_replace(s.authority, old, &how, s.now, &done, &text, &s.err));
	*ret = (struct site_token){ .text = "" };
	if (text.data != NULL) {
		(void)strcpy(ret->text, text.data);
		site_ok(&s, sl_token_parse(&ret->parsed, ret->text, &s.err));
	}
	sl_buf_free(&text);
	return done;
}

START_TEST(in_the_place_of_a_returned_device_its_replacement_and_no_other_registers)
{
	struct ledger_token_new new = { .virtual_account = "NCS1000",
		.days = 1,
		.uses_max = 1,
		.export_controlled = 1 };
	struct site_token first = site_token_make(&s, new), second;
	struct ledger_replaced done;
	struct ledger_instance i;

	ck_assert_int_eq(device_register(&s, &d[0], &first, 0), SL_DENIED_NONE);
	ck_assert_int_eq(device_use(&s, &d[0], 4, 0), SL_DENIED_NONE);
	done = replace("CAT1", &d[1].udi, &second);
	ck_assert_str_eq(done.old, d[0].instance);
	ck_assert_str_eq(done.instance, "");
	ck_assert_int_eq(site_consumed(&s, 2, TAG_G), 0);
	ck_assert_int_eq(device_use(&s, &d[0], 4, 0), SL_DENIED_INSTANCE_REMOVED);
	ck_assert_int_eq(device_register(&s, &d[2], &second, 0), SL_DENIED_NOT_ALLOWED);
	ck_assert_int_eq(device_register(&s, &d[0], &second, 0), SL_DENIED_NOT_ALLOWED);
	ck_assert_int_eq(device_register(&s, &d[1], &second, 0), SL_DENIED_NONE);
	ck_assert_int_eq(device_use(&s, &d[1], 4, 0), SL_DENIED_NONE);
	ck_assert_int_eq(site_consumed(&s, 2, TAG_G), 4);
	site_ok(&s, ledger_instance_find(s.ledger, "CAT12", &i, &s.err));
	ck_assert_str_eq(i.virtual_account, "NCS1000");
	ck_assert_int_eq(i.export_controlled, 1);
	ck_history(d[0].instance, "registered\nout of compliance\nreturned by alice: "
				  "PID:NCS1004 SN:CAT12 takes its place\nremoved by alice\n"
				  "usage +4\nreleased -4\n");
}
END_TEST

START_TEST(a_replacement_that_is_registered_already_is_put_in_its_place)
{
	struct site_token second, there = site_token_new(&s, "NCS1000", 1, 1);

	ck_assert_int_eq(device_register(&s, &d[0], &there, 0), SL_DENIED_NONE);
	ck_assert_int_eq(device_use(&s, &d[0], 4, 0), SL_DENIED_NONE);
	ck_assert_int_eq(device_register(&s, &d[1], &token, 0), SL_DENIED_NONE);
	ck_assert_int_eq(device_use(&s, &d[1], 2, 0), SL_DENIED_NONE);
	ck_assert_str_eq(replace("CAT1", &d[1].udi, &second).instance, d[1].instance);
	ck_assert_str_eq(second.text, "");
	ck_assert_int_eq(site_consumed(&s, 1, TAG_G), 0);
	ck_assert_int_eq(site_consumed(&s, 2, TAG_G), 2);
	ck_assert_int_eq(device_use(&s, &d[1], 4, 0), SL_DENIED_NONE);
	ck_assert_int_eq(site_consumed(&s, 2, TAG_G), 4);
}
END_TEST

START_TEST(a_replacement_that_fails_removes_nothing)
{
	struct ledger_replace how = { .udi = d[0].udi, .who = "alice", .days = 30 };
	struct ledger_replaced done;
	struct sl_buf text = { 0 };

	ck_assert_int_eq(device_register(&s, &d[0], &token, 0), SL_DENIED_NONE);
	ck_assert_int_eq(authority_instance_replace(s.authority, "CAT1", &how, s.now, &done, &text,
			     &s.err), SMARTLIC_E_INVAL);
	how.udi = d[1].udi;
	how.days = 0;
	ck_assert_int_eq(authority_instance_replace(s.authority, "CAT1", &how, s.now, &done, &text,
			     &s.err), SMARTLIC_E_INVAL);
	how.days = 30;
	ck_assert_int_eq(authority_instance_replace(s.authority, "CAT9", &how, s.now, &done, &text,
			     &s.err), SMARTLIC_E_NOT_FOUND);
	ck_assert_ptr_null(text.data);
	ck_list("CAT1", .state = "pending");
	ck_assert_int_eq(site_count(&s, "SELECT COUNT(*) FROM token"), 1);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("instances");
	TCase *t = tcase_create("instances");

	tcase_add_unchecked_fixture(t, site_keep, site_drop);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, instances_are_listed_as_they_registered_and_by_account_and_state);
	tcase_add_test(t, a_search_finds_by_the_beginning_of_serial_host_and_pid_in_any_case);
	tcase_add_test(t, pages_of_any_size_are_together_the_whole_list);
	tcase_add_test(t, what_is_no_page_is_refused);
	tcase_add_test(t, the_history_tells_what_became_of_an_instance);
	tcase_add_test(t, a_transfer_takes_what_is_held_along);
	tcase_add_test(t, a_transfer_takes_a_registration_along_that_is_not_used_yet);
	tcase_add_test(t, a_transferred_device_is_judged_by_the_pools_where_it_is);
	tcase_add_test(t, licenses_released_at_the_deadline_stay_so_in_a_transfer);
	tcase_add_test(t, in_the_place_of_a_returned_device_its_replacement_and_no_other_registers);
	tcase_add_test(t, a_replacement_that_is_registered_already_is_put_in_its_place);
	tcase_add_test(t, a_replacement_that_fails_removes_nothing);
	suite_add_tcase(suite, t);
	return run_suite(suite);
}
