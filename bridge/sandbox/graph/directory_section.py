"""How a configuration of the bridge names the sandbox."""

import json

from bridge.sandbox.graph.applications import DEFAULT_CLIENT_ID
from bridge.sandbox.graph.server import EntraSandbox


def directory_section(sandbox: EntraSandbox, *, ca_file: str, variable: str) -> str:
    """The tenant as the directory `cloud`: whole lines of YAML, to stand under `directories`.

    `ca_file` holds `sandbox.certificates.pem`; the client secret is in this `variable` of the environment.
    """
    return f"""\
  cloud:
    type: entra
    tenant_id: {sandbox.tenant.id}
    client_id: {DEFAULT_CLIENT_ID}
    credential: {{client_secret: "${{env:{variable}}}"}}
    login_url: {sandbox.url}
    graph_url: {sandbox.url}
    ca_file: {json.dumps(ca_file, ensure_ascii=False)}
"""
