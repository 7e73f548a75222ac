/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_SUPPORT_STORY_H
#define TESTS_SUPPORT_STORY_H

#include "tests/support/world.h"

/*
 * A whole life, for fault sweeps: register, authorize, renew the identity, use fewer licenses,
 * deregister.  An operator looks after it: a command whose outcome is not there is given again,
 * and a device without power is switched on again.  Fails if it does not come to its end.
 */
void story_live(struct world *w);
/* The same up to registered and authorized. */
void story_begin(struct world *w);
/* Each step has had its effect once, and nobody suspects a clone. */
void story_check(const struct world *w);

#endif
