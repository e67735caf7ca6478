/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include "script/hook.h"

#define CAN(verdict) (1u << SCRIPT_##verdict)

static const struct hook hooks[SCRIPT_HOOKS] = {
	[SCRIPT_SELECT_CAPABILITY] = { "request", &view_request,
	    CAN(SELECT) | CAN(REJECT) | CAN(DEFER),
	    "return sepp.select(capability), sepp.prefer(request, { ... }), sepp.reject(reason) or "
	    "sepp.defer(seconds, reason)" },
	[SCRIPT_RETAIN_CONNECTION] = { "event", &view_event, CAN(RETAIN) | CAN(RELEASE),
	    "return sepp.retain { ... } or sepp.release(reason)" },
	[SCRIPT_OFFER_CAPABILITIES] = { NULL, NULL, CAN(OFFER),
	    "return { sepp.PRINS, sepp.TLS }, or fewer" },
	[SCRIPT_VERIFY_SELECTION] = { "response", &view_response, CAN(ACCEPT) | CAN(REJECT),
	    "return sepp.accept() or sepp.reject(reason)" },
	[SCRIPT_SELECT_PARAMETERS] = { "request", &view_parameters, CAN(PARAMETERS) | CAN(REJECT),
	    "return sepp.parameters { ... } or sepp.reject(reason)" },
	[SCRIPT_ON_ERROR_REPORT] = { "report", &view_report,
	    CAN(CONTINUE) | CAN(RENEGOTIATE) | CAN(TERMINATE),
	    "return sepp.continue(), sepp.renegotiate(reason) or sepp.terminate(reason)" },
};

const struct hook *hook_of(enum script_hook hook)
{
	return &hooks[hook];
}

const void *hook_subject(const struct script_input *in)
{
	switch (in->hook) {
	case SCRIPT_SELECT_CAPABILITY:
		return in->request;
	case SCRIPT_RETAIN_CONNECTION:
		return in;
	case SCRIPT_VERIFY_SELECTION:
		return in->response;
	case SCRIPT_SELECT_PARAMETERS:
		return in->params;
	case SCRIPT_ON_ERROR_REPORT:
		return in->report;
	default:
		return NULL;
	}
}

bool hook_allows(enum script_hook hook, enum script_verdict verdict)
{
	return hooks[hook].verdicts & (1u << verdict);
}
