# The direct transport against servers that are not ours.
check_PROGRAMS += tests/integration/exchange
DIRECT_TESTS = tests/integration/direct_dns.sh tests/integration/direct_name_servers.sh tests/integration/direct_http.sh tests/integration/lossy_network.sh tests/integration/direct_nginx.sh \
	tests/integration/direct_proxy.sh tests/integration/direct_revocation.sh \
	tests/integration/direct_tls.sh tests/integration/transport_page.sh
TESTS += $(DIRECT_TESTS)
EXTRA_DIST += $(DIRECT_TESTS) tests/integration/direct_lib.sh tests/integration/net.py tests/integration/peer.py
# The satellite transport.
SATELLITE_TESTS = tests/integration/satellite_root.sh tests/integration/satellite_servers.sh \
	tests/integration/cli_satellite.sh tests/integration/cli_satellite_move.sh tests/integration/cli_test.sh
TESTS += $(SATELLITE_TESTS)
EXTRA_DIST += $(SATELLITE_TESTS) tests/integration/satellite_lib.sh
# The operator's command line against a real manager.
CLI_TESTS = tests/integration/cli_story.sh tests/integration/cli_removed.sh tests/integration/cli_run.sh tests/integration/cli_bad_input.sh \
	tests/integration/cli_strangers.sh tests/integration/cli_show.sh \
	tests/integration/cli_call_home.sh tests/integration/cli_clock.sh tests/integration/cli_secrets.sh tests/integration/cli_count.sh
TESTS += $(CLI_TESTS)
EXTRA_DIST += $(CLI_TESTS) tests/integration/cli_lib.sh
# By files, without a network.
FILE_TESTS = tests/integration/file_story.sh tests/integration/file_report.sh tests/integration/file_reservation.sh tests/integration/file_bundle.sh tests/integration/file_stick.sh tests/integration/file_strangers.sh tests/integration/file_test.sh \
	tests/integration/command_plugin.sh
TESTS += $(FILE_TESTS)
EXTRA_DIST += $(FILE_TESTS) tests/integration/file_lib.sh
# What devices report, for the fleet of fleet_lib.sh.
check_PROGRAMS += tests/integration/hours

# What we sign, checked by the stock command.
check_PROGRAMS += tests/integration/specimens
tests_integration_specimens_LDADD = $(SUPPORT_LDADD)
TESTS += tests/integration/stock_openssl.sh
EXTRA_DIST += tests/integration/stock_openssl.sh

# The manager by its command line and its port.
MANAGER_TESTS = tests/integration/manager_accounts.sh tests/integration/manager_purchases.sh \
	tests/integration/manager_virtual_accounts.sh tests/integration/manager_metrics.sh \
	tests/integration/manager_commands.sh tests/integration/manager_instances.sh \
	tests/integration/manager_json.sh tests/integration/manager_keys.sh \
	tests/integration/manager_backup.sh tests/integration/manager_ledger.sh \
	tests/integration/manager_doctor.sh tests/integration/manager_upgrade.sh \
	tests/integration/manager_faults.sh tests/integration/manager_http.sh tests/integration/manager_disk_full.sh \
	tests/integration/manager_unit.sh tests/integration/manager_stolen.sh \
	tests/integration/manager_serve.sh \
	tests/integration/satellite_story.sh
if POSTGRESQL
TESTS += $(POSTGRES_TESTS)
endif
POSTGRES_TESTS = tests/integration/manager_postgres.sh tests/integration/manager_processes.sh \
	tests/integration/manager_faults_postgres.sh tests/integration/manager_standby.sh \
	tests/integration/manager_disk_full_postgres.sh tests/integration/manager_postgres_scans.sh
TESTS += $(MANAGER_TESTS)
EXTRA_DIST += $(MANAGER_TESTS) $(POSTGRES_TESTS) tests/integration/exposition.py tests/sh/postgres.sh tests/integration/fleet_lib.sh tests/integration/lossy.py tests/integration/ledger-1.sql tests/integration/ledger-4.sql tests/integration/manager_stolen.py

# As root and with the network, by hand.
EXTRA_DIST += tests/systemd/unit.sh

# The README's program.
TESTS += tests/integration/minimal.sh
EXTRA_DIST += tests/integration/minimal.sh

# What passes on the wire, by stock commands.
TESTS += tests/integration/wire.sh
EXTRA_DIST += tests/integration/wire.sh tests/integration/relay.py

# Keys in a token, where the manager can use one.
TESTS += tests/integration/manager_pkcs11.sh
EXTRA_DIST += tests/integration/manager_pkcs11.sh
