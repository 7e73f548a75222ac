/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <openssl/err.h>

#include "tests/unit/trusting.h"

/* What lists do to a chain: whose they are, until when, and what they revoke. */

enum whose { NOBODY, OF_ROOT, OF_ISSUING, OF_STRANGER, OF_ROOT_AS_ISSUING };
enum revokes { REVOKES_NONE, REVOKES_LEAF, REVOKES_ISSUING, REVOKES_OTHER };

struct listing {
	enum whose by;
	int kept; /* known from before, not in the message */
	enum revokes revokes;
	struct tpki_list list;
};

#define AT (TPKI_NOW + TPKI_DAY)
#define GOOD_ROOT                                                                                  \
	{                                                                                          \
		OF_ROOT, 0, REVOKES_NONE,                                                          \
		{                                                                                  \
			.number = 5                                                                \
		}                                                                                  \
	}

/* A device's chain: its own list comes from the issuing CA, that one's from the root. */
static const struct lists {
	const char *what;
	struct listing listing[4];
	int required, optional; /* results: 0, 1 for tolerated, or the error */
} lists[] = {
	{ "both current", { GOOD_ROOT, { OF_ISSUING, 0, REVOKES_NONE, { .number = 5 } } }, 0, 0 },
	{ "both kept from before",
	    { { OF_ROOT, 1, REVOKES_NONE, { .number = 5 } },
		{ OF_ISSUING, 1, REVOKES_NONE, { .number = 5 } } },
	    0, 0 },
	{ "another certificate is on it",
	    { GOOD_ROOT, { OF_ISSUING, 0, REVOKES_OTHER, { .number = 5 } } }, 0, 0 },
	{ "none at all", { { NOBODY, 0, REVOKES_NONE, { .number = 0 } } }, SMARTLIC_E_REVOCATION,
	    1 },
	{ "the root's alone", { GOOD_ROOT }, SMARTLIC_E_REVOCATION, 1 },
	{ "ends at this very second",
	    { GOOD_ROOT, { OF_ISSUING, 0, REVOKES_NONE, { .number = 5, .next_update = AT } } }, 0,
	    0 },
	{ "ended a second ago",
	    { GOOD_ROOT, { OF_ISSUING, 0, REVOKES_NONE, { .number = 5, .next_update = AT - 1 } } },
	    SMARTLIC_E_REVOCATION, 1 },
	{ "made in the future, which is not compared",
	    { GOOD_ROOT, { OF_ISSUING, 0, REVOKES_NONE,
			     { .number = 5, .this_update = AT + 99 * TPKI_DAY } } },
	    0, 0 },
	{ "without an end",
	    { GOOD_ROOT, { OF_ISSUING, 0, REVOKES_NONE, { .number = 5, .no_next_update = 1 } } },
	    SMARTLIC_E_REVOCATION, 1 },
	{ "ends in the year 2999",
	    { GOOD_ROOT, { OF_ISSUING, 0, REVOKES_NONE,
			     { .number = 5, .next_update = INT64_C(32472144000) } } },
	    0, 0 },
	{ "revokes the leaf", { GOOD_ROOT, { OF_ISSUING, 0, REVOKES_LEAF, { .number = 5 } } },
	    SMARTLIC_E_REVOCATION, SMARTLIC_E_REVOCATION },
	{ "revokes the leaf, and is all there is",
	    { { OF_ISSUING, 0, REVOKES_LEAF, { .number = 5 } } }, SMARTLIC_E_REVOCATION,
	    SMARTLIC_E_REVOCATION },
	{ "revokes the leaf, but ended",
	    { GOOD_ROOT, { OF_ISSUING, 0, REVOKES_LEAF, { .number = 5, .next_update = AT - 9 } } },
	    SMARTLIC_E_REVOCATION, SMARTLIC_E_REVOCATION },
	{ "a kept one revokes the leaf",
	    { GOOD_ROOT, { OF_ISSUING, 1, REVOKES_LEAF, { .number = 4 } },
		{ OF_ISSUING, 0, REVOKES_NONE, { .number = 5 } } },
	    SMARTLIC_E_REVOCATION, SMARTLIC_E_REVOCATION },
	{ "an older one revokes the leaf",
	    { GOOD_ROOT, { OF_ISSUING, 1, REVOKES_NONE, { .number = 5 } },
		{ OF_ISSUING, 0, REVOKES_LEAF, { .number = 4 } } },
	    SMARTLIC_E_REVOCATION, SMARTLIC_E_REVOCATION },
	{ "revokes the issuing CA",
	    { { OF_ROOT, 0, REVOKES_ISSUING, { .number = 5 } },
		{ OF_ISSUING, 0, REVOKES_NONE, { .number = 5 } } },
	    SMARTLIC_E_REVOCATION, SMARTLIC_E_REVOCATION },
	{ "the root lists the leaf's serial, which is not its own",
	    { { OF_ROOT, 0, REVOKES_LEAF, { .number = 5 } },
		{ OF_ISSUING, 0, REVOKES_NONE, { .number = 5 } } },
	    0, 0 },
	{ "an older one in the message has ended, the kept one has not",
	    { GOOD_ROOT, { OF_ISSUING, 1, REVOKES_NONE, { .number = 5 } },
		{ OF_ISSUING, 0, REVOKES_NONE, { .number = 4, .next_update = AT - 1 } } },
	    0, 0 },
	{ "the kept one has ended, an older one in the message has not",
	    { GOOD_ROOT, { OF_ISSUING, 1, REVOKES_NONE, { .number = 5, .next_update = AT - 1 } },
		{ OF_ISSUING, 0, REVOKES_NONE, { .number = 4 } } },
	    SMARTLIC_E_REVOCATION, 1 },
	{ "the kept one has ended, a newer one in the message has not",
	    { GOOD_ROOT, { OF_ISSUING, 1, REVOKES_NONE, { .number = 4, .next_update = AT - 1 } },
		{ OF_ISSUING, 0, REVOKES_NONE, { .number = 5 } } },
	    0, 0 },
	{ "numbers are compared as numbers",
	    { GOOD_ROOT, { OF_ISSUING, 1, REVOKES_NONE, { .number = 255, .next_update = AT - 1 } },
		{ OF_ISSUING, 0, REVOKES_NONE, { .number = 256 } } },
	    0, 0 },
	{ "a stranger of the issuer's name makes a list",
	    { GOOD_ROOT, { OF_STRANGER, 0, REVOKES_NONE, { .number = 5 } } }, SMARTLIC_E_REVOCATION,
	    1 },
	{ "a stranger of the issuer's name revokes the leaf",
	    { GOOD_ROOT, { OF_ISSUING, 0, REVOKES_NONE, { .number = 5 } },
		{ OF_STRANGER, 0, REVOKES_LEAF, { .number = 6 } } },
	    0, 0 },
	{ "the root signs a list in the issuing CA's name",
	    { GOOD_ROOT, { OF_ROOT_AS_ISSUING, 0, REVOKES_LEAF, { .number = 5 } } },
	    SMARTLIC_E_REVOCATION, 1 },
	{ "the root signs in another name",
	    { { OF_ROOT_AS_ISSUING, 0, REVOKES_NONE, { .number = 5 } },
		{ OF_ISSUING, 0, REVOKES_NONE, { .number = 5 } } },
	    SMARTLIC_E_REVOCATION, 1 },
	{ "its signature is broken",
	    { GOOD_ROOT, { OF_ISSUING, 0, REVOKES_LEAF, { .number = 5, .signature_broken = 1 } } },
	    SMARTLIC_E_REVOCATION, 1 },
	{ "it has no number", { GOOD_ROOT, { OF_ISSUING, 0, REVOKES_NONE, { .number = -1 } } },
	    SMARTLIC_E_REVOCATION, 1 },
	{ "it lists changes only",
	    { GOOD_ROOT, { OF_ISSUING, 0, REVOKES_NONE, { .number = 5, .delta = 1 } } },
	    SMARTLIC_E_REVOCATION, 1 },
	{ "changes revoke the leaf",
	    { GOOD_ROOT, { OF_ISSUING, 0, REVOKES_NONE, { .number = 5 } },
		{ OF_ISSUING, 0, REVOKES_LEAF, { .number = 6, .delta = 1 } } },
	    SMARTLIC_E_REVOCATION, SMARTLIC_E_REVOCATION },
	{ "it has a critical extension",
	    { GOOD_ROOT, { OF_ISSUING, 0, REVOKES_NONE,
			     { .number = 5, .extra_oid = "1.2.3.4", .extra_critical = 1 } } },
	    SMARTLIC_E_REVOCATION, 1 },
	{ "it has an extension more",
	    { GOOD_ROOT, { OF_ISSUING, 0, REVOKES_NONE, { .number = 5, .extra_oid = "1.2.3.4" } } },
	    0, 0 },
	{ "an entry has a critical extension",
	    { GOOD_ROOT, { OF_ISSUING, 0, REVOKES_OTHER, { .number = 5, .entry_critical = 1 } } },
	    SMARTLIC_E_REVOCATION, 1 },
};

