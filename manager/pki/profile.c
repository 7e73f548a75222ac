/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "pki/profile.h"
#include "trust.h"

#define EMAIL_PROTECTION "1.3.6.1.5.5.7.3.4"
#define SERVER_AUTH      "1.3.6.1.5.5.7.3.1"
#define ROLE_DEVICE      SL_ROLE_ARC ".1"
#define ROLE_RESPONSE    SL_ROLE_ARC ".2"
#define ROLE_SATELLITE   SL_ROLE_ARC ".3"

#define DAYS(n) (INT64_C(86400) * (n))

const struct pki_profile pki_profiles[PKI_KINDS] = {
	[PKI_KIND_ROOT] = {
		.file = "root", .cn = "Smart Licensing Root",
		.issuer = PKI_KIND_ROOT, .p384 = 1, .ca = 1, .path_length = -1,
		.life_s = DAYS(7305),
	},
	[PKI_KIND_ISSUING] = {
		.file = "issuing", .cn = "Smart Licensing Issuing CA",
		.issuer = PKI_KIND_ROOT, .ca = 1, .path_length = 0,
		.usages = { EMAIL_PROTECTION, ROLE_DEVICE }, .usages_critical = 1,
		.life_s = DAYS(3652),
	},
	[PKI_KIND_SIGNER] = {
		.file = "signer", .cn = "Smart Licensing Response Signer",
		.issuer = PKI_KIND_ROOT, .path_length = -1,
		.usages = { EMAIL_PROTECTION, ROLE_RESPONSE }, .usages_critical = 1,
		.life_s = DAYS(730),
	},
	[PKI_KIND_TLS] = {
		.file = "tls",
		.issuer = PKI_KIND_ROOT, .path_length = -1,
		/* browsers and curl know this usage; critical would gain nothing */
		.usages = { SERVER_AUTH }, .usages_critical = 0,
		.life_s = DAYS(365),
	},
	/* so that the root may be offline when a satellite joins or renews */
	[PKI_KIND_SATELLITES] = {
		.file = "satellites", .cn = "Smart Licensing Satellites CA",
		.issuer = PKI_KIND_ROOT, .ca = 1, .path_length = 1,
		.usages = { EMAIL_PROTECTION, ROLE_DEVICE, ROLE_SATELLITE }, .usages_critical = 1,
		.life_s = DAYS(3652),
	},
	[PKI_KIND_DEVICE] = {
		.issuer = PKI_KIND_ISSUING, .path_length = -1,
		.usages = { EMAIL_PROTECTION, ROLE_DEVICE }, .usages_critical = 1,
		.life_s = DAYS(365),
	},
	/* in the satellite's own folder it is the issuing CA, and its signer the signer */
	[PKI_KIND_SATELLITE] = {
		.issuer = PKI_KIND_SATELLITES, .ca = 1, .path_length = 0, .bound = 1,
		.usages = { EMAIL_PROTECTION, ROLE_DEVICE, ROLE_SATELLITE }, .usages_critical = 1,
		.life_s = DAYS(730),
	},
	[PKI_KIND_SATELLITE_SIGNER] = {
		.issuer = PKI_KIND_ISSUING, .path_length = -1,
		.usages = { EMAIL_PROTECTION, ROLE_SATELLITE }, .usages_critical = 1,
		.life_s = DAYS(90),
	},
};
