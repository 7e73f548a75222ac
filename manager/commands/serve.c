/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <stdio.h>

#include "api/server.h"
#include "commands/command.h"
#include "commands/session.h"
#include "system.h"

#define LISTEN_DEFAULT "127.0.0.1:8443"
/* One thread serves all: it does not wait long for other writers, the device comes again. */
#define BUSY_MS 1000

struct names {
	struct pki *pki;
	const struct call *call;
};

static int
renew_tls(void *ud, int64_t now_s, struct smartlic_error *err)
{
	const struct names *n = ud;

	return pki_tls_renew(n->pki, n->call->repeat, n->call->n_repeats, now_s, err);
}

int
command_serve(const struct call *call, struct smartlic_error *err)
{
	struct session s = { 0 };
	struct names names = { .call = call };
	struct server_options options = {
		.listen = LISTEN_DEFAULT,
		.port_file = call->option[OPTION_PORT_FILE],
		.debug = call->option[OPTION_DEBUG] != NULL,
		.renew_tls = renew_tls,
		.ud = &names,
	};
	int r;

	if (call->option[OPTION_LISTEN] != NULL)
		options.listen = call->option[OPTION_LISTEN];
	r = session_open_authority(&s, call, err);
	if (r < 0)
		goto out;
	db_set_busy_ms(ledger_db(s.ledger), BUSY_MS);
	names.pki = s.pki;
	r = renew_tls(&names, system_now_s(), err);
	if (r < 0)
		goto out;
	options.cert_path = pki_tls_cert_path(s.pki);
	options.key_path = pki_tls_key_path(s.pki);
	r = server_run(s.authority, &options, err);
out:
	session_close(&s);
	return r;
}

int
command_trust_anchor(const struct call *call, struct smartlic_error *err)
{
	char dir[FILE_PATH_SIZE], path[FILE_PATH_SIZE];
	struct sl_buf pem = { 0 };
	int r = file_path(dir, call->option[OPTION_DATA], DATA_PKI, err);

	if (r == 0)
		r = file_path(path, dir, "root.pem", err);
	if (r == 0)
		r = file_read(path, &pem, err);
	if (r == SMARTLIC_E_NOT_FOUND)
		r = sl_fail(err, r, "%s: no data folder: make one with 'smartlic-manager init'",
		    call->option[OPTION_DATA]);
	if (r == 0 && fwrite(pem.data, 1, pem.len, stdout) != pem.len)
		r = sl_fail(err, SMARTLIC_E_SYSTEM, "the output cannot be written");
	sl_buf_free(&pem);
	return r;
}
