/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdio.h>
#include <string.h>

#include "error.h"
#include "tests/unit/trusting.h"

/* ---- chains of our own -------------------------------------------------- */

enum who { WHO_SIGNER, WHO_DEVICE, WHO_SATELLITE };

/* One thing about one certificate is altered; the rest follows the protocol. */
static const struct odd {
	const char *what;
	enum who leaf;
	int in_issuer;        /* the change is in the leaf's issuer */
	struct tpki_spec set; /* members that are not zero replace the profile's */
	int result;
} odds[] = {
	{ "signer as it should be", WHO_SIGNER, 0, { .ca = 0 }, 0 },
	{ "device as it should be", WHO_DEVICE, 0, { .ca = 0 }, 0 },
	{ "satellite as it should be", WHO_SATELLITE, 0, { .ca = 0 }, 0 },
	{ "leaf is a CA", WHO_SIGNER, 0, { .ca = 1, .path_length = -1 }, SMARTLIC_E_CHAIN },
	{ "leaf is a CA that says it signs messages", WHO_SIGNER, 0,
	    { .ca = 1, .path_length = -1, .key_usage = 1U << 0 }, SMARTLIC_E_CHAIN },
	{ "leaf may sign certificates", WHO_SIGNER, 0, { .key_usage = 1U << 0 | 1U << 5 },
	    SMARTLIC_E_CHAIN },
	{ "leaf may sign lists", WHO_SIGNER, 0, { .key_usage = 1U << 0 | 1U << 6 },
	    SMARTLIC_E_CHAIN },
	{ "leaf for encryption", WHO_SIGNER, 0, { .key_usage = 1U << 2 }, SMARTLIC_E_CHAIN },
	{ "leaf without key usage", WHO_SIGNER, 0, { .flags = TPKI_NO_KEY_USAGE },
	    SMARTLIC_E_CHAIN },
	{ "leaf's key usage not critical", WHO_SIGNER, 0, { .flags = TPKI_KEY_USAGE_PLAIN },
	    SMARTLIC_E_CHAIN },
	{ "leaf's usages not critical", WHO_SIGNER, 0, { .flags = TPKI_USAGES_PLAIN },
	    SMARTLIC_E_ROLE },
	{ "leaf with any usage", WHO_SIGNER, 0,
	    { .usages = { TPKI_EMAIL, TPKI_RESPONSE, TPKI_ANY } }, SMARTLIC_E_ROLE },
	{ "leaf for TLS too", WHO_SIGNER, 0,
	    { .usages = { TPKI_EMAIL, TPKI_RESPONSE, TPKI_SERVER } }, SMARTLIC_E_ROLE },
	{ "leaf without role", WHO_SIGNER, 0, { .usages = { TPKI_EMAIL } }, SMARTLIC_E_ROLE },
	{ "leaf with a role of none", WHO_SIGNER, 0, { .usages = { TPKI_EMAIL, SL_ROLE_ARC ".4" } },
	    SMARTLIC_E_ROLE },
	{ "leaf with a role below a role", WHO_SIGNER, 0,
	    { .usages = { TPKI_EMAIL, TPKI_RESPONSE ".1" } }, SMARTLIC_E_ROLE },
	{ "leaf with two roles", WHO_SIGNER, 0,
	    { .usages = { TPKI_EMAIL, TPKI_RESPONSE, TPKI_SATELLITE } }, SMARTLIC_E_ROLE },
	{ "leaf without emailProtection", WHO_SIGNER, 0, { .usages = { TPKI_RESPONSE } },
	    SMARTLIC_E_ROLE },
	{ "leaf of another role", WHO_DEVICE, 0, { .usages = { TPKI_EMAIL, TPKI_RESPONSE } },
	    SMARTLIC_E_ROLE },
	{ "leaf's signature broken", WHO_SIGNER, 0, { .flags = TPKI_SIGNATURE_BROKEN },
	    SMARTLIC_E_CHAIN },
	{ "leaf signed with SHA-1", WHO_SIGNER, 0, { .flags = TPKI_SHA1 }, SMARTLIC_E_CHAIN },
	{ "leaf with a critical extension that nobody knows", WHO_SIGNER, 0,
	    { .extra_oid = "1.2.3.4", .extra_critical = 1 }, SMARTLIC_E_CHAIN },
	{ "leaf with one that is not critical", WHO_SIGNER, 0, { .extra_oid = "1.2.3.4" }, 0 },
	{ "leaf names another account than its CA", WHO_SATELLITE, 0, { .o = "another" },
	    SMARTLIC_E_CHAIN },
	{ "issuer is no CA", WHO_DEVICE, 1, { .key_usage = 1U << 0, .path_length = -2 },
	    SMARTLIC_E_CHAIN },
	{ "issuer may not sign certificates", WHO_DEVICE, 1, { .key_usage = 1U << 6 },
	    SMARTLIC_E_CHAIN },
	{ "issuer may not sign lists", WHO_DEVICE, 1, { .key_usage = 1U << 5 }, SMARTLIC_E_CHAIN },
	{ "issuer's key usage not critical", WHO_DEVICE, 1, { .flags = TPKI_KEY_USAGE_PLAIN },
	    SMARTLIC_E_CHAIN },
	{ "issuer without the role", WHO_DEVICE, 1, { .usages = { TPKI_EMAIL, TPKI_RESPONSE } },
	    SMARTLIC_E_ROLE },
	{ "issuer without emailProtection", WHO_DEVICE, 1, { .usages = { TPKI_DEVICE } },
	    SMARTLIC_E_ROLE },
	{ "issuer with any usage", WHO_DEVICE, 1, { .usages = { TPKI_EMAIL, TPKI_ANY } },
	    SMARTLIC_E_ROLE },
	{ "issuer's usages not critical", WHO_DEVICE, 1, { .flags = TPKI_USAGES_PLAIN },
	    SMARTLIC_E_ROLE },
	{ "issuer with a critical extension that nobody knows", WHO_DEVICE, 1,
	    { .extra_oid = "1.2.3.4", .extra_critical = 1 }, SMARTLIC_E_CHAIN },
	{ "issuer's signature broken", WHO_DEVICE, 1, { .flags = TPKI_SIGNATURE_BROKEN },
	    SMARTLIC_E_CHAIN },
	{ "satellite's CA bound to another account", WHO_SATELLITE, 1, { .permit_o = "another" },
	    SMARTLIC_E_CHAIN },
	{ "satellite's CA not bound", WHO_SATELLITE, 1, { .permit_o = "" }, SMARTLIC_E_CHAIN },
	{ "satellite's CA not firmly bound", WHO_SATELLITE, 1, { .flags = TPKI_CONSTRAINTS_PLAIN },
	    SMARTLIC_E_CHAIN },
	{ "ended long ago, which is not looked at", WHO_SIGNER, 0,
	    { .not_before = TPKI_DAY, .not_after = 2 * TPKI_DAY }, 0 },
	{ "begins in a hundred years, neither is that", WHO_DEVICE, 1,
	    { .not_before = TPKI_NOW + 36500 * TPKI_DAY, .not_after = TPKI_NOW + 40000 * TPKI_DAY },
	    0 },
};

