/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <string.h>

#include "ledger/ledger.h"

static const struct ledger_entitlement entitlements[] = {
#define LEDGER_ENTITLEMENT(tag, name, description, version) { tag, name, description, version },
#include "ledger/entitlements.def"
#undef LEDGER_ENTITLEMENT
};

const struct ledger_entitlement *
ledger_entitlement_find(const char *tag)
{
	char brief[SL_TAG_SIZE];

	for (size_t i = 0; i < sizeof(entitlements) / sizeof(entitlements[0]); i++) {
		sl_tag_short(brief, entitlements[i].tag);
		if (strcmp(tag, entitlements[i].tag) == 0 || strcmp(tag, brief) == 0)
			return &entitlements[i];
	}
	return NULL;
}
