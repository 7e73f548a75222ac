/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SL_TEXT_H
#define SL_TEXT_H

#include <stddef.h>
#include <stdint.h>

#include "buffer.h"

/*
 * The text forms of the protocol: hex, base64, base64url, UUIDs, times.  All
 * readers are strict: lower case, no blanks, no padding bits, nothing after.
 */

/* ret gets 2·len digits and a NUL. */
void sl_hex(char *ret, const void *data, size_t len);
/* Exactly len bytes from 2·len digits; 0 or -1. */
int sl_unhex(void *ret, size_t len, const char *text);

void sl_base64(struct sl_buf *ret, const void *data, size_t len);
/* Appends; 0, or -1 with nothing appended on malformed text (ret->failed tells want of memory). */
int sl_unbase64(struct sl_buf *ret, const char *text, size_t len);
void sl_base64url(struct sl_buf *ret, const void *data, size_t len); /* no padding */
int sl_unbase64url(struct sl_buf *ret, const char *text, size_t len);

#define SL_UUID_SIZE 37 /* with NUL */
/* 36 characters, lower case, any version; 1 or 0. */
int sl_is_uuid(const char *text);
/* From 16 random bytes. */
void sl_uuid4(char ret[SL_UUID_SIZE], const unsigned char random[16]);
/* RFC 9562 version 7: milliseconds and 10 random bytes. */
void sl_uuid7(char ret[SL_UUID_SIZE], int64_t unix_ms, const unsigned char random[10]);
/* The milliseconds of a version 7 UUID; -1 for others. */
int64_t sl_uuid7_ms(const char *uuid);

#define SL_TIME_SIZE 21 /* "YYYY-MM-DDThh:mm:ssZ" with NUL */
/* Seconds since 1970 ↔ text; years 1970–9999, what lies outside is written as their first or last
 * second.  sl_time_parse: 0 or -1. */
void sl_time(char ret[SL_TIME_SIZE], int64_t s);
int sl_time_parse(int64_t *ret, const char *text);
/* Days since 1970-01-01 of a date of the Gregorian calendar, and back. */
int64_t sl_days(int64_t year, int month, int day);
void sl_date(int64_t days, int64_t *year, int *month, int *day);

/* How many bytes at the start of this UTF-8 are a control character, which could command a
 * terminal: 1, or 2 for U+0080 to U+009F; 3 for what ends a line or turns the order of what follows
 * around, so that a table shows another device's; 0 when it is none. */
size_t sl_control(const char *text);

/* A copy that is always terminated; 0, or -1 if text was too long (ret is then ""). */
int sl_copy(char *ret, size_t size, const char *text);

#endif
