/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <string.h>

#include <openssl/err.h>

#include "envelope.h"
#include "error.h"
#include "tests/support/vectors.h"
#include "crl.h"
#include "tests/unit/trusting.h"
#include "text.h"

/* ---- the vectors -------------------------------------------------------- */

/* A message of the vectors, opened, with what its receiver trusts. */
struct received {
	struct vector v;
	struct sl_buf bytes;
	struct sl_envelope *env;
	struct sl_cert *signer; /* borrowed; NULL: unknown */
	struct sl_cert *const *certs;
	size_t n_certs;
};

static void
add_known(const char *name)
{
	struct sl_cert *cert = vectors_cert(crypto, name);

	ck_assert_int_eq(sl_trust_add_cert(trust, cert, &err), 0);
	sl_cert_unref(cert);
}

/* 0: refused for its form, which is another test's */
static int
receive(struct received *r, int i)
{
	struct sl_buf root = vectors_file("root.pem");

	*r = (struct received){ .v = vectors_get((size_t)i) };
	r->bytes = vectors_file(r->v.file);
	ck_assert_int_eq(sl_trust_add_anchors(trust, root.data, root.len, &err), 0);
	sl_buf_free(&root);
	if (r->v.own != NULL && json_is_true(json_object_get(r->v.own, "known_signer")))
		add_known("signer.pem");
	if (sl_envelope_open(&r->env, crypto, r->bytes.data, r->bytes.len, &err) < 0) {
		sl_buf_free(&r->bytes);
		return 0;
	}
	r->certs = sl_envelope_certs(r->env, &r->n_certs);
	r->signer = sl_envelope_signer(r->env);
	if (r->signer == NULL)
		r->signer = sl_trust_find(trust, sl_envelope_ski(r->env));
	return 1;
}

static void
let_go(struct received *r)
{
	sl_envelope_free(r->env);
	sl_buf_free(&r->bytes);
}

static int
is(const struct received *r, const char *step)
{
	return strcmp(r->v.step, step) == 0;
}

static int
is_request(const struct received *r)
{
	return strncmp(r->v.file, "request", 7) == 0;
}

static int
chain_of(const struct received *r, struct sl_chain *chain)
{
	return sl_trust_chain(trust, r->signer, r->certs, r->n_certs,
	    is_request(r) ? SL_ROLE_DEVICE : SL_ROLE_RESPONSE | SL_ROLE_SATELLITE, chain, &err);
}

START_TEST(a_vectors_chain_and_role_are_good_unless_they_are_its_fault)
{
	struct sl_chain chain = { .n = 0 };
	struct received r;
	int result, expected;

	if (!receive(&r, _i))
		return;
	if (r.signer == NULL) {
		ck_assert(is(&r, "chain") || is_request(&r));
		let_go(&r);
		return;
	}
	result = chain_of(&r, &chain);
	if (strncmp(r.v.file, "request-register", 16) == 0 ||
	    strcmp(r.v.file, "request-authorize-by-selfsigned.der") == 0)
		expected = SMARTLIC_E_CHAIN; /* self-signed: the authority looks at the key alone */
	else if (is_request(&r) && is(&r, "advice:bad_signature"))
		expected = SMARTLIC_E_ROLE;
	else if (strcmp(r.v.file, "response-other-accounts-satellite.der") == 0 ||
		 strcmp(r.v.file, "request-is-a-response.der") == 0)
		expected = 0; /* whose it is, is for its reader to compare */
	else
		expected = is(&r, "chain")  ? SMARTLIC_E_CHAIN
			   : is(&r, "role") ? SMARTLIC_E_ROLE
					    : 0;
	if (strcmp(r.v.file, "request-is-a-response.der") != 0)
		ck_assert_msg(
		    result == expected, "%s: %d %s", r.v.file, result, result < 0 ? err.text : "");
	sl_chain_release(&chain);
	let_go(&r);
}
END_TEST

