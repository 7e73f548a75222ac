# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh disable=SC2034
# An upstream in $DATA and a satellite of it in $EDGE; source it instead of cli_lib.sh.

# shellcheck source=tests/integration/cli_lib.sh
. "$(dirname "$0")/cli_lib.sh"

EDGE=$T/edge
upstream() { manager "$@" --data "$DATA"; }
satellite() { manager "$@" --data "$EDGE"; }

# join: with the invitation in $INVITATION
join() {
	printf '%s\n' "$INVITATION" |
		manager satellite join --data "$EDGE" --upstream "https://localhost:$PORT" --token - --trust-anchor "$ROOT"
}

# serve_satellite: as serve_manager; sets EDGE_PID, EDGE_LOG, EDGE_URL
serve_satellite() {
	rm -f "$T/edge.port"
	background "$TOP_BUILDDIR/manager/smartlic-manager" serve --data "$EDGE" --listen 127.0.0.1:0 \
		--port-file "$T/edge.port"
	EDGE_PID=$LAST_PID
	EDGE_LOG=$LAST_LOG
	if ! wait_for 20 test -s "$T/edge.port"; then
		note "$EDGE_LOG"
		bail 'the satellite listens'
	fi
	EDGE_URL=https://localhost:$(cat "$T/edge.port")/its/service/oddce/services/DDCEService
}
