UNIT_TESTS += tests/scenario/check_agent
tests_scenario_check_agent_LDADD = $(SUPPORT_LDADD)
UNIT_TESTS += tests/scenario/check_agent_answers
tests_scenario_check_agent_answers_LDADD = $(SUPPORT_LDADD)
UNIT_TESTS += tests/scenario/check_agent_golden
tests_scenario_check_agent_golden_LDADD = $(SUPPORT_LDADD)
UNIT_TESTS += tests/scenario/check_agent_host
tests_scenario_check_agent_host_LDADD = $(SUPPORT_LDADD)
UNIT_TESTS += tests/scenario/check_agent_messages
tests_scenario_check_agent_messages_LDADD = $(SUPPORT_LDADD)
UNIT_TESTS += tests/scenario/check_agent_roles
tests_scenario_check_agent_roles_LDADD = $(SUPPORT_LDADD)
UNIT_TESTS += tests/scenario/check_agent_reserve
tests_scenario_check_agent_reserve_LDADD = $(SUPPORT_LDADD)
UNIT_TESTS += tests/scenario/check_agent_store
tests_scenario_check_agent_store_LDADD = $(SUPPORT_LDADD)
UNIT_TESTS += tests/scenario/check_agent_trace
tests_scenario_check_agent_trace_LDADD = $(SUPPORT_LDADD)
UNIT_TESTS += tests/scenario/check_agent_time tests/scenario/check_agent_timers
tests_scenario_check_agent_time_LDADD = $(SUPPORT_LDADD)
tests_scenario_check_agent_timers_LDADD = $(SUPPORT_LDADD)
UNIT_TESTS += tests/scenario/check_agent_usage
tests_scenario_check_agent_usage_LDADD = $(SUPPORT_LDADD)
if MANAGER
UNIT_TESTS += tests/scenario/check_agent_authority
tests_scenario_check_agent_authority_SOURCES = tests/scenario/check_agent_authority.c tests/scenario/managed.h \
	$(SITE)
tests_scenario_check_agent_authority_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/manager
tests_scenario_check_agent_authority_LDADD = manager/libmanager.la $(SUPPORT_LDADD)
UNIT_TESTS += tests/scenario/check_agent_roll
tests_scenario_check_agent_roll_SOURCES = tests/scenario/check_agent_roll.c tests/scenario/managed.h $(SITE)
tests_scenario_check_agent_roll_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/manager
tests_scenario_check_agent_roll_LDADD = manager/libmanager.la $(SUPPORT_LDADD)
endif
