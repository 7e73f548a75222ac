/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdio.h>
#include <string.h>

#include <smartlic/agent.h>

#include "journal.h"
#include "text.h"

/* A row's place is its enum sl_note. */
static const struct sl_note_row rows[SL_NOTES] = {
#define SL_MESSAGE(note, event, level, mnemonic, text, cause, consequence, cure)                   \
	[SL_NOTE_##note] = { SMARTLIC_EVENT_##event, SMARTLIC_LOG_##level, mnemonic, text },
#include "messages.def"
#undef SL_MESSAGE
};

const struct sl_note_row *
sl_note_row(enum sl_note note)
{
	return &rows[note];
}

/* Details come from the network too: nothing in them commands a terminal or forges a line. */
static void
disarm(char *text)
{
	for (size_t n; *text != '\0'; text += n > 0 ? n : 1) {
		n = sl_control(text);
		memset(text, '?', n);
	}
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
	disarm(ret);
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
