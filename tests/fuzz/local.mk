# A fuzz target NAME is fuzz_NAME.c (fuzz.h says what it defines), inputs in corpus/NAME, and the
# lines below: `make check` replays the inputs, --enable-fuzzers also builds a libFuzzer program.
FUZZ_REPLAYS =
FUZZ_SOURCES = tests/fuzz/replay.c tests/fuzz/fuzz.h

FUZZ_REPLAYS += tests/fuzz/replay_json
tests_fuzz_replay_json_SOURCES = $(FUZZ_SOURCES) tests/fuzz/fuzz_json.c
if FUZZERS
noinst_PROGRAMS += tests/fuzz/fuzz_json
tests_fuzz_fuzz_json_LDADD = $(LDADD) $(SL_FUZZ_LIBS)
endif

FUZZ_REPLAYS += tests/fuzz/replay_record
tests_fuzz_replay_record_SOURCES = $(FUZZ_SOURCES) tests/fuzz/fuzz_record.c
if FUZZERS
noinst_PROGRAMS += tests/fuzz/fuzz_record
tests_fuzz_fuzz_record_LDADD = $(LDADD) $(SL_FUZZ_LIBS)
endif

FUZZ_REPLAYS += tests/fuzz/replay_reply
tests_fuzz_replay_reply_SOURCES = $(FUZZ_SOURCES) tests/fuzz/fuzz_reply.c
if FUZZERS
noinst_PROGRAMS += tests/fuzz/fuzz_reply
tests_fuzz_fuzz_reply_LDADD = $(LDADD) $(SL_FUZZ_LIBS)
endif

FUZZ_REPLAYS += tests/fuzz/replay_settings
tests_fuzz_replay_settings_SOURCES = $(FUZZ_SOURCES) tests/fuzz/fuzz_settings.c
if FUZZERS
noinst_PROGRAMS += tests/fuzz/fuzz_settings
tests_fuzz_fuzz_settings_LDADD = $(LDADD) $(SL_FUZZ_LIBS)
endif

FUZZ_REPLAYS += tests/fuzz/replay_answer
tests_fuzz_replay_answer_SOURCES = $(FUZZ_SOURCES) tests/fuzz/fuzz_answer.c
tests_fuzz_replay_answer_LDADD = $(SUPPORT_LDADD)
if FUZZERS
noinst_PROGRAMS += tests/fuzz/fuzz_answer
tests_fuzz_fuzz_answer_LDADD = $(SUPPORT_LDADD) $(SL_FUZZ_LIBS)
endif

FUZZ_REPLAYS += tests/fuzz/replay_envelope
tests_fuzz_replay_envelope_SOURCES = $(FUZZ_SOURCES) tests/fuzz/fuzz_envelope.c
if FUZZERS
noinst_PROGRAMS += tests/fuzz/fuzz_envelope
tests_fuzz_fuzz_envelope_LDADD = $(LDADD) $(SL_FUZZ_LIBS)
endif

FUZZ_REPLAYS += tests/fuzz/replay_x509
tests_fuzz_replay_x509_SOURCES = $(FUZZ_SOURCES) tests/fuzz/fuzz_x509.c
if FUZZERS
noinst_PROGRAMS += tests/fuzz/fuzz_x509
tests_fuzz_fuzz_x509_LDADD = $(LDADD) $(SL_FUZZ_LIBS)
endif

FUZZ_REPLAYS += tests/fuzz/replay_catalog
tests_fuzz_replay_catalog_SOURCES = $(FUZZ_SOURCES) tests/fuzz/fuzz_catalog.c
if FUZZERS
noinst_PROGRAMS += tests/fuzz/fuzz_catalog
tests_fuzz_fuzz_catalog_LDADD = $(LDADD) $(SL_FUZZ_LIBS)
endif

FUZZ_REPLAYS += tests/fuzz/replay_inventory
tests_fuzz_replay_inventory_SOURCES = $(FUZZ_SOURCES) tests/fuzz/fuzz_inventory.c
if FUZZERS
noinst_PROGRAMS += tests/fuzz/fuzz_inventory
tests_fuzz_fuzz_inventory_LDADD = $(LDADD) $(SL_FUZZ_LIBS)
endif

FUZZ_REPLAYS += tests/fuzz/replay_bundle
tests_fuzz_replay_bundle_SOURCES = $(FUZZ_SOURCES) tests/fuzz/fuzz_bundle.c
tests_fuzz_replay_bundle_LDADD = transports/libsl-bundle.la $(LDADD)
if FUZZERS
noinst_PROGRAMS += tests/fuzz/fuzz_bundle
tests_fuzz_fuzz_bundle_LDADD = transports/libsl-bundle.la $(LDADD) $(SL_FUZZ_LIBS)
endif

if MANAGER
FUZZ_REPLAYS += tests/fuzz/replay_request
tests_fuzz_replay_request_SOURCES = $(FUZZ_SOURCES) tests/fuzz/fuzz_request.c
tests_fuzz_replay_request_CPPFLAGS = $(MANAGER_CPPFLAGS)
tests_fuzz_replay_request_LDADD = manager/libmanager.la $(LDADD)
if FUZZERS
noinst_PROGRAMS += tests/fuzz/fuzz_request
tests_fuzz_fuzz_request_CPPFLAGS = $(MANAGER_CPPFLAGS)
tests_fuzz_fuzz_request_LDADD = manager/libmanager.la $(LDADD) $(SL_FUZZ_LIBS)
endif

FUZZ_REPLAYS += tests/fuzz/replay_sync
tests_fuzz_replay_sync_SOURCES = $(FUZZ_SOURCES) tests/fuzz/fuzz_sync.c
tests_fuzz_replay_sync_CPPFLAGS = $(MANAGER_CPPFLAGS)
tests_fuzz_replay_sync_LDADD = manager/libmanager.la $(LDADD)
if FUZZERS
noinst_PROGRAMS += tests/fuzz/fuzz_sync
tests_fuzz_fuzz_sync_CPPFLAGS = $(MANAGER_CPPFLAGS)
tests_fuzz_fuzz_sync_LDADD = manager/libmanager.la $(LDADD) $(SL_FUZZ_LIBS)
endif
endif

check_PROGRAMS += $(FUZZ_REPLAYS)
TESTS += $(FUZZ_REPLAYS)
EXTRA_DIST += tests/fuzz/corpus tests/fuzz/fuzz.sh
