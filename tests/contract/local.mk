CONTRACT_TESTS = \
	tests/contract/catalogs.sh \
	tests/contract/exports.sh \
	tests/contract/headers.sh \
	tests/contract/includes.sh \
	tests/contract/pure.sh \
	tests/contract/readme.sh \
	tests/contract/words.sh
TESTS += $(CONTRACT_TESTS)
EXTRA_DIST += $(CONTRACT_TESTS) tests/contract/includes.allowed tests/contract/catalogs.py tests/errors.released tests/installed
