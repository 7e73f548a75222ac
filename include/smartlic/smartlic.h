/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SMARTLIC_SMARTLIC_H
#define SMARTLIC_SMARTLIC_H

#include <smartlic/agent.h>
#include <smartlic/crypto.h>
#include <smartlic/env.h>
#include <smartlic/error.h>
#include <smartlic/license.h>
#include <smartlic/settings.h>
#include <smartlic/show.h>
#include <smartlic/status.h>
#include <smartlic/store.h>
#include <smartlic/transport.h>
#include <smartlic/version.h>

#endif