/* The time in a response; INT64_MIN where the content has none. */
static int64_t
time_of(const struct received *r)
{
	const void *content = NULL;
	const char *text;
	int64_t s = INT64_MIN;
	size_t len = 0;
	json_t *root;

	if (sl_envelope_verify(r->env, r->signer, &content, &len, &err) < 0)
		return s;
	root = json_loadb(content, len, 0, NULL);
	text = json_string_value(json_object_get(root, "time"));
	if (text != NULL)
		(void)sl_time_parse(&s, text);
	json_decref(root);
	return s;
}

START_TEST(a_vectors_validity_and_lists_are_good_unless_they_are_its_fault)
{
	struct sl_chain chain = { .n = 0 };
	const struct sl_der *crls;
	struct received r;
	int64_t at = INT64_MIN, floor;
	size_t n;
	int result, optional, tolerated = -1;

	if (!receive(&r, _i))
		return;
	if (!is_request(&r) && r.signer != NULL && chain_of(&r, &chain) == 0)
		at = time_of(&r);
	/* 26 years on, all has ended: that one is refused for its time before */
	if (at == INT64_MIN || is(&r, "time") || is(&r, "json"))
		goto out;
	ck_assert_int_eq(sl_time_parse(&floor, vectors_context(&r.v, "floor")), 0);
	result = sl_chain_validity(&chain, at, floor, &err);
	ck_assert_msg(
	    result == (is(&r, "validity") ? SMARTLIC_E_VALIDITY : 0), "%s: %d", r.v.file, result);
	crls = sl_envelope_crls(r.env, &n);
	optional = strcmp(vectors_context(&r.v, "revocation"), "optional") == 0;
	result = sl_trust_revocation(trust, &chain, crls, n, at,
	    optional ? SL_REVOCATION_OPTIONAL : SL_REVOCATION_REQUIRED, &tolerated, &err);
	ck_assert_msg(result == (is(&r, "revocation") ? SMARTLIC_E_REVOCATION : 0), "%s: %d %s",
	    r.v.file, result, result < 0 ? err.text : "");
	if (result == 0)
		ck_assert_int_eq(
		    tolerated, strcmp(r.v.file, "response-good-no-list-optional.der") == 0);
out:
	sl_chain_release(&chain);
	let_go(&r);
}
END_TEST

START_TEST(the_key_identifier_of_the_example_comes_out)
{
	const json_t *example = json_object_get(vectors_json(), "key_identifier");
	struct sl_cert *cert =
	    vectors_cert(crypto, json_string_value(json_object_get(example, "certificate")));
	char hex[2 * SL_SKI_LEN + 1];

	sl_hex(hex, sl_cert_ski(cert), SL_SKI_LEN);
	ck_assert_str_eq(hex, json_string_value(json_object_get(example, "ski")));
	sl_cert_unref(cert);
}
END_TEST

START_TEST(what_a_certificate_says_is_read)
{
	struct sl_cert *cert = vectors_cert(crypto, "devA.pem");
	char text[SL_TIME_SIZE];

	ck_assert_str_eq(sl_cert_o(cert), TPKI_ACCOUNT);
	ck_assert_str_eq(sl_cert_cn(cert), TPKI_INSTANCE);
	ck_assert_str_eq(sl_cert_serial_number(cert), TPKI_SERIAL);
	ck_assert_uint_eq(sl_cert_roles(cert), SL_ROLE_DEVICE);
	sl_time(text, sl_cert_not_before(cert));
	ck_assert_str_eq(text, "2026-01-01T00:00:00Z");
	sl_time(text, sl_cert_not_after(cert));
	ck_assert_str_eq(text, "2027-01-01T00:00:00Z");
	sl_cert_unref(cert);
}
END_TEST

/* ---- revocation --------------------------------------------------------- */

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

/* ---- the host's side --------------------------------------------------- */

