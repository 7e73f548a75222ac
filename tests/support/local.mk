# What several tests share: messages made by neither side, a PKI in memory, and a world for an
# agent to live in.
check_LTLIBRARIES += tests/support/libsupport.la
tests_support_libsupport_la_SOURCES = \
	tests/support/memstore.c tests/support/memstore.h \
	tests/support/oracle.c tests/support/oracle.h \
	tests/support/pki.c tests/support/pki.h tests/support/rsa.h \
	tests/support/story.c tests/support/story.h \
	tests/support/vector_device.c tests/support/vector_device.h \
	tests/support/vectors.c tests/support/vectors.h \
	tests/support/world.c tests/support/world.h
tests_support_libsupport_la_LIBADD = lib/libsl.la transports/libsl-loop.la
SUPPORT_LDADD = tests/support/libsupport.la $(LDADD)

if !HAVE_CHECK
# what is built first says what is missing, where a compiler would name a header
$(tests_support_libsupport_la_OBJECTS): check-is-missing
check-is-missing:
	@echo 'make check needs Check 0.15 (in Debian: check); install it and configure anew' >&2; exit 1
endif
