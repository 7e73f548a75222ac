/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdio.h>
#include <string.h>

#include "show.h"
#include "tests/suite.h"
#include "tests/support/world.h"
#include "text.h"

/*
 * The reference's examples, lived through by an agent.  Its certificates are of our days, so the
 * script runs at TPKI_NOW and the host's zone, which it may choose as it likes, puts that moment at
 * 15:51:10 IST of 11 February 2019: every time that is printed comes from local_time.
 */
#define STAND_S ((sl_days(2019, 2, 11) * 86400) + 15 * 3600 + 51 * 60 + 10)

static struct world w;

static int
ist_of_2019(void *userdata, int64_t wall_ms, struct smartlic_local_time *ret)
{
	int64_t s = wall_ms / 1000 - TPKI_NOW + STAND_S, days = s / 86400, year;
	int month, day;

	(void)userdata;
	sl_date(days, &year, &month, &day);
	*ret = (struct smartlic_local_time){ (int32_t)year, month, day, (int32_t)((days + 4) % 7),
		(int32_t)(s / 3600 % 24), (int32_t)(s / 60 % 60), (int32_t)(s % 60), 0, "IST" };
	return 0;
}

static void
seconds_pass(int64_t s)
{
	w.wall_ms += s * 1000;
	w.mono_ms += s * 1000;
	w.oracle.now_s += s;
}

/*
 * The example of the platform is of a device that has collected and reported already,
 * at 15:57:53: it was registered a day earlier at that time, and then anew.  With the usual policy
 * every 24th collection reports.
 */
#define EARLIER_S (24 * 3600 - (6 * 60 + 43))

static void
live_a_day(void)
{
	ck_assert_int_eq(smartlic_agent_register(w.agent, w.token, 0), 0);
	while (world_status(&w)->registration != SMARTLIC_REG_REGISTERED)
		ck_assert_int_eq(smartlic_agent_process(w.agent), 1);
	for (int64_t left = EARLIER_S; left > 0; left -= 600) {
		seconds_pass(left < 600 ? left : 600);
		world_settle(&w);
	}
}

/* Registered at 15:51:10 by an answer signed 251 s earlier, authorized at 15:53:40 by one signed
 * 371 s earlier; looked at 15:58:44. */
static void
setup(void)
{
	world_init(&w, DRIVE_POLL);
	world_stop(&w);
	w.env.local_time = ist_of_2019;
	w.wall_ms -= EARLIER_S * 1000;
	w.oracle.now_s -= EARLIER_S;
	ck_assert_int_eq(world_start(&w), 0);
	w.oracle.reference_names = 1;
	(void)snprintf(w.oracle.policy, sizeof(w.oracle.policy),
	    "\"renew_after_s\":15552060,\"next_contact_s\":2591999");
	live_a_day();
	w.oracle.now_s = TPKI_NOW - 251;
	ck_assert_int_eq(smartlic_agent_register(w.agent, w.token, SMARTLIC_REGISTER_FORCE), 0);
	while (strcmp(world_status(&w)->pending_type, "register") == 0)
		ck_assert_int_eq(smartlic_agent_process(w.agent), 1);
	world_stop(&w);
	seconds_pass(150);
	w.oracle.now_s -= 120;
	ck_assert_int_eq(world_start(&w), 0);
	world_settle(&w);
	seconds_pass(4 * 60 + 13);
	world_settle(&w);
	seconds_pass(51);
}

static void
teardown(void)
{
	world_free(&w);
}

static const struct {
	int what;
	const char *file;
} golden[] = {
	{ SMARTLIC_SHOW_ALL, "show-license-all.txt" },
	{ SMARTLIC_SHOW_STATUS, "show-license-status.txt" },
	{ SMARTLIC_SHOW_USAGE, "show-license-usage.txt" },
	{ SMARTLIC_SHOW_UDI, "show-license-udi.txt" },
	{ SMARTLIC_SHOW_PLATFORM_DETAIL, "show-license-platform-detail.txt" },
};

START_TEST(a_scripted_life_prints_the_references_examples_byte_for_byte)
{
	struct smartlic_status st = *world_status(&w);
	struct sl_buf out = { 0 };
	struct sl_show show = { .out = &out, .st = &st, .local_time = ist_of_2019 };
	struct smartlic_error err;
	char path[1024], text[8192];
	FILE *f;
	size_t len;

	st.agent_version = "2.2.0_rel/48";
	(void)snprintf(
	    path, sizeof(path), "%s/tests/golden/%s", getenv("TOP_SRCDIR"), golden[_i].file);
	f = fopen(path, "r");
	ck_assert_msg(f != NULL, "%s", path);
	len = fread(text, 1, sizeof(text) - 1, f);
	(void)fclose(f);
	text[len] = '\0';
	ck_assert_int_eq(sl_show(&show, golden[_i].what, SMARTLIC_SHOW_TEXT, &err), 0);
	ck_assert_str_eq(out.data, text);
	sl_buf_free(&out);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("agent, golden");
	TCase *t = tcase_create("golden");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, a_scripted_life_prints_the_references_examples_byte_for_byte, 0,
	    sizeof(golden) / sizeof(golden[0]));
	suite_add_tcase(s, t);
	return run_suite(s);
}
