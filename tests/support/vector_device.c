/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <string.h>

#include "tests/support/vector_device.h"
#include "text.h"

static const char *
text(const struct vector *v, const char *key)
{
	const char *value = vectors_context(v, key);

	return value == NULL ? "" : value;
}

static int64_t
time_of(const struct vector *v, const char *key)
{
	int64_t s = 0;

	vectors_need(sl_time_parse(&s, text(v, key)) == 0, key);
	return s;
}

static void
copy(char *ret, size_t size, const struct vector *v, const char *key)
{
	vectors_need(sl_copy(ret, size, text(v, key)) == 0, key);
}

static void
read_expected(struct vector_device *d, const struct vector *v)
{
	const json_t *common = json_object_get(vectors_json(), "context");
	const char *key_of = text(v, "csr_key_of");
	struct sl_expected *x = &d->expected;

	vectors_need(sl_msg_type_find(&x->type, text(v, "type")) == 1, "type");
	copy(x->request_id, sizeof(x->request_id), v, "request_id");
	copy(x->request_sha256, sizeof(x->request_sha256), v, "request_sha256");
	copy(x->instance, sizeof(x->instance), v, "instance");
	copy(x->account, sizeof(x->account), v, "account");
	copy(x->token_answer, sizeof(x->token_answer), v, "token_answer");
	vectors_need(sl_json_udi(common, "context", &x->udi, NULL) == 0, "udi");
	x->floor_s = SL_NO_TIME;
	if (key_of[0] != '\0') {
		struct sl_cert *cert = vectors_cert(d->crypto, key_of);

		memcpy(x->csr_ski, sl_cert_ski(cert), SL_SKI_LEN);
		sl_cert_unref(cert);
	}
}

void
vector_device_init(struct vector_device *d, const struct vector *v)
{
	struct sl_buf root = vectors_file(text(v, "root"));

	*d = (struct vector_device){ .crypto = NULL };
	vectors_need(smartlic_crypto_new(&d->crypto, NULL) == 0 &&
			 sl_trust_new(&d->trust, d->crypto, NULL) == 0 &&
			 sl_trust_add_anchors(d->trust, root.data, root.len, NULL) == 0,
	    "root");
	sl_buf_free(&root);
	if (json_is_true(json_object_get(v->own, "known_signer"))) {
		struct sl_cert *signer = vectors_cert(d->crypto, "signer.pem");

		vectors_need(sl_trust_add_cert(d->trust, signer, NULL) >= 0, "known_signer");
		sl_cert_unref(signer);
	}
	if (strcmp(text(v, "revocation"), "optional") == 0)
		d->revocation = SL_REVOCATION_OPTIONAL;
	sl_clock_init(&d->clock, time_of(v, "build_time"), 0, "boot");
	d->clock.signed_s = time_of(v, "signed_time");
	d->clock.floor_s = time_of(v, "floor");
	read_expected(d, v);
}

void
vector_device_free(struct vector_device *d)
{
	sl_trust_free(d->trust);
	smartlic_crypto_free(d->crypto);
}

int
vector_device_check(struct vector_device *d, const void *bytes, size_t len, struct sl_answer *ret,
    struct smartlic_error *err)
{
	return sl_answer_check(
	    ret, d->crypto, d->trust, &d->clock, d->revocation, &d->expected, bytes, len, err);
}