static struct sl_buf
list_of(const struct listing *listing, const struct tpki_id *stranger)
{
	const struct tpki_id *issuer = listing->by == OF_ISSUING    ? &pki.issuing
				       : listing->by == OF_STRANGER ? stranger
								    : &pki.root;
	struct tpki_list list = listing->list;

	if (listing->by == OF_ROOT_AS_ISSUING)
		list.name_of = pki.issuing.cert;
	list.revoked[0] = listing->revokes == REVOKES_LEAF      ? pki.device.cert
			  : listing->revokes == REVOKES_ISSUING ? pki.issuing.cert
			  : listing->revokes == REVOKES_OTHER   ? pki.tls.cert
								: NULL;
	return tpki_crl(crypto, issuer, &list);
}

START_TEST(lists_are_judged_at_the_messages_time)
{
	const struct lists *l = &lists[_i];
	struct tpki_spec spec = tpki_spec_issuing(&pki.root);
	struct tpki_id stranger = tpki_make(crypto, &spec);
	struct sl_buf bytes[4] = { { 0 } };
	struct sl_der crls[4];
	struct sl_chain chain;
	size_t n = 0, used = 0;
	int r, tolerated;

	for (; used < 4 && l->listing[used].by != NOBODY; used++) {
		bytes[used] = list_of(&l->listing[used], &stranger);
		if (l->listing[used].kept)
			ck_assert_int_eq(sl_trust_add_crl(trust, bytes[used].data, bytes[used].len,
					     &pki.issuing.cert, 1, 0, &err),
			    1);
		else
			crls[n++] = (struct sl_der){ bytes[used].data, bytes[used].len };
	}
	ck_assert_int_eq(sl_trust_chain(trust, pki.device.cert, &pki.issuing.cert, 1,
			     SL_ROLE_DEVICE, &chain, &err),
	    0);
	tolerated = -1;
	r = sl_trust_revocation(
	    trust, &chain, crls, n, AT, SL_REVOCATION_REQUIRED, &tolerated, &err);
	ck_assert_msg(r == l->required, "%s, required: %d", l->what, r);
	ck_assert_int_eq(tolerated, r == 0 ? 0 : -1);
	tolerated = -1;
	r = sl_trust_revocation(
	    trust, &chain, crls, n, AT, SL_REVOCATION_OPTIONAL, &tolerated, &err);
	ck_assert_msg(
	    (r < 0 ? r : tolerated) == l->optional, "%s, optional: %d %d", l->what, r, tolerated);
	ck_assert_uint_eq(ERR_peek_error(), 0);
	sl_chain_release(&chain);
	for (size_t i = 0; i < used; i++)
		sl_buf_free(&bytes[i]);
	tpki_id_free(&stranger);
}
END_TEST

