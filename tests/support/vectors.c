/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>

#include "tests/support/vectors.h"

/* Also outside a running test (main() counts, a fuzz target has none), where Check's cannot be. */
void
vectors_need(int fact, const char *what)
{
	if (fact)
		return;
	(void)fprintf(stderr, "vectors: %s cannot be used\n", what);
	exit(99);
}

struct sl_buf
vectors_file(const char *name)
{
	struct sl_buf b = { 0 };
	char path[4096], chunk[4096];
	FILE *f;
	size_t n;

	(void)snprintf(path, sizeof(path), "%s/tests/vectors/%s", getenv("TOP_SRCDIR"), name);
	f = fopen(path, "rb");
	vectors_need(f != NULL, path);
	while ((n = fread(chunk, 1, sizeof(chunk), f)) > 0)
		sl_buf_add(&b, chunk, n);
	(void)fclose(f);
	sl_buf_add(&b, "", 0);
	return b;
}

struct sl_cert *
vectors_cert(struct smartlic_crypto *crypto, const char *name)
{
	struct sl_buf pem = vectors_file(name);
	struct smartlic_error err;
	struct sl_cert **certs, *cert;
	size_t n = 0;

	vectors_need(sl_cert_parse_pem(&certs, &n, crypto, pem.data, pem.len, &err) == 0, name);
	vectors_need(n == 1, name);
	cert = certs[0];
	free(certs);
	sl_buf_free(&pem);
	return cert;
}

static json_t *root;

static void
unload(void)
{
	json_decref(root);
	root = NULL;
}

const json_t *
vectors_json(void)
{
	if (root == NULL) {
		struct sl_buf text = vectors_file("vectors.json");

		root = json_loadb(text.data, text.len, JSON_REJECT_DUPLICATES, NULL);
		sl_buf_free(&text);
		vectors_need(root != NULL, "vectors.json");
		(void)atexit(unload);
	}
	return root;
}

size_t
vectors_count(void)
{
	return json_array_size(json_object_get(vectors_json(), "vectors"));
}

struct vector
vectors_get(size_t i)
{
	const json_t *v = json_array_get(json_object_get(vectors_json(), "vectors"), i);
	const char *verdict = json_string_value(json_object_get(v, "verdict"));
	const char *step = json_string_value(json_object_get(v, "step"));
	struct vector ret = {
		.file = json_string_value(json_object_get(v, "file")),
		.step = step != NULL ? step : "",
		.own = json_object_get(v, "context"),
	};

	vectors_need(ret.file != NULL && verdict != NULL, "vectors.json: file or verdict");
	ret.accept = verdict[0] == 'a';
	vectors_need(ret.accept == (ret.step[0] == '\0'), ret.file);
	return ret;
}

const char *
vectors_context(const struct vector *vector, const char *key)
{
	const json_t *common = json_object_get(vectors_json(), "context");
	const json_t *value = vector->own != NULL ? json_object_get(vector->own, key) : NULL;

	return json_string_value(value != NULL ? value : json_object_get(common, key));
}
