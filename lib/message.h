/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SL_MESSAGE_H
#define SL_MESSAGE_H

#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "error.h"

/*
 * The vocabulary that device and authority share: names, limits, shapes and
 * the strict reading of JSON.  doc/protocol.md has the whole.
 */
#define SL_SLX_VERSION 1
#define SL_CONTENT_MAX (256 * 1024)  /* bytes of JSON */
#define SL_ENVELOPE_MAX (384 * 1024) /* bytes of DER */
#define SL_JSON_DEPTH_MAX 16
#define SL_SEQUENCE_MAX ((INT64_C(1) << 53) - 1)
#define SL_DEFAULT_PATH "/its/service/oddce/services/DDCEService"
#define SL_MEDIA_TYPE "application/cms"

enum sl_msg_type {
	SL_MSG_REGISTER = 1,
	SL_MSG_RENEW_ID,
	SL_MSG_AUTHORIZE,
	SL_MSG_DEREGISTER,
	SL_MSG_REPORT,
	SL_MSG_RESERVE,
	SL_MSG_RETURN,
};
/* "register", "renew-id", …; NULL / 0 for what this version does not have. */
const char *sl_msg_type_name(enum sl_msg_type type);
int sl_msg_type_find(enum sl_msg_type *ret, const char *name); /* 1 found, 0 not */

/* The closed list of an answer's error codes: SL_DENIED_BAD_REQUEST … */
#define SL_DENIALS(X)                                                                              \
	X(BAD_REQUEST, "bad_request")                                                              \
	X(UNSUPPORTED_VERSION, "unsupported_version")                                              \
	X(TOKEN_UNKNOWN, "token_unknown")                                                          \
	X(TOKEN_EXPIRED, "token_expired")                                                          \
	X(TOKEN_EXHAUSTED, "token_exhausted")                                                      \
	X(TOKEN_REVOKED, "token_revoked")                                                          \
	X(TOKEN_ELSEWHERE, "token_elsewhere")                                                      \
	X(UDI_REGISTERED, "udi_registered")                                                        \
	X(INSTANCE_UNKNOWN, "instance_unknown")                                                    \
	X(INSTANCE_REMOVED, "instance_removed")                                                    \
	X(BAD_SIGNATURE, "bad_signature")                                                          \
	X(OUT_OF_SYNC, "out_of_sync")                                                              \
	X(SUPERSEDED, "superseded")                                                                \
	X(CERTIFICATE_REVOKED, "certificate_revoked")                                              \
	X(UNKNOWN_ENTITLEMENT, "unknown_entitlement")                                              \
	X(NOT_ALLOWED, "not_allowed")                                                              \
	X(EXPORT_NOT_ALLOWED, "export_not_allowed")                                                \
	X(BUSY, "busy")                                                                            \
	X(INTERNAL, "internal")

enum sl_denial {
	SL_DENIED_NONE = 0,
#define SL_X(name, text) SL_DENIED_##name,
	SL_DENIALS(SL_X)
#undef SL_X
	SL_DENIED_OTHER, /* a code that this version does not know */
};
const char *sl_denial_name(enum sl_denial code);
enum sl_denial sl_denial_find(const char *name);

struct sl_udi {
	char pid[56];
	char sn[56];
	char uuid[65];
};
/* The protocol's shape of a UDI; 0, or SMARTLIC_E_INVAL with the member and what is allowed. */
int sl_udi_check(const struct sl_udi *udi, struct smartlic_error *err);
int sl_udi_set(struct sl_udi *ret, const char *pid, const char *sn, const char *uuid,
    struct smartlic_error *err);
/* "PID:… SN:…", a certificate subject's serialNumber. */
#define SL_UDI_SERIAL_SIZE 120 /* of any two members; a good one needs 64 */
void sl_udi_serial(char ret[SL_UDI_SERIAL_SIZE], const struct sl_udi *udi);

/* A tag is 1–255 printable ASCII bytes without blank or '"'. */
#define SL_TAG_SIZE 256
int sl_is_tag(const char *text);
/* What device and authority both call a reservation by: 32 digits of hex. */
#define SL_CODE_SIZE 33

/* The part between the vendor's prefix and the comma ("S-NCS1K4-LIC-100G="); the whole tag where
 * it has not that form. */
void sl_tag_short(char ret[SL_TAG_SIZE], const char *tag);

/*
 * Strict JSON (RFC 8259): one object in UTF-8 without byte order mark, nothing after it, no key
 * twice, depth at most SL_JSON_DEPTH_MAX, no number but integers of 64 bits, at most max bytes.
 * *ret is the caller's.  SMARTLIC_E_JSON.
 */
int sl_json_load(json_t **ret, const char *text, size_t len, size_t max,
    struct smartlic_error *err);
/* Members of an object by type; `path` names the object in texts ("body.authorization").  Optional
 * ones leave *ret alone when absent.  Strings are borrowed from the object and hold no NUL. */
int sl_json_str(const json_t *obj, const char *path, const char *key, const char **ret,
    struct smartlic_error *err);
int sl_json_opt_str(const json_t *obj, const char *path, const char *key, const char **ret,
    struct smartlic_error *err);
int sl_json_int(const json_t *obj, const char *path, const char *key, int64_t min, int64_t max,
    int64_t *ret, struct smartlic_error *err);
int sl_json_opt_int(const json_t *obj, const char *path, const char *key, int64_t min, int64_t max,
    int64_t *ret, struct smartlic_error *err);
int sl_json_obj(const json_t *obj, const char *path, const char *key, const json_t **ret,
    struct smartlic_error *err);
int sl_json_arr(const json_t *obj, const char *path, const char *key, const json_t **ret,
    struct smartlic_error *err);
int sl_json_time(const json_t *obj, const char *path, const char *key, int64_t *ret_s,
    struct smartlic_error *err);
/* The member "udi" of obj. */
int sl_json_udi(const json_t *obj, const char *path, struct sl_udi *ret, struct smartlic_error *err);

#define SL_TOKEN_ID_LEN 16
#define SL_TOKEN_SECRET_LEN 32
struct sl_token {
	unsigned char id[SL_TOKEN_ID_LEN]; /* key number (1–247), 4 bytes of the home's id, 11 random */
	unsigned char secret[SL_TOKEN_SECRET_LEN];
};
/* base64url of id || secret; SMARTLIC_E_TOKEN says what is wrong with it, without quoting it. */
int sl_token_parse(struct sl_token *ret, const char *text, struct smartlic_error *err);

#endif
