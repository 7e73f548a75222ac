# Measurements, built only when asked for.
BENCHES = tests/bench/bench_exchange tests/bench/bench_count
if MANAGER
BENCHES += tests/bench/bench_authority tests/bench/bench_echo tests/bench/bench_load tests/bench/bench_sync
endif
EXTRA_PROGRAMS += $(BENCHES)
CLEANFILES += $(BENCHES)
RAW = tests/bench/raw.c tests/bench/raw.h
tests_bench_bench_authority_SOURCES = tests/bench/bench_authority.c $(RAW)
tests_bench_bench_authority_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/manager
tests_bench_bench_authority_LDADD = manager/libmanager.la lib/libsl.la
tests_bench_bench_echo_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/manager
tests_bench_bench_echo_LDADD = manager/libmanager.la lib/libsl.la
tests_bench_bench_load_SOURCES = tests/bench/bench_load.c tests/bench/fleet.c tests/bench/fleet.h \
	tests/bench/load.c tests/bench/load.h \
	tests/bench/costs.c tests/bench/costs.h \
	tests/bench/parts.c tests/bench/parts.h $(RAW)
tests_bench_bench_load_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/manager
tests_bench_bench_load_CFLAGS = $(AM_CFLAGS) $(SQLITE_CFLAGS)
tests_bench_bench_load_LDADD = manager/libmanager.la lib/libsl.la $(SQLITE_LIBS)
tests_bench_bench_sync_SOURCES = tests/bench/bench_sync.c $(RAW)
tests_bench_bench_sync_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/manager
tests_bench_bench_sync_CFLAGS = $(AM_CFLAGS) $(SQLITE_CFLAGS)
tests_bench_bench_sync_LDADD = manager/libmanager.la lib/libsl.la $(SQLITE_LIBS)
tests_bench_bench_count_LDADD = lib/libsl.la
tests_bench_bench_exchange_CFLAGS = $(AM_CFLAGS) $(CURL_CFLAGS)
tests_bench_bench_exchange_SOURCES = tests/bench/bench_exchange.c tests/support/memstore.c
tests_bench_bench_exchange_LDADD = lib/libsl.la $(CURL_LIBS)
bench-programs: $(BENCHES)
.PHONY: bench-programs
noinst_HEADERS += tests/bench/stats.h
EXTRA_DIST += tests/bench/bench.sh tests/bench/load_postgres.sh tests/bench/sync.sh
