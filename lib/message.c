/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdio.h>
#include <string.h>

#include "buffer.h"
#include "message.h"
#include "text.h"

static const char *const type_names[] = {
	[SL_MSG_REGISTER] = "register",
	[SL_MSG_RENEW_ID] = "renew-id",
	[SL_MSG_AUTHORIZE] = "authorize",
	[SL_MSG_DEREGISTER] = "deregister",
	[SL_MSG_REPORT] = "report",
	[SL_MSG_RESERVE] = "reserve",
	[SL_MSG_RETURN] = "return",
};
#define N_TYPES (sizeof(type_names) / sizeof(type_names[0]))

const char *
sl_msg_type_name(enum sl_msg_type type)
{
	return (size_t)type < N_TYPES ? type_names[type] : NULL;
}

int
sl_msg_type_find(enum sl_msg_type *ret, const char *name)
{
	for (size_t i = SL_MSG_REGISTER; i < N_TYPES; i++) {
		if (strcmp(type_names[i], name) == 0) {
			*ret = (enum sl_msg_type)i;
			return 1;
		}
	}
	return 0;
}

static const char *const denial_names[] = { [SL_DENIED_NONE] = "",
#define SL_X(name, text) [SL_DENIED_##name] = text,
	SL_DENIALS(SL_X)
#undef SL_X
};
#define N_DENIALS (sizeof(denial_names) / sizeof(denial_names[0]))

const char *
sl_denial_name(enum sl_denial code)
{
	return (size_t)code < N_DENIALS ? denial_names[code] : "other";
}

enum sl_denial
sl_denial_find(const char *name)
{
	for (size_t i = SL_DENIED_NONE + 1; i < N_DENIALS; i++)
		if (strcmp(denial_names[i], name) == 0)
			return (enum sl_denial)i;
	return SL_DENIED_OTHER;
}

#define UDI_PID_SN_MAX 55 /* together; they share a subject's serialNumber */
#define UDI_CHARS      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789./+=:-"

int
sl_udi_check(const struct sl_udi *udi, struct smartlic_error *err)
{
	const struct {
		const char *name, *text;
		size_t len;
	} part[] = {
		{ "pid", udi->pid, strnlen(udi->pid, sizeof(udi->pid)) },
		{ "sn", udi->sn, strnlen(udi->sn, sizeof(udi->sn)) },
	};
	size_t n = strnlen(udi->uuid, sizeof(udi->uuid));

	for (size_t i = 0; i < 2; i++)
		if (part[i].len == 0 || part[i].len == sizeof(udi->pid) ||
		    strspn(part[i].text, UDI_CHARS) != part[i].len)
			return sl_fail(err, SMARTLIC_E_INVAL,
			    "UDI: %s must be 1 to %d of the characters A-Z a-z 0-9 . / + = : -",
			    part[i].name, UDI_PID_SN_MAX);
	if (part[0].len + part[1].len > UDI_PID_SN_MAX)
		return sl_fail(err, SMARTLIC_E_INVAL,
		    "UDI: pid and sn have %zu characters together, at most %d are allowed",
		    part[0].len + part[1].len, UDI_PID_SN_MAX);
	if (n == 0 || n == sizeof(udi->uuid))
		return sl_fail(err, SMARTLIC_E_INVAL, "UDI: uuid must have 1 to 64 characters");
	for (size_t i = 0; i < n; i++)
		if (udi->uuid[i] < 0x20 || udi->uuid[i] > 0x7e)
			return sl_fail(err, SMARTLIC_E_INVAL,
			    "UDI: uuid must be printable ASCII; character %zu is not", i + 1);
	return 0;
}

int
sl_udi_set(struct sl_udi *ret, const char *pid, const char *sn, const char *uuid,
    struct smartlic_error *err)
{
	struct sl_udi out = { .pid = "" };
	int r;

	if (sl_copy(out.pid, sizeof(out.pid), pid) < 0 || sl_copy(out.sn, sizeof(out.sn), sn) < 0)
		return sl_fail(err, SMARTLIC_E_INVAL,
		    "UDI: pid and sn may have %d characters together, these have %zu",
		    UDI_PID_SN_MAX, strlen(pid) + strlen(sn));
	if (sl_copy(out.uuid, sizeof(out.uuid), uuid) < 0)
		return sl_fail(err, SMARTLIC_E_INVAL,
		    "UDI: uuid must have 1 to 64 characters, this one has %zu", strlen(uuid));
	r = sl_udi_check(&out, err);
	if (r < 0)
		return r;
	*ret = out;
	return 0;
}

void
sl_udi_serial(char ret[SL_UDI_SERIAL_SIZE], const struct sl_udi *udi)
{
	(void)snprintf(ret, SL_UDI_SERIAL_SIZE, "PID:%.*s SN:%.*s", UDI_PID_SN_MAX, udi->pid,
	    UDI_PID_SN_MAX, udi->sn);
}

int
sl_is_tag(const char *text)
{
	size_t n = strlen(text);

	if (n == 0 || n >= SL_TAG_SIZE)
		return 0;
	for (size_t i = 0; i < n; i++)
		if (text[i] <= 0x20 || text[i] > 0x7e || text[i] == '"')
			return 0;
	return 1;
}

void
sl_tag_short(char ret[SL_TAG_SIZE], const char *tag)
{
	const char *p = tag;
	const char *comma = strrchr(tag, ',');
	size_t len = strnlen(tag, SL_TAG_SIZE - 1);

	/* regid . year-month . top-level domain . vendor . NAME , version_uuid */
	for (int i = 0; i < 4 && p != NULL; i++) {
		p = strchr(p, '.');
		if (p != NULL)
			p++;
	}
	if (strncmp(tag, "regid.", 6) == 0 && p != NULL && comma != NULL && comma > p) {
		tag = p;
		len = (size_t)(comma - p);
		if (len >= SL_TAG_SIZE)
			len = SL_TAG_SIZE - 1;
	}
	memcpy(ret, tag, len);
	ret[len] = '\0';
}

int
sl_token_parse(struct sl_token *ret, const char *text, struct smartlic_error *err)
{
	static const char hint[] = "a token is 64 characters of A-Z a-z 0-9 - _; copy it whole, "
				   "without blanks or line ends";
	struct sl_buf b = { 0 };
	size_t len = strlen(text);
	int r = 0;

	if (len != 64)
		return sl_fail(
		    err, SMARTLIC_E_TOKEN, "the token has %zu characters: %s", len, hint);
	if (sl_unbase64url(&b, text, len) < 0) {
		r = b.failed ? sl_nomem(err)
			     : sl_fail(err, SMARTLIC_E_TOKEN,
				   "the token has a character that tokens never have: %s", hint);
		goto out;
	}
	if ((unsigned char)b.data[0] < 1 || (unsigned char)b.data[0] > 247) {
		r = sl_fail(err, SMARTLIC_E_TOKEN,
		    "the token's first characters are none that an authority writes: %s", hint);
		goto out;
	}
	memcpy(ret->id, b.data, SL_TOKEN_ID_LEN);
	memcpy(ret->secret, b.data + SL_TOKEN_ID_LEN, SL_TOKEN_SECRET_LEN);
out:
	sl_buf_free(&b);
	return r;
}
