-- SPDX-License-Identifier: MIT
-- The other gateway of the demo, Coast Tel's own; demo.sh puts an address of its own in place of this one.
return sepp.gateway {
  api = 1,
  fqdn = "sepp.5gc.mnc077.mcc206.3gppnetwork.org",
  plmns = { "206-77" },
  capabilities = { sepp.PRINS, sepp.TLS },
  certificate = "certs/gateway.pem",
  key = "certs/gateway.key",
  n32c = { listen = { "127.0.0.2:7443" } },
  workers = 1,
}
