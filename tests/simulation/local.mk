# The simulation, and its programs: in most, envelopes are checksums (checksum_envelope.c comes
# before the archives, so that nothing of lib/envelope.c and lib/seal.c is taken from them).
check_LTLIBRARIES += tests/simulation/libsimulation.la
tests_simulation_libsimulation_la_SOURCES = \
	tests/simulation/admin.c \
	tests/simulation/chaos.c \
	tests/simulation/devices.c \
	tests/simulation/invariants.c \
	tests/simulation/letters.c \
	tests/simulation/office.c \
	tests/simulation/quiet.c \
	tests/simulation/samples.c \
	tests/simulation/satellites.c \
	tests/simulation/sight.c \
	tests/simulation/random.c tests/simulation/random.h \
	tests/simulation/simulation.c tests/simulation/simulation.h \
	tests/support/memstore.c tests/support/memstore.h
tests_simulation_libsimulation_la_CPPFLAGS = $(MANAGER_CPPFLAGS)
SL_SIMULATION_LIBS = tests/simulation/libsimulation.la manager/libmanager.la $(LDADD)
SL_SIMULATION_FLAGS = $(AM_LDFLAGS) -Wl,--wrap=db_commit

SL_SHORTCUTS = tests/simulation/shortcuts.c
SL_SHORTCUT_FLAGS = $(SL_SIMULATION_FLAGS) -Wl,--wrap=sl_key_new_p384 -Wl,--wrap=sl_cert_parse \
	-Wl,--wrap=X509_verify -Wl,--wrap=X509_CRL_verify -Wl,--wrap=sl_cert_parse_pem \
	-Wl,--wrap=smartlic_crypto_free

check_PROGRAMS += tests/simulation/simulate
tests_simulation_simulate_SOURCES = tests/simulation/simulate.c \
	tests/simulation/checksum_envelope.c $(SL_SHORTCUTS)
tests_simulation_simulate_CPPFLAGS = $(MANAGER_CPPFLAGS)
tests_simulation_simulate_LDADD = $(SL_SIMULATION_LIBS)
tests_simulation_simulate_LDFLAGS = $(SL_SHORTCUT_FLAGS)

# The same with the real envelopes.
check_PROGRAMS += tests/simulation/simulate_signed
tests_simulation_simulate_signed_SOURCES = tests/simulation/simulate.c $(SL_SHORTCUTS)
tests_simulation_simulate_signed_CPPFLAGS = $(MANAGER_CPPFLAGS)
tests_simulation_simulate_signed_LDADD = $(SL_SIMULATION_LIBS)
tests_simulation_simulate_signed_LDFLAGS = $(SL_SHORTCUT_FLAGS)

# The same with planted bugs.
check_PROGRAMS += tests/simulation/simulate_bugs
tests_simulation_simulate_bugs_SOURCES = tests/simulation/simulate.c tests/simulation/bugs.c \
	tests/simulation/checksum_envelope.c $(SL_SHORTCUTS)
tests_simulation_simulate_bugs_CPPFLAGS = $(MANAGER_CPPFLAGS)
tests_simulation_simulate_bugs_LDADD = $(SL_SIMULATION_LIBS)
tests_simulation_simulate_bugs_LDFLAGS = $(SL_SHORTCUT_FLAGS) -Wl,--wrap=sl_slots_save \
	-Wl,--wrap=sl_request_write -Wl,--wrap=ledger_token_charge -Wl,--wrap=ledger_samples_add -Wl,--wrap=ledger_unreserve \
	-Wl,--wrap=ledger_row_take

TESTS += tests/simulation/simulation.sh
EXTRA_DIST += tests/simulation/simulation.sh tests/simulation/simulate.sh
