/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SL_JSON_PUT_H
#define SL_JSON_PUT_H

#include <stdint.h>

#include "buffer.h"

/*
 * Messages, written as text member by member: as a tree of jansson's, which is then written out,
 * they took the authority a tenth of a request's processor time.  Texts are UTF-8, which whoever
 * took them in has seen to; bytes of C strings that JSON reserves are escaped.  key: NULL in a
 * list, and for the whole.  Want of memory is in the buffer's `failed`.
 */
void sl_json_put_object(struct sl_buf *b, const char *key);
void sl_json_put_list(struct sl_buf *b, const char *key);
/* The innermost one's end. */
void sl_json_end_object(struct sl_buf *b);
void sl_json_end_list(struct sl_buf *b);

void sl_json_put_text(struct sl_buf *b, const char *key, const char *value);
void sl_json_put_int(struct sl_buf *b, const char *key, int64_t value);
void sl_json_put_time(struct sl_buf *b, const char *key, int64_t at_s);
void sl_json_put_bool(struct sl_buf *b, const char *key, int value);
/* What is JSON already. */
void sl_json_put_json(struct sl_buf *b, const char *key, const char *json, size_t len);

#endif
