/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SL_INVENTORY_H
#define SL_INVENTORY_H

#include "error.h"

#endif