/* Judged without an error to fill, and the host's own use of OpenSSL finds no error of ours. */
START_TEST(nothing_is_left_behind_in_openssls_queue)
{
	struct sl_chain chain = { .n = 0 };
	struct received r;
	const struct sl_der *crls;
	const void *content;
	size_t len, n;
	int tolerated;

	ERR_clear_error();
	if (receive(&r, _i)) {
		crls = sl_envelope_crls(r.env, &n);
		if (r.signer != NULL) {
			(void)sl_envelope_verify(r.env, r.signer, &content, &len, NULL);
			if (sl_trust_chain(trust, r.signer, r.certs, r.n_certs, 7, &chain, NULL) ==
			    0)
				(void)sl_trust_revocation(trust, &chain, crls, n, TPKI_NOW,
				    SL_REVOCATION_OPTIONAL, &tolerated, NULL);
		}
		let_go(&r);
	} else {
		r.bytes = vectors_file(r.v.file);
		ck_assert_int_lt(
		    sl_envelope_open(&r.env, crypto, r.bytes.data, r.bytes.len, NULL), 0);
		sl_buf_free(&r.bytes);
	}
	ck_assert_uint_eq(ERR_peek_error(), 0);
	sl_chain_release(&chain);
}
END_TEST

/* ---- what is kept ------------------------------------------------------- */

static int
add_list(const struct tpki_id *issuer, struct tpki_list list, int any_number)
{
	struct sl_buf der = tpki_crl(crypto, issuer, &list);
	int r = sl_trust_add_crl(trust, der.data, der.len, NULL, 0, any_number, &err);

	sl_buf_free(&der);
	return r;
}

START_TEST(the_newest_list_of_an_issuer_is_kept)
{
	ck_assert_int_eq(add_list(&pki.root, (struct tpki_list){ .number = 7 }, 0), 1);
	ck_assert_int_eq(add_list(&pki.root, (struct tpki_list){ .number = 7 }, 0), 0);
	ck_assert_int_eq(add_list(&pki.root, (struct tpki_list){ .number = 6 }, 0), 0);
	ck_assert_int_eq(add_list(&pki.root, (struct tpki_list){ .number = 8 }, 0), 1);
	/* clock accept: a list from before the authority's clock was put right */
	ck_assert_int_eq(add_list(&pki.root, (struct tpki_list){ .number = 3 }, 1), 1);
	ck_assert_int_eq(add_list(&pki.root, (struct tpki_list){ .number = 4 }, 0), 1);
}
END_TEST

START_TEST(a_list_in_use_is_not_read_twice)
{
	struct tpki_list list = { .number = 7 };
	struct sl_buf der = tpki_crl(crypto, &pki.root, &list);
	struct sl_crl *crl = NULL, *again = NULL;
	struct sl_cert *cert = NULL;
	size_t len;

	ck_assert_int_eq(sl_crl_parse(&crl, crypto, der.data, der.len, &err), 0);
	ck_assert_int_eq(sl_crl_parse(&again, crypto, der.data, der.len, &err), 0);
	ck_assert_ptr_eq(again, crl);
	/* and is no certificate */
	ck_assert_int_eq(sl_cert_parse(&cert, crypto, der.data, der.len, &err), SMARTLIC_E_FORM);
	sl_crl_unref(crl);
	ck_assert_mem_eq(sl_crl_der(again, &len), der.data, der.len);
	ck_assert_uint_eq(len, der.len);
	sl_crl_unref(again);
	ck_assert_int_eq(sl_crl_parse(&crl, crypto, der.data, der.len, &err), 0);
	sl_crl_unref(crl);
	sl_buf_free(&der);
}
END_TEST

START_TEST(a_list_needs_its_issuer)
{
	ck_assert_int_eq(
	    add_list(&pki.issuing, (struct tpki_list){ .number = 7 }, 0), SMARTLIC_E_REVOCATION);
	ck_assert_int_eq(sl_trust_add_cert(trust, pki.issuing.cert, &err), 0);
	ck_assert_int_eq(add_list(&pki.issuing, (struct tpki_list){ .number = 7 }, 0), 1);
	ck_assert_int_eq(
	    add_list(&pki.signer, (struct tpki_list){ .number = 7 }, 0), SMARTLIC_E_REVOCATION);
	ck_assert_int_eq(add_list(&pki.root, (struct tpki_list){ .number = 7, .delta = 1 }, 0),
	    SMARTLIC_E_REVOCATION);
	ck_assert_int_eq(sl_trust_add_crl(trust, "garbage", 7, NULL, 0, 0, &err), SMARTLIC_E_FORM);
}
END_TEST

