/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BENCH_FLEET_H
#define BENCH_FLEET_H

#include "authority/authority.h"
#include "buffer.h"
#include "crypto.h"

/*
 * A data folder with devices that were registered in it, and the requests that they are going to
 * send, signed ahead: so that a load costs its generator only the sending.  What fails ends the
 * program.
 */
struct fleet;

/* Makes DATA with a token key, a PKI and an empty ledger; url: of a database for it, or NULL. */
struct fleet *fleet_new(const char *data, const char *url);
/* Closes the ledger, so that a server alone has it. */
void fleet_free(struct fleet *f);

/* Registers devices until there are n. */
void fleet_grow(struct fleet *f, size_t n);
/* Opens the ledger again for fleet_grow and fleet_fill, after a server has ended. */
void fleet_open(struct fleet *f);
void fleet_close(struct fleet *f);

/* The next request of a device.  count: of the one license that all use. */
void fleet_authorize(struct fleet *f, size_t device, int64_t count, struct sl_buf *ret);
void fleet_report(struct fleet *f, size_t device, struct sl_buf *ret);
/* A request to register of a device that nobody has seen. */
void fleet_register(struct fleet *f, struct sl_buf *ret);

/* How many bytes the authority answers such a request with, while the ledger is open; it is
 * executed. */
size_t fleet_answer_size(struct fleet *f, const struct sl_buf *request);

/* Writes rows of instances that hold a license each, until the ledger has n, as registrations and
 * authorizations would leave them. */
void fleet_fill(struct fleet *f, int64_t n);

#endif
