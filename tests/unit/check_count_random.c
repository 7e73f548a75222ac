/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <inttypes.h>

#include "tests/licenses.h"
#include "tests/suite.h"

/*
 * The NCS 1004's counts over random inventories, beside a second, plain
 * reading of the rule in this file.  A failure prints the seed of its
 * inventory: CK_SEED=N runs that one alone.
 */
static struct smartlic_catalog *catalog;
static struct smartlic_error err;

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

#define PROFILES 4
static const char *const profiles[PROFILES] = { "ncs1004-slice", "ncs1004-slice-sum",
	"ncs1004-card", "ncs1004-card-replace" };

/* ---- random inventories -------------------------------------------------------------------- */

static uint64_t state;

static unsigned int
below(unsigned int n)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (unsigned int)(state >> 32) % n;
}

enum pid { LICENSED, FREE, UNSPECIFIED };
static const char *const pids[] = { "NCS1K4-1.2T-L-K9", "NCS1K4-1.2T-K9", "NCS1K4-QXP-L-K9" };

struct port {
	int gbps; /* 0: not configured */
	int encrypted;
};

struct card {
	enum pid pid;
	int mxponder;
	int trunk[2];
	struct port port[14]; /* 2–7 and 8–13 */
};

#define CARDS 4
struct device {
	int n;
	struct card card[CARDS];
};

static int
slice_of(int port)
{
	return port < 8 ? 0 : 1;
}

static struct card
random_card(void)
{
	struct card c = { .pid = (enum pid)(below(8) == 0   ? UNSPECIFIED
					    : below(6) == 0 ? FREE
							    : LICENSED) };
	int mostly = (int)below(4);

	c.mxponder = below(3) == 0;
	for (int s = 0; s < 2; s++)
		c.trunk[s] = c.mxponder ? 50 * (int)below(13) : 100 * (int)below(7);
	for (int p = 2; p < 14; p++) {
		c.port[p].gbps = below(4) < (unsigned int)mostly ? 100 : 0;
		if (c.pid == UNSPECIFIED && c.port[p].gbps > 0 && below(3) == 0)
			c.port[p].gbps = 400;
		c.port[p].encrypted = below(3) == 0;
	}
	return c;
}

static struct device
random_device(void)
{
	struct device d = { .n = 1 + (int)below(CARDS) };

	for (int i = 0; i < d.n; i++)
		d.card[i] = random_card();
	return d;
}

static void
must(int r)
{
	if (r < 0) /* an assertion that holds costs a write in Check, and there are millions */
		ck_abort_msg("%s", err.text);
}

static void
put_port(struct smartlic_inventory *inv, int card, int port, const struct port *p)
{
	must(smartlic_inventory_set_client(inv, card, slice_of(port), port,
	    p->gbps == 0     ? NULL
	    : p->gbps == 400 ? "400GE"
	    : port % 2 == 0  ? "100GE"
			     : "OTU4",
	    &err));
	if (p->gbps != 0)
		must(smartlic_inventory_set_encryption(inv, card, port, p->encrypted, &err));
}

static void
put_card(struct smartlic_inventory *inv, int chassis, const char *location, const struct card *c,
    int backwards)
{
	int card;

	must(card = smartlic_inventory_add_card(inv, chassis, location, pids[c->pid], &err));
	must(smartlic_inventory_set_mode(
	    inv, card, c->mxponder ? "mxponder" : "mxponder-slice", &err));
	for (int i = 0; i < 2; i++) {
		int s = backwards ? 1 - i : i;

		must(smartlic_inventory_set_trunk_rate(inv, card, s, c->trunk[s], &err));
	}
	for (int i = 2; i < 14; i++) {
		int port = backwards ? 15 - i : i;

		if (c->port[port].gbps != 0)
			put_port(inv, card, port, &c->port[port]);
	}
}

static struct smartlic_inventory *
make(const struct device *d, int backwards)
{
	struct smartlic_inventory *inv = NULL;
	char location[16];

	must(smartlic_inventory_new(&inv, "", 0, &err));
	must(smartlic_inventory_add_chassis(inv, "", "NCS1004", &err));
	for (int i = 0; i < d->n; i++) {
		int n = backwards ? d->n - 1 - i : i;

		(void)snprintf(location, sizeof(location), "0/%d", n);
		put_card(inv, 0, location, &d->card[n], backwards);
	}
	return inv;
}

struct sum {
	int64_t g, x;
};

static struct sum
sum_of(const struct smartlic_count *count)
{
	return (
	    struct sum){ smartlic_count_row(count, 0)->count, smartlic_count_row(count, 1)->count };
}

