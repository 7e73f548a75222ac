/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "cms.h"
#include "ossl.h"

#define BYTES(text)                                                                                \
	{                                                                                          \
		text, sizeof(text) - 1                                                             \
	}
#define PKCS(rest)   "\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01" rest
#define SHA2(number) "\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02" number

const struct sl_cms_bytes sl_cms_signed_data = BYTES(PKCS("\x07\x02"));
const struct sl_cms_bytes sl_cms_data = BYTES(PKCS("\x07\x01"));
const struct sl_cms_bytes sl_cms_version_3 = BYTES("\x02\x01\x03");
const struct sl_cms_bytes sl_cms_content_type = BYTES(PKCS("\x09\x03"));
const struct sl_cms_bytes sl_cms_message_digest = BYTES(PKCS("\x09\x04"));
const struct sl_cms_bytes sl_cms_signing_time = BYTES(PKCS("\x09\x05"));

#define SHA256      BYTES("\x30\x0b" SHA2("\x01"))
#define SHA256_NULL BYTES("\x30\x0d" SHA2("\x01") "\x05\x00")
#define SHA384      BYTES("\x30\x0b" SHA2("\x02"))
#define SHA384_NULL BYTES("\x30\x0d" SHA2("\x02") "\x05\x00")

const struct sl_cms_alg sl_cms_algs[SL_CMS_KINDS] = {
	[SL_KEY_P256] = { "SHA256", 32, { SHA256, SHA256_NULL },
	    { BYTES("\x30\x0a\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x02") } },
	[SL_KEY_P384] = { "SHA384", 48, { SHA384, SHA384_NULL },
	    { BYTES("\x30\x0a\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x03") } },
	[SL_KEY_RSA] = { "SHA256", 32, { SHA256, SHA256_NULL },
	    { BYTES("\x30\x0d" PKCS("\x01\x01") "\x05\x00"),
		BYTES("\x30\x0d" PKCS("\x01\x0b") "\x05\x00") } },
};
