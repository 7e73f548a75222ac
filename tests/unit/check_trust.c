/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <string.h>

#include "crl.h"
#include "tests/unit/trusting.h"

/* What is trusted: the certificates and lists that are kept, and anchors. */

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
	TCase *t = tcase_create("kept");

	tcase_add_unchecked_fixture(t, make_pki, free_pki);
	tcase_add_checked_fixture(t, setup_pki, teardown_pki);
	tcase_add_test(t, the_newest_list_of_an_issuer_is_kept);
	tcase_add_test(t, a_list_in_use_is_not_read_twice);
	tcase_add_test(t, a_list_needs_its_issuer);
	tcase_add_test(t, what_is_kept_can_be_kept_elsewhere);
	tcase_add_test(t, the_oldest_is_forgotten_when_there_are_too_many);
	suite_add_tcase(s, t);
	t = tcase_create("anchors");
	tcase_add_unchecked_fixture(t, make_pki, free_pki);
	tcase_add_checked_fixture(t, setup_pki, teardown_pki);
	tcase_add_test(t, an_anchor_is_a_self_signed_ca);
	tcase_add_test(t, there_is_a_limit_to_anchors);
	tcase_add_loop_test(t, a_new_root_is_one_that_an_anchor_signed_as_a_root, 0,
	    sizeof(crossed) / sizeof(crossed[0]));
	tcase_add_test(t, a_new_root_that_was_revoked_is_none);
	suite_add_tcase(s, t);
	return run_suite(s);
}
