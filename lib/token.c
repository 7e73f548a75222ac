/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <string.h>

#include <smartlic/agent.h>

#include "message.h"
#include "text.h"

#define TOKEN_STRUCT_MAX 1024 /* no version of the struct will be larger */

int
smartlic_token_read(struct smartlic_token *ret, const char *token, struct smartlic_error *err)
{
	struct sl_buf id_text = { 0 };
	struct smartlic_token out;
	struct sl_token parsed;
	int r;

	if (ret == NULL || token == NULL)
		return sl_fail(err, SMARTLIC_E_INVAL, "smartlic_token_read: argument is NULL");
	if (ret->size < sizeof(*ret) || ret->size > TOKEN_STRUCT_MAX)
		return sl_fail(err, SMARTLIC_E_ABI,
		    "smartlic_token_read: size is %zu; set it to sizeof(struct smartlic_token)",
		    ret->size);
	r = sl_token_parse(&parsed, token, err);
	if (r < 0)
		return r;
	explicit_bzero(parsed.secret, sizeof(parsed.secret));

	memset(&out, 0, sizeof(out));
	out.size = ret->size;
	out.key_number = parsed.id[0];
	sl_hex(out.home, parsed.id + 1, 4);
	sl_hex(out.id, parsed.id, sizeof(parsed.id));
	sl_base64url(&id_text, parsed.id, sizeof(parsed.id));
	if (id_text.failed || sl_copy(out.id_text, sizeof(out.id_text), id_text.data) < 0) {
		r = sl_nomem(err);
		goto out;
	}
	/* members that only a later version knows read as 0 */
	memset((char *)ret + sizeof(out), 0, ret->size - sizeof(out));
	*ret = out;
out:
	sl_buf_free(&id_text);
	return r;
}
