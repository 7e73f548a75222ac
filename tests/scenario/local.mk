UNIT_TESTS += tests/scenario/check_agent
tests_scenario_check_agent_LDADD = $(SUPPORT_LDADD)
UNIT_TESTS += tests/scenario/check_agent_answers
tests_scenario_check_agent_answers_LDADD = $(SUPPORT_LDADD)
UNIT_TESTS += tests/scenario/check_agent_host
tests_scenario_check_agent_host_LDADD = $(SUPPORT_LDADD)
UNIT_TESTS += tests/scenario/check_agent_store
tests_scenario_check_agent_store_LDADD = $(SUPPORT_LDADD)
