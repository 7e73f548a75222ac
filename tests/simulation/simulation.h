/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_SIMULATION_SIMULATION_H
#define TESTS_SIMULATION_SIMULATION_H

#include <smartlic/smartlic.h>

#include "agent.h"
#include "authority/authority.h"
#include "ledger/records.h"
#include "reply.h"
#include "tests/simulation/random.h"
#include "tests/support/memstore.h"

/*
 * A fleet of real agents against the real core of the authority, over a network, stores and clocks
 * that a seed determines.  After each step the invariants of the protocol are looked at; the first
 * that does not hold ends the run with its text.  The same seed makes the same run, step by step.
 */
#define SIM_SECOND INT64_C(1000)
#define SIM_MINUTE (60 * SIM_SECOND)
#define SIM_HOUR   (60 * SIM_MINUTE)
#define SIM_DAY    (24 * SIM_HOUR)

#define SIM_DEVICES_MAX  64
#define SIM_HOMES        4 /* the authority and its satellites */
#define SIM_ACCOUNTS     (2 * SIM_HOMES) /* virtual accounts, two of each home */
#define SIM_TOKENS       16
#define SIM_INBOX        8
#define SIM_DEVICE_KEPT  32  /* old requests of a device */
#define SIM_HISTORY      256 /* old messages of all */
#define SIM_INSTANCES    64  /* of one UDI, newest */
#define SIM_TAINTS       1024
#define SIM_GAPS         64
#define SIM_KEPT_SYNCS   16 /* old messages of a satellite and its upstream */
#define SIM_ACCOUNT      "5b0c7a52-0b0c-4a3e-8a54-2f1f6b1f0a11"
#define SIM_HOME         "3f1a2b4c-5d6e-4f70-8192-a3b4c5d6e7f8"
#define SIM_TAG_G \
	"regid.2018-05.com.cisco.S-NCS1K4-LIC-100G=,1.0_03df009f-5ac5-48da-af50-4279ddea5e24"
#define SIM_TAG_X \
	"regid.2018-05.com.cisco.S-NCS1K4-LIC-100X=,1.0_3938b0c5-f635-4426-9f0f-936d930cea9e"

struct sim_config {
	uint64_t seed;
	int64_t steps; /* at most so many; 0: no limit */
	int64_t days;  /* of the authority's time; 0: the seed's choice */
	int devices;   /* 0: the seed's choice */
	int faults;    /* 0 none … 3; -1: the seed's choice */
	int satellites; /* at most so many */
	int trace;     /* to stderr */
};

/* A request or a response, counted. */
struct letter {
	int refs;
	int device;
	int home; /* that it goes to, or comes from: its number among the offices */
	int is_response;
	int broken;          /* altered or cut on the way */
	int by_file;         /* of a synchronisation: on a stick */
	size_t restores;     /* response: how often that home's ledger had gone back by then */
	int64_t submission;  /* of the device's transport */
	int64_t serial;      /* of the request among those of its device */
	enum sl_msg_type type;
	char request_id[SL_UUID_SIZE];
	char instance[SL_UUID_SIZE];
	int64_t sequence;
	char ski[LEDGER_SKI_HEX]; /* of the key that signed; not of register's */
	char sha256[SL_SHA256_HEX];
	struct ledger_usage usage[2];
	struct sl_buf bytes;
	char failure[64]; /* response: there is none, and this is what the transport says */
};

/* How a device's host drives its agent. */
enum host {
	HOST_PROMPT,   /* a loop that always wakes in time */
	HOST_LAZY,     /* one that is late, by days */
	HOST_COMMANDS, /* a process a day that ends when the agent is idle */
	HOST_STICKS,   /* messages travel by file, for days */
	HOSTS
};

