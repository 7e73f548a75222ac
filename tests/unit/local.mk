UNIT_TESTS += tests/unit/check_error
UNIT_TESTS += tests/unit/check_message
UNIT_TESTS += tests/unit/check_text