static void
alter(struct tpki_spec *spec, const struct tpki_spec *set)
{
	if (set->o != NULL)
		spec->o = set->o;
	if (set->ca) {
		spec->ca = 1;
		spec->path_length = set->path_length;
	}
	if (set->path_length == -2)
		spec->ca = 0;
	if (set->key_usage != 0)
		spec->key_usage = set->key_usage;
	if (set->usages[0] != NULL)
		memcpy(spec->usages, set->usages, sizeof(spec->usages));
	if (set->permit_o != NULL)
		spec->permit_o = set->permit_o[0] != '\0' ? set->permit_o : NULL;
	if (set->not_before != 0) {
		spec->not_before = set->not_before;
		spec->not_after = set->not_after;
	}
	spec->extra_oid = set->extra_oid;
	spec->extra_critical = set->extra_critical;
	spec->flags |= set->flags;
}

START_TEST(a_chain_is_refused_for_each_departure_from_the_profile)
{
	const struct odd *odd = &odds[_i];
	struct tpki_id issuer = { NULL, NULL }, leaf = { NULL, NULL };
	struct sl_chain chain = { .n = 0 };
	struct sl_cert *extra[3];
	struct tpki_spec spec;
	size_t n = 0;
	int r;

	if (odd->leaf == WHO_DEVICE)
		spec = tpki_spec_issuing(&pki.root);
	else if (odd->leaf == WHO_SATELLITE)
		spec = tpki_spec_satellite_ca(&pki.satellites, TPKI_ACCOUNT);
	if (odd->leaf != WHO_SIGNER) {
		if (odd->in_issuer)
			alter(&spec, &odd->set);
		issuer = tpki_make(crypto, &spec);
		extra[n++] = issuer.cert;
	}
	spec = odd->leaf == WHO_SIGNER   ? tpki_spec_signer(&pki.root)
	       : odd->leaf == WHO_DEVICE ? tpki_spec_device(&issuer)
					 : tpki_spec_satellite(&issuer, TPKI_ACCOUNT);
	if (!odd->in_issuer)
		alter(&spec, &odd->set);
	leaf = tpki_make(crypto, &spec);
	extra[n++] = leaf.cert;
	if (odd->leaf == WHO_SATELLITE)
		extra[n++] = pki.satellites.cert;
	r = sl_trust_chain(trust, leaf.cert, extra, n,
	    odd->leaf == WHO_DEVICE ? SL_ROLE_DEVICE : SL_ROLE_RESPONSE | SL_ROLE_SATELLITE, &chain,
	    &err);
	ck_assert_msg(r == odd->result, "%s: %d %s", odd->what, r, r < 0 ? err.text : "");
	if (r == 0)
		ck_assert_uint_eq(chain.n, odd->leaf == WHO_SIGNER ? 2 : n + 1);
	sl_chain_release(&chain);
	tpki_id_free(&issuer);
	tpki_id_free(&leaf);
}
END_TEST

