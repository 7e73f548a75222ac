/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SL_COUNT_H
#define SL_COUNT_H

#include "error.h"

#endif
