/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SL_ENV_SYSTEM_H
#define SL_ENV_SYSTEM_H

#include <smartlic/env.h>

/* The system's clock, zone and randomness.  env_system.c is the one file of lib/ that asks the
 * operating system for them. */
int64_t sl_system_wall_ms(void *userdata);
int64_t sl_system_mono_ms(void *userdata);
int sl_system_boot_id(void *userdata, char *ret, size_t size);
int sl_system_random(void *userdata, void *buf, size_t len);
int sl_system_local_time(void *userdata, int64_t wall_ms, struct smartlic_local_time *ret);

#endif
