/* SPDX-License-Identifier: MIT */
/*
 * script.h - the policy engine, as the rest of the gateway sees it.
 *
 * Three things and nothing of Lua in them:
 *
 *   script_files    the texts of one directory; immutable, borrowed by programs
 *   script_program  one checked file of it (gateway, partner or policy): what it declares and which
 *                   hooks it has.  Immutable, shared by all threads.
 *   script_vm       an arena that belongs to one thread.  It holds no policy of its own: for each
 *                   decision the image of the program (made on first use, kept in a bounded cache)
 *                   is copied in, runs, and is thrown away.  Nothing survives a decision.
 *
 * A decision is a message: script_input in, script_answer out, both plain data, so that the engine
 * can be put behind a process boundary.  Whatever a policy does wrong - raises, loops, hoards,
 * answers nonsense - comes back as SCRIPT_FAILED with a text that names file and line; it never
 * takes the process or the thread down.  What to do then is the caller's business, and it is to
 * fail closed.
 */
#ifndef SCRIPT_SCRIPT_H
#define SCRIPT_SCRIPT_H

#include "base/base.h"
#include "base/str.h"
#include "n32/types.h"
#include "script/conf.h"

struct err;
struct script_vm;
struct script_program;

/* --- texts */

struct script_file {
	const char *path; /* relative to the directory: "partners/a.lua" */
	struct str text;
};

/* Sorted by path, byte for byte.  Borrowed by everything made from it. */
struct script_files {
	const struct script_file *files;
	size_t n;
};

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
	const struct conf_partner *partner; /* name, group, tags, path, plmns, snpns, fqdns */
	bool we_initiate;                   /* role: "responder" (the peer opened) or "initiator" */
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
	struct conf_caps offer;            /* what both sides and the ceiling allow, in our order */
	enum script_event event;           /* RETAIN_CONNECTION */
	int64_t event_age_s;               /* RETAIN_CONNECTION: age of the connection */
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
	char reason[SCRIPT_TEXT_MAX + 1];   /* for the operator, never for the peer */
	char file[CONF_NAME_MAX + 33];      /* where the answer was made, "" if it was not */
	int line;
	size_t n_notes;
	char notes[SCRIPT_NOTES_MAX][SCRIPT_TEXT_MAX + 1];
	uint64_t fuel;  /* units spent */
	size_t scratch; /* bytes used over the image */
};

const char *script_verdict_name(enum script_verdict verdict);

/* --- programs */

enum script_kind {
	SCRIPT_GATEWAY,
	SCRIPT_PARTNER,
	SCRIPT_POLICY
};

/*
 * Compiles `path` of `files`, runs its body within the budgets of `vm`, and checks what it returns.
 * Borrows `files` for the life of the program; the caller owns the program.
 * Returns NULL and fills `e` with file, line, and what to write instead.
 */
struct script_program *script_program_new(struct script_vm *vm, const struct script_files *files,
    const char *path, enum script_kind kind, struct err *e) MUST_CHECK;

/* NULL is allowed.  No thread may be deciding with it. */
void script_program_free(struct script_program *p);

/* What the file declares; of the right kind only.  Borrowed. */
const struct conf_gateway *script_program_gateway(const struct script_program *p);
const struct conf_partner *script_program_partner(const struct script_program *p);

/* The declared name of a policy or partner.  Borrowed. */
const char *script_program_name(const struct script_program *p);
const char *script_program_path(const struct script_program *p);

/* Whether the file defines the hook itself. */
bool script_program_has(const struct script_program *p, enum script_hook hook);

/* --- machines */

struct script_vm *script_vm_new(const struct conf_budgets *budgets, struct err *e) MUST_CHECK;

/* NULL is allowed. */
void script_vm_free(struct script_vm *vm);

/* Takes effect with the next decision. */
void script_vm_set_budgets(struct script_vm *vm, const struct conf_budgets *budgets);

/*
 * Asks the hook `in->hook` of `p`, which must have it.  Always fills `out`; a failure is
 * SCRIPT_FAILED.  The thread that calls is the one that owns `vm`.
 */
void script_decide(struct script_vm *vm, const struct script_program *p,
    const struct script_input *in, struct script_answer *out);

/* The budgets used where nothing else is said. */
extern const struct conf_budgets script_default_budgets;

#endif
