/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdio.h>
#include <string.h>

#include <smartlic/settings.h>

#include "tests/suite.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))

/* The reference's lines with those of the platform, as an operator writes them. */
static const char example[] =
    "domain name-server 198.51.100.247\n"
    "call-home\n"
    " service active\n"
    " contact smart-licensing\n"
    " profile CiscoTAC-1\n"
    "  active\n"
    "  destination address http https://ssm.example.net/its/service/oddce/"
    "services/DDCEService\n"
    "  destination transport-method http\n"
    "crypto ca trustpoint Trustpool crl optional\n"
    "license smart transport direct\n"
    "license smart trust-anchor /etc/smartlic/root.pem\n"
    "license smart store /var/lib/smartlic\n"
    "license platform udi pid NCS1004 sn CAT2231B18Y uuid default-sdr\n"
    "license platform catalog ncs1004\n"
    "license platform inventory /etc/smartlic/inventory.json\n";

static const char *const values[][2] = {
	{ "name-server", "198.51.100.247" },
	{ "service", "active" },
	{ "contact", "smart-licensing" },
	{ "profile", "active" },
	{ "destination", "https://ssm.example.net/its/service/oddce/services/DDCEService" },
	{ "crl", "optional" },
	{ "transport", "direct" },
	{ "trust-anchor", "/etc/smartlic/root.pem" },
	{ "store", "/var/lib/smartlic" },
	{ "udi-pid", "NCS1004" },
	{ "udi-sn", "CAT2231B18Y" },
	{ "udi-uuid", "default-sdr" },
	{ "catalog", "ncs1004" },
	{ "inventory", "/etc/smartlic/inventory.json" },
	{ "privacy-hostname", "on" },
	{ "privacy-version", "off" },
};

static struct smartlic_settings *
parsed(const char *text)
{
	struct smartlic_settings *s = NULL;
	struct smartlic_error err = { 0 };

	ck_assert_msg(smartlic_settings_parse(&s, text, strlen(text), "f", &err) == 0, "%s: %s",
	    text, err.text);
	return s;
}

static void
check_example(const char *text)
{
	struct smartlic_settings *s = parsed(text);

	for (size_t i = 0; i < N(values); i++) {
		ck_assert_str_eq(smartlic_settings_get(s, values[i][0], 0), values[i][1]);
		ck_assert_ptr_null(smartlic_settings_get(s, values[i][0], 1));
	}
	ck_assert_ptr_null(smartlic_settings_warning(s, 0));
	smartlic_settings_free(s);
}

START_TEST(the_references_lines_are_read)
{
	check_example(example);
}
END_TEST

/* The reference writes the block both ways. */
START_TEST(indentation_means_nothing)
{
	char flat[sizeof(example)];
	char *to = flat;

	for (const char *p = example; *p != '\0'; p++)
		if (*p != ' ' || (p != example && p[-1] != '\n' && p[-1] != ' '))
			*to++ = *p;
	*to = '\0';
	ck_assert_ptr_null(strstr(flat, "\n "));
	check_example(flat);
}
END_TEST

START_TEST(comments_blank_lines_carriage_returns_tabs_and_end_are_fine)
{
	struct smartlic_settings *s = parsed("! made by hand\r\n\r\n \t\n!\nlicense\tsmart  store"
					     "\t/s \r\n ! more\nend\n\nlicense smart transport x");

	ck_assert_str_eq(smartlic_settings_get(s, "store", 0), "/s");
	ck_assert_str_eq(smartlic_settings_get(s, "transport", 0), "x");
	ck_assert_ptr_null(smartlic_settings_warning(s, 0));
	smartlic_settings_free(s);
}
END_TEST

/* Agent and call-home are enabled by default, and the profile always exists. */
START_TEST(without_a_line_the_defaults_hold)
{
	static const char *const initial[][2] = {
		{ "service", "active" },
		{ "profile", "active" },
		{ "transport", "direct" },
		{ "crl", "required" },
	};
	static const char *const absent[] = { "destination", "name-server", "trust-anchor", "store",
		"udi-pid", "udi-sn", "udi-uuid", "catalog", "inventory", "contact", "no such key",
		"" };
	struct smartlic_settings *s = parsed("");

	for (size_t i = 0; i < N(initial); i++) {
		ck_assert_str_eq(smartlic_settings_get(s, initial[i][0], 0), initial[i][1]);
		ck_assert_ptr_null(smartlic_settings_get(s, initial[i][0], 1));
	}
	for (size_t i = 0; i < N(absent); i++)
		ck_assert_ptr_null(smartlic_settings_get(s, absent[i], 0));
	smartlic_settings_free(s);
}
END_TEST

