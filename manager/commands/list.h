/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MANAGER_LIST_H
#define MANAGER_LIST_H

#include "commands/command.h"
#include "commands/output.h"
#include "ledger/ledger.h"

/* What every command that lists does: opens the data folder, has `fill` append its objects, prints
 * them as a table or, with --json, as they are. */
int command_list(const struct call *call,
    int (*fill)(
	const struct call *call, struct ledger *ledger, json_t *list, struct smartlic_error *err),
    const struct output_column *columns, size_t n, struct smartlic_error *err);

/* Has it all of the tags that the line asks for? */
int virtual_account_is_asked_for(const struct call *call, const struct ledger_virtual_account *va);

/* A change's object: the account, the virtual account with what is in it, the instance, as
 * it is now. */
int command_account_tell(const struct call *call, struct ledger *ledger, const char *name_or_id,
    struct smartlic_error *err);
int command_virtual_account_tell(
    const struct call *call, struct ledger *ledger, const char *name, struct smartlic_error *err);
int command_instance_tell(const struct call *call, struct ledger *ledger, const char *instance,
    struct smartlic_error *err);

/* The name of the virtual account that the line means by `name`: that one, or the default one. */
int command_virtual_account_name(struct ledger *ledger, const char *name,
    char ret[LEDGER_NAME_SIZE], struct smartlic_error *err);

/* An alert with all that is to be said of it. */
json_t *command_alert_json(const struct ledger_alert *alert);

#endif
