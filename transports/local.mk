# Built in or loaded: the same sources.  A transport needs no symbol of the library.
noinst_LTLIBRARIES += transports/libsl-https.la
transports_libsl_https_la_SOURCES = \
	transports/addresses.c transports/addresses.h \
	transports/destination.c transports/destination.h \
	transports/discovery.c transports/discovery.h \
	transports/exchange.c transports/exchange.h \
	transports/https.c transports/https.h \
	transports/network.c transports/network.h \
	transports/options.c transports/options.h \
	transports/preflight.c transports/preflight.h \
	transports/asked.c transports/asked.h \
	transports/resolve.c transports/resolve.h \
	transports/revocation.c transports/revocation.h \
	transports/tls.c transports/tls.h transports/tls_store.h \
	transports/tls_check.c \
	transports/turns.c transports/turns.h \
	transports/verdict.c transports/verdict.h
transports_libsl_https_la_CFLAGS = $(AM_CFLAGS) $(CURL_CFLAGS) $(CARES_CFLAGS) $(SSL_CFLAGS)
transports_libsl_https_la_LIBADD = $(CURL_LIBS) $(CARES_LIBS) $(SSL_LIBS)

if BUILTIN_DIRECT
noinst_LTLIBRARIES += transports/libsl-direct.la
transports_libsl_direct_la_SOURCES = transports/direct.c
endif

if PLUGINS
transport_LTLIBRARIES += transports/smartlic-transport-direct.la
transports_smartlic_transport_direct_la_SOURCES = transports/direct.c
transports_smartlic_transport_direct_la_LIBADD = transports/libsl-https.la
transports_smartlic_transport_direct_la_LDFLAGS = $(AM_LDFLAGS) $(SL_NO_UNDEFINED) -module -avoid-version -shared \
	-Wl,-z,nodelete
endif

if BUILTIN_SATELLITE
noinst_LTLIBRARIES += transports/libsl-satellite.la
transports_libsl_satellite_la_SOURCES = transports/satellite.c
endif

if PLUGINS
transport_LTLIBRARIES += transports/smartlic-transport-satellite.la
transports_smartlic_transport_satellite_la_SOURCES = transports/satellite.c
transports_smartlic_transport_satellite_la_LIBADD = transports/libsl-https.la
transports_smartlic_transport_satellite_la_LDFLAGS = $(AM_LDFLAGS) $(SL_NO_UNDEFINED) -module -avoid-version -shared \
	-Wl,-z,nodelete
endif

# Messages in files, which the authority reads and writes as well.
noinst_LTLIBRARIES += transports/libsl-bundle.la
transports_libsl_bundle_la_SOURCES = transports/bundle.c transports/bundle_file.c transports/bundle.h

noinst_LTLIBRARIES += transports/libsl-file.la
transports_libsl_file_la_SOURCES = transports/file.c transports/folders.c transports/folders.h \
	transports/inbox.c transports/inbox.h
transports_libsl_file_la_LIBADD = transports/libsl-bundle.la

if PLUGINS
transport_LTLIBRARIES += transports/smartlic-transport-file.la
transports_smartlic_transport_file_la_SOURCES =
transports_smartlic_transport_file_la_LIBADD = transports/libsl-file.la
transports_smartlic_transport_file_la_LDFLAGS = $(AM_LDFLAGS) $(SL_NO_UNDEFINED) -module -avoid-version -shared \
	-Wl,-z,nodelete
endif

# loop: answers come from a function of the test's; linked into tests and examples only.
noinst_LTLIBRARIES += transports/libsl-loop.la
transports_libsl_loop_la_SOURCES = transports/loop.c transports/loop.h
