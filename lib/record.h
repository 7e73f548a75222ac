/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SL_RECORD_H
#define SL_RECORD_H

#include "error.h"

#endif
