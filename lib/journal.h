/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SL_JOURNAL_H
#define SL_JOURNAL_H

#include <stddef.h>
#include <stdint.h>

/*
 * What the agent tells: one table of messages (messages.def), and a bounded queue of those that
 * wait for the host.  A message is noted when its cause is applied and published when that is
 * durable: no one hears of what a power cut may undo.
 */
enum sl_note {
#define SL_MESSAGE(note, ...) SL_NOTE_##note,
#include "messages.def"
#undef SL_MESSAGE
	SL_NOTES
};

struct sl_note_row {
	int32_t event;    /* enum smartlic_event_type; NONE: logged only */
	int32_t severity; /* enum smartlic_log_level */
	const char *mnemonic;
	const char *text; /* with one %s for the details, or none */
};
const struct sl_note_row *sl_note_row(enum sl_note note);
/* "%LICENSE-SMART_LIC-6-NAME : text", always terminated, control characters as '?'; details NULL:
 * "". */
void sl_note_format(char *ret, size_t size, enum sl_note note, const char *details);

#define SL_JOURNAL_MAX  32
#define SL_JOURNAL_TEXT 640

struct sl_journal_entry {
	enum sl_note note;
	int64_t time_ms;
	char text[SL_JOURNAL_TEXT];
};

struct sl_journal {
	struct sl_journal_entry entry[SL_JOURNAL_MAX]; /* a ring */
	size_t first;
	size_t n;
	size_t published;              /* of the n, from the first on */
	struct sl_journal_entry taken; /* what the host looks at */
};

/* When it is full, the oldest goes: the newest says what is true. */
void sl_journal_note(
    struct sl_journal *journal, enum sl_note note, const char *details, int64_t time_ms);
/* Publishes all that was noted; calls log (NULL: nobody) for each. */
void sl_journal_publish(struct sl_journal *journal,
    void (*log)(void *userdata, int level, const char *message), void *userdata);
/* Forgets what was noted but not published: its cause was undone. */
void sl_journal_retract(struct sl_journal *journal);
/* The oldest published one that is an event; NULL: none.  Valid until the next call. */
const struct sl_journal_entry *sl_journal_take(struct sl_journal *journal);

#endif
