/* SPDX-License-Identifier: Apache-2.0 */
/* minimal URL ROOT.PEM STORE: registers with the token on standard input, then shows all. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <smartlic/smartlic.h>

#define TAG "regid.2018-05.com.cisco.S-NCS1K4-LIC-100G=,1.0_03df009f-5ac5-48da-af50-4279ddea5e24"

static int
give_up(const char *text)
{
	fprintf(stderr, "minimal: %s\n", text);
	return EXIT_FAILURE;
}

int
main(int argc, char *argv[])
{
	struct smartlic_settings *settings = NULL;
	struct smartlic_agent *agent = NULL;
	struct smartlic_store store = { 0 };
	struct smartlic_error err = { 0 };
	char lines[2048], pem[16384], token[256], *text = NULL;
	FILE *f = argc == 4 ? fopen(argv[2], "r") : NULL;
	size_t pem_len = f != NULL ? fread(pem, 1, sizeof(pem), f) : 0;
	int len, r;

	if (f == NULL || strlen(argv[1]) > 1024 || fgets(token, sizeof(token), stdin) == NULL)
		return give_up("usage: minimal URL ROOT.PEM STORE < TOKEN");
	fclose(f);
	token[strcspn(token, "\n")] = '\0';
	len = snprintf(lines, sizeof(lines),
	    "call-home\n profile CiscoTAC-1\n  destination address http %s\n"
	    "license platform udi pid NCS1004 sn CAT2231B18Y uuid default-sdr\n",
	    argv[1]);

	if (smartlic_settings_parse(&settings, lines, (size_t)len, "minimal", &err) < 0 ||
	    smartlic_agent_new(&agent, NULL, &err) < 0 ||
	    smartlic_store_file_new(&store, argv[3], 0, &err) < 0)
		return give_up(err.text);
	if (smartlic_agent_set_store(agent, &store, 0) < 0 ||
	    smartlic_agent_configure(agent, settings) < 0 ||
	    smartlic_agent_set_trust_anchor(agent, pem, pem_len) < 0 ||
	    smartlic_agent_set_count(agent, TAG, 8) < 0 ||
	    smartlic_agent_register(agent, token, 0) < 0)
		return give_up(smartlic_agent_error(agent)->text);
	do { /* a host has its own loop: smartlic(3) */
		struct pollfd fds[8];
		size_t n = 8;

		r = smartlic_agent_process(agent);
		if (r == 0 && smartlic_agent_pollfds(agent, fds, &n) == 0)
			poll(fds, n, 100);
	} while (r > 0 || (r == 0 && smartlic_agent_busy(agent)));
	if (r < 0 || smartlic_agent_show(agent, SMARTLIC_SHOW_ALL, SMARTLIC_SHOW_TEXT, &text) < 0)
		return give_up(smartlic_agent_error(agent)->text);
	fputs(text, stdout);
	free(text);
	smartlic_agent_free(agent);
	smartlic_settings_free(settings);
	return EXIT_SUCCESS;
}