START_TEST(what_can_be_switched_on_can_be_switched_off_with_no)
{
	struct smartlic_settings *s = parsed("call-home\nno service active\nprofile CiscoTAC-1\n"
					     "no active\n"
					     "no crypto ca trustpoint Trustpool crl optional\n");

	ck_assert_str_eq(smartlic_settings_get(s, "service", 0), "inactive");
	ck_assert_str_eq(smartlic_settings_get(s, "profile", 0), "inactive");
	ck_assert_str_eq(smartlic_settings_get(s, "crl", 0), "required");
	smartlic_settings_free(s);
}
END_TEST

/* As a router shows it, and as its operator writes it. */
START_TEST(a_trustpoint_is_one_line_or_a_block)
{
	static const char *const cases[][2] = {
		{ "crypto ca trustpoint Trustpool crl optional\n", "optional" },
		{ "crypto ca trustpoint Trustpool\n crl optional\n!\n", "optional" },
		{ "crypto ca trustpoint Trustpool\ncrl optional\ncall-home\nservice active\n",
		    "optional" },
		{ "crypto ca trustpoint Trustpool\n!\n", "required" },
		{ "crypto ca trustpoint Trustpool\n no crl optional\n", "required" },
	};
	struct smartlic_settings *s = parsed(cases[_i][0]);

	ck_assert_str_eq(smartlic_settings_get(s, "crl", 0), cases[_i][1]);
	smartlic_settings_free(s);
}
END_TEST

START_TEST(name_servers_are_a_list_in_their_order)
{
	struct smartlic_settings *s = parsed("domain name-server 192.0.2.2\n"
					     "domain name-server 2001:db8::1\n"
					     "domain name-server 192.0.2.2\n");

	ck_assert_str_eq(smartlic_settings_get(s, "name-server", 0), "192.0.2.2");
	ck_assert_str_eq(smartlic_settings_get(s, "name-server", 1), "2001:db8::1");
	ck_assert_ptr_null(smartlic_settings_get(s, "name-server", 2));
	ck_assert_ptr_null(smartlic_settings_warning(s, 0));
	smartlic_settings_free(s);
}
END_TEST

START_TEST(name_servers_are_sixteen_at_most)
{
	struct smartlic_settings *s = NULL;
	struct smartlic_error err = { 0 };
	char text[1024] = "";

	for (int i = 1; i <= 17; i++)
		(void)snprintf(text + strlen(text), sizeof(text) - strlen(text),
		    "domain name-server 192.0.2.%d\n", i);
	ck_assert_int_eq(
	    smartlic_settings_parse(&s, text, strlen(text), "f", &err), SMARTLIC_E_CONFIG);
	ck_assert_str_eq(err.text, "f:17: more than 16 values of name-server; expected: fewer");
	*strrchr(text, 'd') = '\0';
	s = parsed(text);
	ck_assert_str_eq(smartlic_settings_get(s, "name-server", 15), "192.0.2.16");
	smartlic_settings_free(s);
}
END_TEST

START_TEST(destinations_are_a_list_in_their_order_of_eight_at_most)
{
	struct smartlic_settings *s = NULL;
	struct smartlic_error err = { 0 };
	char text[1024] = "call-home\nprofile CiscoTAC-1\n";
	size_t head = strlen(text);

	for (int i = 1; i <= 9; i++)
		(void)snprintf(text + strlen(text), sizeof(text) - strlen(text),
		    "destination address http https://ssm%d.example.net/x\n", i);
	ck_assert_int_eq(
	    smartlic_settings_parse(&s, text, strlen(text), "f", &err), SMARTLIC_E_CONFIG);
	ck_assert_str_eq(err.text, "f:11: more than 8 values of destination; expected: fewer");
	*strstr(text + head, "destination address http https://ssm9") = '\0';
	s = parsed(text);
	ck_assert_str_eq(smartlic_settings_get(s, "destination", 0), "https://ssm1.example.net/x");
	ck_assert_str_eq(smartlic_settings_get(s, "destination", 7), "https://ssm8.example.net/x");
	ck_assert_ptr_null(smartlic_settings_warning(s, 0));
	smartlic_settings_free(s);
}
END_TEST

