UNIT_TESTS += tests/fault/check_fault_memory
tests_fault_check_fault_memory_LDADD = $(SUPPORT_LDADD)
tests_fault_check_fault_memory_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc,--wrap=strdup
UNIT_TESTS += tests/fault/check_fault_power
tests_fault_check_fault_power_LDADD = $(SUPPORT_LDADD)
