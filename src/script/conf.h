/* SPDX-License-Identifier: MIT */
/*
 * conf.h - what gateway.lua and partners/<name>.lua say, as plain values.
 *
 * Filled by script/ from the tables that the constructors sepp.gateway and sepp.partner checked;
 * read by everybody else.  No Lua type, no pointer into a Lua state: strings belong to the struct
 * and go with conf_gateway_release() and conf_partner_release().  Immutable once filled.
 */
#ifndef SCRIPT_CONF_H
#define SCRIPT_CONF_H

#include "base/base.h"
#include "n32/keys.h"
#include "n32/types.h"

enum {
	CONF_NAME_MAX = 63,
	CONF_LISTEN_MAX = 8,
	CONF_FQDNS_MAX = 16,
	CONF_TAGS_MAX = 16,
	CONF_DNS_MAX = 4,
};

/* Who reads the messages between the two SEPPs (TS 33.501 13.1.2). */
enum conf_path {
	CONF_PATH_DIRECT,
	CONF_PATH_IP_ONLY,
	CONF_PATH_INTERMEDIARY
};

/* A set of capabilities in order of preference; TLS and PRINS only. */
struct conf_caps {
	size_t n;
	enum n32_cap caps[2];
};

/* Purposes as a bit set: bit (1 << enum n32_purpose). */
typedef uint32_t conf_purposes;

struct conf_limits {
	unsigned connections; /* of the whole gateway; 0 = no limit of our own */
	unsigned handshakes;  /* TLS handshakes under way per worker; the oldest gives way */
	unsigned negotiations_per_second; /* of the whole gateway; above: 503.  0 = no limit */
	unsigned body_bytes;              /* of a request */
	unsigned header_bytes;            /* of a header list */
	unsigned streams;                 /* concurrent, per connection */
	/* Of one source address, before TLS; 0 = no limit. */
	unsigned address_connections;
	unsigned address_per_minute; /* new connections */
	unsigned memory_mib;         /* of the process; 0 = no limit of our own */
};

/* Milliseconds. */
struct conf_timeouts {
	msec handshake, first_request, body, idle, close, drain;
	msec response; /* to a request of ours */
	msec resolve;  /* of a partner's address */
};

/* How long until we try again: exponential, with full jitter, from `first` to `cap`. */
struct conf_retry {
	msec first, cap;
};

/* Name servers; none: those of the system. */
struct conf_dns {
	size_t n_servers;
	char *servers[CONF_DNS_MAX]; /* "address:port" */
	msec timeout;                /* of one try */
	unsigned tries;
};

struct conf_budgets {
	uint64_t fuel;  /* per decision */
	size_t scratch; /* bytes per decision over the image */
	msec wall;      /* backstop per decision, confirmed by thread CPU time */
};

/* The decision journal. */
struct conf_journal {
	bool enabled;
	unsigned max_mib; /* a file that reaches this is set aside; 0 = no limit */
	unsigned keep;    /* files set aside, the oldest goes; 0 = all */
};

struct conf_gateway {
	struct n32_fqdn fqdn;
	size_t n_plmns, n_snpns;
	struct n32_plmn plmns[N32_PLMNS_MAX];
	struct n32_snpn snpns[N32_SNPNS_MAX];
	struct conf_caps capabilities;
	conf_purposes purposes;
	char *certificate, *key; /* paths relative to the directory */
	size_t n_listen;
	char *listen[CONF_LISTEN_MAX]; /* "address:port" */
	char *admin_listen;            /* NULL = none */
	bool target_api_root;
	bool strict_fqdn;
	bool chain_cache;
	bool lab; /* not production: session keys may be written, the jail left out */
	unsigned no_common_status; /* 403 (default) or 400 (F-3) */
	unsigned workers;          /* 0 = one per core */
	struct conf_limits limits;
	struct conf_timeouts timeouts;
	struct conf_retry retry;
	struct conf_dns dns;
	msec validity; /* of what we negotiated, and of N32-f contexts */
	struct conf_budgets budgets;
	struct conf_journal journal;
};

/* What a revocation list is worth that its issuer should have replaced. */
enum conf_crl {
	CONF_CRL_REFUSE, /* nothing: nobody gets in */
	CONF_CRL_ACCEPT  /* what it says: who is not on it gets in */
};

/* The exchange of parameters with a partner. */
struct conf_prins {
	char *policy;    /* path of our ProtectionPolicy, or NULL */
	char *providers; /* path of our ipxProviderSecInfoList, or NULL */
	size_t n_jwe;    /* encryption that may be used, best first */
	enum n32_jwe jwe[N32_JWES - 1];
	enum n32_key_context key_context;
	bool combined; /* all in one request instead of step by step */
};

struct conf_partner {
	char name[CONF_NAME_MAX + 1];
	char group[CONF_NAME_MAX + 1]; /* "" = none */
	size_t n_tags;
	char tags[CONF_TAGS_MAX][CONF_NAME_MAX + 1];
	size_t n_fqdns;
	struct n32_fqdn fqdns[CONF_FQDNS_MAX];
	size_t n_plmns, n_snpns;
	struct n32_plmn plmns[N32_PLMNS_MAX];
	struct n32_snpn snpns[N32_SNPNS_MAX];
	char *anchors; /* path relative to the directory */
	char *crl;     /* the same, or NULL */
	enum conf_crl expired_crl;
	char *address;  /* "host:port", or NULL: DNS */
	char *srv;      /* name of SRV records, or NULL */
	char *redirect; /* "fqdn[:port]" that the partner is sent to with 307, or NULL */
	char *follows;  /* name of a shared policy, or NULL */
	enum conf_path path;
	struct conf_caps capabilities; /* the ceiling for this partner */
	conf_purposes purposes;
	bool enabled;
	bool initiate;
	bool verbose_errors;
	bool keep_last_on_policy_error;
	unsigned handshakes_per_minute; /* requests for a negotiation; 0 = no limit */
	unsigned connections;           /* at once; 0 = no limit */
	unsigned reports_per_minute;    /* N32-f error reports; 0 = no limit */
	unsigned tier;                  /* 1 to 3: under load, 3 is shed before 2 */
	struct conf_prins prins;
};

/* Free what the struct owns, and leave it zeroed. */
void conf_gateway_release(struct conf_gateway *g);
void conf_partner_release(struct conf_partner *p);

/*
 * What may be selected or offered: the ceiling of the partner, in its order, within that of the
 * gateway (NULL: all), and PRINS alone where somebody reads the messages (TS 33.501 13.1.2).  With
 * a request, only what it offers.
 */
void conf_offer(struct conf_caps *out, const struct conf_gateway *g, const struct conf_partner *p,
    const struct n32_neg_req *req);

bool conf_caps_have(const struct conf_caps *caps, enum n32_cap cap);

const char *conf_path_name(enum conf_path path);

#endif
