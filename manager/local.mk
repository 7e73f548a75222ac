noinst_LTLIBRARIES += manager/libmanager.la
manager_libmanager_la_SOURCES = \
	manager/api/connections.c manager/api/connections.h \
	manager/api/counts.c manager/api/counts.h \
	manager/api/gauges.c manager/api/gauges.h \
	manager/api/guesses.c manager/api/guesses.h \
	manager/api/listen.c manager/api/listen.h \
	manager/api/metrics.c manager/api/metrics.h \
	manager/api/reply.c manager/api/reply.h \
	manager/api/requests.c \
	manager/api/server.c manager/api/server.h \
	manager/api/tls.c manager/api/tls.h \
	manager/api/worker.c manager/api/worker.h manager/api/worker_impl.h \
	manager/api/writer.c manager/api/writer.h \
	manager/authority/adopt.c \
	manager/authority/answer.c manager/authority/authority.h manager/authority/authority_impl.h \
	manager/authority/authorize.c \
	manager/authority/batch.c \
	manager/authority/certify.c \
	manager/authority/deregister.c \
	manager/authority/ends.c \
	manager/authority/instance.c \
	manager/authority/join.c \
	manager/authority/join_ask.c manager/authority/join_ask.h \
	manager/authority/lists.c \
	manager/authority/order.c manager/authority/order.h \
	manager/authority/parallel.c manager/authority/parallel.h \
	manager/authority/policy.c \
	manager/authority/register.c \
	manager/authority/report.c \
	manager/authority/reserve.c \
	manager/authority/renew_id.c \
	manager/authority/request_read.c manager/authority/request_read.h \
	manager/authority/respond.c \
	manager/authority/roots.c \
	manager/authority/satellites.c \
	manager/authority/sync.c manager/authority/sync.h \
	manager/authority/sync_arrived.c \
	manager/authority/sync_ask.c \
	manager/authority/sync_check.c \
	manager/authority/sync_due.c \
	manager/authority/sync_kept.c \
	manager/authority/sync_read.c \
	manager/authority/sync_reservations.c \
	manager/authority/sync_row.c \
	manager/authority/sync_rows.c \
	manager/authority/sync_samples.c \
	manager/authority/sync_split.c \
	manager/authority/sync_state.c \
	manager/authority/sync_wire.c \
	manager/authority/token.c \
	manager/authority/verify.c \
	manager/authority/visit.c \
	manager/db/db.c manager/db/db.h manager/db/engine.h \
	manager/db/sqlite.c \
	manager/ledger/alert_rules.c manager/ledger/alert_rules.h \
	manager/ledger/alerts.c manager/ledger/alerts.def \
	manager/ledger/accounts.c \
	manager/ledger/audit.c \
	manager/ledger/backup.c \
	manager/ledger/browse.c \
	manager/ledger/chain.c manager/ledger/chain.h \
	manager/ledger/condition.c manager/ledger/condition.h \
	manager/ledger/copy.c manager/ledger/copy.h \
	manager/ledger/entitlements.c manager/ledger/entitlements.def \
	manager/ledger/figures.c manager/ledger/figures.h \
	manager/ledger/history.c \
	manager/ledger/instances.c \
	manager/ledger/ledger.c manager/ledger/ledger.h manager/ledger/ledger_impl.h \
	manager/ledger/lists.c \
	manager/ledger/locks.c \
	manager/ledger/policies.c \
	manager/ledger/pools.c \
	manager/ledger/purchases.c \
	manager/ledger/records.h \
	manager/ledger/requests.c \
	manager/ledger/reservation_rows.c \
	manager/ledger/reservations.c \
	manager/ledger/retention.c \
	manager/ledger/sample_page.c \
	manager/ledger/sample_page.h \
	manager/ledger/sample_rows.c \
	manager/ledger/samples.c \
	manager/ledger/samples.h \
	manager/ledger/satellite_watch.c \
	manager/ledger/satellites.c manager/ledger/satellites.h \
	manager/ledger/schema.c manager/ledger/schema.h \
	manager/ledger/tokens.c \
	manager/ledger/transfer.c \
	manager/ledger/upstream.c \
	manager/ledger/upstream_transfer.c \
	manager/ledger/usage.c \
	manager/ledger/verify.c \
	manager/ledger/virtual_accounts.c \
	manager/ledger/watch.c \
	manager/doctor/rules.c manager/doctor/rules.h \
	manager/file.c manager/file.h \
	manager/log.c manager/log.h \
	manager/pki/cert.c manager/pki/cert.h \
	manager/pki/crl.c \
	manager/pki/inspect.c manager/pki/inspect.h \
	manager/pki/former.c manager/pki/former.h \
	manager/pki/issue.c \
	manager/pki/key.c manager/pki/key.h \
	manager/pki/names.c manager/pki/names.h \
	manager/pki/pki.c manager/pki/pki.h \
	manager/pki/pkcs11.h \
	manager/pki/profile.c manager/pki/profile.h \
	manager/pki/roll.c manager/pki/roll.h \
	manager/pki/root.c \
	manager/pki/satellite.c manager/pki/satellite.h \
	manager/pki/store.c manager/pki/store.h \
	manager/pki/uri.c manager/pki/uri.h \
	manager/system.c manager/system.h
