# SPDX-License-Identifier: MIT
#
# coast.sh - the second half of the demo: two gateways negotiate with each other; sourced by demo.sh.
#
# Coast Tel's gateway has an address of its own, so that nobody takes its port while it is dead.

coast=sepp.5gc.mnc077.mcc206.3gppnetwork.org
coast_host=127.$((pid / 62500 % 250 + 1)).$((pid / 250 % 250 + 1)).$((pid % 250 + 1))
ours=$tmp/policies/partners/coast_tel.lua

# --- what is asked

# start_coast LISTEN: the gateway, on $tmp/coast; its address is left in $coast_at.
start_coast() {
	sed -i "s/listen = {[^}]*}/listen = { \"$1\" }/" "$tmp/coast/gateway.lua"
	launch "$tmp/coast" "$tmp/coast.sock" "$tmp/coast-state" "$tmp/coast.log" "$tmp/coast-ready"
	coast_pid=$!
	exec 4<"$tmp/coast-ready"
	ready=$(timeout 20 head -n 1 <&4) || :
	show_ready "$ready"
	coast_at=${ready#*\"n32c\":\[\"}
	coast_at=${coast_at%%\"*}
}

# columns SOCKET COMMAND NAME COLUMNS: of the line about that partner that parleyctl prints.
columns() {
	"$build/parleyctl" --socket "$tmp/$1" "$2" | awk -v name="$3" -v which="$4" '
		$1 == name {
			n = split(which, column, " ")
			for (i = 1; i <= n; i++)
				printf "%s%s", $column[i], i < n ? " " : "\n"
		}' | sort
}

# are_both STATE STATE: in and out, at either end.
are_both() {
	[ "$(columns parleyd.sock partners coast-tel '2 3')" = "$1 $2" ] &&
		[ "$(columns coast.sock partners home '2 3')" = "$1 $2" ]
}

# The same contexts at both ends: the ids the other way round, the same keys, and the policy.
are_mirrored() {
	mirror=$(columns coast.sock contexts home '3 2 6 10')
	[ "$mirror" = "${mirror% policy} policy" ] &&
		[ "$(columns parleyd.sock contexts coast-tel '2 3 6 10')" = "$mirror" ]
}

# Neither has one.
are_both_without() {
	[ -z "$(columns parleyd.sock contexts coast-tel 2)$(columns coast.sock contexts home 2)" ] &&
		[ "$(columns coast.sock partners home '2 3')" = "terminated terminated" ]
}

# Others than before.
are_new() {
	are_both established established && are_mirrored && [ "$mirror" != "$before" ]
}

# ends HOST:PORT FIELDS: sockets of TCP with that address, whose connection is not over.
ends() {
	at=$(printf '%s' "$1" | awk -F '[.:]' '{ printf "%02X%02X%02X%02X:%04X", $4, $3, $2, $1, $5 }')
	awk -v at="$at" -v fields="$2" '
		$4 != "0A" && $4 != "06" && ((index(fields, "local") && $2 == at) ||
			(index(fields, "remote") && $3 == at)) { n++ }
		END { print n + 0 }' /proc/net/tcp
}

# are_connected N N: connections that we opened, and that Coast Tel opened.
are_connected() {
	[ "$(ends "$coast_at" remote) $(ends "127.0.0.1:$port" remote)" = "$1 $2" ]
}

is_silent() {
	[ "$(ends "$coast_at" 'local remote') $(ends "127.0.0.1:$port" 'local remote')" = "0 0" ]
}

# log_of FILE TEXT: the last line with it; waits, since lines are written by another thread.
log_of() {
	await "the log says '$2'" grep -q "$2" "$tmp/$1"
	show "$(grep "$2" "$tmp/$1" | tail -n 1)"
}

# --- the steps

say "Coast Tel runs Parley, too: a second gateway, of network 206-77, on a directory of its own."
cp -R "$root/tests/demo/coast" "$tmp/coast"
mkdir -p "$tmp/coast/certs" "$tmp/coast/anchors" "$tmp/coast/data"
cp "$tmp/policies/default.lua" "$tmp/coast"
cp "$tmp/policies/data/protection.json" "$tmp/coast/data"
cp -p "$tmp/peers/coast-tel.pem" "$tmp/coast/certs/gateway.pem"
cp -p "$tmp/peers/coast-tel.key" "$tmp/coast/certs/gateway.key"
cp "$tmp/peers/gateway-ca.pem" "$tmp/coast/anchors/home.pem"
sed -i "s/address = .*/address = \"127.0.0.1:$port\",/" "$tmp/coast/partners/home.lua"
start_coast "$coast_host:0"

say "The file that we get for it says initiate = true. A reload, and we call: TLS is agreed." \
	"The connection of the handshake is ended by both, which the kernel can tell."
sed -e "s/address = .*/address = \"$coast_at\",/" \
	-e 's/{ sepp.PRINS, sepp.TLS }, -- what/{ sepp.TLS }, -- what/' "$tmp/coast_tel.lua" >"$ours"
show "partners/coast_tel.lua
$(grep -E '^  (fqdns|plmns|initiate|address|capabilities) =' "$ours" | sed 's/^ */+ /')"
ctl 0 reload
await "TLS is agreed at both ends" are_both agreed_tls agreed_tls
log_of log 'coast-tel: negotiated by us selected=TLS'
log_of coast.log 'home: negotiated selected=TLS'
await "no connection is left" is_silent
show "  TCP connections with Coast Tel in /proc/net/tcp: $(ends "$coast_at" 'local remote')"

say "Both get ready for PRINS. We offer something else now, so we negotiate anew, unasked, and exchange" \
	"parameters: a context, with the same keys at both ends, and our id for it is the other's PEER'S ID."
edit partners/coast_tel.lua 's/{ sepp.TLS }, -- what/{ sepp.PRINS, sepp.TLS }, -- what/'
ctl 0 reload
await "there is the same context at both ends" are_mirrored
ctl 0 contexts
at_coast ctl 0 contexts
are_both established established || fail "there is a context, and the state is another"
await "a connection in each direction" are_connected 1 1
show "  kept connections in /proc/net/tcp: $(ends "$coast_at" remote) opened by us, \
$(ends "127.0.0.1:$port" remote) by Coast Tel (open_reverse)"

say "Coast Tel cannot read a message of ours, and reports it over the connection that it opened."
at_coast ctl 0 report home --type INTEGRITY_CHECK_FAILED --message 4711
log_of log 'coast-tel: the peer reports an error'
log_of coast.log 'home: n32f-error was taken'
is "reports that we got" "$(columns parleyd.sock contexts coast-tel 8)" 1
is "reports that Coast Tel sent" "$(columns coast.sock contexts home 9)" 1
are_connected 1 1 || fail "the report took another connection"

say "Coast Tel ends the relation, and tells us: the context is gone at both ends."
at_coast ctl 0 terminate home
await "no context is left" are_both_without
log_of log 'coast-tel: N32-f context ended by the peer'
log_of coast.log 'home: relation ended'
at_coast ctl 0 partners
ctl 0 contexts

say "A word between the operators, and it is negotiated again."
ctl 0 negotiate coast-tel
has "negotiate" "$answer" "coast-tel: established"
await "there is a context at both ends" are_mirrored
before=$mirror

say "kill -9 at Coast Tel. Its state directory has what was agreed, and which contexts there were; keys" \
	"are never on a disk. Started again, it reports the lost context, and both negotiate: no operator."
kill -KILL "$coast_pid"
wait "$coast_pid" 2>/dev/null || :
start_coast "$coast_at"
await "both agree again" are_new
lost=$(printf '%s\n' "$before" | awk '{ print $2 }')
log_of coast.log "home: n32f-error was .*taken .*id=$lost" # not taken: it is gone at our end, too
log_of log 'coast-tel: N32-f context made'
at_coast ctl 0 contexts
ctl 0 contexts
