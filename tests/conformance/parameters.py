# SPDX-License-Identifier: MIT
"""exchange-params: suites, protection policies, what intermediaries sign with, and the keys."""

import re
import ssl

from lib.peer import PARAMS_PATH, new_id
from lib.wire import Refused
from scripted import (CALLBACK, IPX, OTHER_POLICY, POLICY, PROVIDERS, THEIR_IPX, THEIR_PROVIDERS,
                      ie, mapping, policy)
from world import Mismatch, expect, expect_in, granted, refused

TLS_1_2, TLS_1_3 = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3
JWE_LIST, MAPPING = "/jweCipherSuiteList", "/protectionPolicyInfo/apiIeMappingList/0"
STEPS = ("jweCipherSuiteList", "protectionPolicyInfo", "ipxProviderSecInfoList")
MISMATCH = "REQUESTED_PARAM_MISMATCH"
BAD_IE = ("MANDATORY_IE_MISSING", "MANDATORY_IE_INCORRECT", "OPTIONAL_IE_INCORRECT")


def is_id(text):
    """Whether it is an N32-f context id."""
    return isinstance(text, str) and re.fullmatch("[0-9A-Fa-f]{16}", text) is not None


def agreed(response, **attributes):
    """States that the answer is a 200 with an id of the gateway's own.  Returns its JSON."""
    if response.status != 200:
        raise Mismatch(f"expected 200, got {response}")
    expect("content-type", response.header("content-type"), "application/json")
    answer = response.json()
    expect("n32fContextId of 16 hexadecimal digits", is_id(answer.get("n32fContextId")), True)
    for name, value in attributes.items():
        expect(name, answer.get(name), value)
    return answer


def ask(w, name="suites", **changes):
    """What exchange-params gets after PRINS was agreed on, on a new connection."""
    with w.prins(name) as connection:
        return connection.agree_prins().params(**changes)


def add(w, name, **attributes):
    """What a second exchange-params gets, after the one about suites; (id, response)."""
    with w.prins(name) as connection:
        own = new_id()
        agreed(connection.agree_prins().params(own))
        return own, connection.add_params(own, **attributes)


def shown(w, own):
    """The gateway's entry of the context that a partner calls `own`."""
    found = [one for one in w.parameters.contexts() if one["peer_id"].lower() == own.lower()]
    expect(f"contexts with {own}", len(found), 1)
    return found[0]


def ids_of(w, name):
    """The contexts of a partner."""
    return {one["id"] for one in w.parameters.contexts(name)}


def prm_01_suites_are_selected_and_an_id_is_given(w):
    own = new_id()
    answer = agreed(ask(w, context=own), selectedJwsCipherSuite="ES256")
    expect_in("selectedJweCipherSuite", answer["selectedJweCipherSuite"], ("A128GCM", "A256GCM"))
    entry = shown(w, own)
    expect("the entry", (entry["partner"], entry["id"].lower(), entry["role"], entry["jwe"]),
           ("suites", answer["n32fContextId"].lower(), "responder",
            answer["selectedJweCipherSuite"]))
    return f"200 {answer['selectedJweCipherSuite']} ES256"


def prm_02_encryption_that_is_not_common_is_a_conflict(w):
    before = ids_of(w, "only-128")
    words = refused(ask(w, "only-128", jwe=["A256GCM"]), 409, MISMATCH)
    refused(ask(w, jwe=["FOO"]), 409, MISMATCH)
    expect("contexts", ids_of(w, "only-128"), before)
    return words


def prm_03_signature_other_than_es256_is_a_conflict(w):
    return refused(ask(w, jws=["RS256"]), 409, MISMATCH)


def prm_04_unknown_suite_is_passed_over(w):
    agreed(ask(w, jwe=["FOO", "A128GCM"]), selectedJweCipherSuite="A128GCM")
    return "200 A128GCM"


def prm_05_request_without_context_id(w):
    response = ask(w, n32fContextId=None)
    return refused(response, 400, "MANDATORY_IE_MISSING", "/n32fContextId")


def prm_06_context_id_that_is_not_16_hexadecimal_digits(w):
    for bad in ("123456789abcdef", "123456789abcdefg", "0123456789abcdef0", "", 5):
        words = refused(ask(w, n32fContextId=bad), 400, "MANDATORY_IE_INCORRECT",
                        "/n32fContextId")
    return words


def prm_07_empty_list_of_suites(w):
    return refused(ask(w, jwe=[]), 400, BAD_IE, JWE_LIST)


