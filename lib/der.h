/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SL_DER_H
#define SL_DER_H

#include <stddef.h>

#include "buffer.h"

/*
 * The distinguished encoding (X.690), as much as messages need: tags of one
 * byte, definite lengths in their shortest form.  What is not in that form is
 * refused, so what was read has one encoding only.
 */
struct sl_der {
	const void *data;
	size_t len;
};

enum sl_der_tag {
	SL_DER_BOOLEAN = 0x01,
	SL_DER_INTEGER = 0x02,
	SL_DER_BIT_STRING = 0x03,
	SL_DER_OCTET_STRING = 0x04,
	SL_DER_NULL = 0x05,
	SL_DER_OID = 0x06,
	SL_DER_UTC_TIME = 0x17,
	SL_DER_GENERALIZED_TIME = 0x18,
	SL_DER_SEQUENCE = 0x30,
	SL_DER_SET = 0x31,
	SL_DER_CONTEXT_0 = 0xa0, /* constructed */
	SL_DER_CONTEXT_1 = 0xa1,
	SL_DER_IMPLICIT_0 = 0x80, /* primitive */
};

/* The next element's tag; -1 at the end. */
int sl_der_peek(const struct sl_der *in);
/* Takes the next element off `in`, whatever its tag: *whole with, *body without tag and length.
 * Either may be NULL.  0, or -1 when it is malformed; `in` is then as it was. */
int sl_der_any(struct sl_der *in, struct sl_der *whole, struct sl_der *body);
/* The same when its tag is this one, else -1. */
int sl_der_take(struct sl_der *in, int tag, struct sl_der *body);
/* Takes an element that is exactly these bytes, tag and length included; 0 or -1. */
int sl_der_expect(struct sl_der *in, const void *bytes, size_t len);
int sl_der_equal(const struct sl_der *a, const void *bytes, size_t len);
/* Are a SET OF's elements in the order that DER wants?  1 or 0 (also when malformed). */
int sl_der_sorted(struct sl_der set);

/* Bytes of tag, length and body of len bytes. */
size_t sl_der_size(size_t len);
/* Appends tag and length of a body of len bytes, which the caller appends next. */
void sl_der_head(struct sl_buf *ret, int tag, size_t len);
void sl_der_put(struct sl_buf *ret, int tag, const void *body, size_t len);

#endif