/* ---- paths of our own --------------------------------------------------- */

static int
signer_chain(struct sl_cert *leaf, struct sl_cert *const *extra, size_t n, struct sl_chain *chain)
{
	return sl_trust_chain(trust, leaf, extra, n, SL_ROLE_RESPONSE, chain, &err);
}

/* A CA of this name for this key. */
static struct sl_cert *
ca(const char *cn, const struct sl_key *key, const struct tpki_id *issuer, int64_t not_after)
{
	struct tpki_spec spec = { .issuer = issuer,
		.cn = cn,
		.ca = 1,
		.path_length = -1,
		.not_before = TPKI_NOW,
		.not_after = not_after };

	return tpki_cert(crypto, key, &spec);
}

/* The same but for the signature, which is cert's own but for its last bit. */
static struct sl_cert *
resigned(const struct sl_cert *cert)
{
	struct sl_buf der = { 0 };
	struct sl_cert *ret = NULL;
	size_t len;
	const void *data = sl_cert_der(cert, &len);

	sl_buf_add(&der, data, len);
	der.data[len - 1] ^= 1;
	ck_assert_int_eq(sl_cert_parse(&ret, crypto, der.data, der.len, &err), 0);
	sl_buf_free(&der);
	return ret;
}

/* Paths that were good are remembered: by all of their bytes. */
START_TEST(a_path_that_was_good_makes_no_other_signature_good)
{
	struct tpki_spec spec = { .issuer = &pki.root, .cn = "CA", .ca = 1, .path_length = -1 };
	struct tpki_id between = tpki_make(crypto, &spec), leaf, other;
	struct sl_cert *bad_ca = resigned(between.cert), *bad_leaf, *bad_other;
	struct sl_chain chain;

	spec = tpki_spec_signer(&between);
	leaf = tpki_make(crypto, &spec);
	other = tpki_make(crypto, &spec);
	bad_leaf = resigned(leaf.cert);
	bad_other = resigned(other.cert);
	for (int i = 0; i < 3; i++) {
		ck_assert_int_eq(signer_chain(leaf.cert, &between.cert, 1, &chain), 0);
		ck_assert_uint_eq(chain.n, 3);
		sl_chain_release(&chain);
		ck_assert_int_eq(
		    signer_chain(bad_leaf, &between.cert, 1, &chain), SMARTLIC_E_CHAIN);
		ck_assert_int_eq(signer_chain(leaf.cert, &bad_ca, 1, &chain), SMARTLIC_E_CHAIN);
		/* of another one below the same CA, whose own signature is looked at */
		ck_assert_int_eq(
		    signer_chain(bad_other, &between.cert, 1, &chain), SMARTLIC_E_CHAIN);
		ck_assert_int_eq(signer_chain(other.cert, &bad_ca, 1, &chain), SMARTLIC_E_CHAIN);
		ck_assert_int_eq(signer_chain(other.cert, &between.cert, 1, &chain), 0);
		sl_chain_release(&chain);
	}
	sl_cert_unref(bad_ca);
	sl_cert_unref(bad_leaf);
	sl_cert_unref(bad_other);
	tpki_id_free(&between);
	tpki_id_free(&leaf);
	tpki_id_free(&other);
}
END_TEST

