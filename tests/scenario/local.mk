UNIT_TESTS += tests/scenario/check_agent
tests_scenario_check_agent_LDADD = $(SUPPORT_LDADD)