START_TEST(the_lines_of_call_home_say_which_way_it_goes)
{
	static const char lines[] =
	    "call-home\n"
	    " http-proxy proxy.example.net port 3128 user device password-file /etc/p\n"
	    " source-interface eth0\n"
	    "crypto ca trustpool import url /etc/a.pem\n"
	    "crypto ca trustpool import url /etc/b.pem\n"
	    "license smart client-certificate /etc/c.pem key /etc/k.pem\n";
	static const char *const wanted[][2] = {
		{ "proxy-host", "proxy.example.net" },
		{ "proxy-port", "3128" },
		{ "proxy-user", "device" },
		{ "proxy-password-file", "/etc/p" },
		{ "source-interface", "eth0" },
		{ "tls-trust-anchor", "/etc/a.pem" },
		{ "client-certificate", "/etc/c.pem" },
		{ "client-key", "/etc/k.pem" },
	};
	struct smartlic_settings *s = parsed(lines);

	for (size_t i = 0; i < N(wanted); i++)
		ck_assert_str_eq(smartlic_settings_get(s, wanted[i][0], 0), wanted[i][1]);
	ck_assert_str_eq(smartlic_settings_get(s, "tls-trust-anchor", 1), "/etc/b.pem");
	ck_assert_ptr_null(smartlic_settings_warning(s, 0));
	smartlic_settings_free(s);
}
END_TEST

START_TEST(a_later_proxy_leaves_nothing_of_an_earlier_one)
{
	struct smartlic_settings *s =
	    parsed("call-home\nhttp-proxy a port 1 user u password-file /p\n"
		   "http-proxy a port 2\n");

	ck_assert_str_eq(smartlic_settings_get(s, "proxy-port", 0), "2");
	ck_assert_ptr_null(smartlic_settings_get(s, "proxy-user", 0));
	ck_assert_ptr_null(smartlic_settings_get(s, "proxy-password-file", 0));
	ck_assert_str_eq(
	    smartlic_settings_warning(s, 0), "f:3: proxy-port '2' replaces '1' of line 2");
	ck_assert_str_eq(
	    smartlic_settings_warning(s, 1), "f:3: this line drops proxy-user 'u' of line 2");
	ck_assert_str_eq(smartlic_settings_warning(s, 2),
	    "f:3: this line drops proxy-password-file '/p' of line 2");
	ck_assert_ptr_null(smartlic_settings_warning(s, 3));
	smartlic_settings_free(s);
}
END_TEST

START_TEST(a_source_is_an_interface_or_an_address)
{
	struct smartlic_settings *s = parsed("call-home\nsource-interface eth0\n"
					     "source-ip-address 2001:db8::1\n");

	ck_assert_ptr_null(smartlic_settings_get(s, "source-interface", 0));
	ck_assert_str_eq(smartlic_settings_get(s, "source-address", 0), "2001:db8::1");
	ck_assert_str_eq(smartlic_settings_warning(s, 0),
	    "f:3: this line drops source-interface 'eth0' of line 2");
	smartlic_settings_free(s);
}
END_TEST

START_TEST(no_in_front_takes_the_ways_of_call_home_back_without_a_word)
{
	static const char *const gone[] = { "proxy-host", "proxy-port", "proxy-user",
		"source-interface", "source-address", "client-certificate", "client-key" };
	static const char *const lines[] = {
		"call-home\nsource-interface eth0\nno source-interface\n"
		"http-proxy a port 1 user u password-file /p\nno http-proxy\n"
		"license smart client-certificate /c key /k\n"
		"no license smart client-certificate\n",
		"call-home\nsource-ip-address ::1\nno source-ip-address\n",
	};
	struct smartlic_settings *s = parsed(lines[_i]);

	for (size_t i = 0; i < N(gone); i++)
		ck_assert_ptr_null(smartlic_settings_get(s, gone[i], 0));
	ck_assert_ptr_null(smartlic_settings_warning(s, 0));
	smartlic_settings_free(s);
}
END_TEST

START_TEST(a_second_value_replaces_the_first_with_a_warning)
{
	struct smartlic_settings *s = parsed("license smart store /a\nlicense smart store /a\n"
					     "license smart store /b\n");

	ck_assert_str_eq(smartlic_settings_get(s, "store", 0), "/b");
	ck_assert_ptr_null(smartlic_settings_get(s, "store", 1));
	ck_assert_str_eq(
	    smartlic_settings_warning(s, 0), "f:3: store '/b' replaces '/a' of line 2");
	ck_assert_ptr_null(smartlic_settings_warning(s, 1));
	smartlic_settings_free(s);
}
END_TEST

