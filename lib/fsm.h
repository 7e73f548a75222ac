/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SL_FSM_H
#define SL_FSM_H

#include "error.h"

#endif
