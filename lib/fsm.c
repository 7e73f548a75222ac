/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "fsm.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

#define ST(name)  SMARTLIC_REG_##name
#define EV(name)  SL_REG_##name
#define ACT(name) SL_REG_ACT_##name

/* The rows are read as columns. */
/* clang-format off */
const struct sl_reg_row sl_reg_rows[] = {
	/* from              event                     to                act             */
	{ ST(UNCONFIGURED), EV(CONFIGURE),            ST(UNIDENTIFIED), ACT(NONE) },

	{ ST(UNIDENTIFIED), EV(UNCONFIGURE),          ST(UNCONFIGURED), ACT(NONE) },
	{ ST(UNIDENTIFIED), EV(REGISTER),             ST(REGISTERING),  ACT(NONE) },

	{ ST(REGISTERING),  EV(REGISTER_OK),          ST(REGISTERED),   ACT(REGISTERED) },
	{ ST(REGISTERING),  EV(REGISTER_REFUSED),     ST(UNIDENTIFIED), ACT(REGISTER_FAILED) },
	{ ST(REGISTERING),  EV(REGISTER_UNANSWERED),  ST(RETRY_WAIT),   ACT(REGISTER_WAIT) },
	{ ST(REGISTERING),  EV(REGISTER_CANCELLED),   ST(UNIDENTIFIED), ACT(NONE) },

	{ ST(RETRY_WAIT),   EV(REGISTER),             ST(REGISTERING),  ACT(NONE) },
	{ ST(RETRY_WAIT),   EV(REGISTER_OK),          ST(REGISTERED),   ACT(REGISTERED) },
	{ ST(RETRY_WAIT),   EV(REGISTER_REFUSED),     ST(UNIDENTIFIED), ACT(REGISTER_FAILED) },
	{ ST(RETRY_WAIT),   EV(REGISTER_UNANSWERED),  ST(RETRY_WAIT),   ACT(REGISTER_WAIT) },
	{ ST(RETRY_WAIT),   EV(REGISTER_CANCELLED),   ST(UNIDENTIFIED), ACT(NONE) },

	/* registering anew, while the old identity holds */
	{ ST(REGISTERED),   EV(REGISTER_OK),          ST(REGISTERED),   ACT(REGISTERED) },
	{ ST(REGISTERED),   EV(REGISTER_REFUSED),     ST(REGISTERED),   ACT(REGISTER_FAILED) },
	{ ST(REGISTERED),   EV(REGISTER_UNANSWERED),  ST(REGISTERED),   ACT(REGISTER_WAIT) },
	{ ST(REGISTERED),   EV(RENEW),                ST(RENEWING),     ACT(NONE) },
	{ ST(REGISTERED),   EV(RENEW_OK),             ST(REGISTERED),   ACT(RENEWED) },
	{ ST(REGISTERED),   EV(RENEW_REFUSED),        ST(REGISTERED),   ACT(RENEW_FAILED) },
	{ ST(REGISTERED),   EV(RENEW_UNANSWERED),     ST(REGISTERED),   ACT(RENEW_WAIT) },
	{ ST(REGISTERED),   EV(DEREGISTER),           ST(UNIDENTIFIED), ACT(NONE) },
	{ ST(REGISTERED),   EV(ID_ENDED),             ST(EXPIRED),      ACT(ID_EXPIRED) },

	{ ST(RENEWING),     EV(REGISTER),             ST(REGISTERED),   ACT(NONE) },
	{ ST(RENEWING),     EV(RENEW_OK),             ST(REGISTERED),   ACT(RENEWED) },
	{ ST(RENEWING),     EV(RENEW_REFUSED),        ST(REGISTERED),   ACT(RENEW_FAILED) },
	{ ST(RENEWING),     EV(RENEW_UNANSWERED),     ST(REGISTERED),   ACT(RENEW_WAIT) },
	{ ST(RENEWING),     EV(RENEW_CANCELLED),      ST(REGISTERED),   ACT(NONE) },
	{ ST(RENEWING),     EV(DEREGISTER),           ST(UNIDENTIFIED), ACT(NONE) },
	{ ST(RENEWING),     EV(ID_ENDED),             ST(EXPIRED),      ACT(ID_EXPIRED) },

	/* the key is kept: it may always renew */
	{ ST(EXPIRED),      EV(REGISTER_OK),          ST(REGISTERED),   ACT(REGISTERED) },
	{ ST(EXPIRED),      EV(REGISTER_REFUSED),     ST(EXPIRED),      ACT(REGISTER_FAILED) },
	{ ST(EXPIRED),      EV(REGISTER_UNANSWERED),  ST(EXPIRED),      ACT(REGISTER_WAIT) },
	{ ST(EXPIRED),      EV(RENEW_OK),             ST(REGISTERED),   ACT(RENEWED) },
	{ ST(EXPIRED),      EV(RENEW_REFUSED),        ST(EXPIRED),      ACT(RENEW_FAILED) },
	{ ST(EXPIRED),      EV(RENEW_UNANSWERED),     ST(EXPIRED),      ACT(RENEW_WAIT) },
	{ ST(EXPIRED),      EV(DEREGISTER),           ST(UNIDENTIFIED), ACT(NONE) },
};
const size_t sl_reg_nrows = COUNT(sl_reg_rows);

