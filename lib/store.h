/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SL_STORE_H
#define SL_STORE_H

#include "error.h"

#endif
