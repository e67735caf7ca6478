-- SPDX-License-Identifier: MIT
return sepp.gateway {
  api = 1, fqdn = "sepp.5gc.mnc070.mcc999.3gppnetwork.org", plmns = { "999-70" }, capabilities = { sepp.PRINS, sepp.TLS },
  certificate = "certs/gateway.pem", key = "certs/gateway.key", n32c = { listen = { "127.0.0.1" } },
}
