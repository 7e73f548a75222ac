/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <smartlic/settings.h>

#include "error.h"