START_TEST(certificates_that_certify_each_other_lead_nowhere)
{
	struct tpki_spec spec = { .cn = "A", .ca = 1, .path_length = -1 };
	struct tpki_id a = tpki_make(crypto, &spec), b, leaf;
	struct sl_chain chain;
	struct sl_cert *extra[3];

	spec = (struct tpki_spec){ .issuer = &a, .cn = "B", .ca = 1, .path_length = -1 };
	b = tpki_make(crypto, &spec);
	spec = tpki_spec_signer(&b);
	leaf = tpki_make(crypto, &spec);
	extra[0] = b.cert;
	extra[1] = ca("A", a.key, &b, TPKI_NOW + TPKI_DAY);
	extra[2] = leaf.cert;
	ck_assert_int_eq(signer_chain(leaf.cert, extra, 3, &chain), SMARTLIC_E_CHAIN);
	sl_cert_unref(extra[1]);
	tpki_id_free(&a);
	tpki_id_free(&b);
	tpki_id_free(&leaf);
}
END_TEST

/* A chain of _i CAs between leaf and root. */
START_TEST(a_path_is_as_long_as_allowed_and_no_longer)
{
	struct tpki_id cas[SL_CHAIN_MAX], leaf;
	struct sl_cert *extra[SL_CHAIN_MAX];
	const struct tpki_id *issuer = &pki.root;
	struct sl_chain chain = { .n = 0 };
	struct tpki_spec spec;
	char name[8];
	int r;

	for (int i = 0; i < _i; i++) {
		(void)snprintf(name, sizeof(name), "CA %d", i);
		spec =
		    (struct tpki_spec){ .issuer = issuer, .cn = name, .ca = 1, .path_length = -1 };
		cas[i] = tpki_make(crypto, &spec);
		extra[i] = cas[i].cert;
		issuer = &cas[i];
	}
	spec = tpki_spec_signer(issuer);
	leaf = tpki_make(crypto, &spec);
	r = signer_chain(leaf.cert, extra, (size_t)_i, &chain);
	if (_i + 2 <= SL_CHAIN_MAX) {
		ck_assert_int_eq(r, 0);
		ck_assert_uint_eq(chain.n, (size_t)_i + 2);
	} else {
		ck_assert_int_eq(r, SMARTLIC_E_CHAIN);
	}
	sl_chain_release(&chain);
	tpki_id_free(&leaf);
	for (int i = 0; i < _i; i++)
		tpki_id_free(&cas[i]);
}
END_TEST

START_TEST(a_ca_of_path_length_0_has_no_ca_below)
{
	struct tpki_spec spec = { .issuer = &pki.issuing,
		.cn = "below",
		.ca = 1,
		.path_length = -1,
		.usages = { TPKI_EMAIL, TPKI_DEVICE } };
	struct tpki_id below = tpki_make(crypto, &spec), leaf;
	struct sl_cert *extra[2] = { below.cert, pki.issuing.cert };
	struct sl_chain chain;

	spec = tpki_spec_device(&below);
	leaf = tpki_make(crypto, &spec);
	ck_assert_int_eq(sl_trust_chain(trust, leaf.cert, extra, 2, SL_ROLE_DEVICE, &chain, &err),
	    SMARTLIC_E_CHAIN);
	tpki_id_free(&below);
	tpki_id_free(&leaf);
}
END_TEST

