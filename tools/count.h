/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_COUNT_H
#define TOOLS_COUNT_H

/* smartlic count FILE …: argv[0] is "count".  The exit status: 0 done, 1 failed, 2 usage. */
int count_main(int argc, char **argv);

#endif