#define PROFILE "call-home\nprofile CiscoTAC-1\n"

/* A line of the block in front goes on with it; a line of outside leaves it. */
START_TEST(a_line_of_call_home_leaves_the_profile_and_others_leave_call_home)
{
	struct smartlic_settings *s = parsed(PROFILE "contact smart-licensing\n"
						     "profile CiscoTAC-1\nactive\n"
						     "license smart store /s\ncall-home\n"
						     "service active\n");

	ck_assert_str_eq(smartlic_settings_get(s, "store", 0), "/s");
	smartlic_settings_free(s);
}
END_TEST

static const struct {
	const char *text;
	int line;
	const char *error; /* in full */
} bad[] = {
	{ "foo\n", 1,
	    "f:1: 'foo' is not expected here; expected: domain, call-home, crypto, no, license, "
	    "end" },
	{ "license\n", 1, "f:1: the line ends after 'license'; expected: smart, platform" },
	{ "license smart\n", 1,
	    "f:1: the line ends after 'smart'; expected: transport, satellite, file, trust-anchor, "
	    "client-certificate, store, privacy" },
	{ "license smart colour red\n", 1,
	    "f:1: 'colour' after 'smart' is not expected here; expected: transport, "
	    "satellite, file, trust-anchor, client-certificate, store, privacy" },
	{ "!\n\nlicense smart store\n", 3,
	    "f:3: the line ends after 'store'; expected: the path of a folder" },
	{ "license smart store /a /b\n", 1,
	    "f:1: '/b' after '/a' is not expected here; expected: the end of the line" },
	/* abbreviations are for commands */
	{ "lic smart store /a\n", 1,
	    "f:1: 'lic' is not expected here; expected: domain, call-home, crypto, no, license, "
	    "end" },
	{ "license smart transport Direct\n", 1,
	    "f:1: 'Direct' after 'transport' is not expected here; expected: the name of a "
	    "transport, such as direct" },
	{ "license smart transport ../direct\n", 1,
	    "f:1: '../direct' after 'transport' is not expected here; expected: the name of a "
	    "transport, such as direct" },
	{ "domain name-server ns.example.net\n", 1,
	    "f:1: 'ns.example.net' after 'name-server' is not expected here; expected: an IPv4 "
	    "or IPv6 address" },
	{ "service active\n", 1, "f:1: 'service' stands in call-home; that line must come first" },
	{ "call-home\nactive\n", 2,
	    "f:2: 'active' stands in profile CiscoTAC-1 of call-home; that line must come first" },
	{ "call-home\nlicense smart store /s\nservice active\n", 3,
	    "f:3: 'service' stands in call-home; that line must come first" },
	{ PROFILE "contact smart-licensing\nactive\n", 4,
	    "f:4: 'active' stands in profile CiscoTAC-1 of call-home; that line must come first" },
	{ "call-home\nend\nservice active\n", 3,
	    "f:3: 'service' stands in call-home; that line must come first" },
	{ "call-home\nprofile other\n", 2,
	    "f:2: 'other' after 'profile' is not expected here; expected: CiscoTAC-1" },
	/* it always exists */
	{ "call-home\nno profile CiscoTAC-1\n", 2,
	    "f:2: 'profile' after 'no' is not expected here; expected: service, http-proxy, "
	    "source-interface, source-ip-address, crypto, license" },
	{ "call-home\nhttp-proxy proxy.example.net\n", 2,
	    "f:2: the line ends after 'proxy.example.net'; expected: port" },
	{ "call-home\nhttp-proxy http://proxy.example.net port 1\n", 2,
	    "f:2: 'http://proxy.example.net' after 'http-proxy' is not expected here; expected: "
	    "the proxy's name or address" },
	{ "call-home\nhttp-proxy p port 65536\n", 2,
	    "f:2: '65536' after 'port' is not expected here; expected: a port, 1 to 65535" },
	/* a password in a file that everybody reads */
	{ "call-home\nhttp-proxy p port 1 user u password opensesame\n", 2,
	    "f:2: 'password' after 'u' is not expected here; expected: password-file" },
	{ "call-home\nhttp-proxy p port 1 user u:opensesame password-file /p\n", 2,
	    "f:2: 'u:opensesame' after 'user' is not expected here; expected: the user's name, "
	    "without ':'" },
	{ "call-home\nsource-interface MgmtEth0/RP0/CPU0/0\n", 2,
	    "f:2: 'MgmtEth0/RP0/CPU0/0' after 'source-interface' is not expected here; expected: "
	    "the name of an interface, such as eth0" },
	{ "call-home\nsource-ip-address eth0\n", 2,
	    "f:2: 'eth0' after 'source-ip-address' is not expected here; expected: an IPv4 or "
	    "IPv6 address" },
	{ "crypto ca trustpool import url http://pki.example.net/a.pem\n", 1,
	    "f:1: 'http://pki.example.net/a.pem' after 'url' is not expected here; expected: the "
	    "path of a PEM file" },
	{ "license smart client-certificate /c\n", 1,
	    "f:1: the line ends after '/c'; expected: key" },
	{ PROFILE "destination transport-method email\n", 3,
	    "f:3: 'email' after 'transport-method' is not expected here; expected: http" },
	{ "crypto ca trustpoint Trustpool crl required\n", 1,
	    "f:1: 'required' after 'crl' is not expected here; expected: optional" },
	/* what is meant for another trustpoint makes nothing optional here */
	{ "crypto ca trustpoint other crl optional\n", 1,
	    "f:1: 'other' after 'trustpoint' is not expected here; expected: Trustpool" },
	{ "crypto ca trustpoint other\n crl optional\n", 1,
	    "f:1: 'other' after 'trustpoint' is not expected here; expected: Trustpool" },
	{ "crypto ca trustpoint Trustpool\n enrollment url http://pki.example.net\n", 2,
	    "f:2: 'enrollment' is not expected here; expected: domain, call-home, crypto, crl, no, "
	    "license, end" },
	{ "crypto ca trustpoint Trustpool\n crl required\n", 2,
	    "f:2: 'required' after 'crl' is not expected here; expected: optional" },
	{ "crypto ca trustpoint Trustpool\nservice active\n", 2,
	    "f:2: 'service' stands in call-home; that line must come first" },
	{ "crypto ca trustpoint Trustpool\ncall-home\ncrl optional\n", 3,
	    "f:3: 'crl' stands in crypto ca trustpoint Trustpool; that line must come first" },
	{ "license platform udi pid NCS1004 uuid x\n", 1,
	    "f:1: 'uuid' after 'NCS1004' is not expected here; expected: sn" },
	{ "license platform udi pid a sn b uuid c d e f g h i j k l m n\n", 1,
	    "f:1: 'd' after 'c' is not expected here; expected: the end of the line" },
	{ "license smart store /a\001b\n", 1,
	    "f:1: a control character in the line; expected: plain text" },
	{ "license smart st\303\266re /a\n", 1,
	    "f:1: 'st??re' after 'smart' is not expected here; expected: transport, "
	    "satellite, file, trust-anchor, client-certificate, store, privacy" },
};