START_TEST(a_new_root_cross_signed_by_the_present_one_is_trusted)
{
	struct tpki_spec spec = tpki_spec_root();
	struct tpki_id next, leaf;
	struct sl_chain chain;
	struct sl_cert *cross;
	struct sl_buf pem;

	spec.cn = "Next Root";
	next = tpki_make(crypto, &spec);
	spec = tpki_spec_signer(&next);
	leaf = tpki_make(crypto, &spec);
	cross = ca("Next Root", next.key, &pki.root, TPKI_NOW + TPKI_DAY);
	ck_assert_int_eq(signer_chain(leaf.cert, NULL, 0, &chain), SMARTLIC_E_CHAIN);
	ck_assert_int_eq(signer_chain(leaf.cert, &cross, 1, &chain), 0);
	ck_assert_uint_eq(chain.n, 3);
	sl_chain_release(&chain);
	/* known once, it need not come again */
	ck_assert_int_eq(sl_trust_add_cert(trust, cross, &err), 0);
	ck_assert_int_eq(signer_chain(leaf.cert, NULL, 0, &chain), 0);
	sl_chain_release(&chain);
	/* an anchor itself, it is the shorter way */
	pem = tpki_pem(next.cert);
	ck_assert_int_eq(sl_trust_add_anchors(trust, pem.data, pem.len, &err), 0);
	ck_assert_int_eq(signer_chain(leaf.cert, &cross, 1, &chain), 0);
	ck_assert_uint_eq(chain.n, 2);
	sl_chain_release(&chain);
	sl_buf_free(&pem);
	sl_cert_unref(cross);
	tpki_id_free(&next);
	tpki_id_free(&leaf);
}
END_TEST

START_TEST(of_two_certificates_for_one_ca_the_later_end_counts)
{
	struct sl_key *key = NULL;
	struct sl_cert *old, *new;
	struct tpki_id middle, leaf;
	struct tpki_spec spec;
	struct sl_chain chain;

	ck_assert_int_eq(sl_key_new(&key, crypto, &err), 0);
	old = ca("M", key, &pki.root, TPKI_NOW + TPKI_DAY);
	new = ca("M", key, &pki.root, TPKI_NOW + 9 * TPKI_DAY);
	middle = (struct tpki_id){ key, old };
	spec = tpki_spec_signer(&middle);
	leaf = tpki_make(crypto, &spec);
	for (int turn = 0; turn < 2; turn++) {
		struct sl_cert *extra[2] = { turn ? old : new, turn ? new : old };

		ck_assert_int_eq(signer_chain(leaf.cert, extra, 2, &chain), 0);
		ck_assert_ptr_eq(chain.cert[1], new);
		sl_chain_release(&chain);
	}
	sl_cert_unref(new);
	tpki_id_free(&middle);
	tpki_id_free(&leaf);
}
END_TEST

/* What a search has found stands only while there is nothing else to find. */
START_TEST(a_path_found_before_gives_way_to_a_certificate_that_came_since)
{
	struct sl_key *key = NULL;
	struct sl_cert *came[3];
	struct tpki_id middle, leaf;
	struct tpki_spec spec;
	struct sl_chain chain;

	ck_assert_int_eq(sl_key_new(&key, crypto, &err), 0);
	for (int i = 0; i < 3; i++)
		came[i] = ca("M", key, &pki.root, TPKI_NOW + (1 + 9 * i) * TPKI_DAY);
	middle = (struct tpki_id){ key, came[0] };
	spec = tpki_spec_signer(&middle);
	leaf = tpki_make(crypto, &spec);
	for (int i = 0; i < 2; i++) {
		ck_assert_int_eq(sl_trust_add_cert(trust, came[i], &err), 0);
		/* with the message's own, and twice without */
		for (int turn = 0; turn < 4; turn++) {
			int with = turn == 0 || turn == 3;

			ck_assert_int_eq(
			    signer_chain(leaf.cert, &came[2], (size_t)with, &chain), 0);
			ck_assert_ptr_eq(chain.cert[1], with ? came[2] : came[i]);
			sl_chain_release(&chain);
		}
	}
	sl_cert_unref(came[1]);
	sl_cert_unref(came[2]);
	tpki_id_free(&middle);
	tpki_id_free(&leaf);
}
END_TEST

