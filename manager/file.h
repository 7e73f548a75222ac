/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MANAGER_FILE_H
#define MANAGER_FILE_H

#include <stddef.h>
#include <sys/types.h>

#include "buffer.h"
#include "error.h"

/* Files of the data folder: small, read whole, replaced whole.  Those that root writes or copies
 * belong to the folder's owner. */

#define FILE_PATH_SIZE 4096
#define FILE_SMALL_MAX (64 * 1024)

/* dir/name, or SMARTLIC_E_LIMIT. */
int file_path(char ret[FILE_PATH_SIZE], const char *dir, const char *name,
    struct smartlic_error *err);

/*
 * Makes or replaces a file in one step: a reader, also after a power cut, finds the old content or
 * the new one, with exactly this mode.  Durable when it returns 0.
 */
int file_write(const char *path, mode_t mode, const void *data, size_t len,
    struct smartlic_error *err);

/* Appends a file's whole content; SMARTLIC_E_NOT_FOUND, SMARTLIC_E_LIMIT above FILE_SMALL_MAX. */
int file_read(const char *path, struct sl_buf *ret, struct smartlic_error *err);

/* Copies a file of any size to one that must not exist, 0600; durable but for its name, see
 * file_rename. */
int file_copy(const char *from, const char *to, struct smartlic_error *err);
/* What another program wrote there is durable when it returns 0. */
int file_sync(const char *path, struct smartlic_error *err);
/* Gives a file another name in one step, durably; what had it before is gone. */
int file_rename(const char *from, const char *to, struct smartlic_error *err);

/* Makes a folder, 0700, durably.  SMARTLIC_E_EXISTS when anything has that name already,
 * SMARTLIC_E_NOT_FOUND when its parent is missing. */
int file_mkdir(const char *path, struct smartlic_error *err);

/* Removes a folder with the files in it, one level deep: what was half made.  Silent. */
void file_remove_dir(const char *path);

#endif
