/* SPDX-License-Identifier: MIT */
/*
 * fixture_value.h - readers of the values that tests write and policies do not: see config.h.
 */
#ifndef SCRIPT_FIXTURE_VALUE_H
#define SCRIPT_FIXTURE_VALUE_H

#include "base/base.h"
#include "script/config.h"

/* Into the place that the field says. */
config_reader fixture_read_agreed;
config_reader fixture_read_answered_features;
config_reader fixture_read_answered_root;
config_reader fixture_read_certified_plmns;
config_reader fixture_read_dns_names;
config_reader fixture_read_event;
config_reader fixture_read_features;
config_reader fixture_read_integer;
config_reader fixture_read_names;
config_reader fixture_read_path;
config_reader fixture_read_plmns;
config_reader fixture_read_role;
config_reader fixture_read_sent_cap;
config_reader fixture_read_sent_caps;
config_reader fixture_read_snpns;
config_reader fixture_read_target;
config_reader fixture_read_text;
config_reader fixture_read_time;
config_reader fixture_read_usages;
config_reader fixture_read_zone;
config_reader fixture_read_jwe, fixture_read_jws, fixture_read_error;

#endif
