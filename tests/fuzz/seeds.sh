#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Gives each fuzzer something well formed to start from: seeds.sh DIR makes DIR/<fuzzer>/ from what
# is in corpus/, where *.hex is the hexadecimal digits of a seed, with comments, and
# "N* " means that the rest of a line is there N times.  Keys and certificates are made here.
set -eu

dir=$1
mkdir -p "$dir/fuzz_tls_peer"

/usr/bin/python3 - "$(dirname "$0")/corpus" "$dir" <<'P'
import pathlib
import re
import sys

source, target = map(pathlib.Path, sys.argv[1:])
for seed in source.glob("*/*"):
    out = target / seed.parent.name / seed.name
    out.parent.mkdir(parents=True, exist_ok=True)
    data = seed.read_bytes()
    if seed.suffix == ".hex":
        text = re.sub("#.*", "", data.decode())
        data = bytes.fromhex(re.sub(r"(\d+)\*(.*)", lambda m: m[2] * int(m[1]), text))
    out.write_bytes(data)
P

# certificate NAME KEY SAN: self-signed, in DER
certificate() {
	openssl req -x509 -newkey "$2" ${4:+-pkeyopt "$4"} -nodes -keyout /dev/null -days 3 \
		-subj "/C=DE/O=5gc.mnc001.mcc001.3gppnetwork.org/CN=$1" -addext "subjectAltName=$3" \
		-outform DER -out "$dir/fuzz_tls_peer/$1" 2>/dev/null
}

sepp=sepp.5gc.mnc001.mcc001.3gppnetwork.org
certificate one ec "critical,DNS:$sepp" ec_paramgen_curve:P-256
certificate mixed ec "DNS:*.$sepp,DNS:$sepp,IP:127.0.0.1,email:a@example.org,URI:https://example.org/" \
	ec_paramgen_curve:P-384
certificate snpn ec "DNS:sepp.5gc.nid00000abcdef.mnc001.mcc001.3gppnetwork.org" ec_paramgen_curve:P-256
certificate rsa rsa:2048 "DNS:$sepp,DNS:sepp2.5gc.mnc012.mcc001.3gppnetwork.org"
many=DNS:$sepp
for i in $(seq 40); do
	many=$many,DNS:a$i.example.org
done
certificate many ec "$many" ec_paramgen_curve:P-256
