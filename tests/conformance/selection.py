# SPDX-License-Identifier: MIT
"""Which capability is selected, and what that does to the agreement."""

from world import ELSEWHERE, Mismatch, NotYet, expect, expect_in, granted, refused

TARGET_API_ROOT = "3GppSbiTargetApiRootSupported"


def cap_01_policy_that_puts_tls_first_selects_tls(w):
    return granted(w.negotiate("alpha", capabilities=["TLS", "PRINS"]), "TLS")


def cap_02_policy_that_puts_prins_first_beats_the_order_of_the_list(w):
    return granted(w.negotiate("prins-first", capabilities=["TLS", "PRINS"]), "PRINS")


def cap_03_tls_is_selected_where_only_tls_is_supported(w):
    return granted(w.negotiate("tls-only", capabilities=["PRINS", "TLS"]), "TLS")


def cap_04_prins_is_selected_where_only_prins_is_supported(w):
    return granted(w.negotiate("prins-only", capabilities=["TLS", "PRINS"]), "PRINS")


def cap_05_nothing_in_common_is_refused_and_leaves_no_agreement(w):
    response = w.negotiate("unagreed", capabilities=["PRINS"])
    expect("capability", w.main.partner("unagreed")["capability"], None)
    return refused(response, 403, "NEGOTIATION_NOT_ALLOWED")


def cap_06_policy_that_follows_the_initiator_takes_its_first(w):
    granted(w.negotiate("follows", capabilities=["TLS", "PRINS"]), "TLS")
    return granted(w.negotiate("follows", capabilities=["PRINS", "TLS"]), "PRINS")


def cap_12_unknown_capability_is_ignored(w):
    return granted(w.negotiate("tls-only", capabilities=["FOO", "TLS"]), "TLS")


def cap_13_only_unknown_capabilities_is_nothing_in_common(w):
    response = w.negotiate("tls-only", capabilities=["FOO"])
    return refused(response, 403, "NEGOTIATION_NOT_ALLOWED")


def cap_14_als_is_no_other_name_of_prins(w):
    response = w.negotiate("prins-only", capabilities=["ALS"])
    return refused(response, 403, "NEGOTIATION_NOT_ALLOWED")


def cap_15_capabilities_are_case_sensitive(w):
    response = w.negotiate("tls-only", capabilities=["tls"])
    return refused(response, 403, "NEGOTIATION_NOT_ALLOWED")


def cap_16_capability_offered_twice_is_selected_once(w):
    return granted(w.negotiate("tls-only", capabilities=["TLS", "TLS"]), "TLS")


def cap_41_target_api_root_is_answered_with_true(w):
    return granted(w.send(**{TARGET_API_ROOT: True}), "TLS", **{TARGET_API_ROOT: True})


def cap_42_negotiation_without_target_api_root_succeeds(w):
    answer = w.send()
    expect_in(TARGET_API_ROOT, answer.json().get(TARGET_API_ROOT), (None, False, True))
    return granted(answer, "TLS") + "; its N32-f half needs N32-f forwarding"


def cap_60_none_ends_an_agreement_that_knows_nftlst(w):
    w.agree("ending", "TLS", supportedFeatures="1")
    words = granted(w.negotiate("ending", capabilities=["NONE"], supportedFeatures="1"), "NONE")
    expect("the state", w.main.state("ending"), "terminated")
    expect("capability", w.main.partner("ending")["capability"], None)
    return words + ", state terminated"


def cap_61_none_without_agreement_makes_no_state(w):
    response = w.negotiate("never-agreed", capabilities=["NONE"], supportedFeatures="1")
    expect_in("status", response.status, (200, 403))
    expect("capability", w.main.partner("never-agreed")["capability"], None)
    if response.status == 403:
        return refused(response, 403)
    return granted(response, "NONE")


def cap_62_none_without_nftlst_is_refused_and_changes_nothing(w):
    w.agree("featureless", "TLS")
    words = refused(w.negotiate("featureless", capabilities=["NONE"]), 403)
    expect("the state", w.main.state("featureless"), "agreed_tls")
    return words + ", agreement untouched"


def cap_63_none_beside_others_is_ignored(w):
    return granted(w.send(capabilities=["NONE", "TLS"]), "TLS")


def cap_65_port_of_the_sender_is_used_for_n32f(_):
    raise NotYet("needs N32-f forwarding")


def cap_69_partner_is_sent_to_another_sepp(w):
    response = w.negotiate("redirected")
    expect("status", response.status, 307)
    path = "/n32c-handshake/v1/exchange-capability"
    expect("location", response.header("location"), f"https://{ELSEWHERE}:7443{path}")
    expect("content-type", response.header("content-type"), "application/json")
    if ELSEWHERE not in response.json().get("targetSepp", ""):
        raise Mismatch(f"expected the other SEPP as targetSepp, got {response}")
    return f"307 {response.header('location')}"


def cap_70_failure_of_the_policy_is_a_system_failure(w):
    return refused(w.negotiate("broken"), 500, "SYSTEM_FAILURE")


def cap_72_same_negotiation_again_gives_the_same(w):
    w.agree("repeating", "TLS")
    words = granted(w.negotiate("repeating"), "TLS")
    expect("the state", w.main.state("repeating"), "agreed_tls")
    return words + " twice"


def cap_73_negotiation_again_may_change_to_prins(w):
    w.agree("switching", "TLS")
    words = granted(w.negotiate("switching", capabilities=["PRINS"]), "PRINS")
    expect("the state", w.main.state("switching"), "agreed_prins")
    expect("capability", w.main.partner("switching")["capability"], "PRINS")
    return words


def cap_74_failed_repetition_keeps_the_agreement_on_400_and_suspends_it_on_403(w):
    w.agree("stumbling", "TLS")
    refused(w.negotiate("stumbling", b"{}"), 400)
    expect("the state after 400", w.main.state("stumbling"), "agreed_tls")
    w.agree("falling", "TLS")
    refused(w.negotiate("falling", capabilities=["FOO"]), 403)
    expect("the state after 403", w.main.state("falling"), "refused")
    return "agreed_tls after 400, refused after 403"
