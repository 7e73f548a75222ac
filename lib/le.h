/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SL_LE_H
#define SL_LE_H

#include <stddef.h>
#include <stdint.h>

/* Numbers in what is stored: little-endian, of 1 to 8 bytes. */
static inline void
sl_le_put(void *to, uint64_t value, size_t bytes)
{
	unsigned char *p = to;

	for (size_t i = 0; i < bytes; i++)
		p[i] = (unsigned char)(value >> (8 * i));
}

static inline uint64_t
sl_le_get(const void *from, size_t bytes)
{
	const unsigned char *p = from;
	uint64_t value = 0;

	for (size_t i = 0; i < bytes; i++)
		value |= (uint64_t)p[i] << (8 * i);
	return value;
}

#endif
