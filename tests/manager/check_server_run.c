/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/manager/served.h"
#include "tests/suite.h"

/* The server from its start to its end, under load, and what it says to those who run it. */

/* ---- start and end ------------------------------------------------------ */

START_TEST(the_port_file_tells_the_port_while_it_listens)
{
	struct stat st;

	served_start();
	ck_assert_int_eq(stat(served.port_file, &st), 0);
	ck_assert_int_eq(st.st_mode & 07777, 0644);
	ck_assert_int_eq(kill(served.pid, SIGTERM), 0);
	ck_assert_int_eq(served_finish(), 0);
	ck_assert_int_ne(access(served.port_file, F_OK), 0);
}
END_TEST

static const int end_signals[] = { SIGTERM, SIGINT };

START_TEST(what_was_begun_is_finished)
{
	struct client idle, half;

	served_start();
	client_open(&idle);
	client_send(&idle, GOOD);
	ck_assert(client_read_until(&idle, "answer to hello"));
	client_open(&half);
	client_send(&half, POST CMS "Content-Length: 5\r\n\r\nhel");
	/* both are known to the server once another one was answered */
	client_forget(&idle);
	client_send(&idle, GOOD);
	ck_assert(client_read_until(&idle, "answer to hello"));

	ck_assert_int_eq(kill(served.pid, end_signals[_i]), 0);
	ck_assert_int_eq(client_ended(&idle), 1);
	client_send(&half, "lo");
	ck_assert(client_read_until(&half, "answer to hello"));
	ck_assert_ptr_nonnull(strstr(half.in, "Connection: close\r\n"));
	ck_assert_int_eq(served_finish(), 0);
	client_close(&idle);
	client_close(&half);
}
END_TEST

START_TEST(a_second_signal_ends_it_at_once)
{
	struct client half;

	served_start();
	client_open(&half);
	client_send(&half, POST CMS "Content-Length: 5\r\n\r\nhel");
	ck_assert_int_eq(kill(served.pid, SIGTERM), 0);
	/* signals of one kind merge: another kind is told apart */
	ck_assert_int_eq(kill(served.pid, SIGINT), 0);
	ck_assert_int_eq(served_finish(), 0);
	client_close(&half);
}
END_TEST

/* How many lines of the executed begin with this; *ret_batch: the largest batch. */
static int
executed(const char *begin, int *ret_batch)
{
	char line[64];
	FILE *f = fopen(stand_in.executed_file, "r");
	int n = 0, batch;

	*ret_batch = 0;
	while (f != NULL && fgets(line, sizeof(line), f) != NULL) {
		n += strncmp(line, begin, strlen(begin)) == 0;
		if (sscanf(strstr(line, " of "), " of %d", &batch) == 1 && batch > *ret_batch)
			*ret_batch = batch;
	}
	if (f != NULL)
		(void)fclose(f);
	return n;
}

/* The server is stopped while they are sent, so that it finds them all at once. */
START_TEST(what_arrives_together_shares_a_commit_and_each_gets_its_own_answer)
{
	struct client c[8];
	int batch, status;

	served_start();
	for (int i = 0; i < 8; i++) {
		client_open(&c[i]);
		client_send(&c[i], GOOD);
		ck_assert(client_read_until(&c[i], "answer to hello"));
		client_forget(&c[i]);
	}
	ck_assert_int_eq(kill(served.pid, SIGSTOP), 0);
	/* until each of its threads has stopped */
	ck_assert_int_eq(waitpid(served.pid, &status, WUNTRACED), served.pid);
	ck_assert(WIFSTOPPED(status));
	for (int i = 0; i < 8; i++) {
		char request[256];

		(void)snprintf(request, sizeof(request), POST CMS BODY(5, "call%d"), i);
		client_send(&c[i], request);
	}
	ck_assert_int_eq(kill(served.pid, SIGCONT), 0);
	for (int i = 0; i < 8; i++) {
		char answer[32];

		(void)snprintf(answer, sizeof(answer), "\r\n\r\nanswer to call%d", i);
		ck_assert_msg(client_read_until(&c[i], answer), "%s: %s", answer, c[i].in);
		client_close(&c[i]);
	}
	ck_assert_int_eq(executed("call", &batch), 8);
	ck_assert_int_gt(batch, 1);
}
END_TEST

START_TEST(requests_that_are_sent_in_one_go_are_answered_in_their_order)
{
	struct client c;

	served_start();
	client_open(&c);
	client_send(
	    &c, POST CMS BODY(5, "call1") POST CMS BODY(5, "call2") POST CMS BODY(5, "call3"));
	ck_assert(client_read_until(&c, "answer to call3"));
	ck_assert(strstr(c.in, "answer to call1") < strstr(c.in, "answer to call2"));
	ck_assert(strstr(c.in, "answer to call2") < strstr(c.in, "answer to call3"));
	client_close(&c);
}
END_TEST

