smartlicincludedir = $(includedir)/smartlic
smartlicinclude_HEADERS = \
	include/smartlic/agent.h \
	include/smartlic/crypto.h \
	include/smartlic/env.h \
	include/smartlic/error.h \
	include/smartlic/errors.def \
	include/smartlic/license.h \
	include/smartlic/settings.h \
	include/smartlic/show.h \
	include/smartlic/smartlic.h \
	include/smartlic/status.h \
	include/smartlic/store.h \
	include/smartlic/transport.h
nodist_smartlicinclude_HEADERS = include/smartlic/version.h