static struct sum
counted(const struct device *d, int profile, int backwards)
{
	struct smartlic_inventory *inv = make(d, backwards);
	struct smartlic_count *count = count_of(catalog, profiles[profile], inv);
	struct sum s = sum_of(count);

	smartlic_count_free(count);
	smartlic_inventory_free(inv);
	return s;
}

/* ---- the second reading --------------------------------------------------------------------- */

static int
max(int a, int b)
{
	return a > b ? a : b;
}

/* Ports from..to of a card are one group. */
static struct sum
group(const struct card *c, int from, int to, int stack, int sum)
{
	int units = 0, trunk = 0, g = 0, x = 0, charged = 0, clients = 0, encrypted = 0, e;

	for (int p = from; p <= to; p++) {
		for (int u = 0; u < c->port[p].gbps / 100; u++) {
			units++;
			if (units <= 4)
				continue;
			charged++;
			g += !c->port[p].encrypted || stack;
			x += c->port[p].encrypted;
		}
		clients += c->port[p].gbps > 0;
		encrypted += c->port[p].gbps > 0 && c->port[p].encrypted;
	}
	for (int s = slice_of(from); s <= slice_of(to); s++)
		trunk += c->mxponder && s == 1 ? c->trunk[s] / 100 : (c->trunk[s] + 99) / 100;
	e = sum ? max(0, trunk - 4) : max(0, max(units, trunk) - 4) - charged;
	if (clients > 0 && clients == encrypted)
		x += e;
	else
		g += e;
	return (struct sum){ g, x };
}

static struct sum
expected(const struct device *d, int profile)
{
	struct sum all = { 0, 0 };

	for (int i = 0; i < d->n; i++) {
		const struct card *c = &d->card[i];
		int by_card = profile >= 2 || c->pid == UNSPECIFIED;

		for (int s = 0; c->pid != FREE && s < (by_card ? 1 : 2); s++) {
			struct sum one = group(c,
			    by_card  ? 2
			    : s == 0 ? 2
				     : 8,
			    by_card  ? 13
			    : s == 0 ? 7
				     : 13,
			    profile == 2, profile == 1);

			all.g += one.g;
			all.x += one.x;
		}
	}
	return all;
}

/* ---- the properties ------------------------------------------------------------------------- */

#if defined(__SANITIZE_ADDRESS__)
#define SCALE "15" /* percent: every access is ten times as dear */
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SCALE "15"
#endif
#endif
#ifndef SCALE
#define SCALE "100"
#endif

static uint64_t
scaled(uint64_t n)
{
	const char *percent = getenv("SL_TEST_SCALE");

	return n * strtoull(percent == NULL ? SCALE : percent, NULL, 10) / 100 + 1;
}

#define is(seed, sentence, condition)                                                              \
	do {                                                                                       \
		if (!(condition))                                                                  \
			ck_abort_msg(                                                              \
			    "CK_SEED=%" PRIu64 ", %s: " sentence, seed, profiles[profile]);        \
	} while (0)

static void
check_sums(const struct device *d, int profile, uint64_t seed)
{
	struct sum all = counted(d, profile, 0), want = expected(d, profile);
	struct sum turned = counted(d, profile, 1), parts = { 0, 0 };

	is(seed, "two readings of the rule agree", all.g == want.g && all.x == want.x);
	is(seed, "the order of input does not matter", all.g == turned.g && all.x == turned.x);
	for (int i = 0; i < d->n; i++) {
		struct device one = { .n = 1, .card = { d->card[i] } };
		struct sum s = counted(&one, profile, 0);

		parts.g += s.g;
		parts.x += s.x;
	}
	is(seed, "counts add over cards", all.g == parts.g && all.x == parts.x);
}

static int
see(void *userdata, const struct smartlic_explanation *e)
{
	int64_t *told = userdata;

	*told += strchr(e->charge, '+') != NULL ? 2 * e->charged : e->charged;
	return 0;
}

static void
check_told(const struct device *d, int profile, uint64_t seed)
{
	struct smartlic_inventory *inv = make(d, 0);
	struct sum all = counted(d, profile, 0);
	int64_t told = 0;

	must(smartlic_count_explain(catalog, profiles[profile], inv, see, &told, &err));
	is(seed, "what is explained is what is counted", told == all.g + all.x);
	smartlic_inventory_free(inv);
}

static void
check_small(const struct device *d, int profile, uint64_t seed)
{
	struct device small = { .n = d->n };
	struct sum s;

	for (int i = 0; i < d->n; i++) {
		struct card *c = &small.card[i];
		int left = 4;

		*c = d->card[i];
		c->trunk[0] = 100 * (int)below(5);
		c->trunk[1] = 400 - c->trunk[0];
		for (int p = 2; p < 14; p++) {
			c->port[p].gbps = c->port[p].gbps > 0 && left > 0 ? 100 : 0;
			left -= c->port[p].gbps > 0;
		}
	}
	s = counted(&small, profile, 0);
	is(seed, "4 clients and 4 x 100G of trunk a card are free", s.g == 0 && s.x == 0);
}

