/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdio.h>
#include <string.h>

#include <smartlic/agent.h>

#include "journal.h"

#define CSSM "Cisco Smart Software Manager (CSSM)"

/* A row's place is its enum sl_note. */
static const struct sl_note_row rows[SL_NOTES] = {
#define ROW(note, event, level, mnemonic, text)                                                    \
	[SL_NOTE_##note] = { SMARTLIC_EVENT_##event, SMARTLIC_LOG_##level, mnemonic, text }
	ROW(READY, NONE, INFO, "AGENT_READY", "Smart Agent for Licensing is initialized"),
	ROW(READY_FRESH, NONE, INFO, "AGENT_READY",
	    "Smart Agent for Licensing is initialized; its trusted store is empty, as on a new "
	    "device"),
	ROW(REGISTERED, REGISTERED, INFO, "AGENT_REG_SUCCESS",
	    "Smart Agent for Licensing Registration with " CSSM " succeeded: %s"),
	ROW(REGISTER_FAILED, REGISTRATION_FAILED, ERROR, "AGENT_REG_FAILED",
	    "Smart Agent for Licensing Registration with " CSSM " failed: %s"),
	ROW(ID_RENEWED, ID_RENEWED, INFO, "ID_CERT_RENEW_SUCCESS",
	    "Identity certificate renewal with " CSSM " succeeded: %s"),
	ROW(ID_RENEW_FAILED, ID_RENEWAL_FAILED, ERROR, "ID_CERT_RENEW_FAILED",
	    "Identity certificate renewal with " CSSM " failed: %s"),
	ROW(ID_EXPIRED, ID_EXPIRED, ERROR, "ID_CERT_EXPIRED",
	    "Identity certificate has ended; its renewal is tried daily. 'license smart renew id' "
	    "tries at once, a new registration mends it as well"),
	ROW(AUTHORIZED, AUTHORIZED, INFO, "AUTH_RENEW_SUCCESS",
	    "Authorization renewal with the " CSSM " succeeded: %s"),
	ROW(IN_COMPLIANCE, AUTHORIZED, NOTICE, "IN_COMPLIANCE",
	    "All entitlements are authorized again: %s"),
	ROW(OUT_OF_COMPLIANCE, OUT_OF_COMPLIANCE, ERROR, "OUT_OF_COMPLIANCE",
	    "More licenses are in use than the virtual account holds: %s. Nothing stops; buy or "
	    "transfer licenses, or use fewer"),
	ROW(AUTH_FAILED, AUTHORIZATION_FAILED, ERROR, "AUTH_RENEW_FAILED",
	    "Authorization renewal with the " CSSM " : %s"),
	ROW(AUTH_EXPIRED, AUTHORIZATION_EXPIRED, ERROR, "AUTHORIZATION_EXPIRED",
	    "Authorization has ended: the communication deadline has passed without an answer. "
	    "Nothing stops; the agent goes on trying"),
	ROW(DEREGISTERED, DEREGISTERED, INFO, "AGENT_DEREG_SUCCESS",
	    "Smart Agent for Licensing DeRegistration with " CSSM " succeeded: %s"),
	ROW(DEREGISTER_FAILED, DEREGISTRATION_FAILED, ERROR, "AGENT_DEREG_FAILED",
	    "Smart Agent for Licensing DeRegistration with " CSSM " failed: %s"),
	ROW(COMM_FAILED, COMMUNICATION_FAILED, ERROR, "COMM_FAILED",
	    "Communications failure with the " CSSM " : %s"),
	ROW(COMM_RESTORED, COMMUNICATION_RESTORED, NOTICE, "COMM_RESTORED",
	    "Communications with the " CSSM " restored"),
	ROW(CLOCK_CHANGED, CLOCK_CHANGED, NOTICE, "SYSTEM_CLOCK_CHANGED",
	    "System clock has been changed: %s. No deadline moves with it"),
	ROW(IDENTITY_LOST, IDENTITY_LOST, ERROR, "IDENTITY_LOST", "The device has no identity: %s"),
	ROW(CLONE_SUSPECTED, CLONE_SUSPECTED, WARNING, "CLONE_SUSPECTED",
	    "A copy of this device's trusted store may be in use, or an old one was restored: %s"),
	ROW(POLICY_CLAMPED, POLICY_CLAMPED, WARNING, "POLICY_CLAMPED",
	    "The authority's policy is outside the agent's limits: %s"),
	ROW(ADVICE, ADVICE, WARNING, "ADVICE",
	    "The authority could not tell whose request it was and answers: %s"),
	ROW(TIME_BACK, TIME_BACK, WARNING, "TIME_BACK",
	    "The authority's time is behind one that it signed before: %s"),
	ROW(TIME_AHEAD, TIME_AHEAD, WARNING, "TIME_AHEAD",
	    "The authority's time is far ahead and is only used once it is confirmed: %s"),
	ROW(REVOCATION_TOLERATED, REVOCATION_TOLERATED, NOTICE, "REVOCATION_TOLERATED",
	    "An answer was taken without a current revocation list, as 'crl optional' allows"),
#undef ROW
};

const struct sl_note_row *
sl_note_row(enum sl_note note)
{
	return &rows[note];
}

void
sl_note_format(char *ret, size_t size, enum sl_note note, const char *details)
{
	const struct sl_note_row *row = &rows[note];
	const char *hole = strstr(row->text, "%s");
	int before = hole == NULL ? (int)strlen(row->text) : (int)(hole - row->text);

	(void)snprintf(ret, size, "%%LICENSE-SMART_LIC-%d-%s : %.*s%s%s", (int)row->severity,
	    row->mnemonic, before, row->text, hole != NULL && details != NULL ? details : "",
	    hole != NULL ? hole + 2 : "");
}

static struct sl_journal_entry *
at(struct sl_journal *journal, size_t i)
{
	return &journal->entry[(journal->first + i) % SL_JOURNAL_MAX];
}

static void
drop_first(struct sl_journal *journal)
{
	journal->first = (journal->first + 1) % SL_JOURNAL_MAX;
	journal->n--;
	if (journal->published > 0)
		journal->published--;
}

void
sl_journal_note(struct sl_journal *journal, enum sl_note note, const char *details, int64_t time_ms)
{
	struct sl_journal_entry *e;

	if (journal->n == SL_JOURNAL_MAX)
		drop_first(journal);
	e = at(journal, journal->n++);
	e->note = note;
	e->time_ms = time_ms;
	sl_note_format(e->text, sizeof(e->text), note, details);
}

void
sl_journal_publish(struct sl_journal *journal,
    void (*log)(void *userdata, int level, const char *message), void *userdata)
{
	while (journal->published < journal->n) {
		const struct sl_journal_entry *e = at(journal, journal->published++);

		if (log != NULL)
			log(userdata, (int)rows[e->note].severity, e->text);
	}
}

void
sl_journal_retract(struct sl_journal *journal)
{
	journal->n = journal->published;
}

const struct sl_journal_entry *
sl_journal_take(struct sl_journal *journal)
{
	while (journal->published > 0) {
		journal->taken = *at(journal, 0);
		drop_first(journal);
		if (rows[journal->taken.note].event != SMARTLIC_EVENT_NONE)
			return &journal->taken;
	}
	return NULL;
}
