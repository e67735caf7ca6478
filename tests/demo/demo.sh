#!/bin/sh
# SPDX-License-Identifier: MIT
#
# demo.sh - a gateway, its roaming partners, and what they say to each other; called by `make demo`.
#
# Starts build/parleyd (B names another folder) on a copy of policies/ with throwaway certificates,
# plays the partners with curl and nghttp, and checks every answer: exit 1, with the log of the
# daemon, at the first one that is not as expected.  KEEP=1 leaves the gateway running.
set -eu
umask 022
export LC_ALL=C

root=$(cd "$(dirname "$0")/../.." && pwd)
build=$(cd "${B:-$root/build}" && pwd)
tmp=$(mktemp -d "${TMPDIR:-/tmp}/parley-demo.XXXXXX")
export PARLEY_SOCKET="$tmp/parleyd.sock"

home=sepp.5gc.mnc001.mcc001.3gppnetwork.org
mobile=sepp.5gc.mnc001.mcc262.3gppnetwork.org
island=sepp.5gc.mnc998.mcc342.3gppnetwork.org
lab=sepp-lab.5gc.mnc002.mcc001.3gppnetwork.org
stranger=sepp-7.5gc.mnc001.mcc262.3gppnetwork.org

. "$root/tests/demo/kit.sh"

# --- start

cp -R "$root/policies" "$tmp/policies"
sed -i 's/127\.0\.0\.1:7443/127.0.0.1:0/' "$tmp/policies/gateway.lua"
"$root/tests/pki.py" "$tmp/policies" --peers-dir "$tmp/peers" --gateway "$home" \
	--partner "example-mobile:$mobile" --partner "island-telecom:$island" \
	--partner "test-lab:$lab" --partner "stranger:$stranger" \
	--partner "coast-tel:sepp.5gc.mnc077.mcc206.3gppnetwork.org"
mv "$tmp/policies/partners/coast_tel.lua" "$tmp" # comes later
rm "$tmp/policies/anchors/stranger.pem" # its authority is that of Example Mobile
"$root/tests/pki.py" "$tmp/elsewhere" --peers-dir "$tmp/elsewhere" --partner "impostor:$mobile"
mv "$tmp/elsewhere/impostor.pem" "$tmp/elsewhere/impostor.key" "$tmp/peers"

cat <<END
Parley is a SEPP: the gateway of a 5G network that the gateways of roaming partners talk to.
First of all, two of them agree how to protect what follows: TLS, or message by message (PRINS).
Below, > is what a partner sends, < what the gateway answers, \$ what its operator types.
END

