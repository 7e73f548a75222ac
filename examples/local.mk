# The README's program, built like a host's: public headers, the shared library.
noinst_PROGRAMS += examples/minimal
examples_minimal_SOURCES = examples/minimal.c
examples_minimal_CPPFLAGS = -I$(top_builddir)/include -I$(top_srcdir)/include
examples_minimal_LDADD = lib/libsmartlic.la

EXTRA_DIST += examples/transport_command.c examples/demo.sh examples/ncs1004-four-cards.txt
