/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "error.h"
#include "pem.h"
#include "tests/unit/sealing.h"

/* ---- damage ------------------------------------------------------------- */

START_TEST(a_message_with_any_bit_turned_is_refused)
{
	struct sl_buf message = sign(&pki.signer, NULL, 0, NULL, 0, "{\"a\":1}");

	/* where that is dear each bit of a byte still, but not of each byte */
	for (size_t i = 0; i < message.len * 8; i += (size_t)test_all_or(1, 23)) {
		int r;

		message.data[i / 8] ^= (char)(1 << i % 8);
		r = take(&message, pki.signer.cert, "");
		ck_assert_msg(
		    r == SMARTLIC_E_FORM || r == SMARTLIC_E_SIGNATURE, "bit %zu: %d", i, r);
		message.data[i / 8] ^= (char)(1 << i % 8);
	}
	ck_assert_int_eq(take(&message, pki.signer.cert, "{\"a\":1}"), 0);
	sl_buf_free(&message);
}
END_TEST

START_TEST(a_message_cut_anywhere_is_refused_for_its_form)
{
	struct sl_buf list = tpki_crl(crypto, &pki.root, &(struct tpki_list){ .number = 1 });
	struct sl_der crl = { list.data, list.len };
	struct sl_buf message = sign(&pki.signer, &pki.signer.cert, 1, &crl, 1, "{}");
	struct sl_envelope *env = NULL;

	for (size_t n = 0; n < message.len; n += (size_t)test_all_or(1, 5)) {
		/* a copy of that size: reading past its end is seen */
		char *cut = malloc(n + 1);

		memcpy(cut, message.data, n);
		ck_assert_int_eq(sl_envelope_open(&env, crypto, cut, n, &err), SMARTLIC_E_FORM);
		free(cut);
	}
	ck_assert_ptr_null(env);
	sl_buf_free(&message);
	sl_buf_free(&list);
}
END_TEST

/*
 * One element of a good message is replaced, taken out, doubled or preceded by
 * another, and the lengths around it put right.
 */
enum edit { REPLACE, BEFORE, AFTER };

static void
rebuild(struct sl_buf *out, struct sl_der in, const char *path, enum edit edit,
    const struct sl_der *bytes)
{
	struct sl_der whole, body;
	int here = *path - '0';

	for (int i = 0; in.len > 0; i++) {
		struct sl_buf inner = { 0 };
		int tag = sl_der_peek(&in);

		ck_assert_int_eq(sl_der_any(&in, &whole, &body), 0);
		if (i != here) {
			sl_buf_add(out, whole.data, whole.len);
		} else if (path[1] != '\0') {
			rebuild(&inner, body, path + 1, edit, bytes);
			sl_der_put(out, tag, inner.data, inner.len);
			sl_buf_free(&inner);
		} else {
			if (edit == AFTER)
				sl_buf_add(out, whole.data, whole.len);
			sl_buf_add(out, bytes->data, bytes->len);
			if (edit == BEFORE)
				sl_buf_add(out, whole.data, whole.len);
		}
	}
}

#define BYTES(text) text, sizeof(text) - 1
#define OID_DATA    "\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01"
#define OID_TYPE    "\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x09\x03"
#define OID_TIME    "\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x09\x05"
#define UTC_TIME    "\x17\x0d\x32\x36\x31\x31\x32\x35\x30\x30\x30\x30\x30\x30\x5a"
#define SHA256      "\x30\x0b\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01"
#define SHA384      "\x30\x0b\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x02"