say "The gateway of network 001-01 starts on a directory with one Lua file for each partner."
launch "$tmp/policies" "$PARLEY_SOCKET" "$tmp/state" "$tmp/log" "$tmp/ready"
pid=$!
exec 3<"$tmp/ready" # it ends when the daemon does
ready=$(timeout 20 head -n 1 <&3) || :
show_ready "$ready"
port=${ready#*\"n32c\":\[\"127.0.0.1:}
port=${port%%\"*}
url=https://$home:$port/n32c-handshake/v1/exchange-capability

# --- partners

say "Example Mobile calls over mutual TLS and HTTP/2. It can do both; its file prefers TLS." \
	"With TLS agreed, the standard wants this connection ended, so that each call needs a new one."
call example-mobile "$(offer $mobile)" 200
has "answer" "$answer" '"selectedSecCapability":"TLS"'
calls_twice example-mobile "$(offer $mobile)" "200/1 200/1"
show "  connections made by two calls in a row: 2"

say "Island Telecom is reached through a hub that reads the messages, which takes PRINS." \
	"Its policy keeps the connection: the gateway sends no GOAWAY, and a second call goes over it."
call_frames island-telecom "$(offer $island)"
has "answer" "$answer" '"selectedSecCapability":"PRINS"'
calls_twice island-telecom "$(offer $island)" "200/1 200/0"
show "  connections made by two calls in a row: 1"

say "The test lab wants live and test traffic, and gets the half that its file allows."
call test-lab "{\"sender\":\"$lab\",\"supportedSecCapabilityList\":[\"TLS\"],\
\"intendedUsagePurpose\":[{\"usagePurpose\":\"ROAMING\"},{\"usagePurpose\":\"ROAMING_TEST\"}]}" 200
has "answer" "$answer" '"allowedUsagePurpose":[{"usagePurpose":"ROAMING_TEST"}]'
has "answer" "$answer" '"rejectedUsagePurpose":[{"usagePurpose":"ROAMING"'

say "A stranger has a certificate of an authority we know, but no file: refused, without a reason."
call stranger "$(offer $stranger)" 403
has "answer" "$answer" '"cause":"NEGOTIATION_NOT_ALLOWED"'

say "An impostor has Example Mobile's name, from an authority nobody trusts: no TLS, so no HTTP."
rc=0
as impostor -o /dev/null -d "$(offer $mobile)" "$url" 2>"$tmp/error" || rc=$?
show "$(sed 's/OpenSSL SSL_read.*routines::/.../' "$tmp/error")"
is "exit status of curl" "$rc" 56
has "error of curl" "$(cat "$tmp/error")" "alert unknown ca"

say "A partner sends nonsense, and hears about all of it at once."
call example-mobile '{"sender":5,"supportedSecCapabilityList":[],"plmnIdList":[{"mcc":"26"}]}' 400
for param in /sender /supportedSecCapabilityList /plmnIdList/0/mcc /plmnIdList/0/mnc; do
	has "answer" "$answer" "{\"param\":\"$param\",\"reason\":\""
done

# --- the operator

say "The operator changes Example Mobile's file: PRINS first. A reload, and that is the answer."
edit partners/example_mobile.lua \
	's/sepp.prefer(request, .*/sepp.prefer(request, { sepp.PRINS, sepp.TLS })/'
ctl 0 reload
has "reload" "$answer" "generation 2 is active"
call example-mobile "$(offer $mobile)" 200
has "answer" "$answer" '"selectedSecCapability":"PRINS"'

say "The lab is closed for the day. Its file lets it read our reasons; others get the cause."
edit partners/test_lab.lua \
	's/return sepp.select(sepp.TLS)/return sepp.reject("the lab is closed until tomorrow")/'
ctl 0 reload
has "reload" "$answer" "generation 3 is active"
call test-lab "{\"sender\":\"$lab\",\"supportedSecCapabilityList\":[\"TLS\"],\
\"intendedUsagePurpose\":[{\"usagePurpose\":\"ROAMING_TEST\"}]}" 403
has "answer" "$answer" '"detail":"the lab is closed until tomorrow"'

say "A slip of the keyboard: the reload is refused, and what ran before goes on."
edit partners/example_mobile.lua 's/select_capability(/select_capabilty(/'
line=$(grep -n select_capabilty "$tmp/policies/partners/example_mobile.lua")
ctl 1 reload
has "reload" "$answer" "refused, nothing changed: partners/example_mobile.lua:${line%%:*}: "
has "reload" "$answer" "unknown hook 'select_capabilty' (did you mean 'select_capability'?)"
call example-mobile "$(offer $mobile)" 200
has "answer" "$answer" '"selectedSecCapability":"PRINS"'
sed -i 's/select_capabilty(/select_capability(/' "$tmp/policies/partners/example_mobile.lua"

say "The tests of the policies need no daemon. They would have told what step 8 changes:"
ctl 1 test "$tmp/policies" tests/example_mobile_test.lua
has "test" "$answer" "expected select TLS, got select PRINS"

say "Was it better this morning? Any of the last four generations is back at once, and this one after it."
ctl 0 rollback 1
call example-mobile "$(offer $mobile)" 200
has "answer" "$answer" '"selectedSecCapability":"TLS"'
ctl 0 rollback
has "rollback" "$answer" "generation 3"

say "Every decision is in the journal: what was asked, what the policy answered, where, and why."
ctl 0 journal "$tmp/state/decisions.jsonl" --last 4
has "journal" "$answer" "the lab is closed until tomorrow"

say "What runs, and how it stands with each partner."
ctl 0 status
has "status" "$answer" "generation    3, "
has "status" "$answer" "REFUSED"
ctl 0 partners
has_line "partners" "$answer" 'example-mobile  *agreed_tls '
has_line "partners" "$answer" 'island-telecom  *agreed_prins '
has_line "partners" "$answer" 'test-lab  *refused .*the lab is closed until tomorrow'

# --- another gateway

. "$root/tests/demo/coast.sh"

# --- end

if [ -n "${KEEP:-}" ]; then
	trap - EXIT
	cat <<END

Both gateways go on running (processes $pid and $coast_pid). Their directories, logs and keys are in
$tmp; copy these:

    export PARLEY_SOCKET=$PARLEY_SOCKET
    $build/parleyctl partners
    $build/parleyctl contexts
    $build/parleyctl --socket $tmp/coast.sock contexts
    $build/parleyctl negotiate coast-tel
    curl -sS --unix-socket $PARLEY_SOCKET http://parleyd/metrics
    \${EDITOR:-vi} $tmp/policies/partners/example_mobile.lua
    $build/parleyctl reload --dry-run
    $build/parleyctl reload
    curl -i --http2 --noproxy '*' --resolve $home:$port:127.0.0.1 \\
        --cacert $tmp/peers/gateway-ca.pem \\
        --cert $tmp/peers/example-mobile.pem --key $tmp/peers/example-mobile.key \\
        -H 'content-type: application/json' -d '$(offer $mobile)' \\
        $url
    kill $pid $coast_pid; rm -rf $tmp    # ends them
END
	exit 0
fi

say "SIGTERM: both gateways end with exit status 0. Our log names the line that decided in step 8:"
kill -TERM "$pid" "$coast_pid"
timeout 20 cat <&3 >/dev/null || fail "SIGTERM does not end the gateway"
timeout 20 cat <&4 >/dev/null || fail "SIGTERM does not end Coast Tel's gateway"
for each in $pid $coast_pid; do
	rc=0
	wait "$each" || rc=$?
	is "exit status of parleyd" "$rc" 0
done
pid="" coast_pid=""
line=$(grep -n 'sepp.prefer' "$tmp/policies/partners/example_mobile.lua")
decided=$(grep 'sepp example-mobile: negotiated selected=PRINS' "$tmp/log") || :
has "log" "$decided" "policy=partners/example_mobile.lua:${line%%:*} generation=2"
show "$decided"
printf '\n%s%s%s\n' "$bold" "All as expected." "$plain"
