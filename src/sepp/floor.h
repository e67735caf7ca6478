/* SPDX-License-Identifier: MIT */
/*
 * floor.h - what configuration and certificates decide about a request, before any policy is asked
 * and whatever it says (n32.md A.6 steps 8 to 13).  Pure questions; negotiation.c asks them in
 * order and answers, `parleyctl eval` tells what they would say.
 */
#ifndef SEPP_FLOOR_H
#define SEPP_FLOOR_H

#include "base/base.h"
#include "n32/identity.h"
#include "n32/types.h"
#include "script/conf.h"

/* Whether the partner's file lists the name. */
bool floor_names(const struct conf_partner *p, const char *fqdn);

/* Whether the certificate has a name that the partner's file lists. */
bool floor_certifies(const struct conf_partner *p, const struct n32_identity *id);

/* Whether the partner is authorised for every PLMN and SNPN that it claims (TS 33.501 5.9.3.2). */
bool floor_covers(
    const struct conf_partner *p, const struct n32_identity *id, const struct n32_neg_req *req);

/* Whether the target that the request names, if it does, is one of our networks. */
bool floor_serves(const struct conf_gateway *g, const struct n32_neg_req *req);

/* Whether the purpose is known and among the allowed ones. */
bool floor_allows(conf_purposes allowed, const struct n32_usage *u);

/* The purposes that the answer allows, as far as they are known. */
conf_purposes floor_purposes(const struct n32_neg_rsp *rsp);

#endif
