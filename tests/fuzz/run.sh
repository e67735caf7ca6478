#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Runs every fuzzer, one line each: run.sh DIR SECONDS [NAME...]
#
# DIR holds the fuzzers and, in corpus/, their seeds and what they have found so far.  With 0 seconds
# each only goes once through that.  Each leaves DIR/<fuzzer>.profraw for coverage.py.
set -eu

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
		2>"$dir/$fuzzer.log" || {
		cat "$dir/$fuzzer.log"
		exit 1
	}
}

for f; do
	[ "$seconds" -eq 0 ] || {
		LLVM_PROFILE_FILE=/dev/null run "$f" -max_total_time="$seconds"
		echo "$f: no finding, $(tail -n 1 "$dir/$f.log")"
	}
	LLVM_PROFILE_FILE=$dir/$f.profraw run "$f" -runs=0
done