START_TEST(a_root_of_the_same_name_is_not_the_root)
{
	struct tpki_spec spec = tpki_spec_root();
	struct tpki_id fake = tpki_make(crypto, &spec), leaf;
	struct sl_chain chain;

	spec = tpki_spec_signer(&fake);
	leaf = tpki_make(crypto, &spec);
	ck_assert_int_eq(signer_chain(leaf.cert, &fake.cert, 1, &chain), SMARTLIC_E_CHAIN);
	ck_assert_int_eq(signer_chain(pki.signer.cert, &fake.cert, 1, &chain), 0);
	ck_assert_ptr_nonnull(chain.cert[1]);
	ck_assert_mem_eq(sl_cert_ski(chain.cert[1]), sl_cert_ski(pki.root.cert), SL_SKI_LEN);
	sl_chain_release(&chain);
	tpki_id_free(&fake);
	tpki_id_free(&leaf);
}
END_TEST

/* What is said is what OpenSSL says where it looks for the path itself. */
START_TEST(a_certificate_of_nobody_known_leads_nowhere)
{
	struct sl_udi udi = { "NCS1004", "CAT2231B18Y", "default-sdr" };
	struct sl_cert *self = NULL;
	struct sl_chain chain;

	ck_assert_int_eq(sl_cert_self(&self, crypto, pki.device.key, &udi, 1, &err), 0);
	ck_assert_int_eq(
	    sl_trust_chain(trust, self, &self, 1, SL_ROLE_DEVICE, &chain, &err), SMARTLIC_E_CHAIN);
	ck_assert_msg(
	    strstr(err.text, "no trust anchor (self-signed certificate)") != NULL, "%s", err.text);
	ck_assert_int_eq(
	    sl_trust_chain(trust, pki.device.cert, NULL, 0, SL_ROLE_DEVICE, &chain, &err),
	    SMARTLIC_E_CHAIN);
	ck_assert_msg(
	    strstr(err.text, "no trust anchor (unable to get local issuer certificate)") != NULL,
	    "%s", err.text);
	sl_cert_unref(self);
}
END_TEST

START_TEST(the_root_itself_signs_no_message)
{
	struct sl_chain chain;

	ck_assert_int_eq(signer_chain(pki.root.cert, NULL, 0, &chain), SMARTLIC_E_CHAIN);
}
END_TEST

START_TEST(a_strangers_name_is_printed_harmlessly)
{
	struct tpki_spec spec = {
		.cn = "\033[2J\xc3\xa9 a name as long as a certificate may have it, 64",
		.usages = { TPKI_EMAIL, TPKI_RESPONSE }
	};
	struct tpki_id leaf;
	struct sl_chain chain;

	leaf = tpki_make(crypto, &spec);
	ck_assert_int_eq(signer_chain(leaf.cert, NULL, 0, &chain), SMARTLIC_E_CHAIN);
	ck_assert_ptr_nonnull(strstr(err.text, "\"?[2J?? a name"));
	tpki_id_free(&leaf);
}
END_TEST

/* ---- validity ----------------------------------------------------------- */