/* Paths are of children from 0: 01 0 is SignedData; 0105 its signers, 01050 the one. */
static const struct {
	const char *what, *path;
	enum edit edit;
	const char *bytes;
	size_t len;
	int result;
} edits[] = {
	{ "nothing", "00", REPLACE, BYTES("\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02"), 0 },
	{ "EnvelopedData", "00", REPLACE, BYTES("\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x03"),
	    SMARTLIC_E_FORM },
	{ "no type", "00", REPLACE, BYTES(""), SMARTLIC_E_FORM },
	{ "something after SignedData", "010", AFTER, BYTES("\x05\x00"), SMARTLIC_E_FORM },
	{ "something after the content info's parts", "01", AFTER, BYTES("\x05\x00"),
	    SMARTLIC_E_FORM },
	{ "version 1", "0100", REPLACE, BYTES("\x02\x01\x01"), SMARTLIC_E_FORM },
	{ "version 5", "0100", REPLACE, BYTES("\x02\x01\x05"), SMARTLIC_E_FORM },
	{ "version 3 in two bytes", "0100", REPLACE, BYTES("\x02\x02\x00\x03"), SMARTLIC_E_FORM },
	{ "no digest algorithm", "01010", REPLACE, BYTES(""), SMARTLIC_E_FORM },
	{ "two digest algorithms", "01010", AFTER, BYTES(SHA384), SMARTLIC_E_FORM },
	{ "the same digest algorithm twice", "01010", AFTER, BYTES(SHA256), SMARTLIC_E_FORM },
	{ "another digest algorithm listed", "01010", REPLACE, BYTES(SHA384), SMARTLIC_E_FORM },
	{ "the digest algorithm listed with NULL", "01010", REPLACE,
	    BYTES("\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00"), 0 },
	{ "the digest algorithm listed with a number", "01010", REPLACE,
	    BYTES("\x30\x0e\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x02\x01\x00"),
	    SMARTLIC_E_FORM },
	{ "content of another type", "01020", REPLACE, BYTES(OID_TIME), SMARTLIC_E_FORM },
	{ "content not attached", "01021", REPLACE, BYTES(""), SMARTLIC_E_FORM },
	{ "content in pieces", "010210", REPLACE, BYTES("\x24\x04\x04\x02{}"), SMARTLIC_E_FORM },
	{ "content of no bytes string", "010210", REPLACE, BYTES("\x0c\x02{}"), SMARTLIC_E_FORM },
	{ "content of two strings", "010210", AFTER, BYTES("\x04\x02{}"), SMARTLIC_E_FORM },
	{ "content twice", "01021", AFTER, BYTES("\xa0\x04\x04\x02{}"), SMARTLIC_E_FORM },
	{ "other content", "010210", REPLACE, BYTES("\x04\x02[]"), SMARTLIC_E_SIGNATURE },
	{ "no certificates", "0103", REPLACE, BYTES(""), 0 },
	{ "an empty set of certificates", "0103", REPLACE, BYTES("\xa0\x00"), SMARTLIC_E_FORM },
	{ "a garbage certificate", "01030", AFTER,
	    BYTES("\x30\x82\x01\x00"
		  "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
		  "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
		  "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
		  "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"),
	    SMARTLIC_E_FORM },
	{ "a certificate of another kind", "01030", AFTER, BYTES("\xa1\x02\x05\x00"),
	    SMARTLIC_E_FORM },
	{ "certificates of a set's tag", "0103", REPLACE, BYTES("\x31\x02\x30\x00"),
	    SMARTLIC_E_FORM },
	{ "no lists", "0104", REPLACE, BYTES(""), 0 },
	{ "an empty set of lists", "0104", REPLACE, BYTES("\xa1\x00"), SMARTLIC_E_FORM },
	{ "a garbage list", "01040", REPLACE, BYTES("\x30\x02\x05\x00"), SMARTLIC_E_FORM },
	{ "a list of another kind", "01040", AFTER, BYTES("\xa1\x02\x05\x00"), SMARTLIC_E_FORM },
	{ "certificates twice", "0104", REPLACE, BYTES("\xa0\x02\x30\x00"), SMARTLIC_E_FORM },
	{ "something after the signers", "0105", AFTER, BYTES("\x05\x00"), SMARTLIC_E_FORM },
	{ "no signer", "0105", REPLACE, BYTES("\x31\x00"), SMARTLIC_E_FORM },
	{ "signers missing", "0105", REPLACE, BYTES(""), SMARTLIC_E_FORM },
	{ "a second, broken signer", "01050", AFTER, BYTES("\x30\x00"), SMARTLIC_E_FORM },
	{ "signer of version 1", "010500", REPLACE, BYTES("\x02\x01\x01"), SMARTLIC_E_FORM },
	{ "key identifier too short", "010501", REPLACE,
	    BYTES("\x80\x13"
		  "0123456789012345678"),
	    SMARTLIC_E_FORM },
	{ "key identifier of another", "010501", REPLACE,
	    BYTES("\x80\x14"
		  "01234567890123456789"),
	    SMARTLIC_E_SIGNATURE },
	{ "key identifier wrapped", "010501", REPLACE,
	    BYTES("\xa0\x16\x04\x14"
		  "01234567890123456789"),
	    SMARTLIC_E_FORM },
	{ "another digest", "010502", REPLACE, BYTES(SHA384), SMARTLIC_E_FORM },
	{ "the digest with NULL", "010502", REPLACE,
	    BYTES("\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00"), 0 },
	{ "no attributes", "010503", REPLACE, BYTES(""), SMARTLIC_E_FORM },
	{ "an empty set of attributes", "010503", REPLACE, BYTES("\xa0\x00"), SMARTLIC_E_FORM },
	{ "no contentType", "0105030", REPLACE, BYTES(""), SMARTLIC_E_FORM },
	{ "no messageDigest", "0105031", REPLACE, BYTES(""), SMARTLIC_E_FORM },
	{ "contentType twice", "0105030", AFTER, BYTES("\x30\x18" OID_TYPE "\x31\x0b" OID_DATA),
	    SMARTLIC_E_FORM },
	{ "contentType with two values", "01050310", AFTER, BYTES("\x31\x16" OID_DATA OID_DATA),
	    SMARTLIC_E_FORM },
	{ "contentType of something else", "0105030", REPLACE,
	    BYTES("\x30\x18" OID_TYPE "\x31\x0b" OID_TIME), SMARTLIC_E_FORM },
	{ "contentType without value", "0105030", REPLACE, BYTES("\x30\x0d" OID_TYPE "\x31\x00"),
	    SMARTLIC_E_FORM },
	{ "an attribute that nobody knows", "0105030", AFTER,
	    BYTES("\x30\x18\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x09\x0f\x31\x0b" OID_DATA),
	    SMARTLIC_E_FORM },
	{ "signingTime added afterwards", "0105030", AFTER,
	    BYTES("\x30\x1c" OID_TIME "\x31\x0f" UTC_TIME), SMARTLIC_E_SIGNATURE },
	{ "signingTime out of order", "0105030", BEFORE,
	    BYTES("\x30\x1c" OID_TIME "\x31\x0f" UTC_TIME), SMARTLIC_E_FORM },
	{ "signingTime that is no time", "0105030", AFTER,
	    BYTES("\x30\x1c" OID_TIME "\x31\x0f\x04\x0d"
		  "0123456789012"),
	    SMARTLIC_E_FORM },
	{ "signingTime with two values", "0105030", AFTER,
	    BYTES("\x30\x2b" OID_TIME "\x31\x1e" UTC_TIME UTC_TIME), SMARTLIC_E_FORM },
	{ "messageDigest of another length", "0105031", REPLACE,
	    BYTES("\x30\x1d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x09\x04\x31\x10\x04\x0e"
		  "01234567890123"),
	    SMARTLIC_E_SIGNATURE },
	{ "the signature algorithm of another digest", "010504", REPLACE,
	    BYTES("\x30\x0a\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x03"), SMARTLIC_E_FORM },
	{ "the signature algorithm with NULL", "010504", REPLACE,
	    BYTES("\x30\x0c\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x02\x05\x00"), SMARTLIC_E_FORM },
	{ "RSA's signature algorithm", "010504", REPLACE,
	    BYTES("\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0b\x05\x00"),
	    SMARTLIC_E_FORM },
	{ "RSA-PSS", "010504", REPLACE,
	    BYTES("\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0a\x30\x00"),
	    SMARTLIC_E_FORM },
	{ "Ed25519", "010504", REPLACE, BYTES("\x30\x05\x06\x03\x2b\x65\x70"), SMARTLIC_E_FORM },
	{ "no signature", "010505", REPLACE, BYTES(""), SMARTLIC_E_FORM },
	{ "an empty signature", "010505", REPLACE, BYTES("\x04\x00"), SMARTLIC_E_SIGNATURE },
	{ "r = s = 0", "010505", REPLACE, BYTES("\x04\x08\x30\x06\x02\x01\x00\x02\x01\x00"),
	    SMARTLIC_E_SIGNATURE },
	{ "r = s = 1", "010505", REPLACE, BYTES("\x04\x08\x30\x06\x02\x01\x01\x02\x01\x01"),
	    SMARTLIC_E_SIGNATURE },
	{ "an unsigned attribute", "010505", AFTER,
	    BYTES("\xa1\x1e\x30\x1c" OID_TIME "\x31\x0f" UTC_TIME), SMARTLIC_E_FORM },
	{ "an empty set of unsigned attributes", "010505", AFTER, BYTES("\xa1\x00"),
	    SMARTLIC_E_FORM },
};