struct device {
	struct sim *sim;
	int number;
	char sn[16];
	enum host host;
	int home;             /* whom it asks */
	struct stream random; /* the agent's */
	struct smartlic_env env;
	struct mem_disk disk, saved;
	struct smartlic_agent *agent; /* NULL: no process */
	int powered;
	int boot;
	int64_t boot_ms;  /* when it was booted */
	int64_t wall_off; /* the wall clock against the true time */
	int64_t counts[2];
	int64_t wake;      /* of the wakes that are due the one with this number counts */
	int64_t wake_ms;   /* when that one is */
	int64_t cut_off_until;
	int retired; /* a clone whose time is over */

	/* its transport */
	int64_t submission; /* of the request that is out; 0: none */
	int64_t submissions;
	struct letter *inbox[SIM_INBOX];
	size_t n_inbox;

	/* what the oracle knows of it */
	int64_t serials;         /* requests made so far */
	char open_id[SL_UUID_SIZE];
	int64_t open_serial;
	enum sl_msg_type open_type;
	/* the newest request that each home answered, by more than a refusal to register, or was told
	 * of */
	int64_t answered_serial[SIM_HOMES];
	struct letter *kept[SIM_DEVICE_KEPT];
	size_t n_kept;
	int64_t floor_s;        /* the highest that it has had in this life of its store */
	int64_t stored_floor_s; /* the highest that its store has had */
	long writes;
	char large_report[SL_UUID_SIZE]; /* the instance, where its last request is a report that is too
					  * large to be told; or "" */
	char delivered_id[SL_UUID_SIZE]; /* the request whose answer the agent was handed last */
	int delivered_home;
	size_t delivered_restores;
	char instance[SL_UUID_SIZE];
	struct sl_buf leaf;
	char ski[2][LEDGER_SKI_HEX]; /* current, previous; "" none */
	int64_t exchanges; /* but reports */
	int calm;
	struct {
		char store[SL_UUID_SIZE];
		int64_t made_n, kept_n, acked_n;
		int64_t owed[2]; /* hours that the ledger is to be told of */
		enum { REPORT_OPEN = 0, REPORT_ACKNOWLEDGED, REPORT_TO_FORMER } answered;
	} samples;
};

struct sim_token {
	char text[80];
	char id[2 * SL_TOKEN_ID_LEN + 1];
	int64_t va, uses_max;
	int home;
	int64_t created_ms, expires_ms;
	int revoked;
	int lost; /* made after the backup that was restored */
	unsigned char used[SIM_DEVICES_MAX]; /* by UDI: number of the first device that has it */
};

struct taint {
	char id[SL_UUID_SIZE];
};

/* The authority, or one of its satellites. */
struct office {
	struct sim *sim;
	int number; /* 0: the authority */
	char name[24];
	char dir[64], db_path[96], pki_dir[96], backup[96];
	int64_t backup_ms; /* when the backup was made; 0: there is none */
	struct pki *pki;
	struct ledger *ledger;
	struct authority_token_keys keys;
	struct authority *authority;
	struct db *watch; /* another connection: sees what is committed */
	int64_t down_until;
	/* what a restored ledger does not know of, from and to, seconds */
	int64_t gap[SIM_GAPS][2];
	size_t n_gaps;

	/* a satellite's */
	char home[SL_UUID_SIZE];
	int asked;             /* since its process began */
	int64_t cut_off_until; /* from its upstream */
	struct letter *kept[SIM_KEPT_SYNCS];
	size_t n_kept;
};

struct event {
	int64_t at_ms;
	uint64_t order;
	int kind;
	int device;
	int64_t number;
	struct letter *letter;
};

struct sim_stats {
	int64_t device_ms, requests, responses, executed, exchanges, starts, cuts, crashes, copies,
	    calms, registrations, refusals, late, restores, adoptions, samples, synchronisations, moves;
};