/* Sends as fast as answers come, until it is hung up on; then everything that was executed must
 * have been answered, but for what no answer could reach any more: nothing. */
START_TEST(a_stop_under_load_loses_nothing_that_was_executed)
{
	struct client c[12];
	int open[12], sent = 0, answered = 0, batch;

	served.n_threads = 3;
	served_start();
	for (int i = 0; i < 12; i++) {
		client_open(&c[i]);
		open[i] = 1;
	}
	for (int round = 0; round < 400; round++) {
		int any = 0;

		for (int i = 0; i < 12; i++)
			if (open[i] && client_write(&c[i], GOOD, sizeof(GOOD) - 1) > 0)
				sent++;
			else
				open[i] = 0;
		if (round == 20)
			ck_assert_int_eq(kill(served.pid, SIGTERM), 0);
		for (int i = 0; i < 12; i++) {
			client_forget(&c[i]);
			if (!open[i])
				continue;
			any = 1;
			if (client_read_until(&c[i], "answer to hello"))
				answered++;
			else
				open[i] = 0;
		}
		if (!any)
			break;
	}
	ck_assert_int_eq(served_finish(), 0);
	for (int i = 0; i < 12; i++)
		client_close(&c[i]);
	ck_assert_int_ge(answered, 20 * 12);
	ck_assert_int_le(answered, sent);
	ck_assert_int_eq(executed("hello", &batch), answered);
}
END_TEST

/* ---- while a batch is executed ------------------------------------------ */

static int begins[2], goes_on[2];

static void
open_slow(void)
{
	ck_assert_int_eq(pipe(begins), 0);
	ck_assert_int_eq(pipe(goes_on), 0);
	stand_in.begins_fd = begins[1];
	stand_in.goes_on_fd = goes_on[0];
}

static void
close_slow(void)
{
	served_close();
	stand_in.begins_fd = stand_in.goes_on_fd = 0;
	for (int i = 0; i < 2; i++) {
		(void)close(begins[i]);
		(void)close(goes_on[i]);
	}
}

/* A request of its own is what is executed from now on. */
static void
begin_slow(struct client *c)
{
	char byte;

	served_start();
	client_open(c);
	client_send(c, GOOD);
	ck_assert_int_eq(read(begins[0], &byte, 1), 1);
}

/* This batch, and as many after it. */
static void
go_on(size_t n)
{
	for (size_t i = 0; i <= n; i++)
		ck_assert_int_eq(write(goes_on[1], "g", 1), 1);
}

START_TEST(its_thread_goes_on_and_the_next_batch_follows)
{
	struct client c, other, third;

	begin_slow(&c);
	client_open(&other);
	client_send(&other, POST CMS BODY(5, "other"));
	client_open(&third);
	client_send(&third, "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n");
	ck_assert(client_read_until(&third, "HTTP/1.1 200 "));
	go_on(1);
	ck_assert(client_read_until(&c, "answer to hello"));
	ck_assert(client_read_until(&other, "answer to other"));
	client_close(&c);
	client_close(&other);
	client_close(&third);
}
END_TEST

START_TEST(who_hangs_up_meanwhile_is_executed_and_forgotten)
{
	struct client c, other;

	begin_slow(&c);
	client_close(&c);
	client_open(&other);
	client_send(&other, GOOD);
	go_on(1);
	ck_assert(client_read_until(&other, "answer to hello"));
	ck_assert_int_eq(kill(served.pid, SIGTERM), 0);
	ck_assert_int_eq(served_finish(), 0);
	client_close(&other);
}
END_TEST

START_TEST(a_stop_meanwhile_waits_for_its_answers)
{
	struct client c, idle;

	begin_slow(&c);
	client_open(&idle);
	client_send(&idle, "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n");
	ck_assert(client_read_until(&idle, "HTTP/1.1 200 "));
	ck_assert_int_eq(kill(served.pid, SIGTERM), 0);
	/* it is stopping when it lets go of who asks for nothing */
	ck_assert(!client_read_until(&idle, "nothing more"));
	go_on(0);
	ck_assert(client_read_until(&c, "answer to hello"));
	ck_assert_ptr_nonnull(strstr(c.in, "Connection: close\r\n"));
	ck_assert_int_eq(served_finish(), 0);
	client_close(&c);
	client_close(&idle);
}
END_TEST