/* What was verified once is known by all of it: not by its number, nor by its issuer's name. */
START_TEST(a_list_that_was_good_is_so_by_each_byte_of_it_and_of_its_issuer)
{
	struct tpki_spec ca = tpki_spec_issuing(&pki.root), leaf;
	struct tpki_id other = tpki_make(crypto, &ca), device;
	const struct listing of_root = GOOD_ROOT,
			     of_issuing = { OF_ISSUING, 0, REVOKES_NONE, { .number = 5 } };
	struct sl_buf root = list_of(&of_root, NULL), issuing = list_of(&of_issuing, NULL);
	struct sl_der crls[2] = { { root.data, root.len }, { issuing.data, issuing.len } };
	struct sl_chain chain, another;
	int tolerated;

	leaf = tpki_spec_device(&other);
	device = tpki_make(crypto, &leaf);
	ck_assert_int_eq(sl_trust_chain(trust, pki.device.cert, &pki.issuing.cert, 1,
			     SL_ROLE_DEVICE, &chain, &err),
	    0);
	ck_assert_int_eq(
	    sl_trust_chain(trust, device.cert, &other.cert, 1, SL_ROLE_DEVICE, &another, &err), 0);
	for (int i = 0; i < 2; i++)
		ck_assert_int_eq(sl_trust_revocation(trust, &chain, crls, 2, AT,
				     SL_REVOCATION_REQUIRED, &tolerated, &err),
		    0);
	ck_assert_int_eq(sl_trust_revocation(trust, &another, crls, 2, AT, SL_REVOCATION_REQUIRED,
			     &tolerated, &err),
	    SMARTLIC_E_REVOCATION);
	issuing.data[issuing.len - 1] ^= 1;
	ck_assert_int_eq(sl_trust_revocation(
			     trust, &chain, crls, 2, AT, SL_REVOCATION_REQUIRED, &tolerated, &err),
	    SMARTLIC_E_REVOCATION);
	issuing.data[issuing.len - 1] ^= 1;
	ck_assert_int_eq(sl_trust_revocation(
			     trust, &chain, crls, 2, AT, SL_REVOCATION_REQUIRED, &tolerated, &err),
	    0);
	sl_chain_release(&chain);
	sl_chain_release(&another);
	tpki_id_free(&other);
	tpki_id_free(&device);
	sl_buf_free(&root);
	sl_buf_free(&issuing);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("revocation");
	TCase *t = tcase_create("lists");

	tcase_add_unchecked_fixture(t, make_pki, free_pki);
	tcase_add_checked_fixture(t, setup_pki, teardown_pki);
	tcase_add_loop_test(
	    t, lists_are_judged_at_the_messages_time, 0, sizeof(lists) / sizeof(lists[0]));
	tcase_add_test(t, a_list_that_was_good_is_so_by_each_byte_of_it_and_of_its_issuer);
	suite_add_tcase(s, t);
	return run_suite(s);
}
