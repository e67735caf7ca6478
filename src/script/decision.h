/* SPDX-License-Identifier: MIT */
/*
 * decision.h - what a policy is told and what it says, as plain values.
 *
 * No Lua type, and no pointer into a Lua state: an answer is copied out and belongs to whoever
 * asked. What an input points to is borrowed for the call.
 */
#ifndef SCRIPT_DECISION_H
#define SCRIPT_DECISION_H

#include "base/base.h"
#include "base/str.h"
#include "n32/types.h"
#include "script/conf.h"
#include "script/prins.h"

/* --- hooks */

/* name, first argument */
/* clang-format off */
#define SCRIPT_HOOK_TABLE(X)                    \
	X(SELECT_CAPABILITY, "select_capability")   \
	X(RETAIN_CONNECTION, "retain_connection")   \
	X(OFFER_CAPABILITIES, "offer_capabilities") \
	X(VERIFY_SELECTION, "verify_selection")     \
	X(SELECT_PARAMETERS, "select_parameters")   \
	X(ON_ERROR_REPORT, "on_error_report")
/* clang-format on */

enum script_hook {
#define X(name, text) SCRIPT_##name,
	SCRIPT_HOOK_TABLE(X)
#undef X
	SCRIPT_HOOKS
};

const char *script_hook_name(enum script_hook hook);

/* --- what a decision is told; everything is borrowed for the call */

enum script_event {
	SCRIPT_EVENT_NEGOTIATED,
	SCRIPT_EVENT_IDLE,
	SCRIPT_EVENT_MAX_AGE,
	SCRIPT_EVENT_LOST,
	SCRIPT_EVENT_LIMIT,
	SCRIPT_EVENT_CERTIFICATE_CHANGED,
	SCRIPT_EVENT_POLICY_CHANGED,
	SCRIPT_EVENT_ERRORS,
	SCRIPT_EVENTS
};

/* What the peer's certificate says (see n32/identity.h). */
struct script_certificate {
	size_t n_dns_names;
	const struct str *dns_names;
	size_t n_plmns;
	const struct n32_plmn *plmns; /* in the three-digit reading */
	struct str issuer;
	struct str fingerprint; /* SHA-256, hexadecimal */
	struct str key;         /* "EC 256", "RSA 2048" */
	int64_t days_left;      /* negative when expired */
};

struct script_history {
	enum n32_cap last_capability; /* UNKNOWN = never agreed */
	int64_t last_ok_s;            /* 0 = never */
	uint64_t attempts, failures, errors_in, errors_out, strikes;
	struct str previous_fingerprint; /* "" = none */
};

struct script_counts {
	uint64_t handshakes_minute, handshakes_hour, connections;
};

struct script_peer {
	const struct conf_partner
	    *partner;     /* name, group, tags, path, plmns, snpns; NULL = nobody's */
	bool we_initiate; /* role: "responder" (the peer opened) or "initiator" */
	struct str source_address, tls_version, tls_cipher;
	struct script_certificate certificate;
	enum n32_cap established; /* UNKNOWN = nothing in force */
	struct script_history history;
	struct script_counts counts;
	size_t n_flags;
	const struct str *flags; /* switches an operator set */
};

struct script_input {
	enum script_hook hook;
	int64_t now_s;                     /* the only clock */
	int32_t utc_offset_s;              /* of the gateway's zone at now_s */
	const struct n32_neg_req *request; /* SELECT_CAPABILITY */
	conf_purposes purposes_allowed;    /* SELECT_CAPABILITY: what the floor lets through */
	/* What may be selected or offered, in our order.  SELECT_CAPABILITY: of what the peer
	 * offered; OFFER_CAPABILITIES: of what the ceiling of the partner allows. */
	struct conf_caps offer;
	const struct n32_neg_rsp *response; /* VERIFY_SELECTION */
	const struct script_params *params; /* SELECT_PARAMETERS */
	const struct script_report *report; /* ON_ERROR_REPORT */
	enum script_event event;            /* RETAIN_CONNECTION */
	int64_t event_age_s;                /* RETAIN_CONNECTION: age of the connection */
	struct script_peer peer;
};

/* --- what it says */

enum script_verdict {
	SCRIPT_FAILED, /* the policy has no valid answer: see `reason` */
	SCRIPT_SELECT,
	SCRIPT_REJECT,
	SCRIPT_DEFER,
	SCRIPT_RETAIN,
	SCRIPT_RELEASE,
	SCRIPT_OFFER,
	SCRIPT_ACCEPT,
	SCRIPT_PARAMETERS,
	SCRIPT_CONTINUE,
	SCRIPT_RENEGOTIATE,
	SCRIPT_TERMINATE,
	SCRIPT_VERDICTS
};

enum {
	SCRIPT_TEXT_MAX = 255,
	SCRIPT_NOTES_MAX = 16,
};

struct script_answer {
	enum script_verdict verdict;
	enum n32_cap cap;                   /* SELECT: TLS or PRINS, one of input->offer */
	bool has_purposes;                  /* SELECT: the policy narrowed the purposes */
	conf_purposes purposes;             /* ... to these */
	unsigned defer_s;                   /* DEFER: 1..3600 */
	unsigned idle_s, max_age_s, ping_s; /* RETAIN; 0 = not said */
	bool open_reverse;                  /* RETAIN */
	struct conf_caps caps;              /* OFFER: part of input->offer, in this order */
	enum n32_jwe jwe;                   /* PARAMETERS: one that was proposed */
	enum n32_jws jws;                   /* the same */
	enum script_mismatch on_mismatch;   /* PARAMETERS */
	char reason[SCRIPT_TEXT_MAX + 1];   /* for the operator, never for the peer */
	char file[CONF_NAME_MAX + 33];      /* where the answer was made, "" if it was not */
	int line;
	size_t n_notes;
	char notes[SCRIPT_NOTES_MAX][SCRIPT_TEXT_MAX + 1];
	uint64_t fuel;  /* units spent */
	size_t scratch; /* bytes used over the image; depends a little on how keys hash */
};

enum {
	SCRIPT_PLACE_TEXT_MAX = 128,
};

/* Where the answer was made: "partners/a.lua:12", the file alone, or "".  Returns the NUL. */
char *script_place(char out[SCRIPT_PLACE_TEXT_MAX], const struct script_answer *a);

const char *script_verdict_name(enum script_verdict verdict);
const char *script_event_name(enum script_event event);

#endif
