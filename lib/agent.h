/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SL_AGENT_H
#define SL_AGENT_H

#include "error.h"

#endif
