/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "error.h"
#include "pki/pkcs11.h"

int
pki_pkcs11_load(EVP_PKEY **ret, const struct pki_uri *uri, struct smartlic_error *err)
{
	(void)ret;
	(void)uri;
	return sl_fail(err, SMARTLIC_E_INVAL,
	    "this smartlic-manager was built without PKCS#11: build it with libp11 "
	    "(--with-pkcs11)");
}
