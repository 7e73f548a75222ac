#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The manager's unit under a systemd of its own: a Debian in a folder, booted in a container without a
# network.  Needs root, and the network once, for that Debian; not part of `make check`.
# usage: tests/systemd/unit.sh; what is kept between runs is in build/systemd
# shellcheck disable=SC2016 # $… is for the shell inside
# shellcheck source=tests/sh/lib.sh
. "$(dirname "$0")/../sh/lib.sh"

SYSTEM=$TOP_BUILDDIR/systemd
TREE=$SYSTEM/tree     # built for /usr
DEBIAN=$SYSTEM/debian # as debootstrap made it
ROOT=$T/root          # the one that is booted
UNIT=smartlic-manager
DATA=/var/lib/smartlic-manager/data
DEFAULTS=/etc/default/smartlic-manager

skip() {
	note <<-END
		$1
	END
	exit 77
}

# ---- a Debian with the manager in it -------------------------------------------------------

build_tree() {
	mkdir -p "$TREE" && cd "$TREE" || return
	[ -f Makefile ] || "$TOP_SRCDIR/configure" -q --prefix=/usr --sysconfdir=/etc --disable-static \
		--with-systemdsystemunitdir=/lib/systemd/system || return
	make -s -j"$(nproc)" all
}

# The packages of the shared libraries that were linked or are loaded.
libraries() {
	ldd "$TREE/manager/smartlic-manager" "$TREE/tools/.libs/smartlic" "$TREE"/lib/.libs/*.so \
		"$TREE"/transports/.libs/*.so | awk '$3 ~ /^\// { print $3 }' | sort -u |
		xargs readlink -f | sed 's|^/usr||' |
		while read -r file; do
			dpkg-query -S "/usr$file" 2>/dev/null || dpkg-query -S "$file" 2>/dev/null
		done | cut -d : -f 1 | grep '^lib' | sort -u
}

debian() {
	packages=systemd,systemd-sysv,dbus,curl,jq,$(libraries | paste -sd ,)
	[ "$(cat "$DEBIAN.complete" 2>/dev/null)" != "$packages" ] || return 0
	rm -rf "$DEBIAN"
	debootstrap --variant=minbase --include="$packages" "$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release)" \
		"$DEBIAN" && echo "$packages" >"$DEBIAN.complete"
}

install_tree() {
	cp -a "$DEBIAN" "$ROOT" && make -s -C "$TREE" install DESTDIR="$ROOT" &&
		mkdir -p "$ROOT/usr/share/smartlic/examples" &&
		cp "$TOP_SRCDIR/examples/ncs1004-four-cards.txt" "$ROOT/usr/share/smartlic/examples"
}

# Without a systemd on this side there is nobody to ask for a control group.
boot() {
	keep=
	[ -d /run/systemd/system ] || keep=--keep-unit
	SYSTEMD_NSPAWN_UNIFIED_HIERARCHY=1
	export SYSTEMD_NSPAWN_UNIFIED_HIERARCHY
	background systemd-nspawn -q -D "$ROOT" --boot --register=no $keep --private-network \
		--link-journal=no --console=pipe
	wait_for 20 pgrep -P "$LAST_PID" -x systemd && LEADER=$(pgrep -P "$LAST_PID" -x systemd)
}

inside() { nsenter -t "$LEADER" -a -- "$@"; }
inside_sh() { inside sh -c "$@"; }
up() { inside_sh 'case $(systemctl is-system-running) in running | degraded) ;; *) exit 1 ;; esac'; }

[ "$(id -u)" -eq 0 ] || skip 'not root, who alone may boot a container'
for tool in systemd-nspawn debootstrap nsenter pgrep; do
	command -v "$tool" >/dev/null || skip "$tool is missing: apt-get install systemd-container debootstrap"
done
(build_tree) >"$OUT" 2>"$ERR" || {
	note "$ERR"
	bail 'the tree is built for /usr'
}
debian >"$OUT" 2>"$ERR" || {
	tail -n 5 "$OUT" | note
	bail 'a Debian is made'
}
ok 'the tree is installed' install_tree
boot || bail 'the container starts'
wait_for 60 up || {
	note "$LAST_LOG"
	bail 'systemd comes up'
}

# ---- as the unit's first lines say -----------------------------------------------------------

of_unit() { inside systemctl show "$UNIT" --value -p "$1"; }
service_is() { [ "$(of_unit "$1")" = "$2" ]; } # PROPERTY VALUE
healthz() { inside curl -sk --noproxy '*' --max-time 10 https://127.0.0.1:8443/healthz; }
as_user() { inside runuser -u smartlic-manager -- smartlic-manager "$@"; }
journal() { inside journalctl --no-pager -o cat -u "$UNIT"; }

status 1 'without a data folder it does not start, and says so' inside systemctl start "$UNIT"
like '… of which systemd tells' 'Assertion failed' "$ERR"
sed -n 's/^#\t//p' "$ROOT/lib/systemd/system/$UNIT.service" >"$ROOT/root/once"
is 'three commands are to be given once' "$(wc -l <"$ROOT/root/once")" 3
ok '… which do as they say' inside sh -e /root/once
[ "$tests_failed" -eq 0 ] || bail 'there is something to start'
echo 'OPTIONS=--debug' >"$ROOT$DEFAULTS" # a line for each request
ok 'it is started, and at every boot' inside systemctl enable --now "$UNIT"
is 'then it is ready' "$(healthz)" ok
is '… and systemd has nothing against it' "$(inside systemctl --failed --no-legend)" ''

# ---- with few rights -------------------------------------------------------------------------

PID=$(of_unit MainPID)
of_process() { inside awk -v name="$1:" '$1 == name { print $2 }' "/proc/$PID/status"; }
is 'it is a user of its own' "$(inside stat -c %U "/proc/$PID")" smartlic-manager
is 'it cannot get more rights' "$(of_process NoNewPrivs)" 1
is '… and has none' "$(of_process CapPrm) $(of_process CapBnd)" '0000000000000000 0000000000000000'
is 'system calls are filtered' "$(of_process Seccomp)" 2
is 'no core is dumped' "$(inside awk '/^Max core/ { print $5, $6 }' "/proc/$PID/limits")" '0 0'
is 'it has the files that 1024 connections take' \
	"$(inside awk '/^Max open files/ { print $4 }' "/proc/$PID/limits")" 8192
inside cat "/proc/$PID/mountinfo" >"$T/mounts"
like 'it cannot write the system' '^([^ ]+ ){4}/ ro,' "$T/mounts"
like '… nor read what is at home' ' /home ro,.* tmpfs ' "$T/mounts"
like '… but its own folder' ' /var/lib/smartlic-manager rw,' "$T/mounts"
not_ok 'users of the system are not its' inside_sh \
	'[ "$(readlink /proc/self/ns/user)" = "$(readlink "/proc/$0/ns/user")" ]' "$PID"
ok 'systemd counts its exposure 2.0 or less' inside systemd-analyze security --no-pager --threshold=20 "$UNIT"
tail -n 1 "$OUT" | note

# ---- a device ---------------------------------------------------------------------------------

as_user --data "$DATA" trust-anchor >"$ROOT/etc/smartlic-root.pem"
cat >"$ROOT/etc/smartlic.conf" <<END
call-home
 service active
 contact smart-licensing
 profile CiscoTAC-1
  active
  destination address http https://localhost:8443/its/service/oddce/services/DDCEService
  destination transport-method http
license smart transport direct
license smart trust-anchor /etc/smartlic-root.pem
license smart store /var/lib/smartlic
license platform udi pid NCS1004 sn CAT2231B18Y uuid default-sdr
license platform catalog /usr/share/smartlic/catalogs/ncs1004.json
license platform inventory /usr/share/smartlic/examples/ncs1004-four-cards.txt
END
device() { inside smartlic -c /etc/smartlic.conf "$@"; }
register() { printf '%s\n' "$TOKEN" | device license smart register idtoken -; }
instances() { as_user --data "$DATA" instance list --json; }

as_user --data "$DATA" license add S-NCS1K4-LIC-100G= 8 >"$OUT" 2>&1
TOKEN=$(as_user --data "$DATA" token create --days 30)
ok 'a device registers with a token' register
instances >"$T/before"
like '… and is an instance' 'CAT2231B18Y' "$T/before"

# ---- stop, start, restart ------------------------------------------------------------------------

ok 'it is stopped' inside systemctl stop "$UNIT"
is '… and ends by itself' "$(of_unit Result) $(of_unit ActiveState)" 'success inactive'
instances >"$T/after"
ok '… with the device in its ledger' cmp "$T/before" "$T/after"
ok 'it is started again' inside systemctl start "$UNIT"
is '… and ready' "$(healthz)" ok
ok '… for the device, too' device license smart renew auth
ok 'what root does in its folder' inside smartlic-manager --data "$DATA" key roll signer --now
ok '… is in the way of no restart' inside systemctl restart "$UNIT"
is '… after which it is ready' "$(healthz)" ok
ok '… for a device that learns the new key' device license smart renew auth
PID=$(of_unit MainPID)
inside systemctl kill --signal=KILL "$UNIT"
another() { service_is ActiveState active && ! service_is MainPID "$PID"; }
ok 'killed, it is brought back' wait_for 30 another
is '… ready' "$(healthz)" ok
ok '… with all that it knew' device license smart renew auth

# ---- what keeps it from starting --------------------------------------------------------------------

# five seconds between two attempts would be long here
mkdir -p "$ROOT/etc/systemd/system/$UNIT.service.d"
printf '[Service]\nRestartSec=100ms\n' >"$ROOT/etc/systemd/system/$UNIT.service.d/soon.conf"
inside systemctl daemon-reload
inside systemctl stop "$UNIT"
echo 'OPTIONS=--listen=192.0.2.1:8443' >"$ROOT$DEFAULTS"
status 1 'who starts it hears that it cannot listen' inside systemctl start "$UNIT"
journal >"$T/journal"
like '… and finds why in the journal' '192\.0\.2\.1:8443' "$T/journal"
many() { [ "$(of_unit NRestarts)" -gt 8 ]; }
ok 'it tries more often than systemd would by itself' wait_for 30 many
rm "$ROOT$DEFAULTS"
ok '… and comes when nothing is in its way any more' wait_for 30 service_is ActiveState active
is '… ready' "$(healthz)" ok
echo 'OPTIONS=--no-such-option' >"$ROOT$DEFAULTS"
status 1 'a wrong option' inside systemctl restart "$UNIT"
is '… is not tried again' "$(of_unit ActiveState) $(of_unit ExecMainStatus)" 'failed 2'
rm "$ROOT$DEFAULTS"
ok '… and mended' inside systemctl start "$UNIT"

# ---- its log ------------------------------------------------------------------------------------------

journal >"$T/journal"
like 'the journal has its log, an event a line' '^at=[0-9T:-]+Z event=note text=stopped$' "$T/journal"
like '… also of the device' '^at=[0-9T:-]+Z event=[a-z]+ .*type=register' "$T/journal"
unlike '… and no token' "$TOKEN" "$T/journal"
