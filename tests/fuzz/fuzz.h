/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_FUZZ_H
#define TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>

/* What a fuzz target defines: libFuzzer and replay.c call it with any bytes; it returns 0. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Folders of inputs, below the source tree, ended by NULL. */
extern const char *const fuzz_corpus[];

#endif
