# The direct transport against servers that are not ours.
check_PROGRAMS += tests/integration/exchange
TESTS += tests/integration/direct_dns.sh tests/integration/direct_http.sh tests/integration/direct_tls.sh \
	tests/integration/transport_page.sh
EXTRA_DIST += tests/integration/direct_dns.sh tests/integration/direct_lib.sh \
	tests/integration/direct_http.sh tests/integration/direct_tls.sh \
	tests/integration/peer.py tests/integration/transport_page.sh
