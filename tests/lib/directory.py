# SPDX-License-Identifier: MIT
"""An operator's directory, made from Python in a temporary folder.

    directory = Directory(folder, workers=1)
    alpha = directory.partner("alpha", "001-01", hooks=TLS_FIRST, capabilities=[TLS])
    gateway = Gateway(directory).start()

A partner comes with an authority, an anchor and a client certificate of its own; what partner()
returns is the Peer that uses them.
"""

import json
import pathlib

from lib.peer import Peer
import pki

HOME = "999-70"


class Lua(str):
    """Text that is Lua already."""


TLS, PRINS = Lua("sepp.TLS"), Lua("sepp.PRINS")


def purposes(*names):
    return [Lua(f"sepp.purpose.{name}") for name in names]


def select(answer):
    """The hook select_capability of a partner that answers one thing."""
    return f"function partner.select_capability(request, peer)\n  {answer}\nend\n"


def retain(answer):
    """The hook retain_connection of a partner that answers one thing."""
    return f"function partner.retain_connection(event, peer)\n  {answer}\nend\n"


TLS_FIRST = select("return sepp.prefer(request, { sepp.TLS, sepp.PRINS })")
PRINS_FIRST = select("return sepp.prefer(request, { sepp.PRINS, sepp.TLS })")
PREFER_THEIRS = select("""local order = {}
  for _, capability in ipairs(request.capabilities) do
    if capability == sepp.TLS or capability == sepp.PRINS then
      order[#order + 1] = capability
    end
  end
  return sepp.prefer(request, order)""")
FOLLOW_THE_INITIATOR = select("""for _, capability in ipairs(request.capabilities) do
    if capability == sepp.TLS or capability == sepp.PRINS then
      return sepp.select(capability)
    end
  end
  return sepp.reject("nothing that we know was offered")""")
KEEP = retain("return sepp.retain { idle_s = 60 }")
LET_GO = retain("return sepp.release(\"not needed\")")

def suites(mismatch="REFUSE", known=("A128GCM", "A256GCM")):
    """The hook select_parameters: the first of the suites that is proposed, and ES256."""
    order = ", ".join(f"sepp.jwe.{name}" for name in known)
    return f"""function partner.select_parameters(request, peer)
  if #request.jwe == 0 and #request.jws == 0 then
    return sepp.parameters {{ on_policy_mismatch = sepp.mismatch.{mismatch} }}
  end
  for _, jwe in ipairs {{ {order} }} do
    if request:offers(jwe) and request:offers(sepp.jws.ES256) then
      return sepp.parameters {{
        jwe = jwe,
        jws = sepp.jws.ES256,
        on_policy_mismatch = sepp.mismatch.{mismatch},
      }}
    end
  end
  return sepp.reject("no common suite")
end
"""


DEFAULT = """-- Takes the stronger of what both can, and keeps what PRINS keeps.
local policy = sepp.policy { api = 1, name = "default" }

function policy.select_capability(request, peer)
  return sepp.prefer(request, { sepp.PRINS, sepp.TLS })
end

function policy.retain_connection(event, peer)
  return sepp.retain { idle_s = 60 }
end

return policy
"""

GATEWAY = {
    "capabilities": [PRINS, TLS],
    "purposes": purposes("ROAMING", "ROAMING_TEST"),
    "certificate": "certs/gateway.pem",
    "key": "certs/gateway.key",
    "n32c": {"listen": ["127.0.0.1:0"]},
    "target_api_root": True,
    "workers": 2,
    "dns": {"servers": ["127.0.0.1:1"], "timeout_s": 1, "tries": 1},  # nobody is asked outside
}


def lua(value, indent=0):
    """A Python value as a Lua expression."""
    if isinstance(value, Lua):
        return str(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    if isinstance(value, (list, tuple)):
        return "{ " + ", ".join(lua(item, indent) for item in value) + " }"
    if isinstance(value, dict):
        pad = "  " * (indent + 1)
        fields = [f"{pad}{key} = {lua(item, indent + 1)},\n" for key, item in value.items()
                  if item is not None]
        return "{\n" + "".join(fields) + "  " * indent + "}"
    return repr(value)


class Directory:
    """The folder; what is written takes effect with the next start or reload."""

    def __init__(self, root, key_type="p256", plmn=HOME, **gateway):
        self.root = pathlib.Path(root)
        self.settings = {"api": 1, "fqdn": pki.fqdn(plmn), "plmns": [plmn], **GATEWAY, **gateway}
        self.fqdn = self.settings["fqdn"]
        self.home = pki.authority(plmn)
        self.trust = self.home.write_cert(self.root / "peers/gateway-ca.pem")
        self.policies = self.root / "policies"
        self.renew(key_type=key_type)
        self.gateway()
        self.write("default.lua", DEFAULT)

    def write(self, path, text, mode=0o644):
        return pki.write(self.policies / path, text.encode(), mode)

    def data(self, name, value):
        """Writes data/NAME.json.  Returns its path as a partner's file says it."""
        self.write(f"data/{name}.json", json.dumps(value))
        return f"data/{name}.json"

    def remove(self, path):
        (self.policies / path).unlink()

    def gateway(self, **changes):
        """Writes gateway.lua, with changes that stay."""
        self.settings.update(changes)
        self.write("gateway.lua", f"return sepp.gateway {lua(self.settings)}\n")

    def renew(self, **profile):
        """Gives the gateway another certificate and key, as pki.Authority.issue() makes them."""
        self.home.issue([self.fqdn], self.policies / "certs/gateway.pem",
                        self.policies / "certs/gateway.key", **profile)

    def partner(self, name, plmn, hooks="", hosts=("sepp",), roots=None, **fields):
        """Adds a partner with an authority of its own, or that of `roots`.  Returns its Peer."""
        names = [pki.fqdn(plmn, host) for host in hosts]
        authority = pki.authority(roots or plmn)
        authority.write_cert(self.policies / f"anchors/{name}.pem")
        self.partner_file(name, plmn, hooks, fqdns=names, **fields)
        return self.certified(name, plmn, names, authority)

    def partner_file(self, name, plmn, hooks="", **fields):
        """Writes partners/NAME.lua alone."""
        table = {"api": 1, "name": name, "fqdns": [pki.fqdn(plmn)], "plmns": [plmn],
                 "anchors": f"anchors/{name}.pem", "capabilities": [PRINS, TLS],
                 "purposes": purposes("ROAMING", "ROAMING_TEST"),
                 "limits": {"handshakes_per_minute": 0}, **fields}
        self.write(f"partners/{name}.lua",
                   f"local partner = sepp.partner {lua(table)}\n\n{hooks}\nreturn partner\n")

    def certified(self, name, plmn, names, authority, **profile):
        """A Peer with a new certificate for `names`; its partner's file is another matter."""
        cert, key = self.root / f"peers/{name}.pem", self.root / f"peers/{name}.key"
        authority.issue(names, cert, key, **profile)
        return Peer(name, plmn, names[0], cert, key, self.trust)
