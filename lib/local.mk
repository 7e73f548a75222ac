# Envelope, trust, crypto and the vocabulary of messages, and who could swap what is loaded: what device and authority
# share.
noinst_LTLIBRARIES += lib/libslmsg.la lib/libsl.la
lib_libslmsg_la_SOURCES = \
	lib/asn1.c lib/ossl.h \
	lib/buffer.c lib/buffer.h \
	lib/cert.c lib/cert.h \
	lib/chain.c \
	lib/cms.c lib/cms.h \
	lib/crl.c lib/crl.h \
	lib/crypto.c lib/crypto.h \
	lib/csr.c \
	lib/der.c lib/der.h \
	lib/envelope.c lib/envelope.h \
	lib/error.c lib/error.h \
	lib/json.c \
	lib/json_put.c lib/json_put.h \
	lib/key.c \
	lib/loadable.c lib/loadable.h \
	lib/message.c lib/message.h \
	lib/pem.c lib/pem.h \
	lib/policy.c lib/policy.h \
	lib/reader.c \
	lib/seal.c \
	lib/selfcert.c \
	lib/shared.c \
	lib/text.c lib/text.h \
	lib/trust.c lib/trust.h
lib_libslmsg_la_LIBADD = $(JANSSON_LIBS) $(CRYPTO_LIBS)

# All of the library; the tests link this one and see sl_ names.
lib_libsl_la_SOURCES = \
	lib/agent.c lib/agent.h \
	lib/agent_answer.c \
	lib/agent_apply.c \
	lib/agent_commands.c \
	lib/agent_configure.c \
	lib/agent_notice.c \
	lib/agent_process.c \
	lib/agent_request.c \
	lib/agent_reserve.c \
	lib/agent_set.c \
	lib/agent_sign.c \
	lib/agent_state.c \
	lib/agent_store.c \
	lib/agent_test.c \
	lib/agent_trace.c \
	lib/agent_usage.c \
	lib/answer.c lib/answer.h \
	lib/catalog.c lib/catalog.h \
	lib/catalog_read.c lib/catalog_read.h \
	lib/catalog_rule.c \
	lib/clock.c lib/clock.h \
	lib/consequence.c \
	lib/count.c lib/count.h \
	lib/count_bind.c \
	lib/count_diagnose.c \
	lib/count_explain.c \
	lib/count_rule.c \
	lib/env_system.c lib/env_system.h \
	lib/fsm.c lib/fsm.h \
	lib/inventory.c lib/inventory.h \
	lib/inventory_edit.c \
	lib/inventory_json.c \
	lib/inventory_router.c lib/inventory_router.h \
	lib/inventory_set.c \
	lib/inventory_words.c \
	lib/journal.c lib/journal.h lib/messages.def \
	lib/le.h \
	lib/plugin.c lib/plugin.h \
	lib/record.c lib/record_form.c lib/record.h \
	lib/reply.c lib/reply.h \
	lib/request.c lib/request.h \
	lib/router_cards.c \
	lib/router_words.c \
	lib/settings.c lib/settings.h \
	lib/settings_error.c lib/settings_grammar.h \
	lib/settings_value.c \
	lib/shape.c lib/shape.h \
	lib/show.c lib/show.h \
	lib/show_call_home.c \
	lib/show_json.c \
	lib/show_license.c \
	lib/show_line.c \
	lib/show_platform.c \
	lib/show_tech.c \
	lib/show_trace.c \
	lib/show_words.c \
	lib/status.c lib/status.h \
	lib/store.c lib/store.h \
	lib/store_file.c \
	lib/timers.c lib/timers.h \
	lib/token.c \
	lib/trace.c lib/trace.h \
	lib/usage.c lib/usage.h \
	lib/usage_form.c \
	lib/version.c \
	lib/window.c
lib_libsl_la_CPPFLAGS = $(AM_CPPFLAGS) -DSL_TRANSPORT_DIR='"$(transportdir)"'
lib_libsl_la_LIBADD = lib/libslmsg.la
if BUILTIN_DIRECT
lib_libsl_la_LIBADD += transports/libsl-direct.la
endif
if BUILTIN_SATELLITE
lib_libsl_la_LIBADD += transports/libsl-satellite.la
endif
# what these two share, once
if BUILTIN_HTTPS
lib_libsl_la_LIBADD += transports/libsl-https.la
endif
if BUILTIN_FILE
lib_libsl_la_LIBADD += transports/libsl-file.la
endif

# The same objects behind the map.
lib_LTLIBRARIES += lib/libsmartlic.la
lib_libsmartlic_la_SOURCES =
lib_libsmartlic_la_LIBADD = lib/libsl.la
lib_libsmartlic_la_LDFLAGS = $(AM_LDFLAGS) $(SL_NO_UNDEFINED) -version-info $(LIBSMARTLIC_LT_VERSION) \
	-Wl,--version-script=$(top_srcdir)/lib/libsmartlic.map
lib_libsmartlic_la_DEPENDENCIES = lib/libsl.la lib/libsmartlic.map
EXTRA_DIST += lib/libsmartlic.map
