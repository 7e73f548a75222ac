/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdio.h>
#include <string.h>

#include "error.h"
#include "tests/suite.h"
#include "transports/loop.h"

/* A peer that notes what it saw and answers when told to. */
struct peer {
	struct sl_loop_peer link;
	int calls;
	int ready;
	char seen[128];
};

static int
answer(void *ud, const struct smartlic_message *r, struct smartlic_outcome *ret)
{
	struct peer *p = ud;

	p->calls++;
	(void)snprintf(p->seen, sizeof(p->seen), "%s %s %s %s %s %.*s", r->type, r->request_id,
	    r->pid, r->sn, r->uuid, (int)r->len, (const char *)r->body);
	if (!p->ready)
		return 0;
	ret->kind = SMARTLIC_OUTCOME_BODY;
	ret->http_status = 200;
	ret->body = "reply";
	ret->len = 5;
	return 1;
}

static void *
opened(struct peer *p)
{
	struct smartlic_option option = { .key = "loop-peer" };
	char value[32], text[100];
	void *tp = NULL;

	p->link.ud = p;
	p->link.answer = answer;
	option.len = (size_t)snprintf(value, sizeof(value), "%p", (void *)&p->link);
	option.value = value;
	ck_assert_int_eq(
	    smartlic_transport_loop.open(&tp, NULL, &option, 1, text, sizeof(text)), 0);
	return tp;
}

static void
submit(void *tp, const char *body)
{
	char text[] = "register", id[] = "id-1", pid[] = "P", sn[] = "S", uuid[] = "U";
	struct smartlic_message m = { .size = sizeof(m),
		.type = text,
		.request_id = id,
		.pid = pid,
		.sn = sn,
		.uuid = uuid,
		.body = body,
		.len = strlen(body) };

	ck_assert_int_eq(smartlic_transport_loop.submit(tp, &m), 0);
	/* borrowed for the call: what the caller does with it afterwards must not matter */
	memset(text, 'x', sizeof(text) - 1);
	memset(uuid, 'x', sizeof(uuid) - 1);
}

START_TEST(the_peer_sees_the_request_and_its_answer_arrives)
{
	const struct smartlic_transport_ops *ops = &smartlic_transport_loop;
	struct smartlic_outcome out = { .size = sizeof(out) };
	struct peer p = { 0 };
	void *tp = opened(&p);
	size_t n = 4;

	ck_assert_int_eq(ops->step(tp, &out), 0);
	ck_assert_int_eq(p.calls, 0);
	ck_assert_int_eq(ops->deadline(tp), INT64_MAX);

	submit(tp, "body");
	ck_assert_int_eq(ops->deadline(tp), 0);
	ck_assert_int_eq(ops->step(tp, &out), 0);
	ck_assert_str_eq(p.seen, "register id-1 P S U body");
	ck_assert_int_eq(ops->deadline(tp), INT64_MAX);
	ck_assert_int_eq(ops->pollfds(tp, NULL, &n), 0);
	ck_assert_uint_eq(n, 0);

	p.ready = 1;
	ck_assert_int_eq(ops->step(tp, &out), 1);
	ck_assert_uint_eq(out.len, 5);
	ck_assert_int_eq(out.retry_after_ms, -1);
	ck_assert_int_eq(ops->step(tp, &out), 0);
	ck_assert_int_eq(p.calls, 2);
	ops->close(tp);
}
END_TEST

START_TEST(a_cancelled_request_is_forgotten_and_a_second_replaces_the_first)
{
	const struct smartlic_transport_ops *ops = &smartlic_transport_loop;
	struct smartlic_outcome out = { .size = sizeof(out) };
	struct peer p = { .ready = 1 };
	void *tp = opened(&p);

	submit(tp, "one");
	ops->cancel(tp);
	ops->cancel(tp);
	ck_assert_int_eq(ops->step(tp, &out), 0);
	ck_assert_int_eq(p.calls, 0);
	submit(tp, "two");
	submit(tp, "three");
	ck_assert_int_eq(ops->step(tp, &out), 1);
	ck_assert_str_eq(p.seen, "register id-1 P S U three");
	submit(tp, "four"); /* open when closed: freed */
	ops->close(tp);
}
END_TEST

START_TEST(without_a_peer_it_does_not_open)
{
	struct smartlic_option option = { .key = "destination", .value = "x", .len = 1 };
	char text[100] = "";
	void *tp = NULL;

	ck_assert_int_eq(smartlic_transport_loop.open(&tp, NULL, &option, 1, text, sizeof(text)),
	    SMARTLIC_E_INVAL);
	ck_assert_ptr_nonnull(strstr(text, "loop-peer"));
	ck_assert_ptr_null(tp);
	ck_assert_int_eq(
	    smartlic_transport_loop.open(&tp, NULL, NULL, 0, text, 5), SMARTLIC_E_INVAL);
	ck_assert_str_eq(text, "opti");
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("loop");
	TCase *t = tcase_create("loop");

	tcase_add_test(t, the_peer_sees_the_request_and_its_answer_arrives);
	tcase_add_test(t, a_cancelled_request_is_forgotten_and_a_second_replaces_the_first);
	tcase_add_test(t, without_a_peer_it_does_not_open);
	suite_add_tcase(s, t);
	return run_suite(s);
}
