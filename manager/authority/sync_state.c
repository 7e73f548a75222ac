/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <string.h>

#include "authority/sync.h"
#include "pki/roll.h"
#include "pki/satellite.h"
#include "text.h"

/* What the upstream tells a satellite with every answer: its virtual accounts, what was bought,
 * lists, and the certificates that it asked for. */

static int
put(json_t *obj, const char *key, json_t *value)
{
	return json_object_set_new(obj, key, value);
}

struct adding {
	struct ledger *l;
	json_t *list;
	struct smartlic_error *err;
	int64_t va;
};

static int
add_va(void *ud, int64_t va, const char *name)
{
	struct adding *a = ud;

	return json_array_append_new(
		   a->list, json_pack("{s:I,s:s}", "va", (json_int_t)va, "name", name)) != 0
		   ? sl_nomem(a->err)
		   : 0;
}

static int
add_pool(void *ud, int64_t va, const char *tag, int64_t quantity)
{
	struct adding *a = ud;

	return json_array_append_new(a->list, json_pack("{s:I,s:s,s:I}", "va", (json_int_t)va,
						  "tag", tag, "count", (json_int_t)quantity)) != 0
		   ? sl_nomem(a->err)
		   : 0;
}

static int
put_list(json_t *lists, const char *name, const struct sl_buf *list, struct smartlic_error *err)
{
	/* who has no key to make one has none before the first */
	return list->len > 0 && put(lists, name, sync_der_json(list->data, list->len)) != 0
		   ? sl_nomem(err)
		   : 0;
}

/* Devices judge the satellite's CA by the list of who issued that, which may be a former one. */
static int
issuer_of(struct exchange *x, const struct ledger_satellite *sat, const struct sl_cert **ret,
    struct smartlic_error *err)
{
	struct sl_buf der = { 0 };
	struct sl_cert *ca = NULL;
	int r = ledger_satellite_ca_get(x->a->ledger, sat->name, &der, err);

	if (r == 1)
		r = sl_cert_parse(&ca, x->a->crypto, der.data, der.len, err);
	if (r == 0 && ca != NULL)
		*ret = pki_satellites_of(x->a->pki, ca);
	if (*ret == NULL)
		*ret = pki_satellites(x->a->pki);
	sl_cert_unref(ca);
	sl_buf_free(&der);
	return r < 0 ? r : 0;
}

static int
put_list_of(struct exchange *x, const struct sl_cert *ca, const char *name, json_t *lists,
    struct smartlic_error *err)
{
	struct sl_buf der = { 0 };
	int r = satellites_list(x->a, ca, x->now_s, &der, err);

	if (r == 0)
		r = put_list(lists, name, &der, err);
	sl_buf_free(&der);
	return r;
}

/* Of satellites that have left, others are to know, whoever of the CAs issued either. */
static int
put_satellites_lists(struct exchange *x, const struct ledger_satellite *sat, json_t *lists,
    struct smartlic_error *err)
{
	const struct sl_cert *issuer = NULL, *ca = pki_satellites(x->a->pki);
	size_t name = SYNC_LISTS_OTHER;
	int r = issuer_of(x, sat, &issuer, err);

	if (r == 0)
		r = put_list_of(x, issuer, "satellites", lists, err);
	for (size_t i = 0; r == 0 && ca != NULL && name < SYNC_LISTS; i++) {
		if (ca != issuer)
			r = put_list_of(x, ca, sync_lists[name++], lists, err);
		ca = pki_former(x->a->pki, PKI_KIND_SATELLITES, i);
	}
	return r;
}

static json_t *
cert_json(const struct sl_cert *cert)
{
	size_t len;
	const void *der = sl_cert_der(cert, &len);

	return sync_der_json(der, len);
}

static int
put_root(json_t *body, const char *key, const struct sl_cert *root)
{
	char id[2 * SL_SKI_LEN + 1];

	sl_hex(id, sl_cert_ski(root), SL_SKI_LEN);
	return put(body, key, json_string(id));
}

int
sync_put_state(struct exchange *x, const struct ledger_satellite *sat, json_t *body,
    struct smartlic_error *err)
{
	struct adding vas = { .l = x->a->ledger, .list = json_array(), .err = err };
	struct adding pools = { .l = x->a->ledger, .list = json_array(), .err = err };
	const struct sl_cert *before = pki_former(x->a->pki, PKI_KIND_ROOT, 0);
	struct sl_buf root = { 0 }, former = { 0 };
	json_t *lists = json_object();
	int r, bad = 0;

