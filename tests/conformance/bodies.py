# SPDX-License-Identifier: MIT
"""What is wrong, or right, in the body of exchange-capability."""

from world import Mismatch, expect, expect_in, granted, purposes_of, refused
import pki

CAPABILITIES = "/supportedSecCapabilityList"


def cap_07_body_without_sender(w):
    return refused(w.send(sender=None), 400, "MANDATORY_IE_MISSING", "/sender")


def cap_08_body_without_capabilities(w):
    response = w.send(supportedSecCapabilityList=None)
    return refused(response, 400, "MANDATORY_IE_MISSING", CAPABILITIES)


def cap_09_empty_list_of_capabilities(w):
    return refused(w.send(capabilities=[]), 400, "MANDATORY_IE_INCORRECT", CAPABILITIES)


def cap_10_capabilities_as_a_string(w):
    response = w.send(supportedSecCapabilityList="TLS")
    return refused(response, 400, "MANDATORY_IE_INCORRECT", CAPABILITIES)


def cap_11_number_among_the_capabilities(w):
    response = w.send(capabilities=[1])
    return refused(response, 400, "MANDATORY_IE_INCORRECT", CAPABILITIES + "/0")


def cap_17_empty_sender(w):
    return refused(w.send(sender=""), 400, "MANDATORY_IE_INCORRECT", "/sender")


def cap_18_sender_that_is_a_number(w):
    return refused(w.send(sender=5), 400, "MANDATORY_IE_INCORRECT", "/sender")


def cap_19_strict_gateway_refuses_a_sender_that_is_no_fqdn(w):
    gateway = w.strict
    for sender in ("not an fqdn!", "sepp_1.example.org", "sepp.example.123"):
        words = refused(w.peers["strict"].negotiate(gateway, sender=sender), 400,
                        "MANDATORY_IE_INCORRECT", "/sender")
    return words


def cap_20_sender_in_upper_case_is_the_same_name(w):
    return granted(w.send(sender=w.peer("alpha").fqdn.upper()), "TLS")


def cap_21_sender_that_the_certificate_does_not_name(w):
    refused(w.send(sender=w.peer("tls-only").fqdn), 403)
    refused(w.negotiate("stranger", sender=w.peer("alpha").fqdn), 403)
    response = w.send(sender=pki.fqdn("001-01", "someone-else"))
    return refused(response, 403, "NEGOTIATION_NOT_ALLOWED")


def cap_22_peer_that_nobody_configured(w):
    before = set(w.main.partners())
    words = refused(w.negotiate("stranger"), 403, "NEGOTIATION_NOT_ALLOWED")
    expect("the partners", set(w.main.partners()), before)
    return words


def cap_23_partner_that_is_disabled(w):
    words = refused(w.negotiate("disabled"), 403, "NEGOTIATION_NOT_ALLOWED")
    expect("the state", w.main.state("disabled"), "disabled")
    return words


def cap_24_body_that_is_no_json(w):
    for body in (b"TLS", b"{sender:1}", b'{"sender":"\xff"}', b'{"sender":"a",}'):
        words = refused(w.send(body), 400, "INVALID_MSG_FORMAT")
    return words


def cap_25_body_that_is_an_array(w):
    return refused(w.send(b"[]"), 400, "INVALID_MSG_FORMAT")


def cap_26_empty_body(w):
    return refused(w.send(b""), 400, "INVALID_MSG_FORMAT")


def cap_27_json_followed_by_garbage(w):
    return refused(w.send(w.peer("alpha").body() + b"}"), 400, "INVALID_MSG_FORMAT")


def cap_28_duplicate_key(w):
    body = b'{"sender":"a.example.org",' + w.peer("alpha").body()[1:]
    return refused(w.send(body), 400, "INVALID_MSG_FORMAT")


def cap_29_ten_thousand_levels_of_nesting(w):
    response = w.send(b'{"x":' + b"[" * 10000 + b"]" * 10000 + b"}")
    expect_in("status", response.status, (400, 413))
    granted(w.send(), "TLS")
    return refused(response, response.status) + ", the next is served"


def cap_30_unknown_attribute_is_ignored(w):
    return granted(w.send(x={}), "TLS")


def cap_43_target_api_root_as_a_string(w):
    response = w.send(**{"3GppSbiTargetApiRootSupported": "true"})
    return refused(response, 400, "OPTIONAL_IE_INCORRECT", "/3GppSbiTargetApiRootSupported")


def cap_44_empty_list_of_plmns(w):
    return refused(w.send(plmnIdList=[]), 400, "OPTIONAL_IE_INCORRECT", "/plmnIdList")