START_TEST(validity_is_judged_at_the_moments_that_are_named)
{
	const int64_t begin = INT64_C(4102444800), end = INT64_C(32503680000); /* 2100 to 3000 */
	const struct {
		int64_t at, floor;
		int result;
	} cases[] = {
		{ begin, 0, 0 },
		{ end, end, 0 },
		{ begin - 1, 0, SMARTLIC_E_VALIDITY },
		{ end + 1, 0, SMARTLIC_E_VALIDITY },
		{ begin, end + 1, SMARTLIC_E_VALIDITY },
		{ begin, INT64_MIN, 0 },
		{ INT64_MAX, 0, SMARTLIC_E_VALIDITY },
		{ INT64_MIN, 0, SMARTLIC_E_VALIDITY },
	};
	struct tpki_spec spec = tpki_spec_signer(&pki.root);
	struct tpki_id leaf;
	struct sl_chain chain;

	spec.not_before = begin;
	spec.not_after = end;
	leaf = tpki_make(crypto, &spec);
	ck_assert_int_eq(sl_cert_not_before(leaf.cert), begin);
	ck_assert_int_eq(sl_cert_not_after(leaf.cert), end);
	ck_assert_int_eq(signer_chain(leaf.cert, NULL, 0, &chain), 0);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		ck_assert_msg(
		    sl_chain_validity(&chain, cases[i].at, cases[i].floor, &err) == cases[i].result,
		    "case %zu", i);
	sl_chain_release(&chain);
	tpki_id_free(&leaf);
}
END_TEST

START_TEST(the_issuers_validity_counts_and_the_roots_does_not)
{
	struct tpki_spec spec = tpki_spec_issuing(&pki.root);
	struct tpki_id issuing, leaf;
	struct sl_chain chain;
	int64_t end = sl_cert_not_after(pki.root.cert);

	spec.not_after = TPKI_NOW + TPKI_DAY;
	issuing = tpki_make(crypto, &spec);
	spec = tpki_spec_device(&issuing);
	spec.not_after = end + 2 * TPKI_DAY;
	leaf = tpki_make(crypto, &spec);
	ck_assert_int_eq(
	    sl_trust_chain(trust, leaf.cert, &issuing.cert, 1, SL_ROLE_DEVICE, &chain, &err), 0);
	ck_assert_int_eq(sl_chain_validity(&chain, TPKI_NOW + TPKI_DAY, 0, &err), 0);
	ck_assert_int_eq(
	    sl_chain_validity(&chain, TPKI_NOW + TPKI_DAY + 1, 0, &err), SMARTLIC_E_VALIDITY);
	ck_assert_ptr_nonnull(strstr(err.text, "Test Issuing CA"));
	sl_chain_release(&chain);
	tpki_id_free(&leaf);
	spec = tpki_spec_signer(&pki.root);
	spec.not_after = end + 2 * TPKI_DAY;
	leaf = tpki_make(crypto, &spec);
	ck_assert_int_eq(signer_chain(leaf.cert, NULL, 0, &chain), 0);
	ck_assert_int_eq(sl_chain_validity(&chain, end + TPKI_DAY, end + TPKI_DAY, &err), 0);
	sl_chain_release(&chain);
	tpki_id_free(&leaf);
	tpki_id_free(&issuing);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("chain");
	TCase *c = tcase_create("chain");

	tcase_add_unchecked_fixture(c, make_pki, free_pki);
	tcase_add_checked_fixture(c, setup_pki, teardown_pki);
	tcase_add_loop_test(c, a_chain_is_refused_for_each_departure_from_the_profile, 0,
	    sizeof(odds) / sizeof(odds[0]));
	tcase_add_test(c, certificates_that_certify_each_other_lead_nowhere);
	tcase_add_test(c, a_path_that_was_good_makes_no_other_signature_good);
	tcase_add_loop_test(c, a_path_is_as_long_as_allowed_and_no_longer, 0, SL_CHAIN_MAX);
	tcase_add_test(c, a_ca_of_path_length_0_has_no_ca_below);
	tcase_add_test(c, a_new_root_cross_signed_by_the_present_one_is_trusted);
	tcase_add_test(c, of_two_certificates_for_one_ca_the_later_end_counts);
	tcase_add_test(c, a_path_found_before_gives_way_to_a_certificate_that_came_since);
	tcase_add_test(c, a_root_of_the_same_name_is_not_the_root);
	tcase_add_test(c, a_certificate_of_nobody_known_leads_nowhere);
	tcase_add_test(c, the_root_itself_signs_no_message);
	tcase_add_test(c, a_strangers_name_is_printed_harmlessly);
	tcase_add_test(c, validity_is_judged_at_the_moments_that_are_named);
	tcase_add_test(c, the_issuers_validity_counts_and_the_roots_does_not);
	suite_add_tcase(s, c);
	return run_suite(s);
}
