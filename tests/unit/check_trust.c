/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdio.h>
#include <string.h>

#include "envelope.h"
#include "error.h"
#include "tests/suite.h"
#include "tests/support/pki.h"
#include "tests/support/vectors.h"
#include "text.h"
#include "trust.h"

static struct smartlic_crypto *crypto;
static struct smartlic_error err;
static struct sl_trust *trust;
static struct tpki pki;

static void
setup(void)
{
	ck_assert_int_eq(smartlic_crypto_new(&crypto, &err), 0);
	ck_assert_int_eq(sl_trust_new(&trust, crypto, &err), 0);
}

static void
teardown(void)
{
	sl_trust_free(trust);
	smartlic_crypto_free(crypto);
}

static void
setup_pki(void)
{
	setup();
	tpki_init(&pki, crypto);
	ck_assert_int_eq(sl_trust_add_anchors(trust, pki.root_pem.data, pki.root_pem.len, &err), 0);
}

static void
teardown_pki(void)
{
	tpki_free(&pki);
	teardown();
}

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
		expected = is(&r, "chain") ? SMARTLIC_E_CHAIN : is(&r, "role") ? SMARTLIC_E_ROLE : 0;
	if (strcmp(r.v.file, "request-is-a-response.der") != 0)
		ck_assert_msg(result == expected, "%s: %d %s", r.v.file, result,
		    result < 0 ? err.text : "");
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
	ck_assert_msg(result == (is(&r, "validity") ? SMARTLIC_E_VALIDITY : 0), "%s: %d", r.v.file,
	    result);
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

/* ---- chains of our own -------------------------------------------------- */

enum who { WHO_SIGNER, WHO_DEVICE, WHO_SATELLITE };

/* One thing about one certificate is altered; the rest follows the protocol. */
static const struct odd {
	const char *what;
	enum who leaf;
	int in_issuer; /* the change is in the leaf's issuer */
	struct tpki_spec set; /* members that are not zero replace the profile's */
	int result;
} odds[] = {
	{ "signer as it should be", WHO_SIGNER, 0, { .ca = 0 }, 0 },
	{ "device as it should be", WHO_DEVICE, 0, { .ca = 0 }, 0 },
	{ "satellite as it should be", WHO_SATELLITE, 0, { .ca = 0 }, 0 },
	{ "leaf is a CA", WHO_SIGNER, 0, { .ca = 1, .path_length = -1 }, SMARTLIC_E_CHAIN },
	{ "leaf may sign certificates", WHO_SIGNER, 0, { .key_usage = 1U << 0 | 1U << 5 },
	    SMARTLIC_E_CHAIN },
	{ "leaf may sign lists", WHO_SIGNER, 0, { .key_usage = 1U << 0 | 1U << 6 }, SMARTLIC_E_CHAIN },
	{ "leaf for encryption", WHO_SIGNER, 0, { .key_usage = 1U << 2 }, SMARTLIC_E_CHAIN },
	{ "leaf without key usage", WHO_SIGNER, 0, { .flags = TPKI_NO_KEY_USAGE }, SMARTLIC_E_CHAIN },
	{ "leaf's key usage not critical", WHO_SIGNER, 0, { .flags = TPKI_KEY_USAGE_PLAIN },
	    SMARTLIC_E_CHAIN },
	{ "leaf's usages not critical", WHO_SIGNER, 0, { .flags = TPKI_USAGES_PLAIN },
	    SMARTLIC_E_ROLE },
	{ "leaf with any usage", WHO_SIGNER, 0,
	    { .usages = { TPKI_EMAIL, TPKI_RESPONSE, TPKI_ANY } }, SMARTLIC_E_ROLE },
	{ "leaf for TLS too", WHO_SIGNER, 0,
	    { .usages = { TPKI_EMAIL, TPKI_RESPONSE, TPKI_SERVER } }, SMARTLIC_E_ROLE },
	{ "leaf without role", WHO_SIGNER, 0, { .usages = { TPKI_EMAIL } }, SMARTLIC_E_ROLE },
	{ "leaf with a role of none", WHO_SIGNER, 0,
	    { .usages = { TPKI_EMAIL, SL_ROLE_ARC ".4" } }, SMARTLIC_E_ROLE },
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
	    { .not_before = TPKI_NOW + 36500 * TPKI_DAY, .not_after = TPKI_NOW + 40000 * TPKI_DAY }, 0 },
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
	spec = odd->leaf == WHO_SIGNER ? tpki_spec_signer(&pki.root)
	    : odd->leaf == WHO_DEVICE  ? tpki_spec_device(&issuer)
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

int
main(void)
{
	Suite *s = suite_create("trust");
	TCase *v = tcase_create("vectors"), *c = tcase_create("chains");
	int n = (int)vectors_count();

	tcase_add_checked_fixture(v, setup, teardown);
	tcase_add_loop_test(v, a_vectors_chain_and_role_are_good_unless_they_are_its_fault, 0, n);
	tcase_add_loop_test(v, a_vectors_validity_and_lists_are_good_unless_they_are_its_fault, 0, n);
	tcase_add_test(v, the_key_identifier_of_the_example_comes_out);
	tcase_add_test(v, what_a_certificate_says_is_read);
	suite_add_tcase(s, v);
	tcase_add_checked_fixture(c, setup_pki, teardown_pki);
	tcase_add_loop_test(c, a_chain_is_refused_for_each_departure_from_the_profile, 0,
	    sizeof(odds) / sizeof(odds[0]));
	suite_add_tcase(s, c);
	return run_suite(s);
}