START_TEST(a_message_edited_in_one_place_is_refused)
{
	struct sl_buf list = tpki_crl(crypto, &pki.root, &(struct tpki_list){ .number = 1 });
	struct sl_der crl = { list.data, list.len };
	struct sl_buf good = sign(&pki.signer, &pki.signer.cert, 1, &crl, 1, "{}"), odd = { 0 };
	struct sl_der bytes = { edits[_i].bytes, edits[_i].len };
	struct sl_envelope *env = NULL;
	int r;

	/* the outermost has no brother: its path begins with 0 */
	rebuild(
	    &odd, (struct sl_der){ good.data, good.len }, edits[_i].path, edits[_i].edit, &bytes);
	/* its form is refused by opening alone, before anybody is asked for the signer */
	r = sl_envelope_open(&env, crypto, odd.data, odd.len, &err);
	ck_assert_int_eq(r == SMARTLIC_E_FORM, edits[_i].result == SMARTLIC_E_FORM);
	sl_envelope_free(env);
	r = take(&odd, pki.signer.cert, "{}");
	ck_assert_msg(r == edits[_i].result, "%s: %d %s", edits[_i].what, r, r < 0 ? err.text : "");
	sl_buf_free(&odd);
	sl_buf_free(&good);
	sl_buf_free(&list);
}
END_TEST