static void
check_changes(const struct device *d, int profile, uint64_t seed)
{
	struct device other = *d;
	struct card *c = &other.card[below((unsigned int)d->n)];
	int port = 2 + (int)below(12), slice = (int)below(2);
	struct sum was = counted(d, profile, 0), is_now;

	c->trunk[slice] += 50 * (int)below((unsigned int)(13 - c->trunk[slice] / 50));
	is_now = counted(&other, profile, 0);
	is(seed, "raising a trunk's rate never lowers the total",
	    is_now.g + is_now.x >= was.g + was.x);
	if (profile == 2)
		return;
	was = is_now;
	c->port[port].encrypted = !c->port[port].encrypted;
	is_now = counted(&other, profile, 0);
	is(seed, "encryption of a client moves between licenses, and keeps their sum",
	    is_now.g + is_now.x == was.g + was.x);
	was = is_now;
	if (c->port[port].gbps == 0)
		c->port[port].gbps = 100;
	is_now = counted(&other, profile, 0);
	is(seed, "adding a client never lowers the total", is_now.g + is_now.x >= was.g + was.x);
}

START_TEST(the_properties_hold_in_random_inventories)
{
	uint64_t n = scaled(25000), first = 1 + (uint64_t)_i * 1000000;
	const char *one = getenv("CK_SEED");
	int profile = _i;

	if (one != NULL) {
		first = strtoull(one, NULL, 10);
		n = 1;
	}
	for (uint64_t seed = first; seed < first + n; seed++) {
		struct device d;

		state = seed * UINT64_C(0x9e3779b97f4a7c15);
		d = random_device();
		check_sums(&d, profile, seed);
		check_small(&d, profile, seed);
		check_changes(&d, profile, seed);
		if (seed % 8 == 0)
			check_told(&d, profile, seed);
	}
}
END_TEST

/* ---- incremental --------------------------------------------------------------------------- */

/* One random edit of a random card; most change one port. */
static void
edit(struct smartlic_inventory *inv, int cards)
{
	int card = (int)below((unsigned int)cards), port = 2 + (int)below(12);
	struct port p = { below(3) == 0 ? 0 : 100, (int)below(2) };
	char location[32];

	(void)snprintf(location, sizeof(location), "%d:0/%d", card / CARDS + 1, card % CARDS);
	card = smartlic_inventory_find_card(inv, location, &err);
	if (card < 0) { /* removed before: comes back */
		char *colon = strchr(location, ':');

		must(smartlic_inventory_add_card(
		    inv, atoi(location) - 1, colon + 1, pids[below(3)], &err));
		return;
	}
	switch (below(16)) {
	case 0:
		must(smartlic_inventory_remove_card(inv, card, &err));
		break;
	case 1:
		must(smartlic_inventory_set_mode(
		    inv, card, below(2) ? "mxponder" : "mxponder-slice", &err));
		break;
	case 2:
		must(smartlic_inventory_set_pid(inv, card, pids[below(3)], &err));
		break;
	case 3:
		must(smartlic_inventory_set_trunk_optics(inv, card, (int)below(2),
		    below(2) ? 0 : 1000000 * (int)below(7), 69435000, below(2) ? "27" : "15", "",
		    &err));
		break;
	case 4:
	case 5:
		must(smartlic_inventory_set_trunk_rate(
		    inv, card, (int)below(2), 50 * (int)below(13), &err));
		break;
	default:
		put_port(inv, card, port, &p);
	}
}

static void
same_as_recount(
    struct smartlic_count *const *following, const struct smartlic_inventory *inv, uint64_t step)
{
	for (int profile = 0; profile < PROFILES; profile++) {
		struct smartlic_count *fresh = count_of(catalog, profiles[profile], inv);
		struct sum a = sum_of(following[profile]), b = sum_of(fresh);

		if (a.g != b.g || a.x != b.x)
			ck_abort_msg("step %" PRIu64 ", %s: incremental %" PRId64 "/%" PRId64
				     ", recount %" PRId64 "/%" PRId64,
			    step, profiles[profile], a.g, a.x, b.g, b.x);
		smartlic_count_free(fresh);
	}
}

