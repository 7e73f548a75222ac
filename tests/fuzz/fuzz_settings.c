/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include <smartlic/settings.h>

#include "tests/fuzz/fuzz.h"

const char *const fuzz_corpus[] = { "tests/fuzz/corpus/settings", NULL };

/* Any bytes: settings that answer for every key, or an error with a text in plain ASCII. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const char *const keys[] = { "transport", "destination", "name-server", "udi-uuid",
		"store", "crl", "contact", "proxy-host", "proxy-user", "source-interface",
		"source-address", "tls-trust-anchor", "client-key" };
	struct smartlic_settings *s = NULL;
	struct smartlic_error err = { 0 };

	if (smartlic_settings_parse(&s, (const char *)data, len, "fuzz", &err) < 0) {
		if (s != NULL || err.text[0] == '\0' || err.text[sizeof(err.text) - 1] != '\0')
			abort();
		for (const char *p = err.text; *p != '\0'; p++)
			if (*p < ' ' || *p > '~')
				abort();
		return 0;
	}
	for (size_t k = 0; k < sizeof(keys) / sizeof(keys[0]); k++)
		for (size_t i = 0; smartlic_settings_get(s, keys[k], i) != NULL; i++)
			if (strpbrk(smartlic_settings_get(s, keys[k], i), " \t\n") != NULL)
				abort();
	for (size_t i = 0; smartlic_settings_warning(s, i) != NULL; i++)
		if (strchr(smartlic_settings_warning(s, i), '\n') != NULL)
			abort();
	smartlic_settings_free(s);
	return 0;
}