/* Without certificates nobody's key can tell that an algorithm is not one of ours. */
START_TEST(algorithms_are_judged_without_a_certificate)
{
	static const struct {
		const char *path, *bytes;
		size_t len;
	} algs[] = {
		{ "01010", BYTES(SHA384) },
		{ "010302", BYTES(SHA384) },
		{ "010304", BYTES("\x30\x05\x06\x03\x2b\x65\x70") },
	};
	struct sl_buf good = sign(&pki.signer, NULL, 0, NULL, 0, "{}");

	for (size_t i = 0; i < sizeof(algs) / sizeof(algs[0]); i++) {
		struct sl_der bytes = { algs[i].bytes, algs[i].len };
		struct sl_envelope *env = NULL;
		struct sl_buf odd = { 0 };

		rebuild(
		    &odd, (struct sl_der){ good.data, good.len }, algs[i].path, REPLACE, &bytes);
		ck_assert_int_eq(
		    sl_envelope_open(&env, crypto, odd.data, odd.len, &err), SMARTLIC_E_FORM);
		ck_assert_ptr_nonnull(strstr(err.text, "algorithms"));
		sl_buf_free(&odd);
	}
	sl_buf_free(&good);
}
END_TEST

/* ---- certificates and lists in it --------------------------------------- */

