/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MANAGER_SAMPLES_H
#define MANAGER_SAMPLES_H

#include "ledger/sample_page.h"
#include "message.h"
#include "text.h"

/* The rows that hold pages of samples; shared by the files of ledger/ only. */

struct sample_row {
	/* its key, with the page's number */
	char account[SL_UUID_SIZE];
	struct sl_udi udi;
	char store[SL_UUID_SIZE];
	/* of the last report that changed it */
	int64_t va;
	char instance[SL_UUID_SIZE];
	int64_t at_s;
	int64_t told; /* DB_NULL_INT: there is nobody to tell */
};

struct db_row;
/* Of a row that begins with account, pid, sn, uuid and store. */
void sample_row_key(struct sample_row *ret, struct db_row *row);
/* SMARTLIC_E_STORE, with the row's name before what is wrong with it. */
int sample_row_damaged(
    const struct sample_row *row, int64_t page, const char *why, struct smartlic_error *err);
/* Reads the text of a row; or as sample_row_damaged. */
int sample_row_read(struct sample_page *ret, const struct sample_row *row, int64_t page,
    const char *text, struct smartlic_error *err);
/* Puts a page's row in, or into the place of the one that is there. */
int sample_row_insert(struct db *db, const struct sample_row *row, const struct sample_page *p,
    struct smartlic_error *err);
int sample_row_update(struct db *db, const struct sample_row *row, const struct sample_page *p,
    struct smartlic_error *err);
/* Makes pages of the rows of before, a sample each, which go. */
int samples_into_pages(struct db *db, struct smartlic_error *err);

#endif
