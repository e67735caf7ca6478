-- SPDX-License-Identifier: MIT
-- Says who we are: our name, our network, what we support and where we listen.  It decides nothing
-- about a partner; that is what the files in partners/ do.
return sepp.gateway {
  api = 1,

  -- Our certificate has to carry this name, or no partner would believe it.
  fqdn = "sepp.5gc.mnc001.mcc001.3gppnetwork.org",
  plmns = { "001-01" },

  -- What we support, best first.  Nothing else is ever selected, whatever a policy says.
  capabilities = { sepp.PRINS, sepp.TLS },

  -- What connections may be for.  Each partner's file picks from these.
  purposes = {
    sepp.purpose.ROAMING,
    sepp.purpose.SMS_INTERCONNECT,
    sepp.purpose.ROAMING_TEST,
    sepp.purpose.SMS_INTERCONNECT_TEST,
  },

  -- Paths are relative to this directory.  Neither file is in version control.
  certificate = "certs/gateway.pem",
  key = "certs/gateway.key",

  -- Port 0 takes any free port; the daemon's ready line says which one.
  n32c = { listen = { "127.0.0.1:7443" } },

  -- We understand the header 3gpp-Sbi-Target-apiRoot on N32-f, so that partners may use it.
  target_api_root = true,

  -- What we negotiated is negotiated anew within a day, and no PRINS keys are older.
  validity_s = 86400,

  -- A partner that does not answer is asked again after a random time: below 1 s, 2 s, 4 s, ... 5 minutes.
  retry = { first_s = 1, cap_s = 300 },

  -- Where partners without an address are looked up: the servers of /etc/resolv.conf, unless some are named
  -- here.  An answer is kept for as long as it says.
  dns = { timeout_s = 2, tries = 2 },

  -- One worker for each core.
  workers = 0,
}
