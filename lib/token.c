/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <smartlic/agent.h>

#include "message.h"