	r = current_list(x->a, PKI_ROOT, x->now_s, &root, err);
	if (r == 0 && before != NULL)
		r = root_list(x->a, before, x->now_s, &former, err);
	if (r == 0)
		r = put_list(lists, "root", &root, err);
	if (r == 0)
		r = put_list(lists, "former", &former, err);
	if (r == 0)
		r = put_satellites_lists(x, sat, lists, err);
	if (r == 0)
		r = ledger_satellite_each_va(x->a->ledger, sat->name, add_va, &vas, err);
	if (r == 0)
		r = ledger_satellite_each_pool(
		    x->a->ledger, sat->name, x->now_s, add_pool, &pools, err);
	bad |= put(body, "lists", lists);
	bad |= put_root(body, "root", pki_root(x->a->pki));
	if (pki_next_root(x->a->pki) != NULL)
		bad |= put_root(body, "next_root", pki_next_root(x->a->pki));
	if (pki_former_root(x->a->pki) != NULL) {
		bad |= put(body, "former_root", cert_json(pki_former_root(x->a->pki)));
		bad |= put(body, "cross", cert_json(pki_cross(x->a->pki)));
	}
	bad |= put(body, "virtual_accounts", vas.list);
	bad |= put(body, "pools", pools.list);
	bad |= put(body, "version", json_string(PACKAGE_VERSION));
	bad |= put(body, "sync", json_integer(x->a->sync_version));
	bad |= put(body, "least", json_integer(x->a->sync_least));
	sl_buf_free(&root);
	sl_buf_free(&former);
	return r == 0 && bad != 0 ? sl_nomem(err) : r;
}

/* The certificate that the satellite's CA has, where another one would be no better: it asks once a
 * day until it is below the present root.  1 and *ret; 0: a new one is due. */
static int
same_again(struct exchange *x, const struct ledger_satellite *sat,
    const unsigned char ski[SL_SKI_LEN], struct sl_buf *ret, struct smartlic_error *err)
{
	struct sl_buf der = { 0 };
	struct sl_cert *ca = NULL;
	int r = ledger_satellite_ca_get(x->a->ledger, sat->name, &der, err), same = 0;

	if (r == 1)
		r = sl_cert_parse(&ca, x->a->crypto, der.data, der.len, err);
	if (r == 0 && ca != NULL)
		same = memcmp(sl_cert_ski(ca), ski, SL_SKI_LEN) == 0 &&
		       pki_satellites_of(x->a->pki, ca) == pki_satellites(x->a->pki) &&
		       sl_cert_not_after(ca) - x->now_s >= SYNC_CA_LEFT_S;
	if (same)
		sl_buf_add(ret, der.data, der.len);
	sl_cert_unref(ca);
	sl_buf_free(&der);
	return r < 0 ? r : ret->failed ? sl_nomem(err) : same;
}

int
sync_certify(struct exchange *x, const struct ledger_satellite *sat, const json_t *body,
    struct sl_cert **ret_ca, json_t *certificates, struct smartlic_error *err)
{
	const char *names[32];
	char lines[sizeof(sat->tls_names)];
	struct sl_buf csr = { 0 }, spki = { 0 }, ca = { 0 }, tls_csr = { 0 }, tls_spki = { 0 },
		      tls = { 0 };
	unsigned char ski[SL_SKI_LEN];
	char *save = NULL;
	const void *issuer;
	size_t n = 0, len;
	int r, bad = 0;

	(void)sl_copy(lines, sizeof(lines), sat->tls_names);
	for (char *p = strtok_r(lines, "\n", &save); p != NULL && n < 32;
	     p = strtok_r(NULL, "\n", &save))
		names[n++] = p;
	r = sync_der_read(body, "body", "csr", &csr, err);
	if (r == 0)
		r = sync_der_read(body, "body", "tls_csr", &tls_csr, err);
	if (r == 0 && csr.len > 0) {
		r = sl_csr_check(x->a->crypto, csr.data, csr.len, ski, &spki, err);
		if (r == 0)
			r = same_again(x, sat, ski, &ca, err);
		if (r == 0)
			r = pki_issue_satellite(x->a->pki, spki.data, spki.len,
			    ledger_info(x->a->ledger)->account, sat->name, x->now_s, &ca, err);
		if (r >= 0)
			r = sl_cert_parse(ret_ca, x->a->crypto, ca.data, ca.len, err);
		issuer = sl_cert_der(pki_satellites(x->a->pki), &len);
		bad |= r == 0 && put(certificates, "issuing", sync_der_json(ca.data, ca.len)) != 0;
		bad |= r == 0 && put(certificates, "satellites", sync_der_json(issuer, len)) != 0;
	}
	if (r == 0 && tls_csr.len > 0) {
		r = sl_csr_check(x->a->crypto, tls_csr.data, tls_csr.len, ski, &tls_spki, err);
		/* with the root offline the satellite's administrator brings a certificate */
		if (r == 0 && pki_issue_tls(x->a->pki, tls_spki.data, tls_spki.len, names, n,
				  x->now_s, &tls, NULL) == 0)
			bad |= put(certificates, "tls", sync_der_json(tls.data, tls.len));
	}
	sl_buf_free(&csr);
	sl_buf_free(&spki);
	sl_buf_free(&ca);
	sl_buf_free(&tls_csr);
	sl_buf_free(&tls_spki);
	sl_buf_free(&tls);
	return r == 0 && bad != 0 ? sl_nomem(err) : r;
}
