/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_MANAGER_SIGNERS_H
#define TESTS_MANAGER_SIGNERS_H

#include "message.h"
#include "tests/manager/site.h"
#include "tests/support/pki.h"

/*
 * Who signs a request to a satellite: by every kind of certificate, of its own account and of
 * another.  Each claims as much as its issuer would let it: the name of the device that the request
 * is for, where nothing else is said.
 */

#define OTHER_ACCOUNT "0e9d7c33-93b1-4a3b-b1a3-4c2f2f6f5b22"

/* The device that the request is for; one that is known here; one that the upstream knows. */
extern struct device victim, other, stranger;
/* What goes along; and what takes its place where it is the upstream's. */
extern struct site_token token, up_token;
extern struct sl_token invitation, no_invitation;
/* Of the satellite that was here before and has left. */
extern struct tpki_id left;

/* Each of the functions below sets these: who signs, with what goes along. */
extern const struct sl_key *signer_key;
extern struct sl_cert *embedded[4];
extern size_t n_embedded;
/* Before the first of them; and the end of what was made for it. */
void signers_init(void);
void signers_free(void);

/* Of the device that the request is for. */
void the_device_itself(void);

/* Of other devices. */
void a_device_that_is_known(void);
void a_device_of_the_upstream(void);

/* By the upstream. */
void its_name_by_the_upstream(void);
void another_account_by_the_upstream(void);

/* By another satellite, and that one itself. */
void its_name_by_another_satellite(void);
void its_name_by_another_accounts_satellite(void);
void another_account_by_its_satellite(void);
void another_satellite(void);
void another_accounts_satellite(void);

/* By a satellite whose CA the upstream's list revokes, and that one itself. */
void its_name_by_one_that_has_left(void);
void one_that_has_left(void);

/* By this satellite's CA, whose key is used past the ledger. */
void its_name_past_the_ledger(void);
void role_response(void);
void no_role(void);
void two_roles(void);

/* What managers sign other things with. */
void the_satellite_itself(void);
void its_own_ca(void);
void its_tls_server(void);
void the_upstreams_signer(void);
void the_upstreams_ca(void);
void the_ca_of_satellites(void);
void the_root(void);

/* By nobody who is trusted. */
void self_signed(void);
void another_root(void);

/* By its own key, which is to be certified. */
void whose_key_is_to_be_certified(void);
void who_has_the_upstreams_token(void);

#endif
