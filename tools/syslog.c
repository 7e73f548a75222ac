/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "cli.h"
#include "syslog.h"

#define FACILITY_DAEMON 3
#define ID_MAX          32 /* of RFC 5424 */
#define HOST_MAX        255

/* ---- one line ----------------------------------------------------------------------------- */

static int
is_printable(unsigned char c)
{
	return c > ' ' && c < 0x7f;
}

/* A field of the header: printable ASCII without blanks, or "-". */
static void
field(char *ret, const char *text, size_t n, size_t max)
{
	size_t i;

	for (i = 0; i < n && i < max && is_printable((unsigned char)text[i]); i++)
		ret[i] = text[i];
	if (i == 0 || i < n)
		(void)snprintf(ret, 2, "-");
	else
		ret[i] = '\0';
}

/* "%LICENSE-SMART_LIC-6-AGENT_READY : …" → AGENT_READY */
static void
message_id(char ret[ID_MAX + 1], const char *message)
{
	const char *name = message[0] == '%' ? message : NULL;

	for (int i = 0; i < 3 && name != NULL; i++) {
		name = strchr(name, '-');
		name = name != NULL ? name + 1 : NULL;
	}
	field(ret, name != NULL ? name : "", name != NULL ? strcspn(name, " ") : 0, ID_MAX);
}

static void
timestamp(char *ret, size_t size, int64_t wall_ms)
{
	time_t s = (time_t)(wall_ms / 1000);
	char second[24];
	struct tm tm;

	if (wall_ms < 0 || gmtime_r(&s, &tm) == NULL ||
	    strftime(second, sizeof(second), "%Y-%m-%dT%H:%M:%S", &tm) !=
		strlen("0000-00-00T00:00:00"))
		(void)snprintf(ret, size, "-");
	else
		(void)snprintf(ret, size, "%s.%03dZ", second, (int)(wall_ms % 1000));
}

/* How many bytes the character of UTF-8 has; 0: it is none (RFC 3629). */
static size_t
character(const unsigned char *p)
{
	static const struct {
		unsigned char first, last, low, high; /* of the first byte, of the second */
		size_t len;
	} row[] = {
		{ 0x01, 0x7f, 0, 0, 1 },
		{ 0xc2, 0xdf, 0x80, 0xbf, 2 },
		{ 0xe0, 0xe0, 0xa0, 0xbf, 3 },
		{ 0xe1, 0xec, 0x80, 0xbf, 3 },
		{ 0xed, 0xed, 0x80, 0x9f, 3 },
		{ 0xee, 0xef, 0x80, 0xbf, 3 },
		{ 0xf0, 0xf0, 0x90, 0xbf, 4 },
		{ 0xf1, 0xf3, 0x80, 0xbf, 4 },
		{ 0xf4, 0xf4, 0x80, 0x8f, 4 },
	};
	size_t i = 0;

	while (i < sizeof(row) / sizeof(row[0]) && (p[0] < row[i].first || p[0] > row[i].last))
		i++;
	if (i == sizeof(row) / sizeof(row[0]))
		return 0;
	if (row[i].len > 1 && (p[1] < row[i].low || p[1] > row[i].high))
		return 0;
	for (size_t k = 2; k < row[i].len; k++)
		if (p[k] < 0x80 || p[k] > 0xbf)
			return 0;
	return row[i].len;
}

/* U+0080 to U+009F too. */
static int
is_control(const unsigned char *p)
{
	return p[0] < 0x20 || p[0] == 0x7f || (p[0] == 0xc2 && p[1] < 0xa0);
}

/*
 * As much of the text as fits, cut between characters.  What would end a line or steer a terminal
 * becomes a blank, what is no UTF-8 a '?'; beyond ASCII the mark says that it is UTF-8 (6.4).
 */
static size_t
put_text(char *ret, size_t size, const char *text)
{
	static const char mark[] = "\xef\xbb\xbf";
	const unsigned char *p = (const unsigned char *)text;
	size_t at = 0, len;
	int ascii = 1;

	for (const unsigned char *q = p; *q != '\0' && ascii; q += len) {
		len = character(q);
		ascii = len < 2 || is_control(q);
		len = len == 0 ? 1 : len;
	}
	if (!ascii && size > sizeof(mark)) {
		memcpy(ret, mark, sizeof(mark) - 1);
		at = sizeof(mark) - 1;
	}
	while (*p != '\0') {
		len = character(p);
		if (at + (len == 0 ? 1 : len) >= size)
			break;
		if (len > 0 && !is_control(p)) {
			memcpy(ret + at, p, len);
			at += len;
		} else {
			ret[at++] = len == 0 ? '?' : ' ';
		}
		p += len == 0 ? 1 : len;
	}
	ret[at] = '\0';
	return at;
}

size_t
syslog_format(char *ret, size_t size, const struct syslog_line *line)
{
	char id[ID_MAX + 1], host[HOST_MAX + 1], time[40];
	int start;

	message_id(id, line->message);
	field(host, line->host, strlen(line->host), HOST_MAX);
	timestamp(time, sizeof(time), line->wall_ms);
	start = snprintf(ret, size, "<%d>1 %s %s smartlic %d %s - ",
	    FACILITY_DAEMON * 8 + line->severity, time, host, line->pid, id);
	if (start < 0 || (size_t)start >= size)
		return 0;
	return (size_t)start + put_text(ret + start, size - (size_t)start, line->message);
}

/* ---- sending ------------------------------------------------------------------------------- */

static struct {
	struct sockaddr_un to; /* a path of "": closed */
	int fd;
	int complained;
} log_socket = { .fd = -1 };

void
syslog_open(const char *path)
{
	log_socket.to = (struct sockaddr_un){ .sun_family = AF_UNIX };
	if (strlen(path) >= sizeof(log_socket.to.sun_path))
		complain("--syslog %s: the path is too long; messages go to standard error", path);
	else
		memcpy(log_socket.to.sun_path, path, strlen(path) + 1);
}

/* Each datagram names its receiver, so that one that was restarted is found. */
static int
send_line(const char *line, size_t len)
{
	if (log_socket.fd < 0)
		log_socket.fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	return sendto(log_socket.fd, line, len, MSG_NOSIGNAL,
		   (const struct sockaddr *)&log_socket.to, sizeof(log_socket.to)) < 0
		   ? -1
		   : 0;
}

static int
send_message(int severity, const char *message)
{
	struct syslog_line line = {
		.severity = severity, .pid = (int)getpid(), .message = message
	};
	char host[HOST_MAX + 1] = "", text[SYSLOG_MAX];
	struct timespec now = { 0 };

	if (log_socket.to.sun_path[0] == '\0')
		return -1;
	(void)gethostname(host, sizeof(host) - 1);
	(void)clock_gettime(CLOCK_REALTIME, &now);
	line.host = host;
	line.wall_ms = (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
	return send_line(text, syslog_format(text, sizeof(text), &line));
}

void
tell(int severity, const char *message)
{
	if (send_message(severity, message) == 0) {
		log_socket.complained = 0;
		return;
	}
	if (log_socket.to.sun_path[0] != '\0' && !log_socket.complained)
		(void)fprintf(stderr,
		    "smartlic: the log at %s takes nothing; messages go to standard error "
		    "meanwhile. Start it, or name another by --syslog=SOCKET\n",
		    log_socket.to.sun_path);
	log_socket.complained = 1;
	(void)fprintf(stderr, "%s\n", message);
}

void
tell_also(int severity, const char *text)
{
	(void)send_message(severity, text);
}