START_TEST(a_second_signal_meanwhile_waits_for_the_commit_alone)
{
	struct client c;
	int batch;

	begin_slow(&c);
	ck_assert_int_eq(kill(served.pid, SIGTERM), 0);
	ck_assert_int_eq(kill(served.pid, SIGINT), 0);
	go_on(0);
	ck_assert_int_eq(served_finish(), 0);
	ck_assert_int_eq(executed("hello", &batch), 1);
	client_close(&c);
}
END_TEST

START_TEST(each_of_several_threads_takes_connections)
{
	struct client c[4];

	served.n_threads = 4;
	served.options.max_connections = served_of_all(64);
	served_start();
	for (int i = 0; i < 4; i++) {
		client_open(&c[i]);
		client_send(&c[i], GOOD);
		ck_assert(client_read_until(&c[i], "answer to hello"));
	}
	for (int i = 0; i < 4; i++)
		client_close(&c[i]);
	ck_assert_int_eq(kill(served.pid, SIGTERM), 0);
	ck_assert_int_eq(served_finish(), 0);
}
END_TEST

START_TEST(while_old_samples_are_removed_requests_have_their_turn_and_it_stops_when_told)
{
	struct client c;

	stand_in.trims_for_ever = 1;
	served_start();
	client_open(&c);
	client_send(&c, GOOD);
	ck_assert(client_read_until(&c, "answer to hello"));
	client_close(&c);
	ck_assert_int_eq(kill(served.pid, SIGTERM), 0);
	ck_assert_int_eq(served_finish(), 0);
}
END_TEST

/* ---- for those who run it ----------------------------------------------- */