#undef ST
#undef EV
#undef ACT
#define ST(name) SMARTLIC_AUTH_##name
#define EV(name) SL_AUTH_##name
#define ACT(name) SL_AUTH_ACT_##name

const struct sl_auth_row sl_auth_rows[] = {
	/* from                   event            to                      act             */
	{ ST(NONE),               EV(GRANTED),     ST(AUTHORIZED),         ACT(AUTHORIZED) },
	{ ST(NONE),               EV(SHORT),       ST(OUT_OF_COMPLIANCE),  ACT(OUT_OF_COMPLIANCE) },
	{ ST(NONE),               EV(RESERVED),    ST(RESERVED),           ACT(AUTHORIZED) },
	{ ST(NONE),               EV(EVAL_START),  ST(EVALUATION),         ACT(EVAL_STARTED) },
	/* used up long ago, which was said then */
	{ ST(NONE),               EV(EVAL_ENDED),  ST(EVALUATION_EXPIRED), ACT(NONE) },

	{ ST(EVALUATION),         EV(GRANTED),     ST(AUTHORIZED),         ACT(AUTHORIZED) },
	{ ST(EVALUATION),         EV(SHORT),       ST(OUT_OF_COMPLIANCE),  ACT(OUT_OF_COMPLIANCE) },
	{ ST(EVALUATION),         EV(RESERVED),    ST(RESERVED),           ACT(AUTHORIZED) },
	{ ST(EVALUATION),         EV(FORGET),      ST(NONE),               ACT(NONE) },
	{ ST(EVALUATION),         EV(EVAL_PAUSE),  ST(NONE),               ACT(NONE) },
	{ ST(EVALUATION),         EV(EVAL_ENDED),  ST(EVALUATION_EXPIRED), ACT(EVAL_EXPIRED) },

	{ ST(EVALUATION_EXPIRED), EV(GRANTED),     ST(AUTHORIZED),         ACT(AUTHORIZED) },
	{ ST(EVALUATION_EXPIRED), EV(SHORT),       ST(OUT_OF_COMPLIANCE),  ACT(OUT_OF_COMPLIANCE) },
	{ ST(EVALUATION_EXPIRED), EV(RESERVED),    ST(RESERVED),           ACT(AUTHORIZED) },
	{ ST(EVALUATION_EXPIRED), EV(FORGET),      ST(NONE),               ACT(NONE) },

	{ ST(AUTHORIZED),         EV(GRANTED),     ST(AUTHORIZED),         ACT(AUTHORIZED) },
	{ ST(AUTHORIZED),         EV(SHORT),       ST(OUT_OF_COMPLIANCE),  ACT(OUT_OF_COMPLIANCE) },
	{ ST(AUTHORIZED),         EV(RESERVED),    ST(RESERVED),           ACT(AUTHORIZED) },
	{ ST(AUTHORIZED),         EV(ENDED),       ST(EXPIRED),            ACT(EXPIRED) },
	{ ST(AUTHORIZED),         EV(FORGET),      ST(NONE),               ACT(NONE) },

	{ ST(OUT_OF_COMPLIANCE),  EV(GRANTED),     ST(AUTHORIZED),         ACT(AUTHORIZED) },
	{ ST(OUT_OF_COMPLIANCE),  EV(SHORT),       ST(OUT_OF_COMPLIANCE),  ACT(OUT_OF_COMPLIANCE) },
	{ ST(OUT_OF_COMPLIANCE),  EV(RESERVED),    ST(RESERVED),           ACT(AUTHORIZED) },
	{ ST(OUT_OF_COMPLIANCE),  EV(ENDED),       ST(EXPIRED),            ACT(EXPIRED) },
	{ ST(OUT_OF_COMPLIANCE),  EV(FORGET),      ST(NONE),               ACT(NONE) },

	{ ST(EXPIRED),            EV(GRANTED),     ST(AUTHORIZED),         ACT(AUTHORIZED) },
	{ ST(EXPIRED),            EV(SHORT),       ST(OUT_OF_COMPLIANCE),  ACT(OUT_OF_COMPLIANCE) },
	{ ST(EXPIRED),            EV(RESERVED),    ST(RESERVED),           ACT(AUTHORIZED) },
	{ ST(EXPIRED),            EV(FORGET),      ST(NONE),               ACT(NONE) },

	{ ST(RESERVED),           EV(GRANTED),     ST(AUTHORIZED),         ACT(AUTHORIZED) },
	{ ST(RESERVED),           EV(SHORT),       ST(OUT_OF_COMPLIANCE),  ACT(OUT_OF_COMPLIANCE) },
	{ ST(RESERVED),           EV(RESERVED),    ST(RESERVED),           ACT(AUTHORIZED) },
	{ ST(RESERVED),           EV(FORGET),      ST(NONE),               ACT(NONE) },
};
/* clang-format on */
const size_t sl_auth_nrows = COUNT(sl_auth_rows);

