/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include <smartlic/transport.h>

/*
 * Transports with something wrong in their tables.  check_plugin copies this one
 * object under the file name that each of them would be looked for.
 */
static int
odd_open(void **ret, const struct smartlic_host *host, const struct smartlic_option *options,
    size_t n, char *text, size_t cap)
{
	(void)host;
	(void)options;
	(void)n;
	(void)text;
	(void)cap;
	*ret = NULL;
	return 0;
}

static void
odd_close(void *tp)
{
	(void)tp;
}

static int
odd_submit(void *tp, const struct smartlic_message *request)
{
	(void)tp;
	(void)request;
	return 0;
}

static int
odd_step(void *tp, struct smartlic_outcome *ret)
{
	(void)tp;
	(void)ret;
	return 0;
}

static int
odd_pollfds(void *tp, struct pollfd *fds, size_t *n)
{
	(void)tp;
	(void)fds;
	*n = 0;
	return 0;
}

static int64_t
odd_deadline(void *tp)
{
	(void)tp;
	return INT64_MAX;
}

#define TABLE(symbol, size_, abi_, name_, step_)                                                   \
	extern const struct smartlic_transport_ops smartlic_transport_##symbol;                    \
	SMARTLIC_TRANSPORT_EXPORT const struct smartlic_transport_ops                              \
	    smartlic_transport_##symbol = {                                                        \
		    .size = (size_),                                                               \
		    .abi = (abi_),                                                                 \
		    .name = (name_),                                                               \
		    .summary = "for tests",                                                        \
		    .open = odd_open,                                                              \
		    .close = odd_close,                                                            \
		    .submit = odd_submit,                                                          \
		    .step = (step_),                                                               \
		    .cancel = odd_close,                                                           \
		    .pollfds = odd_pollfds,                                                        \
		    .deadline = odd_deadline,                                                      \
	    }
#define SIZE sizeof(struct smartlic_transport_ops)
/* up to where version 1 of the table ended */
#define FIRST offsetof(struct smartlic_transport_ops, test)
#define ABI   SMARTLIC_TRANSPORT_ABI

TABLE(good, SIZE, ABI, "good", odd_step);
TABLE(two_words, SIZE, ABI, "two-words", odd_step);
TABLE(later, SIZE + 64, ABI, "later", odd_step);
TABLE(old_abi, SIZE, ABI - 1, "old-abi", odd_step);
TABLE(new_abi, SIZE, ABI + 1, "new-abi", odd_step);
TABLE(first, FIRST, ABI, "first", odd_step);
TABLE(short, FIRST - sizeof(void *), ABI, "short", odd_step);
TABLE(empty, 0, ABI, "empty", odd_step);
TABLE(alias, SIZE, ABI, "direct", odd_step);
TABLE(unnamed, SIZE, ABI, NULL, odd_step);
TABLE(no_step, SIZE, ABI, "no-step", NULL);