START_TEST(a_line_not_understood_names_file_line_word_and_what_is_expected)
{
	struct smartlic_settings *s = NULL;
	struct smartlic_error err = { 0 };
	const char *text = bad[_i].text;

	ck_assert_int_eq(
	    smartlic_settings_parse(&s, text, strlen(text), "f", &err), SMARTLIC_E_CONFIG);
	ck_assert_str_eq(err.text, bad[_i].error);
	ck_assert_int_eq(err.line, bad[_i].line);
	ck_assert_int_eq(err.code, SMARTLIC_E_CONFIG);
	ck_assert_ptr_null(s);
}
END_TEST

START_TEST(a_udi_that_no_message_can_carry_is_refused_with_its_line)
{
	static const char *const lines[] = {
		"license platform udi pid NCS_1004 sn CAT uuid x",
		"license platform udi pid NCS1004 sn CAT;1 uuid x",
		/* each would do, together they are too long for a certificate's subject */
		"license platform udi pid A123456789012345678901234567890 sn "
		"B123456789012345678901234567890 uuid x",
		"license platform udi pid NCS1004 sn CAT uuid "
		"12345678901234567890123456789012345678901234567890123456789012345",
	};
	struct smartlic_settings *s = NULL;
	struct smartlic_error err = { 0 };

	ck_assert_int_eq(smartlic_settings_parse(&s, lines[_i], strlen(lines[_i]), "f", &err),
	    SMARTLIC_E_CONFIG);
	ck_assert_msg(strncmp(err.text, "f:1: ", 5) == 0, "%s", err.text);
	ck_assert_int_eq(err.line, 1);
	ck_assert_ptr_null(s);
}
END_TEST

