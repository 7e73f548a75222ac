# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh disable=SC2034
# An upstream in $DATA, a satellite of it in $EDGE, and another in $FAR, which files lead to; source it instead of cli_lib.sh.

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

FAR=$T/far
far() { manager "$@" --data "$FAR"; }
# by_file COMMAND OPTION...: the request to a file, its answer from one
by_file() {
	rm -rf "$T/far.slrq" "$T/answers"
	mkdir "$T/answers"
	far satellite "$@" --export "$T/far.slrq" &&
		manager offline answer --data "$DATA" --out "$T/answers" "$T/far.slrq" &&
		far satellite "$1" --import "$T/answers"/*.slrs
}