struct sim {
	struct sim_config config;
	int64_t now; /* true time, ms since 1970 */
	int64_t start, end;
	int64_t step;
	uint64_t digest; /* of all that was traced */
	struct stream random;
	struct stream ids; /* the authority's */
	struct smartlic_crypto *crypto;
	struct sl_buf root_pem;
	struct authority_policy policy;
	struct office offices[SIM_HOMES];
	int n_offices;
	struct device devices[SIM_DEVICES_MAX];
	int n_devices;
	int prompt; /* one of the hosts is: it wakes each hour, and takes half of the time */
	struct sim_token tokens[SIM_TOKENS];
	size_t n_tokens;
	struct letter *history[SIM_HISTORY];
	size_t n_history;
	/* instances and open registrations that came out of a store that was copied or rolled back */
	struct taint taints[SIM_TAINTS];
	size_t n_taints;
	struct event *heap;
	size_t n_heap, heap_room;
	uint64_t orders;
	struct sim_stats stats;
	int failed;
	char text[600];
	struct smartlic_error err;
};

/* What may happen; each has its chance in `faults`. */
struct faults {
	int lose, delay, twice, alter, refuse; /* a message, per 10000 */
	int cut;       /* power at one of the next writes, per 10000 wakes */
	int kill;      /* the process, between two steps */
	int crash;     /* of the authority, per 10000 requests */
	int64_t chaos_ms; /* mean time between larger events of the world; 0: none */
};
const struct faults *sim_faults(const struct sim *sim);

/* 0: it ran to its end; 1: an invariant did not hold, sim->text says which. */
int sim_run(struct sim *sim, const struct sim_config *config);
void sim_free(struct sim *sim);

