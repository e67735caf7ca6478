# SPDX-License-Identifier: MIT
"""What a benchmark needs on disk: throwaway certificates, an operator's directory, a request."""

import json
import os
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

import pki as authorities  # noqa: E402

GATEWAY = "sepp.5gc.mnc070.mcc999.3gppnetwork.org"
TLS_PARTNER = "sepp.5gc.mnc001.mcc001.3gppnetwork.org"
PRINS_PARTNER = "sepp.5gc.mnc002.mcc001.3gppnetwork.org"
PATH = "/n32c-handshake/v1/exchange-capability"

GATEWAY_LUA = f"""\
-- The gateway under load: no limits of its own, one worker.
return sepp.gateway {{
  api             = 1,
  fqdn            = "{GATEWAY}",
  plmns           = {{ "999-70" }},
  capabilities    = {{ sepp.PRINS, sepp.TLS }},
  purposes        = {{ sepp.purpose.ROAMING }},
  certificate     = "certs/gateway.pem",
  key             = "certs/gateway.key",
  n32c            = {{ listen = {{ "127.0.0.1:0" }} }},
  target_api_root = true,
  workers         = 1,
  limits          = {{ connections = 0, negotiations_per_second = 0 }},
}}
"""

DEFAULT_LUA = """\
-- Refuses whoever has no file.
local p = sepp.policy { api = 1, name = "default" }

function p.select_capability(request, peer)
  return sepp.reject("no policy for %s", peer.name)
end

return p
"""

# A policy of the size that operators write: a downgrade guard, a margin, purposes, an order.
PARTNER_LUA = """\
-- Load: {order} whenever it is offered, never a step back.
local partner = sepp.partner {{
  api          = 1,
  name         = "{name}",
  fqdns        = {{ "{fqdn}" }},
  plmns        = {{ "{plmn}" }},
  anchors      = "anchors/load.pem",
  capabilities = {{ {order} }},
  purposes     = {{ sepp.purpose.ROAMING }},
  limits       = {{ handshakes_per_minute = 0, connections = 0 }},
}}

function partner.select_capability(request, peer)
  if peer.established == sepp.PRINS and not request:offers(sepp.PRINS) then
    return sepp.reject("downgrade: %s used PRINS before", peer.name)
  end
  if peer.certificate.days_left < 7 then
    return sepp.reject("the certificate of %s ends in %d days", peer.name,
      peer.certificate.days_left)
  end
  local roaming = false
  for _, purpose in ipairs(request.purposes) do
    if purpose == sepp.purpose.ROAMING then
      roaming = true
    end
  end
  if not roaming then
    return sepp.reject("%s does not want roaming", peer.name)
  end
  return sepp.prefer(request, {{ {order} }})
end
{more}
return partner
"""

RETAIN_LUA = """
function partner.retain_connection(event, peer)
  return sepp.retain { idle_s = 600 }
end
"""


def request_body(sender, plmn):
    """The request of a roaming partner, 412 bytes."""
    mcc, mnc = plmn.split("-")
    purpose = {"usagePurpose": "ROAMING", "additionalInfo": ""}
    body = {
        "sender": sender,
        "supportedSecCapabilityList": ["PRINS", "TLS"],
        "3GppSbiTargetApiRootSupported": True,
        "plmnIdList": [{"mcc": mcc, "mnc": mnc}],
        "targetPlmnId": {"mcc": "999", "mnc": "70"},
        "intendedUsagePurpose": [purpose],
        "supportedFeatures": "1",
    }
    short = 412 - len(json.dumps(body))
    purpose["additionalInfo"] = ("bilateral agreement " * 8)[:short]
    return json.dumps(body)


def write(path, text, mode=0o644):
    path.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    path.chmod(mode)


class Client:
    """A partner as the load client plays it."""

    def __init__(self, directory, authority, name, fqdn, plmn):
        self.cert, self.key = directory / f"{name}.pem", directory / f"{name}.key"
        self.body = directory / f"{name}.json"
        authority.issue([fqdn], self.cert, self.key)
        write(self.body, request_body(fqdn, plmn))


class Fixture:
    """Everything under one directory; `operator` is what the daemon reads."""

    def __init__(self, directory):
        os.umask(0o022)
        self.directory = directory
        pki = directory / "pki"
        pki.mkdir()
        self.authority = authorities.Authority("load")
        self.ca = self.authority.write_cert(pki / "root.pem")
        self.cert, self.key = pki / "gateway.pem", pki / "gateway.key"
        self.authority.issue([GATEWAY], self.cert, self.key)
        self.tls = Client(pki, self.authority, "tls", TLS_PARTNER, "001-01")
        self.prins = Client(pki, self.authority, "prins", PRINS_PARTNER, "001-02")
        self.operator = directory / "operator"
        self._write_operator()

    def write_gateway(self, lab=False):
        text = GATEWAY_LUA.replace("gateway {", "gateway {\n  lab = true,") if lab else GATEWAY_LUA
        write(self.operator / "gateway.lua", text)

    def _write_operator(self):
        top = self.operator
        self.write_gateway()
        write(top / "default.lua", DEFAULT_LUA)
        write(top / "partners/tls.lua", PARTNER_LUA.format(
            name="load-tls", fqdn=TLS_PARTNER, plmn="001-01", order="sepp.TLS", more=""))
        write(top / "partners/prins.lua", PARTNER_LUA.format(
            name="load-prins", fqdn=PRINS_PARTNER, plmn="001-02", order="sepp.PRINS",
            more=RETAIN_LUA))
        write(top / "anchors/load.pem", self.ca.read_text())
        write(top / "certs/gateway.pem", self.cert.read_text())
        write(top / "certs/gateway.key", self.key.read_text(), 0o600)
