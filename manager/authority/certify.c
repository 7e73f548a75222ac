/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "authority/authority_impl.h"
#include "text.h"

int
certify(struct exchange *x, const struct sl_buf *spki, const struct sl_udi *udi,
    const char *instance, struct sl_buf *ret, struct smartlic_error *err)
{
	char serial_number[SL_UDI_SERIAL_SIZE];
	unsigned char serial[16];
	int r;

	r = sl_crypto_random(x->a->crypto, serial, sizeof(serial), err);
	if (r < 0)
		return r;
	sl_udi_serial(serial_number, udi);
	return pki_issue_device(x->a->pki, spki->data, spki->len,
	    ledger_info(x->a->ledger)->account, serial_number, instance, x->now_s, serial, ret, err);
}

int
certify_store(struct exchange *x, const struct ledger_key *key, const struct sl_buf *der,
    int64_t *ret_expires_s, struct smartlic_error *err)
{
	struct sl_cert *cert = NULL;
	int r;

	r = sl_cert_parse(&cert, x->a->crypto, der->data, der->len, err);
	if (r < 0)
		return r;
	*ret_expires_s = sl_cert_not_after(cert);
	r = ledger_key_add(x->a->ledger, key, sl_cert_serial(cert), der->data, der->len, x->now_s,
	    *ret_expires_s, err);
	sl_cert_unref(cert);
	return r;
}

static json_t *
der_json(const void *der, size_t len)
{
	struct sl_buf text = { 0 };
	json_t *ret = NULL;

	sl_base64(&text, der, len);
	if (!text.failed)
		ret = json_stringn(text.data, text.len);
	sl_buf_free(&text);
	return ret;
}

json_t *
certify_json(const struct exchange *x, const struct sl_buf *der)
{
	const void *issuing;
	size_t len;

	issuing = sl_cert_der(pki_issuing(x->a->pki), &len);
	return json_pack("[o,o]", der_json(der->data, der->len), der_json(issuing, len));
}