START_TEST(health_is_told_to_devices_too_and_metrics_only_where_they_were_asked_for)
{
	struct client c, plain;

	served.options.metrics = "127.0.0.1:0";
	served.options.metrics_port_file = served.metrics_port_file;
	served_start();
	client_open(&c);
	client_send(&c, "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n");
	ck_assert(client_read_until(&c, "\r\n\r\nok\n"));
	ck_assert(strncmp(c.in, "HTTP/1.1 200 ", 13) == 0);
	client_forget(&c);
	client_send(&c, "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
	ck_assert(client_read_until(&c, "\r\n\r\n"));
	ck_assert(strncmp(c.in, "HTTP/1.1 404 ", 13) == 0);
	client_close(&c);

	client_get_plain(&plain, "/healthz");
	ck_assert_msg(strncmp(plain.in, "HTTP/1.1 200 ", 13) == 0, "%s", plain.in);
	client_get_plain(&plain, "/");
	ck_assert_msg(strncmp(plain.in, "HTTP/1.1 404 ", 13) == 0, "%s", plain.in);
}
END_TEST

START_TEST(a_ledger_that_cannot_be_read_is_no_health)
{
	struct client c;

	stand_in.ledger_is_lost = 1;
	served_start();
	client_open(&c);
	client_send(&c, "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n");
	ck_assert(client_read_until(&c, "The ledger cannot be read.\n"));
	ck_assert(strncmp(c.in, "HTTP/1.1 503 ", 13) == 0);
	client_close(&c);
}
END_TEST

START_TEST(what_was_answered_is_counted_over_all_threads)
{
	struct client c, plain;

	served.n_threads = 2;
	served.options.metrics = "127.0.0.1:0";
	served.options.metrics_port_file = served.metrics_port_file;
	served_start();
	for (int i = 0; i < 6; i++) {
		client_open(&c);
		client_send(&c, GOOD);
		ck_assert(client_read_until(&c, "answer to hello"));
		client_forget(&c);
		client_send(&c, i == 0 ? POST CMS BODY(4, "busy") : POST BODY(5, "hello"));
		ck_assert(client_read_until(&c, "\r\n\r\n"));
		client_close(&c);
	}
	client_get_plain(&plain, "/metrics");
	ck_assert_ptr_nonnull(strstr(plain.in, "Content-Type: text/plain; version=0.0.4"));
	ck_assert_ptr_nonnull(
	    strstr(plain.in, "\nsmartlic_requests_total{type=\"authorize\",code=\"ok\"} 6\n"));
	ck_assert_ptr_nonnull(
	    strstr(plain.in, "\nsmartlic_request_duration_seconds_bucket{le=\"+Inf\"} 6\n"));
	ck_assert_ptr_nonnull(strstr(plain.in, "\nsmartlic_requests_unavailable_total 1\n"));
	ck_assert_ptr_nonnull(
	    strstr(plain.in, "\nsmartlic_http_refused_total{status=\"415\"} 5\n"));
	ck_assert_ptr_null(strstr(plain.in, "127.0.0.1"));
}
END_TEST

static const char *const bad_listens[] = { "", "8443", ":8443", "localhost:8443", "127.0.0.1",
	"127.0.0.1:", "127.0.0.1:70000", "127.0.0.1:x", "[::1]", "::1", "::1:8443", "1.2.3:5:6",
	"[::1]8443" };

START_TEST(a_listen_that_is_none_is_refused)
{
	struct smartlic_error err = { 0 };

	served.options.listen = bad_listens[_i];
	ck_assert_int_eq(
	    server_run(NULL, served.authorities, 1, &served.options, &err), SMARTLIC_E_INVAL);
	ck_assert_ptr_nonnull(strstr(err.text, "ADDRESS:PORT"));
}
END_TEST

START_TEST(a_port_in_use_is_said)
{
	struct smartlic_error err = { 0 };
	char taken[32];

	served_start();
	(void)snprintf(taken, sizeof(taken), "127.0.0.1:%d", served.port);
	served.options.listen = taken;
	ck_assert_int_eq(
	    server_run(NULL, served.authorities, 1, &served.options, &err), SMARTLIC_E_SYSTEM);
	ck_assert_ptr_nonnull(strstr(err.text, taken));
	ck_assert_ptr_nonnull(strstr(err.text, "in use"));
	/* nor do threads that share a port share it with another process */
	ck_assert_int_eq(
	    server_run(NULL, served.authorities, 2, &served.options, &err), SMARTLIC_E_SYSTEM);
	ck_assert_ptr_nonnull(strstr(err.text, "in use"));
}
END_TEST

START_TEST(a_missing_certificate_is_said)
{
	struct smartlic_error err = { 0 };

	ck_assert_int_eq(unlink(served.key_path), 0);
	ck_assert_int_eq(
	    server_run(NULL, served.authorities, 1, &served.options, &err), SMARTLIC_E_CRYPTO);
	ck_assert_ptr_nonnull(strstr(err.text, served.key_path));
}
END_TEST

static void
open_slow_tls(void)
{
	served_open();
	open_slow();
}

static void
open_slow_plain(void)
{
	served_open_plain();
	open_slow();
}

static void
add_slow(Suite *s, const char *name, void (*open)(void))
{
	TCase *t = tcase_create(name);

	tcase_add_checked_fixture(t, open, close_slow);
	tcase_set_timeout(t, 120);
	tcase_add_test(t, its_thread_goes_on_and_the_next_batch_follows);
	tcase_add_test(t, who_hangs_up_meanwhile_is_executed_and_forgotten);
	tcase_add_test(t, a_stop_meanwhile_waits_for_its_answers);
	tcase_add_test(t, a_second_signal_meanwhile_waits_for_the_commit_alone);
	suite_add_tcase(s, t);
}

/* What evhttp does without TLS is not what it does with it. */
static void
add_tests(TCase *t)
{
	tcase_add_loop_test(t, what_was_begun_is_finished, 0, 2);
	tcase_add_test(t, a_second_signal_ends_it_at_once);
	tcase_add_test(t, requests_that_are_sent_in_one_go_are_answered_in_their_order);
	tcase_add_test(t, a_stop_under_load_loses_nothing_that_was_executed);
	tcase_add_test(t, each_of_several_threads_takes_connections);
}

int
main(void)
{
	Suite *s = suite_create("server_run");
	TCase *tls = tcase_create("tls"), *plain = tcase_create("plain");

	tcase_add_checked_fixture(tls, served_open, served_close);
	tcase_set_timeout(tls, 120);
	add_tests(tls);
	tcase_add_test(tls, the_port_file_tells_the_port_while_it_listens);
	tcase_add_test(tls, what_arrives_together_shares_a_commit_and_each_gets_its_own_answer);
	tcase_add_test(
	    tls, while_old_samples_are_removed_requests_have_their_turn_and_it_stops_when_told);
	tcase_add_test(
	    tls, health_is_told_to_devices_too_and_metrics_only_where_they_were_asked_for);
	tcase_add_test(tls, a_ledger_that_cannot_be_read_is_no_health);
	tcase_add_test(tls, what_was_answered_is_counted_over_all_threads);
	tcase_add_loop_test(
	    tls, a_listen_that_is_none_is_refused, 0, sizeof(bad_listens) / sizeof(bad_listens[0]));
	tcase_add_test(tls, a_port_in_use_is_said);
	tcase_add_test(tls, a_missing_certificate_is_said);
	suite_add_tcase(s, tls);
	tcase_add_checked_fixture(plain, served_open_plain, served_close);
	tcase_set_timeout(plain, 120);
	add_tests(plain);
	suite_add_tcase(s, plain);
	add_slow(s, "slow", open_slow_tls);
	add_slow(s, "slow_plain", open_slow_plain);
	return run_suite(s);
}
