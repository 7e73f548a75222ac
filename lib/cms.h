/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SL_CMS_H
#define SL_CMS_H

#include <stddef.h>

/*
 * The fixed elements of an envelope (RFC 5652) with tag and length, as they are
 * on the wire: what envelope.c looks for is what seal.c writes.
 */
struct sl_cms_bytes {
	const char *data;
	size_t len;
};

extern const struct sl_cms_bytes sl_cms_signed_data;
extern const struct sl_cms_bytes sl_cms_data;
extern const struct sl_cms_bytes sl_cms_version_3;
/* signed attributes */
extern const struct sl_cms_bytes sl_cms_content_type;
extern const struct sl_cms_bytes sl_cms_message_digest;
extern const struct sl_cms_bytes sl_cms_signing_time;

/* Which algorithms belong to a kind of key.  The first of each is what we write. */
struct sl_cms_alg {
	const char *digest_name;
	size_t digest_len;
	struct sl_cms_bytes digest[2]; /* without parameters and with NULL */
	struct sl_cms_bytes signature[2];
};
#define SL_CMS_KINDS 4 /* index: enum sl_key_kind; 0 is unused */
extern const struct sl_cms_alg sl_cms_algs[SL_CMS_KINDS];

#endif