static int
open_with(struct sl_cert *const *certs, size_t n_certs, const struct sl_der *crls, size_t n_crls)
{
	struct sl_buf message = sign(&pki.signer, certs, n_certs, crls, n_crls, "{}");
	struct sl_envelope *env = NULL;
	int r = sl_envelope_open(&env, crypto, message.data, message.len, &err);

	sl_envelope_free(env);
	sl_buf_free(&message);
	return r;
}

START_TEST(six_certificates_and_six_lists_fit)
{
	struct sl_cert *certs[6] = { pki.root.cert, pki.issuing.cert, pki.signer.cert,
		pki.device.cert, pki.satellites.cert, pki.tls.cert };
	struct sl_buf lists[6];
	struct sl_der crls[7];
	struct sl_buf message = { 0 };

	for (int i = 0; i < 6; i++) {
		lists[i] = tpki_crl(crypto, &pki.root, &(struct tpki_list){ .number = i + 1 });
		crls[i] = (struct sl_der){ lists[i].data, lists[i].len };
	}
	crls[6] = crls[0];
	ck_assert_int_eq(open_with(certs, 6, crls, 6), 0);
	ck_assert_int_eq(sl_envelope_sign(&message, crypto, pki.signer.key, NULL, certs, 6, crls, 7,
			     "{}", 2, &err),
	    SMARTLIC_E_INVAL);
	for (int i = 0; i < 6; i++)
		sl_buf_free(&lists[i]);
}
END_TEST

START_TEST(two_certificates_for_the_signers_key_are_one_too_many)
{
	struct tpki_spec spec = tpki_spec_signer(&pki.root);
	struct sl_cert *certs[2] = { pki.signer.cert, NULL };

	spec.o = "another";
	certs[1] = tpki_cert(crypto, pki.signer.key, &spec);
	ck_assert_int_eq(open_with(certs, 2, NULL, 0), SMARTLIC_E_FORM);
	ck_assert_int_eq(open_with(certs + 1, 1, NULL, 0), 0);
	sl_cert_unref(certs[1]);
}
END_TEST

START_TEST(certificates_out_of_order_are_refused)
{
	struct sl_cert *certs[2] = { pki.signer.cert, pki.issuing.cert };
	struct sl_buf good = sign(&pki.signer, certs, 2, NULL, 0, "{}"), odd = { 0 };
	struct sl_envelope *env = NULL;
	struct sl_der first, none = { "", 0 }, in;
	size_t n;

	/* put the first one last */
	ck_assert_int_eq(sl_envelope_open(&env, crypto, good.data, good.len, &err), 0);
	first.data = sl_cert_der(sl_envelope_certs(env, &n)[0], &first.len);
	rebuild(&odd, (struct sl_der){ good.data, good.len }, "01031", AFTER, &first);
	in = (struct sl_der){ odd.data, odd.len };
	sl_buf_free(&good);
	rebuild(&good, in, "01030", REPLACE, &none);
	ck_assert_int_eq(take(&good, pki.signer.cert, "{}"), SMARTLIC_E_FORM);
	ck_assert_ptr_nonnull(strstr(err.text, "unsorted"));
	sl_envelope_free(env);
	sl_buf_free(&good);
	sl_buf_free(&odd);
}
END_TEST

/* ---- armour ------------------------------------------------------------- */

static const struct {
	const char *before, *after;
	int windows, result;
} armours[] = {
	{ "", "", 0, 0 },
	{ "", "\n \r\n", 0, 0 },
	{ "", "", 1, 0 },
	{ "", "x", 0, SMARTLIC_E_FORM },
	{ "text\n", "", 0, SMARTLIC_E_FORM },
	{ "\n", "", 0, SMARTLIC_E_FORM },
	{ "-----BEGIN CMS-----x\n", "", 0, SMARTLIC_E_FORM },
	{ "-----BEGIN CMS-----\n", "", 0, SMARTLIC_E_FORM },
	{ "-----BEGIN CMS-----\nMAA=\n-----END CMS-----\n", "", 0, SMARTLIC_E_FORM },
	{ "", "-----BEGIN CMS-----\nMAA=\n-----END CMS-----\n", 0, SMARTLIC_E_FORM },
};

