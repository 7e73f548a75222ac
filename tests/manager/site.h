/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_MANAGER_SITE_H
#define TESTS_MANAGER_SITE_H

#include "authority/authority.h"
#include "authority/authority_impl.h"
#include "reply.h"
#include "request.h"
#include "tests/manager/where.h"
#include "tests/suite.h"

/*
 * An authority in a temporary folder, and devices that talk to it by function call.  What cannot be
 * made fails the test.
 */
#define SITE_NOW     INT64_C(1800000000)
#define SITE_DAY     INT64_C(86400)
#define SITE_ACCOUNT "5b0c7a52-0b0c-4a3e-8a54-2f1f6b1f0a11"
#define SITE_HOME    "3f1a2b4c-5d6e-4f70-8192-a3b4c5d6e7f8"
#define TAG_G "regid.2018-05.com.cisco.S-NCS1K4-LIC-100G=,1.0_03df009f-5ac5-48da-af50-4279ddea5e24"
#define TAG_X "regid.2018-05.com.cisco.S-NCS1K4-LIC-100X=,1.0_3938b0c5-f635-4426-9f0f-936d930cea9e"

struct site {
	char dir[64];
	char db_path[WHERE_SIZE];
	struct smartlic_crypto *crypto;
	struct pki *pki;
	struct ledger *ledger;
	struct authority_token_keys keys;
	struct authority *authority;
	int64_t now;
	uint64_t seed; /* of ids */
	struct sl_buf last; /* the last answer's content, and what came with it */
	size_t last_certs, last_lists;
	/* what its guard says, and has heard */
	int64_t guard_wait_s;
	int guard_failures;
	struct smartlic_error err;
};
#define site_ok(s, expr) ck_assert_msg((expr) == 0, "%s: %s", #expr, (s)->err.text)

/*
 * An unchecked fixture, which is of the process that forks the tests: keys and ledger are made
 * once, and each site_open() begins with a copy of them (on a server, with the keys and a ledger of
 * its own).  Without it each makes them.
 */
void site_keep(void);
void site_drop(void);
void site_open(struct site *s);
/* With keys of its own. */
void site_open_other(struct site *s);
void site_close(struct site *s);

/* For fixtures that begin with more, in SQLite: a site that others are copied from, which is not
 * used itself any more; its files go with site_remove(). */
void site_put_aside(struct site *s);
void site_copy(struct site *s, const struct site *of);
void site_remove(const struct site *of);

/* The authority's process alone. */
void site_stop(struct site *s);
void site_start(struct site *s);
/* Has whoever comes with a token be guarded, by guard_wait_s. */
void site_guard(struct site *s);
uint64_t site_random(struct site *s);
int site_fill(void *site, void *buf, size_t len); /* authority_answer's random */

/* A token's text is in `text`, NUL-terminated. */
struct site_token {
	char text[80];
	struct sl_token parsed;
};
struct site_token site_token_new(struct site *s, const char *va, int64_t days, int64_t uses);
struct site_token site_token_make(struct site *s, struct ledger_token_new token);

#define DEVICE_CAS 2
struct device {
	const char *account; /* that it expects; NULL: SITE_ACCOUNT */
	struct sl_udi udi;
	struct sl_key *key;      /* signs */
	struct sl_key *next_key; /* of the CSR that is out */
	struct sl_cert *cert;
	int keeps_cas; /* embeds them too, as a device does that goes from home to home */
	struct sl_cert *cas[DEVICE_CAS]; /* above it, as the answer brought them */
	size_t n_cas;
	char instance[SL_UUID_SIZE];
	char store[SL_UUID_SIZE];
	int64_t sequence;
	/* the last request */
	char request_id[SL_UUID_SIZE];
	char sha256[SL_SHA256_HEX];
	struct sl_buf message;
};
struct device device_new(struct site *s, const char *sn);
void device_free(struct device *d);

/* Make the device's next request in d->message.  usage NULL: none (register only). */
void device_ask_register(struct site *s, struct device *d, const struct site_token *token,
    int force, const struct sl_usage *usage, size_t n);
void device_ask_renew_id(struct site *s, struct device *d);
void device_ask_usage(struct site *s, struct device *d, int64_t g, int64_t x);
void device_ask_reserve(struct site *s, struct device *d, int64_t g, int64_t x);
void device_ask_return(struct site *s, struct device *d, const char *id);
void device_ask_deregister(struct site *s, struct device *d);

/* The same under an id that was used already. */
void device_ask_again(struct site *s, struct device *d, const char *id, int64_t g, int64_t x);
void device_ask_register_again(struct site *s, struct device *d, const char *id,
    const struct site_token *token, int force);

/* Sends bytes; the answer was verified with the signer's key, and bound if it claims to be. */
struct sl_reply *site_send(struct site *s, const struct sl_buf *message);
/* Sends d->message; an answer that is good is applied. */
struct sl_reply *device_send(struct site *s, struct device *d);
/* The same, and only the answer's code: SL_DENIED_NONE for ok. */
enum sl_denial device_code(struct site *s, struct device *d);

/* ask and send in one; the code */
enum sl_denial device_register(struct site *s, struct device *d, const struct site_token *token,
    int force);
enum sl_denial device_use(struct site *s, struct device *d, int64_t g, int64_t x);
enum sl_denial device_renew_id(struct site *s, struct device *d);
enum sl_denial device_reserve(struct site *s, struct device *d, int64_t g, int64_t x);
enum sl_denial device_return(struct site *s, struct device *d, const char *id);
enum sl_denial device_deregister(struct site *s, struct device *d);

/* The last answer's body as JSON text; free it. */
char *site_last_body(const struct site *s);
/* Signs any content as the device's next message, certificates embedded or not. */
void device_say(struct site *s, struct device *d, const char *content, int embed);

int64_t site_consumed(struct site *s, int64_t va, const char *tag);
int site_alerts(struct site *s, const char *name);
/* The one number that a query of the ledger gives. */
int64_t site_count(struct site *s, const char *sql);
/* Of the pages of samples that a query gives, which begins with SITE_PAGES: how many samples they
 * have, the sum of their max, the least n. */
#define SITE_PAGES "SELECT page, data FROM sample_page"
struct site_samples {
	int64_t n, sum, least;
};
struct site_samples site_samples(struct site *s, const char *sql);
/* Removes what samples are too old, until nothing is left to remove: how many. */
int64_t site_trim(struct site *s);
/* All that a ledger proves of itself, or the test fails. */
void site_check(struct site *s);

#endif
