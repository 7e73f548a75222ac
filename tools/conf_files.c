/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cli.h"
#include "conf_files.h"

#define SECRET_MAX ((size_t)64 * 1024)

static const struct conf_file {
	const char *key, *option;
	const char *what;
	const char *cure;
	int secret;
} table[CONF_FILES] = {
	{ "tls-trust-anchor", "tls-trust-anchor-pem", "trust anchor of TLS",
	    "put the roots there as PEM, or correct 'crypto ca trustpool import url'", 0 },
	{ "client-certificate", "client-certificate-pem", "client certificate",
	    "put it there as PEM, or correct 'license smart client-certificate'", 0 },
	{ "client-key", "client-key-pem", "client key",
	    "put it there as PEM, or correct 'license smart client-certificate'", 1 },
	{ "proxy-password-file", "proxy-password", "proxy's password",
	    "put it there, or correct 'http-proxy'", 1 },
};

/* A secret that all users of this machine may read is none. */
static int
check_mode(const struct conf_file *file, const char *path)
{
	struct stat st;

	if (!file->secret || stat(path, &st) != 0 || (st.st_mode & S_IROTH) == 0)
		return 0;
	complain("%s '%s' can be read by everybody; chmod 600 it", file->what, path);
	return CLI_FAILED;
}

static size_t
first_line(const struct bytes *bytes)
{
	size_t i = 0;

	while (i < bytes->len && strchr("\r\n", bytes->data[i]) == NULL)
		i++;
	return i;
}

static int
read_one(
    struct conf_files *ret, const struct smartlic_settings *settings, const struct conf_file *file)
{
	struct bytes *bytes = &ret->bytes[ret->n];
	const char *path = NULL;
	int r = 0;

	for (size_t i = 0; r == 0 && (path = smartlic_settings_get(settings, file->key, i)) != NULL;
	     i++) {
		r = check_mode(file, path);
		if (r == 0)
			r = bytes_read(bytes, path, file->secret ? SECRET_MAX : BYTES_MAX,
			    file->what, file->cure);
	}
	if (r != 0 || bytes->data == NULL)
		return r;
	if (strcmp(file->option, "proxy-password") == 0)
		bytes->len = first_line(bytes);
	ret->option[ret->n++] = (struct smartlic_option){
		.key = file->option, .value = bytes->data, .len = bytes->len
	};
	return 0;
}

int
conf_files_read(struct conf_files *ret, const struct smartlic_settings *settings)
{
	int r = 0;

	for (size_t i = 0; i < CONF_FILES && r == 0; i++)
		r = read_one(ret, settings, &table[i]);
	return r;
}

void
conf_files_release(struct conf_files *files)
{
	for (size_t i = 0; i < CONF_FILES; i++) {
		struct bytes *bytes = &files->bytes[i];

		if (bytes->data != NULL)
			explicit_bzero(bytes->data, bytes->len);
		free(bytes->data);
	}
	*files = (struct conf_files){ 0 };
}