static struct sl_trust *copy;

static void
restore(void *ud, int is_crl, const void *der, size_t len)
{
	struct sl_cert *cert;
	int *n = ud;

	if (is_crl) {
		ck_assert_int_eq(sl_trust_add_crl(copy, der, len, NULL, 0, 0, &err), 1);
	} else {
		ck_assert_int_eq(sl_cert_parse(&cert, crypto, der, len, &err), 0);
		ck_assert_int_eq(sl_trust_add_cert(copy, cert, &err), 0);
		sl_cert_unref(cert);
	}
	++*n;
}

START_TEST(what_is_kept_can_be_kept_elsewhere)
{
	struct sl_chain chain;
	int n = 0, tolerated;

	ck_assert_int_eq(sl_trust_add_cert(trust, pki.issuing.cert, &err), 0);
	ck_assert_int_eq(sl_trust_add_cert(trust, pki.issuing.cert, &err), 0);
	ck_assert_int_eq(sl_trust_add_cert(trust, pki.device.cert, &err), 0);
	ck_assert_int_eq(sl_trust_add_cert(trust, pki.root.cert, &err), 0);
	ck_assert_int_eq(add_list(&pki.issuing, (struct tpki_list){ .number = 7 }, 0), 1);
	ck_assert_int_eq(add_list(&pki.root, (struct tpki_list){ .number = 7 }, 0), 1);
	ck_assert_int_eq(sl_trust_new(&copy, crypto, &err), 0);
	ck_assert_int_eq(sl_trust_add_anchors(copy, pki.root_pem.data, pki.root_pem.len, &err), 0);
	sl_trust_each(trust, restore, &n);
	ck_assert_int_eq(n, 4); /* the anchor is the configuration's */
	ck_assert_ptr_nonnull(sl_trust_find(copy, sl_cert_ski(pki.device.cert)));
	ck_assert_ptr_null(sl_trust_find(copy, sl_cert_ski(pki.signer.cert)));
	ck_assert_int_eq(
	    sl_trust_chain(copy, pki.device.cert, NULL, 0, SL_ROLE_DEVICE, &chain, &err), 0);
	ck_assert_int_eq(sl_trust_revocation(copy, &chain, NULL, 0, TPKI_NOW,
			     SL_REVOCATION_REQUIRED, &tolerated, &err),
	    0);
	sl_chain_release(&chain);
	sl_trust_free(copy);
}
END_TEST

START_TEST(the_oldest_is_forgotten_when_there_are_too_many)
{
	struct tpki_id ids[SL_TRUST_CERTS_MAX + 1];
	struct tpki_spec spec = tpki_spec_issuing(&pki.root);
	size_t n;

	for (size_t i = 0; i < SL_TRUST_CERTS_MAX + 1; i++) {
		ids[i] = tpki_make(crypto, &spec);
		ck_assert_int_eq(sl_trust_add_cert(trust, ids[i].cert, &err), 0);
		ck_assert_int_eq(add_list(&ids[i], (struct tpki_list){ .number = 1 }, 0), 1);
	}
	(void)sl_trust_certs(trust, &n);
	ck_assert_uint_eq(n, SL_TRUST_CERTS_MAX);
	ck_assert_ptr_null(sl_trust_find(trust, sl_cert_ski(ids[0].cert)));
	for (size_t i = 1; i < SL_TRUST_CERTS_MAX + 1; i++)
		ck_assert_ptr_eq(sl_trust_find(trust, sl_cert_ski(ids[i].cert)), ids[i].cert);
	for (size_t i = 0; i < SL_TRUST_CERTS_MAX + 1; i++)
		tpki_id_free(&ids[i]);
}
END_TEST

/* ---- anchors ------------------------------------------------------------ */

static int
add_anchors(
    const char *before, const struct sl_cert *a, const char *between, const struct sl_cert *b)
{
	struct sl_buf text = { 0 }, pem;
	int r;

	sl_buf_puts(&text, before);
	for (int i = 0; i < 2; i++) {
		const struct sl_cert *cert = i == 0 ? a : b;

		if (cert == NULL)
			continue;
		pem = tpki_pem(cert);
		sl_buf_add(&text, pem.data, pem.len);
		sl_buf_free(&pem);
		sl_buf_puts(&text, i == 0 ? between : "");
	}
	r = sl_trust_add_anchors(trust, text.data, text.len, &err);
	sl_buf_free(&text);
	return r;
}

