/* SPDX-License-Identifier: MIT */
/*
 * json.h - strict decoding and encoding of the N32-c bodies (TS 29.573 6.1.5).
 *
 * Decoding is for bytes that a peer sent: UTF-8 is checked, a duplicate key, a nesting that has no
 * use, or anything after the object is malformed, and every offence against the types is listed,
 * not only the first.  Attributes that are unknown are ignored, and so are unknown values of
 * extensible enumerations.  Both port shapes (Rel-18: senderN32fPort, Rel-19: senderN32fPortList)
 * are accepted in both directions.
 */
#ifndef N32_JSON_H
#define N32_JSON_H

#include "base/base.h"
#include "base/buf.h"
#include "n32/problem.h"
#include "n32/types.h"

struct n32_json_options {
	bool strict_fqdn; /* the Rel-17 pattern for every Fqdn (F-23) */
};

/*
 * Returns 0 and fills `out`, or ERR_SYNTAX and fills `problem` with the code of n32.md A.6 steps 5
 * and 6 (missing before incorrect before optional) and all offences.  What either held before is
 * forgotten, also when decoding fails; what `out` holds then is of no use.  Array elements beyond
 * their count keep old bytes.
 */
int n32_neg_req_decode(struct n32_neg_req *out, struct str body,
    const struct n32_json_options *options, struct n32_problem *problem) MUST_CHECK;
int n32_neg_rsp_decode(struct n32_neg_rsp *out, struct str body,
    const struct n32_json_options *options, struct n32_problem *problem) MUST_CHECK;

/*
 * Append the object without insignificant white space; attributes are in the order of the struct.
 * Text that is not UTF-8 is escaped.  ERR_LIMIT if it does not fit.
 */
int n32_neg_req_encode(struct buf *out, const struct n32_neg_req *req) MUST_CHECK;
int n32_neg_rsp_encode(struct buf *out, const struct n32_neg_rsp *rsp) MUST_CHECK;

#endif