/* The first failure stays; returns 1. */
int sim_fail(struct sim *sim, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void sim_trace(struct sim *sim, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
#define sim_must(sim, r)                                                                           \
	do {                                                                                       \
		if ((r) < 0)                                                                       \
			(void)sim_fail(sim, "%s: %s", #r, (sim)->err.text);                        \
	} while (0)

enum event_kind {
	EVENT_WAKE,     /* a device: its host looks at the agent */
	EVENT_REQUEST,  /* a letter reaches the authority */
	EVENT_RESPONSE, /* … a device */
	EVENT_OPERATOR, /* somebody types a command at a device */
	EVENT_ADMIN,    /* … at the authority */
	EVENT_CHAOS,    /* clocks, stores, partitions */
	EVENT_CALM,     /* a device without faults: liveness */
	EVENT_TICK,         /* a satellite: is it time to synchronise? */
	EVENT_SYNC_REQUEST, /* … its letter reaches the authority */
	EVENT_SYNC_ANSWER,  /* … and the answer the satellite */
};
void sim_at(struct sim *sim, int64_t at_ms, enum event_kind kind, int device, int64_t number,
    struct letter *letter);

/* letters.c */
struct letter *letter_ref(struct letter *l);
void letter_unref(struct letter *l);
/* The same answer, as if to another submission; the same request, to another home. */
struct letter *letter_answer(const struct letter *l, int64_t submission);
struct letter *letter_to(const struct letter *l, int home);
struct letter *letter_new(int device);
/* Loses it, changes it, sends it twice or late, as faults have it; by file for days. */
void letter_send(struct sim *sim, const struct letter *l, enum event_kind kind, int by_file,
    const char *what);
extern const struct smartlic_transport_ops sim_transport_direct, sim_transport_sticks;
void post_request(struct device *d, struct letter *l);
void post_response(struct device *d, const struct letter *request, struct sl_buf *bytes);
void post_fails(struct device *d, int64_t submission, int64_t at_ms, const char *text);
void post_arrived(struct sim *sim, struct letter *l);
void post_remember(struct sim *sim, struct letter *l);
void inbox_clear(struct device *d);

/* devices.c */
void device_init(struct sim *sim, int number);
void device_free(struct device *d);
void device_wake(struct device *d);
int device_start(struct device *d);
void device_stop(struct device *d);
void device_power_off(struct device *d, int64_t for_ms);
void device_operator(struct device *d);
void device_settle(struct device *d);
void device_wake_at(struct device *d, int64_t at_ms);
/* A clone or a rollback: what came out of this store proves nothing any more. */
void device_taint(struct device *d, const struct mem_disk *disk);
int64_t device_mono(const struct device *d);

/* office.c */
struct office *office_of(const struct device *d);
int offices_open(struct sim *sim);
void offices_close(struct sim *sim);
/* Draws none where there is only one. */
struct office *office_any(struct sim *sim);
/* A folder that is to be this home's. */
int office_begin(struct sim *sim, int number);
/* Its ledger and keys are there. */
int office_open(struct office *o);
/* A crash befalls one of the next commits, or none; and did it? */
void office_arm(struct sim *sim);
int office_has_crashed(void);
void office_restart(struct office *o);
void office_backup(struct office *o);
/* Goes back to the last backup, if there is one. */
void office_restore(struct office *o);
/* Was that moment lost by a restoration? */
int office_lost(const struct office *o, int64_t at_s);
/* What a request that arrived is answered: 1 and the bytes, 0: nothing comes. */
int office_answer(struct office *o, struct letter *l, struct sl_buf *ret);
int office_fill(void *sim, void *buf, size_t len); /* authority_answer's random */

/* admin.c: virtual accounts are numbered from 1 on, two of each home. */
extern const char *const sim_accounts[SIM_ACCOUNTS];
struct office *office_of_va(struct sim *sim, int64_t va);
int64_t admin_any_va(struct sim *sim);
void admin(struct sim *sim);
/* What a server does daily. */
void admin_daily(struct office *o);
struct sim_token *admin_token(struct sim *sim, int64_t va, int64_t days, int64_t uses);

/* satellites.c */
int satellite_join(struct sim *sim, int number);
void satellite_tick(struct office *o);
void satellite_request(struct office *o, struct letter *l);
void satellite_answer(struct office *o, struct letter *l);
/* Larger events of satellites' world; none where there are none. */
void satellites_chaos(struct sim *sim);
/* Synchronises all until nothing is left to tell, then compares both sides. */
void satellites_settle(struct sim *sim);
/* Is the last request of this instance's device, or of this store's, a report that is too large to be
 * told?  Where the device came with it, its move is proven by the next authorization. */
int is_unproven(const struct sim *sim, const char *id);

/* chaos.c */
void chaos(struct sim *sim);
void calm(struct device *d);

/* invariants.c, sight.c */
int taint_has(const struct sim *sim, const char *id);
void taint_add(struct sim *sim, const char *id);
/* What is committed about one UDI. */
struct sight {
	char live[SL_UUID_SIZE];
	char live_key[LEDGER_SKI_HEX];
	uint64_t usage; /* a digest of it */
	int64_t uses, users; /* of all tokens; of them, rows of token_use */
	int64_t alerts, clone_alerts;
	size_t n_instances;
	char instance[SIM_INSTANCES][SL_UUID_SIZE];
	char state[SIM_INSTANCES]; /* p l c */
	int known;   /* the request's id */
	int used;    /* the request's sequence, by another id */
	char key;    /* state of the key that signs: i c r, 0 unknown */
};
void sight_take(struct office *o, const struct letter *l, struct sight *ret);
/* The state of a key at that home: i c r, 0 unknown. */
char sight_key(struct office *o, const char *ski, const char *instance);
/* One number out of a query of a home's ledger that has begun; a failed one fails the run. */
int64_t sight_number(struct sim *sim, struct db_row *row, int r);
#define sight_query(o, row, ...) db_query((o)->watch, &(row), &(o)->sim->err, __VA_ARGS__)
void check_delivery(struct office *o, const struct letter *l, const struct sight *before,
    const struct sight *after, const struct sl_reply *reply);
void check_submission(struct device *d, const struct letter *l);
void check_device(struct device *d);
void check_ledger(struct office *o);
void check_ledgers(struct sim *sim);
/* Was its certificate issued by another home, or in a time that this one has lost?  Then its key is
 * adopted. */
int check_is_foreign(struct device *d, const struct sl_identity *id);
/* quiet.c: invariant 12, of a satellite that has just synchronised */
void check_quiet(struct office *o);
/* samples.c */
void check_samples(struct device *d);
/* watch: the upstream's ledger, with the satellite's beside it as `edge` */
void check_quiet_samples(struct office *o, struct db *watch);
/* Nothing is left to do at this moment. */
void check_settled(struct device *d);

#endif
