# the agent
UNIT_TESTS += tests/unit/check_fsm tests/unit/check_journal tests/unit/check_json_put tests/unit/check_record tests/unit/check_store tests/unit/check_timers tests/unit/check_trace tests/unit/check_usage
tests_unit_check_store_LDADD = $(SUPPORT_LDADD)
UNIT_TESTS += tests/unit/check_error
# crypto, trust and envelope
UNIT_TESTS += tests/unit/check_crypto tests/unit/check_der tests/unit/check_cert
UNIT_TESTS += tests/unit/check_envelope tests/unit/check_form
UNIT_TESTS += tests/unit/check_trust tests/unit/check_chain tests/unit/check_noclock
tests_unit_check_cert_SOURCES = tests/unit/check_cert.c tests/unit/trusting.h
tests_unit_check_cert_LDADD = $(SUPPORT_LDADD)
tests_unit_check_envelope_SOURCES = tests/unit/check_envelope.c tests/unit/sealing.h tests/unit/trusting.h
tests_unit_check_envelope_LDADD = $(SUPPORT_LDADD)
tests_unit_check_form_SOURCES = tests/unit/check_form.c tests/unit/sealing.h tests/unit/trusting.h
tests_unit_check_form_LDADD = $(SUPPORT_LDADD)
tests_unit_check_trust_SOURCES = tests/unit/check_trust.c tests/unit/trusting.h
tests_unit_check_trust_LDADD = $(SUPPORT_LDADD)
tests_unit_check_chain_SOURCES = tests/unit/check_chain.c tests/unit/trusting.h
tests_unit_check_chain_LDADD = $(SUPPORT_LDADD)
tests_unit_check_noclock_SOURCES = tests/unit/check_noclock.c tests/unit/trusting.h
tests_unit_check_noclock_LDADD = $(SUPPORT_LDADD)
# messages
UNIT_TESTS += tests/unit/check_answer
tests_unit_check_answer_LDADD = $(SUPPORT_LDADD)
UNIT_TESTS += tests/unit/check_clock
UNIT_TESTS += tests/unit/check_message
UNIT_TESTS += tests/unit/check_reply
UNIT_TESTS += tests/unit/check_request
UNIT_TESTS += tests/unit/check_text
UNIT_TESTS += tests/unit/check_vectors
tests_unit_check_vectors_LDADD = $(SUPPORT_LDADD)
UNIT_TESTS += tests/unit/check_direct
tests_unit_check_direct_CFLAGS = $(AM_CFLAGS) $(CURL_CFLAGS)
tests_unit_check_direct_LDADD = transports/libsl-https.la $(CHECK_LIBS)
UNIT_TESTS += tests/unit/check_satellite
tests_unit_check_satellite_CFLAGS = $(AM_CFLAGS) $(CURL_CFLAGS)
tests_unit_check_satellite_LDADD = transports/libsl-https.la $(CHECK_LIBS)
UNIT_TESTS += tests/unit/check_file
tests_unit_check_file_SOURCES = tests/unit/check_file.c tests/unit/filing.h
tests_unit_check_file_LDADD = transports/libsl-file.la $(CHECK_LIBS)
UNIT_TESTS += tests/unit/check_folders
tests_unit_check_folders_SOURCES = tests/unit/check_folders.c tests/unit/filing.h
tests_unit_check_folders_LDADD = transports/libsl-file.la $(CHECK_LIBS)
UNIT_TESTS += tests/unit/check_loop
tests_unit_check_loop_LDADD = $(LDADD) transports/libsl-loop.la
UNIT_TESTS += tests/unit/check_plugin
tests_unit_check_plugin_LDADD = $(LDADD) transports/libsl-loop.la
if PLUGINS
check_LTLIBRARIES += tests/unit/odd_plugins.la
tests_unit_odd_plugins_la_SOURCES = tests/unit/odd_plugins.c
tests_unit_odd_plugins_la_LDFLAGS = $(AM_LDFLAGS) -module -avoid-version -shared -rpath /nowhere
endif
UNIT_TESTS += tests/unit/check_settings
UNIT_TESTS += tests/unit/check_show
UNIT_TESTS += tests/unit/check_show_states
tests_unit_check_show_states_SOURCES = tests/unit/check_show_states.c tests/unit/show_states.h tests/unit/showing.h
UNIT_TESTS += tests/unit/check_show_members
tests_unit_check_show_members_SOURCES = tests/unit/check_show_members.c tests/unit/show_members.h tests/unit/show_states.h tests/unit/showing.h
tests_unit_check_show_SOURCES = tests/unit/check_show.c tests/unit/showing.h
UNIT_TESTS += tests/unit/check_count
UNIT_TESTS += tests/unit/check_count_random
UNIT_TESTS += tests/unit/check_catalog
UNIT_TESTS += tests/unit/check_inventory
UNIT_TESTS += tests/unit/check_edit
tests_unit_check_edit_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc,--wrap=strdup
UNIT_TESTS += tests/unit/check_syslog
tests_unit_check_syslog_SOURCES = tests/unit/check_syslog.c tools/syslog.c tools/syslog.h
