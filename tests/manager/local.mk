MANAGER_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/manager
WHERE = tests/manager/where.c tests/manager/where.h
SITE = tests/manager/site.c tests/manager/site.h $(WHERE)

UNIT_TESTS += tests/manager/check_authority
tests_manager_check_authority_SOURCES = tests/manager/check_authority.c $(SITE)
tests_manager_check_authority_CPPFLAGS = $(MANAGER_CPPFLAGS)
tests_manager_check_authority_LDADD = manager/libmanager.la $(LDADD)
UNIT_TESTS += tests/manager/check_db
tests_manager_check_db_SOURCES = tests/manager/check_db.c $(WHERE)
tests_manager_check_db_CPPFLAGS = $(MANAGER_CPPFLAGS)
tests_manager_check_db_LDADD = manager/libmanager.la $(LDADD)
UNIT_TESTS += tests/manager/check_ledger
tests_manager_check_ledger_SOURCES = tests/manager/check_ledger.c $(WHERE)
tests_manager_check_ledger_CPPFLAGS = $(MANAGER_CPPFLAGS)
tests_manager_check_ledger_LDADD = manager/libmanager.la $(LDADD)
UNIT_TESTS += tests/manager/check_order
tests_manager_check_order_CPPFLAGS = $(MANAGER_CPPFLAGS)
tests_manager_check_order_LDADD = manager/libmanager.la $(LDADD)
UNIT_TESTS += tests/manager/check_pki
tests_manager_check_pki_CPPFLAGS = $(MANAGER_CPPFLAGS)
tests_manager_check_pki_LDADD = manager/libmanager.la $(LDADD)
UNIT_TESTS += tests/manager/check_pki_satellite
tests_manager_check_pki_satellite_CPPFLAGS = $(MANAGER_CPPFLAGS)
tests_manager_check_pki_satellite_LDADD = manager/libmanager.la $(LDADD)
# brings an authority of its own
UNIT_TESTS += tests/manager/check_server
tests_manager_check_server_CPPFLAGS = $(MANAGER_CPPFLAGS)
tests_manager_check_server_LDADD = manager/libmanager.la $(LDADD)
UNIT_TESTS += tests/manager/check_request_vectors
tests_manager_check_request_vectors_SOURCES = tests/manager/check_request_vectors.c \
	$(SITE)
tests_manager_check_request_vectors_CPPFLAGS = $(MANAGER_CPPFLAGS)
tests_manager_check_request_vectors_LDADD = manager/libmanager.la $(SUPPORT_LDADD)
UNIT_TESTS += tests/manager/check_authority_run
tests_manager_check_authority_run_SOURCES = tests/manager/check_authority_run.c \
	$(SITE)
tests_manager_check_authority_run_CPPFLAGS = $(MANAGER_CPPFLAGS)
tests_manager_check_authority_run_LDADD = manager/libmanager.la $(LDADD)
UNIT_TESTS += tests/manager/check_authority_refusals
tests_manager_check_authority_refusals_SOURCES = tests/manager/check_authority_refusals.c \
	$(SITE)
tests_manager_check_authority_refusals_CPPFLAGS = $(MANAGER_CPPFLAGS)
tests_manager_check_authority_refusals_LDADD = manager/libmanager.la $(LDADD)
UNIT_TESTS += tests/manager/check_report
tests_manager_check_report_SOURCES = tests/manager/check_report.c $(SITE)
tests_manager_check_report_CPPFLAGS = $(MANAGER_CPPFLAGS)
tests_manager_check_report_LDADD = manager/libmanager.la $(LDADD)
UNIT_TESTS += tests/manager/check_restore
tests_manager_check_restore_SOURCES = tests/manager/check_restore.c $(SITE)
tests_manager_check_restore_CPPFLAGS = $(MANAGER_CPPFLAGS)
tests_manager_check_restore_LDADD = manager/libmanager.la $(LDADD)
UNIT_TESTS += tests/manager/check_system
tests_manager_check_system_CPPFLAGS = $(MANAGER_CPPFLAGS)
tests_manager_check_system_LDADD = manager/libmanager.la $(LDADD)
