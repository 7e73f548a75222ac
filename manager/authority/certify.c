/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <string.h>

#include "authority/authority_impl.h"
#include "pki/roll.h"
#include "pki/satellite.h"
#include "text.h"

int
certify(struct exchange *x, const struct sl_buf *spki, const struct sl_udi *udi,
    const char *instance, struct sl_cert **ret, struct smartlic_error *err)
{
	struct sl_buf der = { 0 };
	char serial_number[SL_UDI_SERIAL_SIZE];
	unsigned char serial[16];
	int r;

	r = sl_crypto_random(x->a->crypto, serial, sizeof(serial), err);
	if (r < 0)
		return r;
	sl_udi_serial(serial_number, udi);
	r = pki_issue_device(x->a->pki, spki->data, spki->len, ledger_info(x->a->ledger)->account,
	    serial_number, instance, x->now_s, serial, &der, err);
	if (r == 0) {
		sl_cert_unref(*ret);
		*ret = NULL;
		r = sl_cert_parse(ret, x->a->crypto, der.data, der.len, err);
	}
	sl_buf_free(&der);
	return r;
}

int
certify_store(struct exchange *x, const struct ledger_key *key, const struct sl_cert *cert,
    struct smartlic_error *err)
{
	const void *der;
	size_t len;

	der = sl_cert_der(cert, &len);
	return ledger_key_add(x->a->ledger, key, sl_cert_serial(cert), der, len, x->now_s,
	    sl_cert_not_after(cert), err);
}

static void
put_der(struct sl_buf *ret, const struct sl_cert *cert)
{
	struct sl_buf text = { 0 };
	const void *der;
	size_t len;

	der = sl_cert_der(cert, &len);
	sl_base64(&text, der, len);
	ret->failed |= text.failed;
	if (!ret->failed)
		sl_json_put_text(ret, NULL, text.data);
	sl_buf_free(&text);
}

int
certify_put(const struct exchange *x, const struct sl_cert *cert, struct sl_buf *ret,
    struct smartlic_error *err)
{
	const struct pki *pki = x->a->pki;
	/* another may have taken its place since the certificate was made */
	const struct sl_cert *issuing = pki_issuing_of(pki, cert);

	if (issuing == NULL)
		return sl_fail(err, SMARTLIC_E_STATE,
		    "the CA that certified the device's key is not in the folder any more; ask "
		    "again");
	sl_json_put_list(ret, "certificates");
	put_der(ret, cert);
	put_der(ret, issuing);
	if (pki_is_satellite(pki))
		put_der(ret, pki_satellites(pki));
	sl_json_end_list(ret);
	return 0;
}

/* Is it the second of the body's certificates? */
static int
is_ca_of(const json_t *body, const struct sl_cert *ca)
{
	const char *text =
	    json_string_value(json_array_get(json_object_get(body, "certificates"), 1));
	struct sl_buf own = { 0 };
	const void *der;
	size_t len;
	int same;

	der = sl_cert_der(ca, &len);
	sl_base64(&own, der, len);
	same = !own.failed && text != NULL && strcmp(own.data, text) == 0;
	sl_buf_free(&own);
	return same;
}

struct sl_cert *
certified_by(const struct exchange *x)
{
	const struct pki *pki = x->a->pki;
	struct sl_cert *ca, *ret = NULL;
	json_t *body;

	/* a result of before, or of another home, is repeated as it was; there is mostly one CA alone */
	if (pki_former(pki, PKI_KIND_ISSUING, 0) == NULL && pki_satellites(pki) == NULL)
		return pki_issuing(pki);
	body = json_loadb(x->body.data, x->body.len, 0, NULL);
	if (is_ca_of(body, pki_issuing(pki)))
		ret = pki_issuing(pki);
	for (size_t i = 0; ret == NULL && (ca = pki_former(pki, PKI_KIND_ISSUING, i)) != NULL; i++)
		if (is_ca_of(body, ca))
			ret = ca;
	json_decref(body);
	return ret;
}
