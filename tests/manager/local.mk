UNIT_TESTS += tests/manager/check_ledger
tests_manager_check_ledger_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/manager
tests_manager_check_ledger_LDADD = manager/libmanager.la $(CHECK_LIBS)
