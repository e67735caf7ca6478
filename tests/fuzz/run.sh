#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# Runs every fuzzer, as many at a time as there are cores, one line each: run.sh DIR SECONDS [NAME...]
#
# DIR holds the fuzzers and, in corpus/, their seeds and what they have found so far.  With 0 seconds
# each only goes once through that.  Each leaves DIR/<fuzzer>.profraw for coverage.py.
set -euo pipefail

dir=$1
seconds=$2
here=$(dirname "$0")
shift 2
[ $# -gt 0 ] || set -- $(cd "$here" && ls fuzz_*.c | sed 's/\.c$//')
"$here/seeds.sh" "$dir/corpus"

# run FUZZER OPTION...
run() {
	fuzzer=$1
	shift
	dict=$here/$fuzzer.dict
	[ ! -f "$dict" ] || set -- "$@" -dict="$dict"
	mkdir -p "$dir/corpus/$fuzzer"
	"$dir/$fuzzer" "$@" -timeout=10 -artifact_prefix="$dir/$fuzzer-" "$dir/corpus/$fuzzer" \
		2>"$dir/$fuzzer.log" &
	wait $! || {
		cat "$dir/$fuzzer.log"
		exit 1
	}
}

one() {
	trap 'kill $! 2>/dev/null; exit 1' TERM
	[ "$seconds" -eq 0 ] || {
		LLVM_PROFILE_FILE=/dev/null run "$1" -max_total_time="$seconds"
		echo "$1: no finding, $(tail -n 1 "$dir/$1.log")"
	}
	LLVM_PROFILE_FILE=$dir/$1.profraw run "$1" -runs=0
}

# The first finding ends it all.
trap 'kill $(jobs -p) 2>/dev/null || true' EXIT
under_way=0
for f; do
	[ "$under_way" -lt "$(nproc)" ] || {
		wait -n
		under_way=$((under_way - 1))
	}
	one "$f" &
	under_way=$((under_way + 1))
done
for _ in $(seq "$under_way"); do
	wait -n
done
