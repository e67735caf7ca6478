#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Installs the Debian 12 packages that are missing: deps.sh deps|deps-test|deps-all
# Does nothing, and needs no network, when all are there.
set -eu

build="gcc libc6-dev make pkg-config libev-dev libssl-dev libnghttp2-dev libyajl-dev libjansson-dev
       liblua5.4-dev lua-cjson libmicrohttpd-dev libcurl4-openssl-dev libc-ares-dev
       libsqlite3-dev libseccomp-dev"
demo="curl nghttp2-client openssl python3 python3-cryptography ca-certificates"
# faketime: the convergence test steps the wall clock of one gateway, and of nobody else
test="$demo libcmocka-dev python3-pytest python3-h2 python3-dnslib python3-openssl lua5.4 lua-check git
      faketime"
all="$test clang clang-format llvm lld libclang-rt-14-dev valgrind strace
     nghttp2-server nginx-light libnginx-mod-http-lua haproxy"

case "${1:-}" in
deps) wanted="$build $demo" ;;
deps-test) wanted="$build $test" ;;
deps-all) wanted="$build $all" ;;
*)
	echo "usage: deps.sh deps|deps-test|deps-all" >&2
	exit 2
	;;
esac

missing=""
for package in $wanted; do
	dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed ||
		missing="$missing $package"
done
[ -n "$missing" ] || exit 0

as_root=""
if [ "$(id -u)" -ne 0 ]; then
	command -v sudo >/dev/null || {
		echo "these packages are missing; install them as root:$missing" >&2
		exit 1
	}
	as_root="sudo"
fi
echo "installing:$missing"
export DEBIAN_FRONTEND=noninteractive
$as_root apt-get update -qq
# a web server that a package brings along is not to be started
$as_root env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 \
	apt-get install -y -qq --no-install-recommends $missing >/dev/null
