# What several tests share: messages made by neither side, and a PKI in memory.
check_LTLIBRARIES += tests/support/libsupport.la
tests_support_libsupport_la_SOURCES = \
	tests/support/pki.c tests/support/pki.h tests/support/rsa.h \
	tests/support/vector_device.c tests/support/vector_device.h \
	tests/support/vectors.c tests/support/vectors.h
tests_support_libsupport_la_LIBADD = lib/libsl.la
SUPPORT_LDADD = tests/support/libsupport.la $(LDADD)
