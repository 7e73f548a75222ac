/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_SUPPORT_WORLD_H
#define TESTS_SUPPORT_WORLD_H

#include <smartlic/smartlic.h>

#include "buffer.h"
#include "tests/suite.h"
#include "tests/support/memstore.h"
#include "tests/support/oracle.h"
#include "transports/loop.h"

/* 1 while the agent itself runs, and not what it calls: fault injection looks at it. */
extern int world_in_agent;

/* What the network does with a request. */
enum net {
	NET_UP = 0,
	NET_DOWN,      /* nothing arrives */
	NET_LOSES,     /* the request arrives, the answer does not */
	NET_SILENT,    /* neither: no answer and no failure */
	NET_PORTAL,    /* a captive portal answers 200 with a page of its own */
	NET_TRUNCATES, /* half of the answer */
	NET_STRANGER,  /* an answer signed under another root */
	NET_OLD,       /* the answer to the request before */
	NET_BUSY,      /* 503 */
	NET_KINDS
};

/* How the agent is driven; the outcome must be the same. */
enum drive {
	DRIVE_POLL = 0, /* process until it waits */
	DRIVE_STEP,     /* pollfds and deadline around each step */
	DRIVE_RESTART,  /* another process goes on after each step */
	DRIVES
};

/* For loops over them: the first alone where all is ten times as dear. */
static inline int
world_drives(void)
{
	return test_all_or(DRIVES, 1);
}

#define WORLD_EVENTS 64 /* more than there are types */

struct world {
	struct smartlic_crypto *crypto; /* one for all worlds of the process */
	int64_t wall_ms, mono_ms;
	int boot;
	uint32_t random;
	struct mem_disk disk;
	struct oracle oracle;
	/* who answers: the oracle, unless a test brings another */
	void (*respond)(
	    void *ud, const void *request, size_t len, int64_t now_s, struct sl_buf *ret);
	void *respond_ud;
	const char *anchor; /* PEM */
	size_t anchor_len;
	const char *token;
	struct smartlic_env env;
	struct sl_loop_peer peer;
	struct smartlic_option option[2];
	int crl_optional;
	char peer_text[32];
	enum net net;
	long exchanges;
	long net_at; /* the exchange (from 0) that net_fault befalls; -1: none */
	enum net net_fault;
	int64_t retry_after_ms; /* of failures */
	struct sl_buf answer, before;
	enum drive drive;
	long steps, heard, quiet; /* steps in a row without anything to hear of */
	struct smartlic_agent *agent;
	struct sl_buf log;            /* every line that reached the host's log */
	struct sl_buf wire;           /* every request that was sent */
	long events[WORLD_EVENTS];    /* how many of a type */
	char last[WORLD_EVENTS][700]; /* the last message of a type */
	int64_t counts[2];            /* what is in use of the two tags; < 0: not told */
	const char *pid, *sn;
	int last_error; /* of process, and not yet looked at */
};

#define TAG_G "regid.2018-05.com.cisco.S-NCS1K4-LIC-100G=,1.0_03df009f-5ac5-48da-af50-4279ddea5e24"
#define TAG_X "regid.2018-05.com.cisco.S-NCS1K4-LIC-100X=,1.0_3938b0c5-f635-4426-9f0f-936d930cea9e"

#define MINUTES(n) (INT64_C(60000) * (n))
#define HOURS(n)   (INT64_C(3600000) * (n))
#define DAYS(n)    (INT64_C(86400000) * (n))

/* A device at TPKI_NOW with an empty store, 8 + 8 licenses in use. */
void world_init(struct world *w, enum drive drive);
void world_free(struct world *w);
/* The agent's process ends, and another begins; the power may have been off in between. */
void world_stop(struct world *w);
int world_start(struct world *w);
void world_restart(struct world *w);
void world_reboot(struct world *w, int64_t off_ms);

/* Goes on until the agent waits for time to pass. */
void world_settle(struct world *w);
/* Time passes, the agent is driven when it wants to be. */
void world_pass(struct world *w, int64_t ms);
void world_register(struct world *w);
/* Registered and authorized. */
void world_ready(struct world *w);
const struct smartlic_status *world_status(struct world *w);
/* By the authority's policy: where months are to pass, what happens hourly only costs time. */
#define WORLD_SPARSE "\"collect_s\":86400,\"report_s\":2592000"
#define WORLD_DAILY  WORLD_SPARSE ",\"retry_s\":86400"
/* Forgets what was heard so far. */
void world_hush(struct world *w);

#endif
