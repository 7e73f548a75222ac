UNIT_TESTS += tests/unit/check_error