START_TEST(incremental_equals_recount_after_every_edit)
{
	struct smartlic_count *following[PROFILES] = { NULL };
	struct smartlic_inventory *inv = NULL;
	int cards = 3 * CARDS;
	char location[16];

	state = 4711;
	must(smartlic_inventory_new(&inv, "", 0, &err));
	for (int i = 0; i < cards; i++) {
		struct card c = random_card();

		if (i % CARDS == 0)
			must(smartlic_inventory_add_chassis(inv, "", "NCS1004", &err));
		(void)snprintf(location, sizeof(location), "0/%d", i % CARDS);
		put_card(inv, i / CARDS, location, &c, 0);
	}
	for (int profile = 0; profile < PROFILES; profile++)
		must(smartlic_count_follow(
		    &following[profile], catalog, profiles[profile], inv, &err));
	for (uint64_t step = 0; step < scaled(25000); step++) {
		edit(inv, cards);
		same_as_recount(following, inv, step);
	}
	for (int profile = 0; profile < PROFILES; profile++)
		smartlic_count_free(following[profile]);
	smartlic_inventory_free(inv);
}
END_TEST

START_TEST(a_transaction_shows_at_its_end_or_not_at_all)
{
	struct smartlic_count *following[PROFILES] = { NULL };
	struct smartlic_inventory *inv = NULL;
	struct device d;

	state = 99;
	d = random_device();
	d.n = CARDS;
	inv = make(&d, 0);
	for (int profile = 0; profile < PROFILES; profile++)
		must(smartlic_count_follow(
		    &following[profile], catalog, profiles[profile], inv, &err));
	for (uint64_t step = 0; step < scaled(2000); step++) {
		struct sum was = sum_of(following[0]), now;

		must(smartlic_inventory_begin(inv, &err));
		for (unsigned int i = below(12); i > 0; i--)
			edit(inv, CARDS);
		now = sum_of(following[0]);
		ck_assert(now.g == was.g && now.x == was.x);
		if (below(2)) {
			must(smartlic_inventory_commit(inv, &err));
		} else {
			smartlic_inventory_rollback(inv);
			now = sum_of(following[0]);
			ck_assert(now.g == was.g && now.x == was.x);
		}
		same_as_recount(following, inv, step);
	}
	for (int profile = 0; profile < PROFILES; profile++)
		smartlic_count_free(following[profile]);
	smartlic_inventory_free(inv);
}
END_TEST

/* A port of a chassis' group changes what the whole chassis needs. */
START_TEST(incremental_equals_recount_where_chassis_are_groups)
{
	static const char *const tiers[] = { "", "essentials", "advantage" };
	static const char *const cards[] = { "RTR-LC-36X400G", "RTR-LC-48X100G", "RTR-RP" };
	struct smartlic_catalog *router = catalog_file("catalogs/router-tiers.json");
	struct smartlic_inventory *inv = inventory_text("");
	struct smartlic_count *following = NULL;

	state = 31;
	for (int i = 0; i < 12; i++) {
		char location[16];

		if (i % 4 == 0)
			must(smartlic_inventory_add_chassis(inv, NULL, "RTR-8", &err));
		(void)snprintf(location, sizeof(location), "0/%d", i % 4);
		must(smartlic_inventory_add_card(inv, i / 4, location, cards[below(3)], &err));
	}
	must(smartlic_count_follow(&following, router, NULL, inv, &err));
	for (uint64_t step = 0; step < scaled(5000); step++) {
		int card = (int)below(12), port = (int)below(6);
		struct smartlic_count *fresh;
		struct sum a, b;

		must(smartlic_inventory_set_client(inv, card, 0, port,
		    below(3) == 0 ? NULL
		    : below(2)    ? "400GE"
				  : "100GE",
		    &err));
		if (smartlic_inventory_set_port_tier(inv, card, port, tiers[below(3)], &err) < 0 &&
		    err.code != SMARTLIC_E_NOT_FOUND)
			ck_abort_msg("%s", err.text);
		if (below(4) == 0)
			must(smartlic_inventory_set_tier(inv, card, tiers[below(3)], &err));
		if (below(8) == 0)
			must(smartlic_inventory_set_pid(inv, card, cards[below(3)], &err));
		fresh = count_of(router, NULL, inv);
		a = sum_of(following);
		b = sum_of(fresh);
		if (a.g != b.g || a.x != b.x)
			ck_abort_msg("step %" PRIu64, step);
		smartlic_count_free(fresh);
	}
	smartlic_count_free(following);
	smartlic_inventory_free(inv);
	smartlic_catalog_free(router);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("count-random");
	TCase *t = tcase_create("random");

	tcase_set_timeout(t, 300);
	tcase_add_checked_fixture(t, load_catalog, free_catalog);
	tcase_add_loop_test(t, the_properties_hold_in_random_inventories, 0, PROFILES);
	tcase_add_test(t, incremental_equals_recount_after_every_edit);
	tcase_add_test(t, incremental_equals_recount_where_chassis_are_groups);
	tcase_add_test(t, a_transaction_shows_at_its_end_or_not_at_all);
	suite_add_tcase(s, t);
	return run_suite(s);
}