def cap_45_country_code_of_two_digits(w):
    response = w.send(plmnIdList=[{"mcc": "01", "mnc": "01"}])
    return refused(response, 400, "OPTIONAL_IE_INCORRECT", "/plmnIdList/0/mcc")


def cap_46_plmn_of_the_certificate(w):
    return granted(w.send(plmnIdList=[w.peer("alpha").plmn_id()]), "TLS")


def cap_47_plmn_that_is_not_the_partners(w):
    response = w.send(plmnIdList=[{"mcc": "001", "mnc": "01"}, {"mcc": "001", "mnc": "02"}])
    return refused(response, 403, "NEGOTIATION_NOT_ALLOWED")


def cap_48_padded_mnc_is_what_the_partners_file_says(w):
    two, three = [{"mcc": "310", "mnc": "12"}], [{"mcc": "310", "mnc": "012"}]
    refused(w.negotiate("padded", plmnIdList=three), 403)
    return granted(w.negotiate("padded", plmnIdList=two), "TLS") + " for 12, 403 for 012"


def cap_49_target_plmn_that_is_ours(w):
    ours = {"mcc": "999", "mnc": "70"}
    return granted(w.send(targetPlmnId=ours), "TLS", plmnIdList=[ours])


def cap_50_target_plmn_that_is_not_ours(w):
    response = w.send(targetPlmnId={"mcc": "262", "mnc": "01"})
    return refused(response, 403, "NEGOTIATION_NOT_ALLOWED")


def intending(w, *names):
    return w.send(intendedUsagePurpose=[{"usagePurpose": name} for name in names])


def cap_51_purpose_that_is_allowed(w):
    response = intending(w, "ROAMING")
    expect("allowedUsagePurpose", purposes_of(response, "allowedUsagePurpose"), ["ROAMING"])
    expect("rejectedUsagePurpose", response.json().get("rejectedUsagePurpose"), None)
    return granted(response, "TLS") + ", ROAMING allowed"


def cap_52_purposes_are_split_into_allowed_and_rejected(w):
    response = intending(w, "ROAMING", "SMS_INTERCONNECT")
    expect("allowedUsagePurpose", purposes_of(response, "allowedUsagePurpose"), ["ROAMING"])
    rejected = response.json().get("rejectedUsagePurpose", [])
    expect("rejected", purposes_of(response, "rejectedUsagePurpose"), ["SMS_INTERCONNECT"])
    if not rejected[0].get("cause"):
        raise Mismatch(f"expected a cause, got {rejected}")
    return granted(response, "TLS") + f", SMS_INTERCONNECT rejected: {rejected[0]['cause']}"


def cap_53_only_purposes_that_are_not_allowed(w):
    return refused(intending(w, "DISASTER_ROAMING"), 403, "REQUESTED_PURPOSE_NOT_ALLOWED")


def cap_54_unknown_purpose_is_rejected_not_malformed(w):
    response = intending(w, "X", "ROAMING")
    expect("rejected", purposes_of(response, "rejectedUsagePurpose"), ["X"])
    refused(intending(w, "X"), 403, "REQUESTED_PURPOSE_NOT_ALLOWED")
    return granted(response, "TLS") + ", X rejected"


def cap_55_purpose_without_its_name(w):
    response = w.send(intendedUsagePurpose=[{"additionalInfo": "?"}])
    return refused(response, 400, ("OPTIONAL_IE_INCORRECT", "MANDATORY_IE_MISSING"),
                   "/intendedUsagePurpose/0/usagePurpose")


def cap_56_feature_that_both_support(w):
    return granted(w.send(supportedFeatures="1"), "TLS", supportedFeatures="1")


def cap_57_features_are_those_of_both(w):
    return granted(w.send(supportedFeatures="F3"), "TLS", supportedFeatures="1")


def cap_58_features_that_are_not_hexadecimal(w):
    response = w.send(supportedFeatures="xyz")
    return refused(response, 400, "OPTIONAL_IE_INCORRECT", "/supportedFeatures")


def cap_59_empty_features_are_no_feature(w):
    response = w.send(supportedFeatures="")
    expect_in("supportedFeatures", response.json().get("supportedFeatures"), (None, "", "0"))
    return granted(response, "TLS")


def cap_64_port_out_of_range(w):
    for port in (0, 70000):
        words = refused(w.send(senderN32fPort=port), 400, "OPTIONAL_IE_INCORRECT",
                        "/senderN32fPort")
    return words


def cap_66_port_list_of_release_19_is_accepted(w):
    return granted(w.send(senderN32fPortList=[8443]), "TLS")
