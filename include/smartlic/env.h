/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SMARTLIC_ENV_H
#define SMARTLIC_ENV_H

#include <stddef.h>
#include <stdint.h>

#include <smartlic/crypto.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SMARTLIC_BOOT_ID_LEN 64

/* Calendar fields of a moment in the host's zone, for printing only. */
struct smartlic_local_time {
	int32_t year;     /* 2019 */
	int32_t month;    /* 1–12 */
	int32_t day;      /* 1–31 */
	int32_t weekday;  /* 0 Sunday – 6 Saturday */
	int32_t hour, minute, second, millisecond;
	char zone[16]; /* "IST" */
};

enum smartlic_log_level {
	SMARTLIC_LOG_CRITICAL = 2, /* the numbers of syslog */
	SMARTLIC_LOG_ERROR = 3,
	SMARTLIC_LOG_WARNING = 4,
	SMARTLIC_LOG_NOTICE = 5,
	SMARTLIC_LOG_INFO = 6,
	SMARTLIC_LOG_DEBUG = 7,
	SMARTLIC_LOG_FORCE_INT32 = INT32_MAX
};

/*
 * What the library asks of the program around it.  All members but `size` may
 * be 0: the library then uses the system's own (log: none).  Zero the struct,
 * set `size` to sizeof(struct smartlic_env), set what you need.  Copied by
 * smartlic_agent_new(); what the members point to must live as long as the agent.
 * The functions are called in the middle of the agent's work and do not call it:
 * a log that wants to act sets a mark that the host's loop looks at.  From log, what
 * would change something does nothing and returns SMARTLIC_E_STATE.
 */
struct smartlic_env {
	size_t size;
	void *userdata; /* handed to every function below */
	/* Milliseconds since 1970-01-01 UTC.  May jump; decides no expiry. */
	int64_t (*wall_ms)(void *userdata);
	/* Milliseconds since some moment of this boot; never goes back within it.  The system's
	 * own is CLOCK_BOOTTIME, CLOCK_MONOTONIC where there is none. */
	int64_t (*mono_ms)(void *userdata);
	/* A text of at most SMARTLIC_BOOT_ID_LEN bytes with its NUL that differs for every
	 * boot, so that mono_ms of two processes of one boot can be compared.  0 or -1.  Set it
	 * together with mono_ms: without it (or after -1) every start counts as a boot, and
	 * no time as elapsed between two processes. */
	int (*boot_id)(void *userdata, char *ret, size_t size);
	/* Fills buf; for ids, jitter and simulation, not for keys.  0 or -1. */
	int (*random)(void *userdata, void *buf, size_t len);
	/* One message, without line end; `level` is an enum smartlic_log_level. */
	void (*log)(void *userdata, int level, const char *message);
	/* Fills the fields for a moment; 0 or -1. */
	int (*local_time)(void *userdata, int64_t wall_ms, struct smartlic_local_time *ret);
	struct smartlic_crypto *crypto; /* borrowed, must outlive the agent; NULL: the agent's own */
};

#ifdef __cplusplus
}
#endif
#endif