const struct sl_reg_row *
sl_reg_next(enum smartlic_registration from, enum sl_reg_event on)
{
	for (size_t i = 0; i < sl_reg_nrows; i++)
		if (sl_reg_rows[i].from == from && sl_reg_rows[i].on == on)
			return &sl_reg_rows[i];
	return NULL;
}

const struct sl_auth_row *
sl_auth_next(enum smartlic_authorization from, enum sl_auth_event on)
{
	for (size_t i = 0; i < sl_auth_nrows; i++)
		if (sl_auth_rows[i].from == from && sl_auth_rows[i].on == on)
			return &sl_auth_rows[i];
	return NULL;
}

static const char *
name_of(const char *const *names, size_t n, int i)
{
	return i >= 0 && (size_t)i < n ? names[i] : "unknown";
}

const char *
sl_reg_state_name(enum smartlic_registration state)
{
	static const char *const names[SL_REG_STATES] = { "unconfigured", "unidentified",
		"registering", "retry-wait", "registered", "renewing", "expired" };

	return name_of(names, COUNT(names), (int)state);
}

const char *
sl_reg_event_name(enum sl_reg_event event)
{
	static const char *const names[SL_REG_EVENTS] = { "configure", "unconfigure", "register",
		"register ok", "register refused", "register unanswered", "register cancelled",
		"renew", "renew ok", "renew refused", "renew unanswered", "renew cancelled",
		"deregister", "id ended" };

	return name_of(names, COUNT(names), (int)event);
}

const char *
sl_auth_state_name(enum smartlic_authorization state)
{
	static const char *const names[SL_AUTH_STATES] = { "none", "evaluation",
		"evaluation-expired", "authorized", "out-of-compliance", "expired", "reserved" };

	return name_of(names, COUNT(names), (int)state);
}

const char *
sl_auth_event_name(enum sl_auth_event event)
{
	static const char *const names[SL_AUTH_EVENTS] = { "granted", "short", "reserved", "ended",
		"forget", "evaluation start", "evaluation pause", "evaluation ended" };

	return name_of(names, COUNT(names), (int)event);
}