def prm_08_parameters_are_refused_when_tls_was_agreed(w):
    gateway = w.parameters
    granted(w.peers["agreed-tls"].negotiate(gateway, capabilities=["TLS"]), "TLS")
    with w.prins("agreed-tls") as connection:
        words = refused(connection.params(), 403)
    expect("capability", gateway.partner("agreed-tls")["capability"], "TLS")
    return words


def prm_09_parameters_are_refused_when_nothing_was_agreed(w):
    with w.prins("nothing-agreed") as connection:
        words = refused(connection.params(), 403)
    expect("contexts", w.parameters.contexts("nothing-agreed"), [])
    return words


def prm_10_first_request_has_to_be_about_suites(w):
    with w.prins("strict-policy") as connection:
        response = connection.agree_prins().add_params(new_id(), protectionPolicyInfo=POLICY)
        return refused(response, 400, "MANDATORY_IE_MISSING", JWE_LIST)


def prm_11_same_policy_is_answered_with_it(w):
    own, response = add(w, "strict-policy", protectionPolicyInfo=POLICY)
    agreed(response, selProtectionPolicyInfo=POLICY)
    expect("a policy is shown", shown(w, own)["policy"], True)
    return "200 with the policy"


def prm_12_other_policy_is_a_conflict_where_the_operator_says_so(w):
    _, response = add(w, "strict-policy", protectionPolicyInfo=OTHER_POLICY)
    return refused(response, 409, MISMATCH)


def prm_13_other_policy_is_a_warning_where_the_operator_says_so(w):
    since = w.parameters.log_size()
    _, response = add(w, "lax-policy", protectionPolicyInfo=OTHER_POLICY)
    agreed(response)
    w.parameters.until(lambda: warned(w.parameters.log(since), "lax-policy"))
    return "200 and a warning"


def warned(text, name):
    """Whether a warning about the partner is among the lines."""
    return any(line.startswith("warn") and name in line for line in text.splitlines())


def prm_14_list_of_elements_is_called_IeList(w):
    for bad in (mapping(IeList=None), mapping(IeList=None, ieList=[ie()]), mapping(infos=[])):
        _, response = add(w, "lax-policy", protectionPolicyInfo=policy(bad))
        words = refused(response, 400, BAD_IE, f"{MAPPING}/IeList")
    return words


def prm_15_element_without_its_type(w):
    bad = policy(mapping(infos=[{"ieLoc": "BODY", "reqIe": "/supi"}]))
    _, response = add(w, "lax-policy", protectionPolicyInfo=bad)
    return refused(response, 400, BAD_IE, f"{MAPPING}/IeList/0/ieType")


def prm_16_signature_of_an_api_is_a_string_or_an_object(w):
    for signature in (mapping(), CALLBACK):
        _, response = add(w, "lax-policy", protectionPolicyInfo=policy(signature))
        agreed(response)
    for bad in (5, {}, {"callbackType": 5}, []):
        _, response = add(w, "lax-policy", protectionPolicyInfo=policy(mapping(bad)))
        refused(response, 400, BAD_IE)
    return "200 for both, 400 for neither"


def in_steps(w):
    """States that the gateway as the initiator sends suites, then its policy, then its list."""
    requests = w.sepp("in-steps").wait_requests(3, PARAMS_PATH)[:3]
    bodies = [exchange.json() for exchange in requests]
    expect("one context", len({body["n32fContextId"] for body in bodies}), 1)
    steps = [[name for name in STEPS if name in body] for body in bodies]
    expect("the steps", steps, [[STEPS[0]], [STEPS[1]], [STEPS[2]]])
    expect("the policy", bodies[1]["protectionPolicyInfo"], POLICY)
    expect("the list", bodies[2]["ipxProviderSecInfoList"], PROVIDERS)
    context = w.sepp("in-steps").contexts[0]
    w.initiator.until(lambda: w.initiator.context(context))


def prm_17_keys_of_intermediaries_are_stored_for_each(w):
    own, response = add(w, "providers", ipxProviderSecInfoList=THEIR_PROVIDERS)
    answer = agreed(response)
    expect("ours", [one["ipxProviderId"] for one in answer.get("ipxProviderSecInfoList", [])],
           [PROVIDERS[0]["ipxProviderId"]])
    expect_in("providers", THEIR_IPX, shown(w, own)["providers"])
    in_steps(w)
    return f"200 with {IPX}, {THEIR_IPX} stored; as initiator the third of three steps"


