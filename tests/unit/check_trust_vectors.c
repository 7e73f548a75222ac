/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <string.h>

#include <openssl/err.h>

#include "envelope.h"
#include "tests/support/vectors.h"
#include "tests/unit/trusting.h"
#include "text.h"

/* Messages and certificates that neither of our ends has made, and what trust says of them. */

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

int
main(void)
{
	Suite *s = suite_create("trust, vectors");
	TCase *t = tcase_create("vectors");
	int n = (int)vectors_count();

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, a_vectors_chain_and_role_are_good_unless_they_are_its_fault, 0, n);
	tcase_add_loop_test(
	    t, a_vectors_validity_and_lists_are_good_unless_they_are_its_fault, 0, n);
	tcase_add_loop_test(t, nothing_is_left_behind_in_openssls_queue, 0, n);
	tcase_add_test(t, the_key_identifier_of_the_example_comes_out);
	tcase_add_test(t, what_a_certificate_says_is_read);
	suite_add_tcase(s, t);
	return run_suite(s);
}
