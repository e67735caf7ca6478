# SPDX-License-Identifier: MIT
#
# kit.sh - what demo.sh prints, checks and does; sourced by it.
#
# Uses $tmp, $build, $home, and, once the gateway runs, $port and $url.

bold="" dim="" plain=""
if [ -t 1 ] && [ -z "${NO_COLOR:-}" ] && [ "${TERM:-dumb}" != dumb ]; then
	bold=$(printf '\033[1m') dim=$(printf '\033[2m') plain=$(printf '\033[0m')
fi

# --- what is left behind: nothing

pid="" coast_pid=""

clean() {
	for each in $pid $coast_pid; do
		kill -KILL "$each" 2>/dev/null || :
		wait "$each" 2>/dev/null || :
	done
	rm -rf "$tmp"
}

trap clean EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP PIPE

fail() {
	printf '\ndemo: %s\n' "$1" >&2
	for log in "$tmp/log" "$tmp/coast.log"; do
		[ ! -f "$log" ] || printf '%s\n' "--- $log" "$(cat "$log")" >&2
	done
	exit 1
}

# --- what is printed

step=0

# say SENTENCE...: the next step, a line for each.
say() {
	step=$((step + 1))
	printf '\n%s%2d  %s%s\n' "$bold" "$step" "$1" "$plain"
	shift
	for sentence; do
		printf '%s    %s%s\n' "$bold" "$sentence" "$plain"
	done
}

# show TEXT: indented; a long line of JSON goes on in the next one.
show() {
	printf '%s\n' "$1" | awk -v dim="$dim" -v plain="$plain" '
		function find(what) {
			for (at = 100; at > 50 && substr($0, at) !~ what; at--)
				continue
			return at > 50
		}
		{
			for (more = "    "; length($0) > 100; more = "            ") {
				if (!find("^,[{]") && !find("^,\"[^\"]*\":"))
					break
				print dim more substr($0, 1, at) plain
				$0 = substr($0, at + 1)
			}
			print dim more $0 plain
		}'
}

# --- what is checked

# is WHAT TEXT EXPECTED
is() {
	[ "$2" = "$3" ] || fail "$1: expected '$3', got '$2'"
}

# has WHAT TEXT PART
has() {
	case $2 in
	*"$3"*) ;;
	*) fail "$1: expected '$3' in '$2'" ;;
	esac
}

# has_line WHAT TEXT EXPRESSION
has_line() {
	printf '%s\n' "$2" | grep -q "^$3" || fail "$1: expected a line '$3' in '$2'"
}

# await WHAT COMMAND...: until the command succeeds, for 20 seconds.
await() {
	what=$1
	shift
	until=$(($(date +%s) + 20))
	while [ "$(date +%s)" -lt "$until" ]; do
		! "$@" || return 0
		sleep 0.1
	done
	fail "$what: not within 20 seconds"
}

# --- what is done

offer() {
	printf '{"sender":"%s","supportedSecCapabilityList":["TLS","PRINS"]}' "$1"
}

# as PEER ARGUMENTS...: curl with that partner's certificate; the gateway's is verified, too.
as() {
	name=$1
	shift
	curl -q -sS --http2 --max-time 20 --noproxy '*' --resolve "$home:$port:127.0.0.1" \
		--cacert "$tmp/peers/gateway-ca.pem" --cert "$tmp/peers/$name.pem" \
		--key "$tmp/peers/$name.key" -H 'content-type: application/json' "$@"
}

# call PEER BODY STATUS: one request, shown with its answer, which is left in $answer.
call() {
	show "> $2"
	got=$(as "$1" -o "$tmp/answer" -w '%{http_code}' -d "$2" "$url" 2>"$tmp/error") ||
		fail "curl as $1: $(cat "$tmp/error")"
	answer=$(cat "$tmp/answer")
	show "< $got $answer"
	is "status" "$got" "$3"
}

# calls_twice PEER BODY "STATUS/NEW STATUS/NEW": how many connections two requests in a row make.
calls_twice() {
	got=$(as "$1" -o /dev/null -o /dev/null -w '%{http_code}/%{num_connects} ' -d "$2" \
		"$url" "$url" 2>"$tmp/error") || fail "curl as $1: $(cat "$tmp/error")"
	is "status and new connections" "$got" "$3 "
}

# call_frames PEER BODY: the same as call, with the frames that the gateway sends.
call_frames() {
	show "> $2"
	printf '%s' "$2" >"$tmp/body"
	SSL_CERT_FILE="$tmp/peers/gateway-ca.pem" timeout 20 nghttp -v --cert "$tmp/peers/$1.pem" \
		--key "$tmp/peers/$1.key" -H ":authority: $home:$port" \
		-H 'content-type: application/json' -d "$tmp/body" \
		"https://127.0.0.1:$port/${url#https://*/}" >"$tmp/frames" 2>&1 ||
		fail "nghttp as $1: $(cat "$tmp/frames")"
	answer=$(sed -n 's/^\({.*}\)\[.*/\1/p' "$tmp/frames")
	received=$(sed -n 's/.*\] \(recv .*\(:status:\|DATA\|GOAWAY\).*\)/\1/p' "$tmp/frames")
	show "$received
< $answer"
	has "frames" "$received" ":status: 200"
	has "frames" "$received" "recv DATA frame"
	! grep -q 'WARNING\|recv GOAWAY' "$tmp/frames" || fail "nghttp: $(cat "$tmp/frames")"
}

# ctl STATUS ARGUMENTS...: parleyctl, shown with its answer, which is left in $answer.
ctl() {
	want=$1
	shift
	rc=0
	answer=$("$build/parleyctl" "$@" 2>&1) || rc=$?
	show "$prompt$ parleyctl $*
$answer"
	is "exit status of parleyctl $*" "$rc" "$want"
}

# at_coast COMMAND...: what the operator of the other gateway does.
at_coast() {
	prompt="coast-tel " PARLEY_SOCKET="$tmp/coast.sock"
	"$@"
	prompt="" PARLEY_SOCKET="$tmp/parleyd.sock"
}

prompt=""

# launch DIRECTORY SOCKET STATE LOG FIFO: starts a gateway in the background, as $!.
launch() {
	rm -f "$5"
	mkfifo "$5"
	"$build/parleyd" "$1" --socket "$2" --state "$3" </dev/null >"$5" 2>>"$4" &
}

# show_ready LINE
show_ready() {
	has "ready line" "$1" '"ready":true'
	show "$(printf '%s\n' "$1" | sed 's/,"socket".*\("generation":[0-9]*\).*/,\1}/')"
}

# edit FILE EXPRESSION: what sed makes of a file of the operator's, and shown.
edit() {
	cp "$tmp/policies/$1" "$tmp/before"
	sed -i "$2" "$tmp/policies/$1"
	change=$(diff "$tmp/before" "$tmp/policies/$1" | sed -n 's/^< */- /p; s/^> */+ /p')
	show "$1
$change"
}
