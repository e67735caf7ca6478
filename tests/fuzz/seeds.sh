#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Gives each fuzzer something well formed to start from: seeds.sh DIR makes DIR/<fuzzer>/.
set -eu

dir=$1
mkdir -p "$dir/fuzz_tls_peer" "$dir/fuzz_n32_json" "$dir/fuzz_n32_name" "$dir/fuzz_h2" \
	"$dir/fuzz_n32_prins"

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

cat >"$dir/fuzz_n32_json/request" <<'J'
{"sender":"sepp.5gc.mnc001.mcc001.3gppnetwork.org","supportedSecCapabilityList":["PRINS","TLS"],"3GppSbiTargetApiRootSupported":true,"plmnIdList":[{"mcc":"001","mnc":"01"}],"snpnIdList":[{"mcc":"001","mnc":"01","nid":"00000abcdef"}],"targetPlmnId":{"mcc":"999","mnc":"70"},"intendedUsagePurpose":[{"usagePurpose":"ROAMING","additionalInfo":"x"}],"supportedFeatures":"1","senderN32fFqdn":"a.example.org","senderN32fPortList":[8443],"x":{"y":[1.5e3,null,"\u00e9\ud83d\ude00"]}}
J
cat >"$dir/fuzz_n32_json/response" <<'J'
{"sender":"sepp.5gc.mnc070.mcc999.3gppnetwork.org","selectedSecCapability":"TLS","3GppSbiTargetApiRootSupported":true,"plmnIdList":[{"mcc":"999","mnc":"70"}],"allowedUsagePurpose":[{"usagePurpose":"ROAMING"}],"rejectedUsagePurpose":[{"usagePurpose":"SMS_INTERCONNECT","cause":"no"}],"supportedFeatures":"1","senderN32fPort":443}
J
printf '%s\n*.%s\n001-01\n262-001-00000abcdef\n' "$sepp" "$sepp" >"$dir/fuzz_n32_name/names"

cat >"$dir/fuzz_n32_prins/suites" <<'J'
{"n32fContextId":"0123456789abCDEF","jweCipherSuiteList":["A256GCM","A128GCM","X"],"jwsCipherSuiteList":["ES256"],"sender":"sepp.example.org"}
J
cat >"$dir/fuzz_n32_prins/policy" <<'J'
{"n32fContextId":"0123456789abcdef","protectionPolicyInfo":{"apiIeMappingList":[{"apiSignature":"{apiRoot}/nudm-sdm/v2/{supi}","apiMethod":"GET","IeList":[{"ieLoc":"HEADER","ieType":"AUTHORIZATION_TOKEN","reqIe":"Authorization","isModifiable":false},{"ieLoc":"BODY","ieType":"UEID","reqIe":"/supi","rspIe":"/a\u00e9","isModifiableByIpx":{"a.org":true}}]},{"apiSignature":{"callbackType":"Nudm"},"apiMethod":"POST","IeList":[{"ieLoc":"URI_PARAM","ieType":"OTHER"}]}],"dataTypeEncPolicy":["UEID","LOCATION"]}}
J
cat >"$dir/fuzz_n32_prins/policy_file" <<'J'
{"apiIeMappingList":[{"apiSignature":"x","apiMethod":"PUT","IeList":[{"ieLoc":"BODY","ieType":"UEID"}]}],"dataTypeEncPolicy":["UEID"]}
J
cat >"$dir/fuzz_n32_prins/providers" <<'J'
{"n32fContextId":"0123456789abcdef","ipxProviderSecInfoList":[{"ipxProviderId":"a.org","rawPublicKeyList":["MFkw"],"certificateList":["-----BEGIN CERTIFICATE-----\nMII=\n"]}]}
J
cat >"$dir/fuzz_n32_prins/answer" <<'J'
{"n32fContextId":"0123456789abcdef","selectedJweCipherSuite":"A128GCM","selectedJwsCipherSuite":"ES256","selProtectionPolicyInfo":{"apiIeMappingList":[{"apiSignature":"x","apiMethod":"PUT","IeList":[{"ieLoc":"BODY","ieType":"UEID"}]}]}}
J
cat >"$dir/fuzz_n32_prins/report" <<'J'
{"n32fMessageId":"1","n32fErrorType":"INTEGRITY_CHECK_ON_MODIFICATIONS_FAILED","n32fContextId":"0123456789abcdef","failedModificationList":[{"ipxId":"a.org","n32fErrorType":"X"}],"errorDetailsList":[{"attribute":"/a","msgReconstructFailReason":"INVALID_JSON_POINTER"}],"policyMismatchList":[{"param":"/x"}]}
J
cat >"$dir/fuzz_n32_prins/refusal" <<'J'
{"status":409,"cause":"REQUESTED_PARAM_MISMATCH","detail":"a\nb","targetSepp":"https://b.example.org:8443"}
J
