/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdio.h>
#include <string.h>

#include "preflight.h"

enum subject { NAME_SERVERS, NAME, ROUTE, PROXY, TLS, ANSWER, SUBJECTS };

/* What it means that a step of the way is as it should be, or is not. */
static const struct {
	const char *subject, *good, *bad;
} words[SUBJECTS] = {
	[NAME_SERVERS] = { "name servers", "names can be resolved",
	    "no name can be resolved, so that nothing is sent" },
	[NAME] = { "name", "it is known where to send to", "there is nowhere to send to" },
	[ROUTE] = { "route", "the way is open", "nothing can be sent" },
	[PROXY] = { "proxy", "it lets through to the destination",
	    "it does not let through to the destination" },
	[TLS] = { "TLS", "it is the server that the destination names, and nobody reads along",
	    "the server is not trusted, so that nothing is sent" },
	[ANSWER] = { "answer", "what comes back may be an authority's",
	    "what answers is no license authority, or cannot answer now" },
};

/* The step that a text begins with → whose finding it is. */
static const struct {
	const char *step;
	enum subject subject;
} steps[] = {
	{ "resolve: ", NAME },
	{ "connect: ", ROUTE },
	{ "proxy: ", PROXY },
	{ "TLS: ", TLS },
};

static struct smartlic_finding *
add(struct sl_preflight *p, const char *place, const char *subject, int grade)
{
	struct smartlic_finding *f = &p->finding[p->n++];

	*f = (struct smartlic_finding){ .grade = grade };
	(void)snprintf(f->place, sizeof(f->place), "%s", place);
	(void)snprintf(f->subject, sizeof(f->subject), "%s", subject);
	return f;
}

/* "STEP: FOUND; CURE", where what was found may have a ';' as well. */
static void
take_apart(struct smartlic_finding *f, const char *text)
{
	const char *found = strstr(text, ": "), *cure = NULL;

	found = found != NULL ? found + 2 : text;
	for (const char *p = found; (p = strstr(p, "; ")) != NULL; p += 2)
		cure = p;
	(void)snprintf(f->found, sizeof(f->found), "%.*s",
	    cure != NULL ? (int)(cure - found) : (int)strlen(found), found);
	(void)snprintf(f->cure, sizeof(f->cure), "%s", cure != NULL ? cure + 2 : "");
}

/* Where the way ended; SUBJECTS: nowhere. */
static enum subject
ended_at(const struct sl_way_seen *way)
{
	const char *text = way->outcome->text;

	if (way->outcome->kind == SMARTLIC_OUTCOME_BODY)
		return SUBJECTS;
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		if (strncmp(text, steps[i].step, strlen(steps[i].step)) != 0)
			continue;
		/* who answered that there is no such name did answer */
		return steps[i].subject == NAME && way->resolve != NULL &&
			       !sl_resolve_answered(way->resolve)
			   ? NAME_SERVERS
			   : steps[i].subject;
	}
	return ANSWER;
}

static void
found_name_servers(const struct sl_way_seen *way, char *ret, size_t cap)
{
	const struct sl_destination *hop = way->proxy != NULL ? way->proxy : way->to;

	if (way->resolve == NULL)
		(void)snprintf(ret, cap, "not asked, since %.100s is an address", hop->host);
	else if (sl_resolve_is_own(way->resolve))
		(void)snprintf(ret, cap, "not asked, since %.100s is this device", hop->host);
	else if (!sl_resolve_asked(way->resolve))
		(void)snprintf(ret, cap, "not asked, since a file here knows %.100s", hop->host);
	else
		sl_resolve_said(way->resolve, ret, cap);
}

/* The next one did. */
static void
doubt_name_servers(struct smartlic_finding *f)
{
	f->grade = SMARTLIC_GRADE_WARNING;
	(void)snprintf(f->meaning, sizeof(f->meaning),
	    "names can be resolved, after a wait for who does not answer");
	(void)snprintf(f->cure, sizeof(f->cure),
	    "mend the one that does not answer, or take it out of domain name-server");
}

