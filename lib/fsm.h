/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SL_FSM_H
#define SL_FSM_H

#include <stddef.h>

#include <smartlic/status.h>

/*
 * The two machines of the agent, as data.  Rows say from, on, to, act; the machine does nothing
 * itself, its owner acts.  A pair without a row: nothing happens (the tests list those pairs).
 *
 * Registration says what identity is held.  Which request is open is another matter: a device
 * that registers anew, or whose ended identity is being renewed, keeps its state until an answer
 * changes it, so that the state never says less than what is true.
 */
#define SL_REG_STATES  (SMARTLIC_REG_EXPIRED + 1)
#define SL_AUTH_STATES (SMARTLIC_AUTH_RESERVED + 1)

enum sl_reg_event {
	SL_REG_CONFIGURE = 0,       /* UDI and destination are known */
	SL_REG_UNCONFIGURE,         /* one of them is not */
	SL_REG_REGISTER,            /* a register request is stored, and goes out */
	SL_REG_REGISTER_OK,         /* its answer is good */
	SL_REG_REGISTER_REFUSED,    /* its answer is a refusal */
	SL_REG_REGISTER_UNANSWERED, /* a communication failure: it waits and goes out again */
	SL_REG_REGISTER_CANCELLED,
	SL_REG_RENEW, /* a renew-id request goes out */
	SL_REG_RENEW_OK,
	SL_REG_RENEW_REFUSED,
	SL_REG_RENEW_UNANSWERED,
	SL_REG_RENEW_CANCELLED,
	SL_REG_DEREGISTER, /* the identity is wiped */
	SL_REG_ID_ENDED,   /* the ID certificate has ended */
	SL_REG_EVENTS
};

enum sl_reg_act {
	SL_REG_ACT_NONE = 0,
	SL_REG_ACT_REGISTERED,
	SL_REG_ACT_REGISTER_FAILED, /* refused: not tried again by itself */
	SL_REG_ACT_REGISTER_WAIT,   /* arm the retry */
	SL_REG_ACT_RENEWED,
	SL_REG_ACT_RENEW_FAILED,
	SL_REG_ACT_RENEW_WAIT,
	SL_REG_ACT_ID_EXPIRED,
};

struct sl_reg_row {
	enum smartlic_registration from;
	enum sl_reg_event on;
	enum smartlic_registration to;
	enum sl_reg_act act;
};
extern const struct sl_reg_row sl_reg_rows[];
extern const size_t sl_reg_nrows;
/* NULL: nothing happens. */
const struct sl_reg_row *sl_reg_next(enum smartlic_registration from, enum sl_reg_event on);
const char *sl_reg_state_name(enum smartlic_registration state);
const char *sl_reg_event_name(enum sl_reg_event event);

enum sl_auth_event {
	SL_AUTH_GRANTED = 0, /* an answer says authorized */
	SL_AUTH_SHORT,       /* an answer says out of compliance */
	SL_AUTH_RESERVED,    /* an answer says reserved */
	SL_AUTH_ENDED,       /* the deadline has passed without an answer */
	SL_AUTH_FORGET,      /* the identity is wiped */
	SL_AUTH_EVAL_START,  /* licenses are in use without an identity, and period is left */
	SL_AUTH_EVAL_PAUSE,  /* none is in use any more, or there is an identity */
	SL_AUTH_EVAL_ENDED,  /* no period is left */
	SL_AUTH_EVENTS
};

enum sl_auth_act {
	SL_AUTH_ACT_NONE = 0,
	SL_AUTH_ACT_AUTHORIZED, /* also: in compliance again */
	SL_AUTH_ACT_OUT_OF_COMPLIANCE,
	SL_AUTH_ACT_EXPIRED,
	SL_AUTH_ACT_EVAL_STARTED,
	SL_AUTH_ACT_EVAL_EXPIRED,
};

struct sl_auth_row {
	enum smartlic_authorization from;
	enum sl_auth_event on;
	enum smartlic_authorization to;
	enum sl_auth_act act;
};
extern const struct sl_auth_row sl_auth_rows[];
extern const size_t sl_auth_nrows;
const struct sl_auth_row *sl_auth_next(enum smartlic_authorization from, enum sl_auth_event on);
const char *sl_auth_state_name(enum smartlic_authorization state);
const char *sl_auth_event_name(enum sl_auth_event event);

#endif