START_TEST(armour_holds_one_message_and_nothing_else)
{
	struct sl_buf message = sign(&pki.signer, NULL, 0, NULL, 0, "{}"), pem = { 0 },
		      text = { 0 };

	ck_assert_int_eq(sl_envelope_pem(&pem, message.data, message.len, &err), 0);
	sl_buf_puts(&text, armours[_i].before);
	for (size_t i = 0; i < pem.len; i++) {
		if (armours[_i].windows && pem.data[i] == '\n')
			sl_buf_puts(&text, "\r");
		sl_buf_add(&text, pem.data + i, 1);
	}
	sl_buf_puts(&text, armours[_i].after);
	ck_assert_int_eq(take(&text, pki.signer.cert, "{}"), armours[_i].result);
	sl_buf_free(&text);
	sl_buf_free(&pem);
	sl_buf_free(&message);
}
END_TEST

static const char *const labels[] = { "PKCS7", "CMS-----x", "X CMS", "" };

START_TEST(armour_of_another_name_is_no_message)
{
	struct sl_buf message = sign(&pki.signer, NULL, 0, NULL, 0, "{}"), pem = { 0 };

	sl_pem_write(&pem, labels[_i], message.data, message.len);
	ck_assert_int_eq(take(&pem, pki.signer.cert, "{}"), SMARTLIC_E_FORM);
	sl_buf_free(&pem);
	sl_buf_free(&message);
}
END_TEST

START_TEST(too_much_is_refused_before_it_is_looked_at)
{
	static char big[SL_ENVELOPE_MAX * 2];
	struct sl_envelope *env = NULL;

	ck_assert_int_eq(
	    sl_envelope_open(&env, crypto, big, SL_ENVELOPE_MAX + 1, &err), SMARTLIC_E_SIZE);
	memcpy(big, "-----BEGIN CMS-----\n", 20);
	ck_assert_int_eq(sl_envelope_open(&env, crypto, big, sizeof(big), &err), SMARTLIC_E_SIZE);
	/* the largest message has room in its armour, and one byte more has not */
	for (size_t over = 0; over < 2; over++) {
		struct sl_buf der = { 0 }, pem = { 0 };

		sl_buf_add(&der, big + 100, SL_ENVELOPE_MAX + over);
		sl_pem_write(&pem, "CMS", der.data, der.len);
		ck_assert_int_eq(sl_envelope_open(&env, crypto, pem.data, pem.len, &err),
		    over ? SMARTLIC_E_SIZE : SMARTLIC_E_FORM);
		sl_buf_free(&der);
		sl_buf_free(&pem);
	}
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("form");
	TCase *o = tcase_create("form");

	tcase_add_unchecked_fixture(o, make_pki, free_pki);
	tcase_add_checked_fixture(o, setup_pki, teardown_pki);
	tcase_set_timeout(o, 60);
	tcase_add_test(o, a_message_with_any_bit_turned_is_refused);
	tcase_add_test(o, a_message_cut_anywhere_is_refused_for_its_form);
	tcase_add_loop_test(
	    o, a_message_edited_in_one_place_is_refused, 0, sizeof(edits) / sizeof(edits[0]));
	tcase_add_test(o, algorithms_are_judged_without_a_certificate);
	tcase_add_test(o, six_certificates_and_six_lists_fit);
	tcase_add_test(o, two_certificates_for_the_signers_key_are_one_too_many);
	tcase_add_test(o, certificates_out_of_order_are_refused);
	tcase_add_loop_test(
	    o, armour_holds_one_message_and_nothing_else, 0, sizeof(armours) / sizeof(armours[0]));
	tcase_add_loop_test(
	    o, armour_of_another_name_is_no_message, 0, sizeof(labels) / sizeof(labels[0]));
	tcase_add_test(o, too_much_is_refused_before_it_is_looked_at);
	suite_add_tcase(s, o);
	return run_suite(s);
}
