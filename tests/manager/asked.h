/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_MANAGER_ASKED_H
#define TESTS_MANAGER_ASKED_H

#include "tests/manager/site.h"
#include "tests/support/pki.h"

/*
 * One request of each type, right in all but who signs it; that is left to the test.
 */
#define ASKED_ID "00000000-0000-4000-8000-000000000001"

/* Which no device sends. */
#define ASKED_SYNC ((enum sl_msg_type)0)
#define ASKED_JOIN ((enum sl_msg_type) - 1)
/* A device's in an order in which each can follow the one before. */
#define ASKED_TYPES 9
extern const enum sl_msg_type asked_types[ASKED_TYPES];
const char *asked_name(enum sl_msg_type type);

struct asked {
	struct site *at;
	const char *request_id;
	const struct device *of; /* whose it is, */
	int ahead;               /* by how much after its last one */
	const struct site_token *token;
	const struct sl_token *invitation;
	const struct sl_key *key; /* to be certified; NULL: one that nobody has seen */
};
/* The content to sign. */
void asked_content(struct sl_buf *ret, const struct asked *asked, enum sl_msg_type type);

/* What a manager keeps in its folder under this name, its private key too. */
struct tpki_id kept_at(struct site *site, const char *name);

#endif
