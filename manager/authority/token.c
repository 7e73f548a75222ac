/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <string.h>

#include "authority/authority_impl.h"
#include "text.h"

#define HOME_LEN    4
#define KEY_NUM_MAX 247 /* so that no token begins with '-' */

int
token_home(const struct authority *a, unsigned char ret[HOME_LEN], struct smartlic_error *err)
{
	char digits[2 * HOME_LEN + 1];

	(void)memcpy(digits, ledger_info(a->ledger)->home, 2 * HOME_LEN);
	digits[2 * HOME_LEN] = '\0';
	if (sl_unhex(ret, HOME_LEN, digits) < 0)
		return sl_fail(err, SMARTLIC_E_STORE, "the ledger's home id is not a UUID");
	return 0;
}

int
token_secret(const struct authority *a, const unsigned char id[SL_TOKEN_ID_LEN],
    unsigned char ret[SL_TOKEN_SECRET_LEN], struct smartlic_error *err)
{
	int r;

	if (id[0] < 1 || id[0] > KEY_NUM_MAX || !a->token_keys->present[id[0]])
		return 0;
	r = sl_hmac_sha256(a->crypto, a->token_keys->key[id[0]], SL_SHA256_LEN, id,
	    SL_TOKEN_ID_LEN, ret, err);
	return r < 0 ? r : 1;
}

#define TOKEN_LEN (SL_TOKEN_ID_LEN + SL_TOKEN_SECRET_LEN)

/* A new id and the secret that follows from it. */
static int
draw_token(struct authority *a, unsigned char ret[TOKEN_LEN], struct smartlic_error *err)
{
	int current = a->token_keys->current;
	int r;

	ret[0] = (unsigned char)current;
	r = token_home(a, ret + 1, err);
	if (r == 0)
		r = sl_crypto_random(a->crypto, ret + 1 + HOME_LEN,
		    SL_TOKEN_ID_LEN - 1 - HOME_LEN, err);
	if (r == 0) {
		r = token_secret(a, ret, ret + SL_TOKEN_ID_LEN, err);
		if (r == 0)
			r = sl_fail(err, SMARTLIC_E_NOT_FOUND,
			    "the token key %d is missing from token.key: restore it", current);
	}
	return r < 0 ? r : 0;
}

static int
put_token(struct sl_buf *ret, const unsigned char token[TOKEN_LEN], struct smartlic_error *err)
{
	sl_base64url(ret, token, TOKEN_LEN);
	return ret->failed ? sl_nomem(err) : 0;
}

int
authority_token_create(struct authority *a, const struct ledger_token_new *new, int64_t now_s,
    struct sl_buf *ret, struct smartlic_error *err)
{
	unsigned char token[TOKEN_LEN];
	int r = draw_token(a, token, err);

	if (r == 0)
		r = ledger_token_create(a->ledger, new, token, now_s, err);
	if (r == 0)
		r = put_token(ret, token, err);
	sl_wipe(token, sizeof(token));
	return r;
}

int
authority_instance_replace(struct authority *a, const char *uuid_or_serial,
    const struct ledger_replace *how, int64_t now_s, struct ledger_replaced *ret,
    struct sl_buf *ret_token, struct smartlic_error *err)
{
	struct ledger_replace with_id = *how;
	unsigned char token[TOKEN_LEN];
	int r = draw_token(a, token, err);

	if (r == 0) {
		(void)memcpy(with_id.token_id, token, SL_TOKEN_ID_LEN);
		r = ledger_instance_replace(a->ledger, uuid_or_serial, &with_id, now_s, ret, err);
	}
	if (r == 0 && ret->instance[0] == '\0')
		r = put_token(ret_token, token, err);
	sl_wipe(token, sizeof(token));
	return r;
}
