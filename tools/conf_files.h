/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_CONF_FILES_H
#define TOOLS_CONF_FILES_H

#include <smartlic/smartlic.h>

#include "bytes.h"

#define CONF_FILES 4

/* The files that the configuration names for the transport, as its options; zero to start. */
struct conf_files {
	struct bytes bytes[CONF_FILES];
	struct smartlic_option option[CONF_FILES];
	size_t n;
};

/* 0 or CLI_FAILED, said with the file, the line that names it and the cure. */
int conf_files_read(struct conf_files *ret, const struct smartlic_settings *settings);
/* Wipes and frees what was read. */
void conf_files_release(struct conf_files *files);

#endif
