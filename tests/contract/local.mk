CONTRACT_TESTS = \
	tests/contract/headers.sh \
	tests/contract/pure.sh
TESTS += $(CONTRACT_TESTS)
EXTRA_DIST += $(CONTRACT_TESTS) tests/contract/includes.allowed tests/errors.released tests/installed
