/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SL_STATUS_H
#define SL_STATUS_H

#include "error.h"

#endif