START_TEST(an_anchor_is_a_self_signed_ca)
{
	struct tpki_spec spec = tpki_spec_root();
	struct tpki_id other = tpki_make(crypto, &spec), leaf, broken;
	const char *key = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n";

	spec = (struct tpki_spec){ .cn = "self", .usages = { TPKI_EMAIL, TPKI_RESPONSE } };
	leaf = tpki_make(crypto, &spec);
	spec = tpki_spec_root();
	spec.flags |= TPKI_SIGNATURE_BROKEN;
	broken = tpki_make(crypto, &spec);

	ck_assert_uint_eq(sl_trust_anchors(trust), 1);
	ck_assert_int_eq(add_anchors("", other.cert, "", pki.issuing.cert), SMARTLIC_E_CHAIN);
	ck_assert_ptr_nonnull(strstr(err.text, "certificate 2"));
	ck_assert_int_eq(add_anchors("", leaf.cert, "", NULL), SMARTLIC_E_CHAIN);
	ck_assert_int_eq(add_anchors("", broken.cert, "", NULL), SMARTLIC_E_CHAIN);
	ck_assert_int_eq(add_anchors("no certificate\n", NULL, "", NULL), SMARTLIC_E_FORM);
	ck_assert_int_eq(
	    add_anchors("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
		other.cert, "", NULL),
	    SMARTLIC_E_FORM);
	ck_assert_int_eq(
	    add_anchors("-----BEGIN CERTIFICATE-----\n", other.cert, "", NULL), SMARTLIC_E_FORM);
	ck_assert_uint_eq(sl_trust_anchors(trust), 1);
	/* words and other blocks may stand around them; the same one twice is one */
	ck_assert_int_eq(add_anchors("roots:\n", other.cert, key, other.cert), 0);
	ck_assert_int_eq(add_anchors("", pki.root.cert, "", NULL), 0);
	ck_assert_uint_eq(sl_trust_anchors(trust), 2);
	tpki_id_free(&other);
	tpki_id_free(&leaf);
	tpki_id_free(&broken);
}
END_TEST

START_TEST(there_is_a_limit_to_anchors)
{
	struct tpki_spec spec = tpki_spec_root();

	for (size_t i = 1; i <= SL_TRUST_ANCHORS_MAX; i++) {
		struct tpki_id id;

		spec.flags = 0;
		id = tpki_make(crypto, &spec);
		ck_assert_int_eq(add_anchors("", id.cert, "", NULL),
		    i < SL_TRUST_ANCHORS_MAX ? 0 : SMARTLIC_E_LIMIT);
		tpki_id_free(&id);
	}
}
END_TEST

/* Each is signed by the anchor, but one. */
static const struct {
	const char *what;
	int good;
	int path_length;
	const char *usage, *permit_o, *cn;
	int by_itself;
} crossed[] = {
	{ "a root", 1, -1, NULL, NULL, NULL, 0 },
	{ "a CA whose path is limited", 0, 1, NULL, NULL, NULL, 0 },
	{ "a CA for some usages, as the issuing one", 0, -1, "1.3.6.1.5.5.7.3.4", NULL, NULL, 0 },
	{ "a CA of one account's", 0, -1, NULL, TPKI_ACCOUNT, NULL, 0 },
	{ "another name", 0, -1, NULL, NULL, "Somebody", 0 },
	{ "nobody's but its own", 0, -1, NULL, NULL, NULL, 1 },
};

