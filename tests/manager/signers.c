/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "pki/satellite.h"
#include "tests/manager/asked.h"
#include "tests/manager/edge.h"
#include "tests/manager/signers.h"

struct device victim, other, stranger;
struct site_token token, up_token;
struct sl_token invitation, no_invitation;
struct tpki_id left;

const struct sl_key *signer_key;
struct sl_cert *embedded[4];
size_t n_embedded;

static struct tpki_id made[6];
static size_t n_made;

static const struct tpki_id *
own(struct tpki_id id)
{
	made[n_made] = id;
	return &made[n_made++];
}

void
signers_init(void)
{
	left = (struct tpki_id){ 0 };
	n_made = 0;
}

void
signers_free(void)
{
	while (n_made > 0)
		tpki_id_free(&made[--n_made]);
	tpki_id_free(&left);
}

static void
sign_with(const struct sl_key *key, struct sl_cert *cert)
{
	signer_key = key;
	embedded[0] = cert;
	n_embedded = 1;
}

static void
bring(struct sl_cert *ca)
{
	embedded[n_embedded++] = ca;
}

static void
sign_by(const struct tpki_spec *spec)
{
	const struct tpki_id *id = own(tpki_make(up.crypto, spec));

	sign_with(id->key, id->cert);
}

static void
sign_as_kept(struct site *site, const char *name)
{
	const struct tpki_id *id = own(kept_at(site, name));

	sign_with(id->key, id->cert);
}

static void
sign_as(const struct device *d)
{
	sign_with(d->key, d->cert);
	for (size_t i = 0; i < d->n_cas; i++)
		bring(d->cas[i]);
}

/* In the name of the device, as this CA might certify it. */
static struct tpki_spec
its_name(const struct tpki_id *by)
{
	static char serial_number[SL_UDI_SERIAL_SIZE];
	struct tpki_spec spec = tpki_spec_device(by);

	sl_udi_serial(serial_number, &victim.udi);
	spec.o = SITE_ACCOUNT;
	spec.serial_number = serial_number;
	spec.cn = victim.instance;
	/* newer than what it has */
	spec.not_before = up.now + SITE_DAY;
	return spec;
}

void
the_device_itself(void)
{
	sign_as(&victim);
}

void
a_device_that_is_known(void)
{
	sign_as(&other);
}

void
a_device_of_the_upstream(void)
{
	sign_as(&stranger);
}

static void
by_upstream(const char *o)
{
	const struct tpki_id *issuing = own(kept_at(&up, "issuing"));
	struct tpki_spec spec = its_name(issuing);

	spec.o = o;
	sign_by(&spec);
	bring(issuing->cert);
}

void
its_name_by_the_upstream(void)
{
	by_upstream(SITE_ACCOUNT);
}

void
another_account_by_the_upstream(void)
{
	by_upstream(OTHER_ACCOUNT);
}

/* Of a satellite that is bound to one account. */
static void
by_satellite(const char *bound_to, const char *o, const char *role)
{
	const struct tpki_id *satellites = own(kept_at(&up, "satellites"));
	const struct tpki_spec middle = tpki_spec_satellite_ca(satellites, bound_to);
	const struct tpki_id *ca = own(tpki_make(up.crypto, &middle));
	struct tpki_spec spec = its_name(ca);

	spec.o = o;
	spec.usages[1] = role;
	sign_by(&spec);
	bring(ca->cert);
	bring(satellites->cert);
}

void
its_name_by_another_satellite(void)
{
	by_satellite(SITE_ACCOUNT, SITE_ACCOUNT, TPKI_DEVICE);
}

void
its_name_by_another_accounts_satellite(void)
{
	by_satellite(OTHER_ACCOUNT, SITE_ACCOUNT, TPKI_DEVICE);
}

void
another_account_by_its_satellite(void)
{
	by_satellite(OTHER_ACCOUNT, OTHER_ACCOUNT, TPKI_DEVICE);
}

void
another_satellite(void)
{
	by_satellite(SITE_ACCOUNT, SITE_ACCOUNT, TPKI_SATELLITE);
}

void
another_accounts_satellite(void)
{
	by_satellite(OTHER_ACCOUNT, OTHER_ACCOUNT, TPKI_SATELLITE);
}

/* Whose list the upstream has sent along. */
static void
by_left(const char *role)
{
	const struct tpki_id *satellites = own(kept_at(&up, "satellites"));
	struct tpki_spec spec = its_name(&left);

	spec.usages[1] = role;
	sign_by(&spec);
	bring(left.cert);
	bring(satellites->cert);
}

void
its_name_by_one_that_has_left(void)
{
	by_left(TPKI_DEVICE);
}

void
one_that_has_left(void)
{
	by_left(TPKI_SATELLITE);
}

/* Its CA's key, used past the ledger. */
static void
by_own_ca(const char *first, const char *second)
{
	const struct tpki_id *ca = own(kept_at(&edge, "issuing"));
	struct tpki_spec spec = its_name(ca);

	spec.usages[1] = first;
	spec.usages[2] = second;
	sign_by(&spec);
	bring(ca->cert);
	bring(pki_satellites(edge.pki));
}

void
its_name_past_the_ledger(void)
{
	by_own_ca(TPKI_DEVICE, NULL);
}

void
role_response(void)
{
	by_own_ca(TPKI_RESPONSE, NULL);
}

void
no_role(void)
{
	by_own_ca(NULL, NULL);
}

void
two_roles(void)
{
	by_own_ca(TPKI_DEVICE, TPKI_SATELLITE);
}

void
the_satellite_itself(void)
{
	sign_with(pki_signer_key(edge.pki), pki_signer(edge.pki));
	bring(pki_issuing(edge.pki));
	bring(pki_satellites(edge.pki));
}

void
its_own_ca(void)
{
	sign_as_kept(&edge, "issuing");
	bring(pki_satellites(edge.pki));
}

void
its_tls_server(void)
{
	sign_as_kept(&edge, "tls");
}

void
the_upstreams_signer(void)
{
	sign_as_kept(&up, "signer");
}

void
the_upstreams_ca(void)
{
	sign_as_kept(&up, "issuing");
}

void
the_ca_of_satellites(void)
{
	sign_as_kept(&up, "satellites");
}

void
the_root(void)
{
	sign_as_kept(&up, "root");
}

void
self_signed(void)
{
	const struct tpki_spec spec = its_name(NULL);

	sign_by(&spec);
}

void
another_root(void)
{
	const struct tpki_spec top = tpki_spec_root();
	const struct tpki_id *id = own(tpki_make(up.crypto, &top));
	const struct tpki_spec spec = its_name(id);

	sign_by(&spec);
	bring(id->cert);
}

void
whose_key_is_to_be_certified(void)
{
	self_signed();
}

void
who_has_the_upstreams_token(void)
{
	self_signed();
	token = up_token;
	invitation = no_invitation;
}