def prm_18_intermediary_without_key_is_refused_or_warned_about(w):
    since = w.parameters.log_size()
    _, response = add(w, "providers", ipxProviderSecInfoList=[{"ipxProviderId": THEIR_IPX}])
    if response.status == 400:
        return refused(response, 400)
    agreed(response)
    w.parameters.until(lambda: warned(w.parameters.log(since), "providers"))
    return "200 and a warning"


def prm_19_sender_that_the_certificate_does_not_name(w):
    return refused(ask(w, sender=w.peers["one"].fqdn), 403)


def prm_20_same_id_of_two_partners_makes_two_contexts(w):
    gateway, same = w.parameters, new_id()
    one, other = (w.establish(name, context=same) for name in ("one", "other"))
    if one.peer_id.lower() == other.peer_id.lower():
        raise Mismatch(f"expected ids of the gateway that differ, got {one.peer_id} twice")
    expect("keys that differ", gateway.context(one)["check"] != gateway.context(other)["check"],
           True)
    expect("status", w.peers["one"].terminate(gateway, one.peer_id).status, 200)
    expect("the other", gateway.context(other)["check"], other.check)
    return "two contexts, one ended alone"


def prm_21_ids_are_random(w):
    ids = [int(w.establish("suites").peer_id, 16) for _ in range(6)]
    expect("different ids", len(set(ids)), len(ids))
    steps = [abs(after - before) for before, after in zip(ids, ids[1:])]
    if min(steps) < 1 << 32:
        raise Mismatch(f"expected ids far apart, got {[f'{one:016x}' for one in ids]}")
    return f"{len(ids)} ids far apart"


def prm_22_id_of_the_response_is_not_that_of_the_request(w):
    own = new_id()
    answer = agreed(ask(w, context=own))
    expect("the same id", answer["n32fContextId"].lower() == own.lower(), False)
    return f"{own} and {answer['n32fContextId']}"


def same_keys_as_initiator(w, name, version, jwe="A128GCM"):
    """States that gateway and scripted SEPP have the same keys, made by the gateway's request."""
    sepp, gateway = w.sepp(name), w.initiator
    context = sepp.wait_for(lambda: sepp.contexts)[0]
    expect("the version", sepp.wait_requests(1, PARAMS_PATH)[0].connection.version, version)
    entry = gateway.until(lambda: gateway.context(context))
    expect("role and suite", (entry["role"], entry["jwe"]), ("initiator", jwe))
    expect(f"the keys of {name}", entry["check"], context.check)


def prm_23_both_sides_derive_the_same_keys(w):
    for version in (TLS_1_2, TLS_1_3):
        for jwe in ("A128GCM", "A256GCM"):
            context = w.establish("suites", version=version, jwe=[jwe])
            entry = w.parameters.context(context)
            expect("role and suite", (entry["role"], entry["jwe"]), ("responder", jwe))
            expect(f"the keys in {version.name} with {jwe}", entry["check"], context.check)
    same_keys_as_initiator(w, "keys-of-1-2", "TLSv1.2")
    same_keys_as_initiator(w, "keys-of-1-3", "TLSv1.3")
    same_keys_as_initiator(w, "keys-of-256", "TLSv1.3", "A256GCM")
    for name in ("keys-initiator", "keys-responder"):
        same_keys_as_initiator(w, name, "TLSv1.3")
    return "TLS 1.2 and 1.3, both roles, both suites, three key contexts"


def no_ems_as_responder(w):
    """The alert that a handshake without extended_master_secret ends with."""
    try:
        w.prins("no-ems-here", version=TLS_1_2, ems=False).wire.close()
    except Refused as error:
        return error.alert
    raise Mismatch("expected a refused handshake, got a connection")


def prm_24_no_agreement_and_no_keys_without_extended_master_secret(w):
    alert = no_ems_as_responder(w)
    expect_in("the alert", "HANDSHAKE_FAILURE", (alert[-len("HANDSHAKE_FAILURE"):],))
    expect("agreement", w.parameters.partner("no-ems-here")["capability"], None)
    expect("contexts", w.parameters.contexts("no-ems-here"), [])
    sepp, gateway = w.sepp("no-ems"), w.initiator
    sepp.wait_connections(1)

    def failed():
        found = gateway.partner("no-ems")["out"]
        return found if "extended_master_secret" in found["reason"] else None

    state = gateway.until(failed)
    expect_in("the state", state["state"], ("backing_off", "resolving", "connecting"))
    expect("agreement", gateway.partner("no-ems")["capability"], None)
    expect("requests", sepp.requests, [])
    expect("contexts", gateway.contexts("no-ems"), [])
    return f"{alert} as responder; {state['state']} as initiator: {state['reason']}"