START_TEST(a_nul_byte_is_refused_and_so_is_a_huge_text)
{
	static const char nul[] = "license smart store /a\0b\n";
	struct smartlic_settings *s = NULL;
	struct smartlic_error err = { 0 };
	char *big = calloc(1, 1024 * 1024 + 1);

	ck_assert_int_eq(
	    smartlic_settings_parse(&s, nul, sizeof(nul) - 1, "f", &err), SMARTLIC_E_CONFIG);
	ck_assert_ptr_nonnull(big);
	memset(big, '\n', 1024 * 1024 + 1);
	ck_assert_int_eq(
	    smartlic_settings_parse(&s, big, 1024 * 1024 + 1, "f", &err), SMARTLIC_E_LIMIT);
	ck_assert_int_eq(smartlic_settings_parse(&s, big, 1024 * 1024, "f", &err), 0);
	smartlic_settings_free(s);
	free(big);
}
END_TEST

static const struct {
	const char *url;
	const char *advice; /* NULL: not a destination; "": nothing to say */
} urls[] = {
	{ "https://ssm.example.net/its", "" },
	{ "https://ssm.example.net", "" },
	{ "https://ssm.example.net:8443/x?y=z", "" },
	{ "http://ssm.example.net/its", "http is not encrypted" },
	{ "https://192.0.2.1/its", "the host is an address; give the fully" },
	{ "https://[2001:db8::1]:8443/its", "the host is an address; give the fully" },
	{ "https://localhost:8443/its", "" },
	{ "https://ssm:8443/its", "the host is a short name; give the fully" },
	{ "http://ssm/its", "also, the host is a short name" },
	{ "ftp://ssm.example.net/its", NULL },
	{ "ssm.example.net", NULL },
	{ "https:///its", NULL },
	{ "https://user@ssm.example.net/its", NULL },
	{ "https://ssm.example.net:0/its", NULL },
	{ "https://ssm.example.net:65536/its", NULL },
	{ "https://ssm.example.net:/its", NULL },
	{ "https://ssm.example.net:80x/its", NULL },
	{ "https://ssm.example.net/its#x", NULL },
	{ "https://[2001:db8::1/its", NULL },
	{ "https://[ssm]/its", NULL },
	{ "https://ssm_a.example.net/its", NULL },
	{ "HTTPS://ssm.example.net/its", NULL },
};

START_TEST(a_destination_is_a_url_and_a_doubtful_one_gets_one_warning)
{
	char text[200];
	struct smartlic_settings *s = NULL;
	struct smartlic_error err = { 0 };
	const char *warning;
	int n = snprintf(text, sizeof(text), PROFILE "destination address http %s\n", urls[_i].url);
	int r = smartlic_settings_parse(&s, text, (size_t)n, "f", &err);

	if (urls[_i].advice == NULL) {
		ck_assert_int_eq(r, SMARTLIC_E_CONFIG);
		ck_assert_ptr_nonnull(strstr(err.text, "expected: http://HOST[:PORT]/PATH or"));
		ck_assert_ptr_null(s);
		return;
	}
	ck_assert_int_eq(r, 0);
	ck_assert_str_eq(smartlic_settings_get(s, "destination", 0), urls[_i].url);
	warning = smartlic_settings_warning(s, 0);
	if (urls[_i].advice[0] == '\0') {
		ck_assert_ptr_null(warning);
	} else {
		ck_assert_ptr_nonnull(warning);
		ck_assert_msg(strncmp(warning, "f:3: destination '", 18) == 0, "%s", warning);
		ck_assert_ptr_nonnull(strstr(warning, urls[_i].advice));
		ck_assert_ptr_null(smartlic_settings_warning(s, 1));
	}
	smartlic_settings_free(s);
}
END_TEST

