# Measurements, built only when asked for.
BENCHES = tests/bench/bench_exchange tests/bench/bench_count
if MANAGER
BENCHES += tests/bench/bench_authority
endif
EXTRA_PROGRAMS += $(BENCHES)
CLEANFILES += $(BENCHES)
tests_bench_bench_authority_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/manager
tests_bench_bench_authority_LDADD = manager/libmanager.la lib/libsl.la
tests_bench_bench_count_LDADD = lib/libsl.la
tests_bench_bench_exchange_CFLAGS = $(AM_CFLAGS) $(CURL_CFLAGS)
tests_bench_bench_exchange_SOURCES = tests/bench/bench_exchange.c tests/support/memstore.c
tests_bench_bench_exchange_LDADD = lib/libsl.la $(CURL_LIBS)
bench-programs: $(BENCHES)
.PHONY: bench-programs
noinst_HEADERS += tests/bench/stats.h
EXTRA_DIST += tests/bench/bench.sh
