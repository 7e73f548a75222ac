/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SL_CATALOG_H
#define SL_CATALOG_H

#include "error.h"

#endif
