# SPDX-License-Identifier: MIT
"""n32f-error, received and sent."""

from lib.peer import CAPABILITY_PATH, ERROR_PATH, new_id
from scripted import FEW_REPORTS, THEIR_IPX
from world import Mismatch, NotYet, expect, expect_in, refused

NAME = "reporting"
FAILED = "INTEGRITY_CHECK_FAILED"


def report(w, *arguments, name=NAME, **changes):
    """What n32f-error gets, about a context that is live unless `changes` name another."""
    context = w.establish(name)
    with w.prins(name) as connection:
        return connection.report(*arguments, **{"context": context.peer_id, **changes})


def noted(response):
    """States that the answer is an empty 204.  Returns it in words."""
    if response.status != 204:
        raise Mismatch(f"expected 204, got {response}")
    expect("the body", response.body, b"")
    expect("content-type", response.header("content-type"), None)
    return "204"


def err_01_report_about_a_live_context_is_taken(w):
    context = w.establish(NAME)
    words = noted(w.peers[NAME].report(w.parameters, context=context.peer_id))
    expect("reports_in", w.parameters.context(context)["reports_in"], 1)
    return words + ", counted"


def err_02_report_without_message_id(w):
    response = report(w, n32fMessageId=None)
    return refused(response, 400, "MANDATORY_IE_MISSING", "/n32fMessageId")


def err_03_report_without_type(w):
    response = report(w, n32fErrorType=None)
    return refused(response, 400, "MANDATORY_IE_MISSING", "/n32fErrorType")


def err_04_unknown_type_is_taken_and_logged(w):
    words = noted(report(w, "NOBODY_KNOWS_IT"))
    w.parameters.logs("NOBODY_KNOWS_IT")
    return words + ", logged"


def err_05_unknown_message_is_taken_and_logged(w):
    message = new_id()
    words = noted(report(w, FAILED, message))
    w.parameters.logs(message)
    return words + ", logged"


def err_06_empty_list_of_failed_modifications(w):
    response = report(w, failedModificationList=[])
    return refused(response, 400, "OPTIONAL_IE_INCORRECT", "/failedModificationList")


def err_07_failed_modification_without_its_intermediary(w):
    kind = {"n32fErrorType": "INTEGRITY_CHECK_ON_MODIFICATIONS_FAILED"}
    noted(report(w, failedModificationList=[{"ipxId": THEIR_IPX, **kind}]))
    response = report(w, failedModificationList=[kind])
    return refused(response, 400, None, "/failedModificationList/0/ipxId")


def err_08_unknown_reason_of_a_detail_is_taken(w):
    detail = {"attribute": "/supi", "msgReconstructFailReason": "NOBODY_KNOWS_IT"}
    return noted(report(w, "MESSAGE_RECONSTRUCTION_FAILED", errorDetailsList=[detail]))


def err_09_context_id_that_is_not_16_hexadecimal_digits(w):
    for bad in ("123456789abcdef", "123456789abcdefg", ""):
        words = refused(report(w, n32fContextId=bad), 400, "OPTIONAL_IE_INCORRECT",
                        "/n32fContextId")
    return words


def err_10_lost_context_is_dropped_and_negotiated_anew(w):
    sepp, gateway = w.sepp("loses-contexts"), w.initiator
    context = sepp.wait_for(lambda: sepp.contexts)[0]
    gateway.until(lambda: gateway.context(context))
    asked = len(sepp.of_path(CAPABILITY_PATH))
    words = noted(sepp.peer.report(gateway, "CONTEXT_NOT_FOUND", context=context.id))
    sepp.wait_requests(asked + 1, CAPABILITY_PATH)
    gateway.until(lambda: gateway.context(context) is None)
    renewed = sepp.wait_for(lambda: len(sepp.contexts) > 1 and sepp.contexts[-1])
    shown = gateway.until(lambda: gateway.context(renewed))
    expect("the new keys", shown["check"], renewed.check)
    return words + ", a new context"


def err_11_flood_of_reports_is_stopped(w):
    context = w.establish("flooding")
    with w.prins("flooding") as connection:
        answers = [connection.report(context=context.peer_id) for _ in range(FEW_REPORTS + 1)]
    for answer in answers[:-1]:
        noted(answer)
    return refused(answers[-1], 429) + f" after {FEW_REPORTS}"


def err_12_tampered_message_is_reported(_):
    raise NotYet("needs N32-f forwarding")


def err_13_report_opens_a_connection_of_its_own(_):
    raise NotYet("needs N32-f forwarding")


def err_14_bad_index_is_reported(_):
    raise NotYet("needs N32-f forwarding")


def err_15_bad_signature_is_reported(_):
    raise NotYet("needs N32-f forwarding")


def err_16_refused_report_is_not_reported(w):
    sepp, gateway = w.sepp("rejects-reports"), w.initiator
    context = sepp.wait_for(lambda: sepp.contexts)[0]
    gateway.until(lambda: gateway.context(context))
    messages = [new_id(), new_id()]
    for count, message in enumerate(messages, start=1):
        gateway.ctl("report", "rejects-reports", "--type", FAILED, "--message", message)
        sepp.wait_requests(count, ERROR_PATH)
    expect("the messages", [e.json()["n32fMessageId"] for e in sepp.of_path(ERROR_PATH)], messages)
    expect_in("the context", context, sepp.contexts)
    return "one report for each command, 400 to both"


def err_17_attribute_of_release_18_is_ignored(w):
    mismatch = [{"param": "/supi", "reason": "not encrypted"}]
    return noted(report(w, "POLICY_MISMATCH", policyMismatchList=mismatch))