if POSTGRESQL
manager_libmanager_la_SOURCES += manager/db/postgres.c manager/db/postgres_value.c manager/db/postgres_value.h
else
manager_libmanager_la_SOURCES += manager/db/postgres_absent.c
endif
if PKCS11
manager_libmanager_la_SOURCES += manager/pki/pkcs11.c
else
manager_libmanager_la_SOURCES += manager/pki/pkcs11_absent.c
endif
manager_libmanager_la_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/manager
manager_libmanager_la_CFLAGS = $(AM_CFLAGS) $(EVENT_CFLAGS) $(SSL_CFLAGS) $(SQLITE_CFLAGS) $(POSTGRESQL_CFLAGS) $(PKCS11_CFLAGS)
manager_libmanager_la_LIBADD = lib/libslmsg.la $(EVENT_LIBS) $(SSL_LIBS) $(SQLITE_LIBS) $(POSTGRESQL_LIBS) $(PKCS11_LIBS) $(JANSSON_LIBS)

sbin_PROGRAMS += manager/smartlic-manager
manager_smartlic_manager_SOURCES = manager/main.c \
	manager/commands/alerts.c \
	manager/commands/accounts.c \
	manager/commands/backup.c \
	manager/commands/changes.c \
	manager/commands/command.h \
	manager/commands/csv.c manager/commands/csv.h \
	manager/commands/done.c manager/commands/done.h \
	manager/commands/init.c \
	manager/commands/instances.c \
	manager/commands/keys.c \
	manager/commands/ledger.c \
	manager/commands/licenses.c \
	manager/commands/list.c manager/commands/list.h \
	manager/commands/offline.c \
	manager/commands/output.c manager/commands/output.h \
	manager/commands/parse.c \
	manager/commands/pkcs11.c \
	manager/commands/reservations.c \
	manager/commands/satellite.h \
	manager/commands/satellite_join.c \
	manager/commands/satellite_sync.c \
	manager/commands/satellites.c \
	manager/commands/policies.c \
	manager/commands/purchases.c \
	manager/commands/serve.c \
	manager/commands/session.c manager/commands/session.h \
	manager/commands/table.c \
	manager/commands/tokens.c \
	manager/commands/upstream.c manager/commands/upstream.h \
	manager/doctor/data.c \
	manager/doctor/doctor.c manager/doctor/doctor.h \
	manager/doctor/keys.c \
	manager/doctor/ledger.c \
	manager/doctor/upstream.c \
	manager/commands/virtual_accounts.c \
	tools/notify.c tools/notify.h
manager_smartlic_manager_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/manager
manager_smartlic_manager_LDADD = manager/libmanager.la transports/libsl-bundle.la transports/libsl-https.la
