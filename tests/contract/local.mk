CONTRACT_TESTS = \
	tests/contract/catalogs.sh \
	tests/contract/exports.sh \
	tests/contract/generated.sh \
	tests/contract/headers.sh \
	tests/contract/includes.sh \
	tests/contract/pure.sh \
	tests/contract/readme.sh \
	tests/contract/tally.sh \
	tests/contract/words.sh
TESTS += $(CONTRACT_TESTS)
EXTRA_DIST += $(CONTRACT_TESTS) tests/contract/includes.allowed tests/contract/catalogs.py tests/errors.released tests/installed

# They print what is kept in man/ and doc/, for generated.sh.
check_PROGRAMS += tests/contract/write_messages tests/contract/write_states tests/contract/write_alerts
tests_contract_write_states_LDADD = lib/libsl.la
tests_contract_write_alerts_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/manager
tests_contract_write_alerts_LDADD = manager/libmanager.la
