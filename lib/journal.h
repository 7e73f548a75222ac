/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SL_JOURNAL_H
#define SL_JOURNAL_H

#include "error.h"

#endif
