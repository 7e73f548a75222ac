/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_SUPPORT_VECTORS_H
#define TESTS_SUPPORT_VECTORS_H

#include <jansson.h>

#include "buffer.h"
#include "cert.h"

/* The messages of tests/vectors (see its README): data and verdicts made by neither side. */

/* Stops the program where the data is not as it should be. */
void vectors_need(int fact, const char *what);
/* Bytes of a file under TOP_SRCDIR/tests/vectors; stops when it is not there. */
struct sl_buf vectors_file(const char *name);
/* The one certificate of a .pem there. */
struct sl_cert *vectors_cert(struct smartlic_crypto *crypto, const char *name);

/* vectors.json, loaded once a process. */
const json_t *vectors_json(void);
size_t vectors_count(void);
struct vector {
	const char *file;
	const char *step; /* "" for those that are to be taken */
	int accept;
	const json_t *own; /* members of its own context; NULL where it has none */
};
struct vector vectors_get(size_t i);
/* A member of the vector's context, else of the common one; NULL where null or absent. */
const char *vectors_context(const struct vector *vector, const char *key);

#endif
