/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/fuzz/fuzz.h"

/*
 * Runs a fuzz target over its corpus, so that what was found once stays found
 * in `make check`, without a fuzzer.  Or over the files named as arguments.
 */

static void fatal(const char *what, const char *path) __attribute__((noreturn));

static void
fatal(const char *what, const char *path)
{
	printf("not ok - %s: %s\n", what, path);
	exit(EXIT_FAILURE);
}

static void
replay_file(const char *path)
{
	FILE *f = fopen(path, "rb");
	uint8_t *data;
	long size = -1;

	if (f != NULL && fseek(f, 0, SEEK_END) == 0)
		size = ftell(f);
	if (size < 0)
		fatal("cannot read", path);
	rewind(f);
	/* of the exact size, so that a sanitizer sees a read past the end */
	data = malloc(size > 0 ? (size_t)size : 1);
	if (data == NULL || fread(data, 1, (size_t)size, f) != (size_t)size)
		fatal("cannot read", path);
	(void)fclose(f);
	(void)LLVMFuzzerTestOneInput(data, (size_t)size);
	free(data);
}

static int
replay_folder(const char *folder)
{
	struct dirent **names;
	char path[4096 + 256];
	int n = scandir(folder, &names, NULL, alphasort), files = 0;

	if (n < 0)
		fatal("cannot read", folder);
	for (int i = 0; i < n; i++) {
		if (names[i]->d_name[0] != '.') {
			(void)snprintf(path, sizeof(path), "%s/%s", folder, names[i]->d_name);
			replay_file(path);
			files++;
		}
		free(names[i]);
	}
	free(names);
	return files;
}

int
main(int argc, char **argv)
{
	const char *top = getenv("TOP_SRCDIR");
	const char *name = strrchr(argv[0], '/');
	char folder[4096];
	int n = 1;

	for (int i = 1; i < argc; i++)
		replay_file(argv[i]);
	if (argc > 1)
		return EXIT_SUCCESS;

	(void)LLVMFuzzerTestOneInput((const uint8_t *)"", 0);
	for (size_t i = 0; fuzz_corpus[i] != NULL; i++) {
		int files;

		(void)snprintf(
		    folder, sizeof(folder), "%s/%s", top == NULL ? "." : top, fuzz_corpus[i]);
		files = replay_folder(folder);
		if (files == 0)
			fatal("no inputs in", folder);
		n += files;
	}
	printf("ok - %s: %d inputs were taken without a fault\n", name == NULL ? argv[0] : name + 1,
	    n);
	return EXIT_SUCCESS;
}
