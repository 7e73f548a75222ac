/* SPDX-License-Identifier: Apache-2.0 */
/* usage: minimal "$(cat device.conf)" "$(cat root.pem)" STORE < TOKEN */
#include <stdio.h>
#include <string.h>
#include <smartlic/smartlic.h>

int
main(int argc, char *argv[])
{
	struct smartlic_settings *settings = NULL;
	struct smartlic_agent *agent = NULL;
	struct smartlic_store store = { 0 };
	struct smartlic_error err = { .text = "usage: minimal LINES ROOT STORE <TOKEN" };
	char token[128] = "";
	int r;

	if (argc != 4 || scanf("%127s", token) != 1 ||
	    smartlic_settings_parse(&settings, argv[1], strlen(argv[1]), "argv[1]", &err) < 0 ||
	    smartlic_store_file_new(&store, argv[3], 0, &err) < 0 ||
	    smartlic_agent_new(&agent, NULL, &err) < 0 ||
	    (r = smartlic_agent_set_store(agent, &store, 0)) < 0 ||
	    (r = smartlic_agent_configure(agent, settings)) < 0 ||
	    (r = smartlic_agent_set_trust_anchor(agent, argv[2], strlen(argv[2]))) < 0 ||
	    (r = smartlic_agent_register(agent, token, 0)) < 0)
		return fprintf(stderr, "%s\n", agent ? smartlic_agent_error(agent)->text : err.text), 1;
	while ((r = smartlic_agent_process(agent)) > 0 || (r == 0 && smartlic_agent_busy(agent))) {
		struct pollfd fds[8];
		size_t n = 8;

		if (r == 0 && smartlic_agent_pollfds(agent, fds, &n) == 0)
			poll(fds, n, 100); /* a host has its own loop: smartlic(3) */
	}
	puts(smartlic_agent_status(agent)->smart_account);
	smartlic_agent_free(agent);
	smartlic_settings_free(settings);
	return r < 0;
}
