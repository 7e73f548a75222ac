/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SL_TIMERS_H
#define SL_TIMERS_H

#include "error.h"

#endif
