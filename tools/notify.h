/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_NOTIFY_H
#define TOOLS_NOTIFY_H

/* Tells a service manager that started us and wants to know (NOTIFY_SOCKET, as sd_notify(3) does):
 * "READY=1".  Nothing where nobody asked. */
void notify(const char *state);

#endif
