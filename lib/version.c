/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <smartlic/version.h>

const char *
smartlic_version(void)
{
	return PACKAGE_VERSION;
}