static void
found_good(const struct sl_way_seen *way, enum subject subject, char *ret, size_t cap)
{
	const struct sl_destination *hop = way->proxy != NULL ? way->proxy : way->to;
	const struct sl_exchange_seen *seen = way->seen;

	switch (subject) {
	case NAME_SERVERS:
		found_name_servers(way, ret, cap);
		break;
	case NAME:
		(void)snprintf(ret, cap, "%.200s is at %.150s", hop->host,
		    way->resolve != NULL ? sl_resolve_addresses(way->resolve) : hop->host);
		break;
	case ROUTE:
		(void)snprintf(ret, cap, "connected to %s port %ld from %s",
		    seen != NULL ? seen->at : "", seen != NULL ? seen->port : 0,
		    seen != NULL ? seen->from : "");
		break;
	case PROXY:
		(void)snprintf(ret, cap, "%.200s port %s took the request", way->proxy->host,
		    way->proxy->port);
		break;
	case TLS:
		(void)snprintf(ret, cap, "%s", seen != NULL ? seen->server : "");
		break;
	case ANSWER:
	case SUBJECTS:
		(void)snprintf(ret, cap, "status %d with %zu bytes", way->outcome->http_status,
		    way->outcome->len);
		break;
	}
}

/* Of http a proxy answers in the server's place, and need not say that it does. */
static void
doubt_proxy(struct smartlic_finding *f, const struct sl_way_seen *way)
{
	f->grade = SMARTLIC_GRADE_WARNING;
	(void)snprintf(f->meaning, sizeof(f->meaning),
	    "whether what came back is its own or the destination's cannot be told");
	(void)snprintf(
	    f->cure, sizeof(f->cure), "look into the log of %.200s as well", way->proxy->host);
}

static void
add_good(struct sl_preflight *p, const struct sl_way_seen *way, enum subject subject)
{
	struct smartlic_finding *f =
	    add(p, way->to->url, words[subject].subject, SMARTLIC_GRADE_GOOD);

	found_good(way, subject, f->found, sizeof(f->found));
	(void)snprintf(f->meaning, sizeof(f->meaning), "%s", words[subject].good);
	if (subject == ANSWER) {
		f->body = way->outcome->body;
		f->len = way->outcome->len;
	}
	if (subject == NAME_SERVERS && way->resolve != NULL && sl_resolve_failed_over(way->resolve))
		doubt_name_servers(f);
	if (subject == PROXY && !way->to->tls && ended_at(way) == ANSWER)
		doubt_proxy(f, way);
	if (subject != TLS || way->to->tls)
		return;
	f->grade = SMARTLIC_GRADE_WARNING;
	(void)snprintf(f->found, sizeof(f->found), "not used: the destination is of http");
	(void)snprintf(f->meaning, sizeof(f->meaning),
	    "messages are signed, but whoever is on the way can read them");
	(void)snprintf(f->cure, sizeof(f->cure), "use https where the authority offers it");
}

static void
add_unreached(struct sl_preflight *p, const char *place, enum subject subject)
{
	struct smartlic_finding *f = add(p, place, words[subject].subject, SMARTLIC_GRADE_SKIPPED);

	(void)snprintf(f->found, sizeof(f->found), "not reached");
	(void)snprintf(f->meaning, sizeof(f->meaning), "nothing is known of it");
	(void)snprintf(f->cure, sizeof(f->cure), "mend what is above first");
}

void
sl_preflight_way(struct sl_preflight *p, const struct sl_way_seen *way)
{
	enum subject end = ended_at(way);

	for (int i = 0; i < SUBJECTS; i++) {
		enum subject subject = (enum subject)i;

		if (subject == PROXY && way->proxy == NULL)
			continue;
		if (subject < end) {
			add_good(p, way, subject);
		} else if (subject == end) {
			struct smartlic_finding *f =
			    add(p, way->to->url, words[i].subject, SMARTLIC_GRADE_BAD);

			take_apart(f, way->outcome->text);
			(void)snprintf(f->meaning, sizeof(f->meaning), "%s", words[i].bad);
		} else {
			add_unreached(p, way->to->url, subject);
		}
	}
}

void
sl_preflight_discovery(
    struct sl_preflight *p, const char *domain, size_t found, const char *failure)
{
	struct smartlic_finding *f = add(p, domain, "discovery", SMARTLIC_GRADE_GOOD);

	if (failure[0] != '\0') {
		f->grade = SMARTLIC_GRADE_BAD;
		take_apart(f, failure);
		(void)snprintf(f->meaning, sizeof(f->meaning),
		    "the domain leads to no satellite; those that are configured are tried");
		return;
	}
	(void)snprintf(
	    f->found, sizeof(f->found), "SRV records lead to %zu satellites more", found);
	(void)snprintf(f->meaning, sizeof(f->meaning), "they are tried after those configured");
}

int
sl_preflight_next(struct sl_preflight *p, struct smartlic_finding *ret)
{
	size_t size = ret->size;

	if (p->at == p->n) {
		p->n = p->at = 0;
		return 0;
	}
	*ret = p->finding[p->at++];
	ret->size = size;
	return 1;
}
