/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "authority/authority_impl.h"
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

static json_t *
der_json(const struct sl_cert *cert)
{
	struct sl_buf text = { 0 };
	json_t *ret = NULL;
	const void *der;
	size_t len;

	der = sl_cert_der(cert, &len);
	sl_base64(&text, der, len);
	if (!text.failed)
		ret = json_stringn(text.data, text.len);
	sl_buf_free(&text);
	return ret;
}

json_t *
certify_json(const struct exchange *x, const struct sl_cert *cert)
{
	const struct pki *pki = x->a->pki;

	if (pki_is_satellite(pki))
		return json_pack("[o,o,o]", der_json(cert), der_json(pki_issuing(pki)),
		    der_json(pki_satellites(pki)));
	return json_pack("[o,o]", der_json(cert), der_json(pki_issuing(pki)));
}