START_TEST(wrong_calls_are_refused)
{
	struct smartlic_settings *s = NULL;
	struct smartlic_error err = { 0 };

	ck_assert_int_eq(smartlic_settings_parse(NULL, "", 0, "f", &err), SMARTLIC_E_INVAL);
	ck_assert_int_eq(smartlic_settings_parse(&s, NULL, 1, "f", &err), SMARTLIC_E_INVAL);
	ck_assert_int_eq(smartlic_settings_parse(&s, "foo", 3, NULL, NULL), SMARTLIC_E_CONFIG);
	smartlic_settings_free(NULL);
}
END_TEST

START_TEST(the_way_by_files_has_two_folders)
{
	struct smartlic_settings *s = parsed("license smart transport file\n"
					     "license smart file outbox /media/stick/to\n"
					     "license smart file inbox /media/stick/from\n");

	ck_assert_str_eq(smartlic_settings_get(s, "transport", 0), "file");
	ck_assert_str_eq(smartlic_settings_get(s, "outbox", 0), "/media/stick/to");
	ck_assert_str_eq(smartlic_settings_get(s, "inbox", 0), "/media/stick/from");
	smartlic_settings_free(s);
}
END_TEST

START_TEST(satellites_are_listed_or_found_by_a_domain)
{
	static const char *const no_satellite[] = { "license smart satellite",
		"license smart satellite site", "license smart satellite ftp://site.example.net",
		"license smart satellite srv", "license smart satellite srv 192.0.2.1",
		"license smart satellite srv https://example.net" };
	struct smartlic_settings *s = parsed("license smart transport satellite\n"
					     "license smart satellite https://a.example.net:8443\n"
					     "license smart satellite https://b.example.net\n"
					     "license smart satellite srv example.net\n");
	struct smartlic_settings *none = NULL;
	struct smartlic_error err;

	ck_assert_str_eq(smartlic_settings_get(s, "satellite", 0), "https://a.example.net:8443");
	ck_assert_str_eq(smartlic_settings_get(s, "satellite", 1), "https://b.example.net");
	ck_assert_str_eq(smartlic_settings_get(s, "satellite-srv", 0), "example.net");
	smartlic_settings_free(s);
	for (size_t i = 0; i < sizeof(no_satellite) / sizeof(no_satellite[0]); i++) {
		ck_assert_int_eq(smartlic_settings_parse(
				     &none, no_satellite[i], strlen(no_satellite[i]), "f", &err),
		    SMARTLIC_E_CONFIG);
		ck_assert_ptr_nonnull(strstr(err.text, "expected: "));
	}
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("settings");
	TCase *t = tcase_create("settings");

	tcase_add_test(t, the_way_by_files_has_two_folders);
	tcase_add_test(t, satellites_are_listed_or_found_by_a_domain);
	tcase_add_test(t, the_references_lines_are_read);
	tcase_add_test(t, indentation_means_nothing);
	tcase_add_test(t, comments_blank_lines_carriage_returns_tabs_and_end_are_fine);
	tcase_add_test(t, without_a_line_the_defaults_hold);
	tcase_add_test(t, what_can_be_switched_on_can_be_switched_off_with_no);
	tcase_add_loop_test(t, a_trustpoint_is_one_line_or_a_block, 0, 5);
	tcase_add_test(t, name_servers_are_a_list_in_their_order);
	tcase_add_test(t, name_servers_are_sixteen_at_most);
	tcase_add_test(t, destinations_are_a_list_in_their_order_of_eight_at_most);
	tcase_add_test(t, the_lines_of_call_home_say_which_way_it_goes);
	tcase_add_test(t, a_later_proxy_leaves_nothing_of_an_earlier_one);
	tcase_add_test(t, a_source_is_an_interface_or_an_address);
	tcase_add_loop_test(t, no_in_front_takes_the_ways_of_call_home_back_without_a_word, 0, 2);
	tcase_add_test(t, a_second_value_replaces_the_first_with_a_warning);
	tcase_add_test(t, a_line_of_call_home_leaves_the_profile_and_others_leave_call_home);
	tcase_add_loop_test(
	    t, a_line_not_understood_names_file_line_word_and_what_is_expected, 0, N(bad));
	tcase_add_loop_test(t, a_udi_that_no_message_can_carry_is_refused_with_its_line, 0, 4);
	tcase_add_test(t, a_nul_byte_is_refused_and_so_is_a_huge_text);
	tcase_add_loop_test(
	    t, a_destination_is_a_url_and_a_doubtful_one_gets_one_warning, 0, N(urls));
	tcase_add_test(t, wrong_calls_are_refused);
	suite_add_tcase(s, t);
	return run_suite(s);
}
