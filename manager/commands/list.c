/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "commands/list.h"
#include "commands/session.h"

int
command_list(const struct call *call,
    int (*fill)(
	const struct call *call, struct ledger *ledger, json_t *list, struct smartlic_error *err),
    const struct output_column *columns, size_t n, struct smartlic_error *err)
{
	json_t *list = json_array();
	struct session s = { 0 };
	int r = session_open(&s, call, err);

	if (r == 0)
		r = fill(call, s.ledger, list, err);
	if (r == 0)
		r = output_list(list, columns, n, call->option[OPTION_JSON] != NULL, err);
	session_close(&s);
	json_decref(list);
	return r;
}