START_TEST(a_new_root_is_one_that_an_anchor_signed_as_a_root)
{
	struct tpki_spec spec = tpki_spec_root(), by = tpki_spec_root();
	struct tpki_id next;
	struct sl_cert *cross;

	spec.cn = by.cn = "Next Root";
	next = tpki_make(crypto, &spec);
	by.issuer = crossed[_i].by_itself ? &next : &pki.root;
	by.path_length = crossed[_i].path_length;
	by.usages[0] = crossed[_i].usage;
	by.permit_o = crossed[_i].permit_o;
	by.not_after = TPKI_NOW + 1000 * TPKI_DAY;
	if (crossed[_i].cn != NULL)
		by.cn = crossed[_i].cn;
	cross = tpki_cert(crypto, next.key, &by);
	if (crossed[_i].good) {
		ck_assert_int_eq(sl_trust_add_root(trust, next.cert, cross, &err), 1);
		ck_assert_int_eq(sl_trust_add_root(trust, next.cert, cross, &err), 0);
		ck_assert_uint_eq(sl_trust_anchors(trust), 2);
	} else {
		ck_assert_msg(sl_trust_add_root(trust, next.cert, cross, &err) == SMARTLIC_E_CHAIN,
		    "%s", crossed[_i].what);
		ck_assert_uint_eq(sl_trust_anchors(trust), 1);
	}
	/* it vouches for nobody else's */
	ck_assert_int_eq(sl_trust_add_root(trust, pki.root.cert, cross, &err), SMARTLIC_E_CHAIN);
	sl_cert_unref(cross);
	tpki_id_free(&next);
}
END_TEST

START_TEST(a_new_root_that_was_revoked_is_none)
{
	struct tpki_spec spec = tpki_spec_root(), by = tpki_spec_root();
	struct tpki_id next;
	struct sl_cert *cross;
	struct sl_buf list;

	spec.cn = by.cn = "Next Root";
	next = tpki_make(crypto, &spec);
	by.issuer = &pki.root;
	cross = tpki_cert(crypto, next.key, &by);
	list = tpki_crl(crypto, &pki.root, &(struct tpki_list){ .revoked = { cross } });
	ck_assert_int_eq(sl_trust_add_crl(trust, list.data, list.len, NULL, 0, 0, &err), 1);
	ck_assert_int_eq(sl_trust_add_root(trust, next.cert, cross, &err), SMARTLIC_E_REVOCATION);
	sl_buf_free(&list);
	sl_cert_unref(cross);
	tpki_id_free(&next);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("trust");
	TCase *v = tcase_create("vectors"), *k = tcase_create("kept");
	int n = (int)vectors_count();

	tcase_add_checked_fixture(v, setup, teardown);
	tcase_add_loop_test(v, a_vectors_chain_and_role_are_good_unless_they_are_its_fault, 0, n);
	tcase_add_loop_test(
	    v, a_vectors_validity_and_lists_are_good_unless_they_are_its_fault, 0, n);
	tcase_add_loop_test(v, nothing_is_left_behind_in_openssls_queue, 0, n);
	tcase_add_test(v, the_key_identifier_of_the_example_comes_out);
	tcase_add_test(v, what_a_certificate_says_is_read);
	suite_add_tcase(s, v);

	tcase_add_unchecked_fixture(k, make_pki, free_pki);
	tcase_add_checked_fixture(k, setup_pki, teardown_pki);
	tcase_add_loop_test(
	    k, lists_are_judged_at_the_messages_time, 0, sizeof(lists) / sizeof(lists[0]));
	tcase_add_test(k, a_list_that_was_good_is_so_by_each_byte_of_it_and_of_its_issuer);
	tcase_add_test(k, the_newest_list_of_an_issuer_is_kept);
	tcase_add_test(k, a_list_in_use_is_not_read_twice);
	tcase_add_test(k, a_list_needs_its_issuer);
	tcase_add_test(k, what_is_kept_can_be_kept_elsewhere);
	tcase_add_test(k, the_oldest_is_forgotten_when_there_are_too_many);
	tcase_add_test(k, an_anchor_is_a_self_signed_ca);
	tcase_add_test(k, there_is_a_limit_to_anchors);
	tcase_add_loop_test(k, a_new_root_is_one_that_an_anchor_signed_as_a_root, 0,
	    sizeof(crossed) / sizeof(crossed[0]));
	tcase_add_test(k, a_new_root_that_was_revoked_is_none);
	suite_add_tcase(s, k);
	return run_suite(s);
}
