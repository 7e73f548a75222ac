# A unit test is one file check_NAME.c and one line here.
UNIT_TESTS =
include tests/support/local.mk
include tests/unit/local.mk
include tests/scenario/local.mk
include tests/fault/local.mk
if MANAGER
include tests/manager/local.mk
include tests/integration/local.mk
include tests/simulation/local.mk
endif
include tests/fuzz/local.mk

check_PROGRAMS += $(UNIT_TESTS)
TESTS += $(UNIT_TESTS)
AM_TESTS_ENVIRONMENT = \
	TOP_SRCDIR='$(abs_top_srcdir)'; export TOP_SRCDIR; \
	TOP_BUILDDIR='$(abs_top_builddir)'; export TOP_BUILDDIR; \
	CK_VERBOSITY=normal; export CK_VERBOSITY; \
	OPENSSL='$(OPENSSL)'; export OPENSSL;
EXTRA_DIST += tests/golden tests/states tests/vectors tests/configured tests/legs tests/peers tests/tally tests/timed tests/valgrind.supp tests/sh/lib.sh tests/sh/listen.sh
noinst_HEADERS = tests/suite.h tests/licenses.h

# What the legs other than the plain one run: the tests that are C programs.
C_TESTS = $(UNIT_TESTS)
print-valgrind-tests:
	@echo $(C_TESTS)
print-dist-tests:
	@echo $(C_TESTS)
.PHONY: print-valgrind-tests print-dist-tests
include tests/contract/local.mk
include tests/bench/local.mk

installcheck-local:
	CC='$(CC)' $(top_srcdir)/tests/installed/installed.sh '$(DESTDIR)$(prefix)' '$(abs_top_srcdir)' $(INSTALLED_MODE)
