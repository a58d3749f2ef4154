"""Tenants for tests, and the settings that read them."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from bridge.sandbox.graph import DEFAULT_CLIENT_ID, DEFAULT_CLIENT_SECRET, EntraSandbox, Tenant
from bridge.sandbox.graph.ties import Tie
from bridge.sources.entra.settings import ClientSecret, EntraSettings
from bridge.transport.settings import Route
from tests.sources.contract import CORP, World


def tenant_of(world: World) -> Tenant:
    """A world as a tenant would have it. Who leads to nobody is a user whom Graph shows without any property."""
    tenant = Tenant()
    for one in world.people:
        tenant.add_user(one.key, id=_id(one.key), mail=one.address, accountEnabled=one.enabled)
    for key in world.things:
        tenant.add_device(key, id=_id(key))
    tenant.add_user("ghost", id="ghost", displayName=None, userPrincipalName=None, accountEnabled=None, mail=None)
    for some in world.groups:
        tenant.add_group(some.name, id=_id(some.key))
    for some in world.groups:
        tenant.add_members(_id(some.key), *("ghost" if key == "ghost" else _id(key) for key in some.members))
        if some.owner:
            tenant.add_members(_id(some.key), _id(some.owner), tie=Tie.OWNERS)
    return tenant


def _id(key: str) -> str:
    digits = key.encode().hex().ljust(32, "0")
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:32]}"


def settings(sandbox: EntraSandbox, folder: Path, **changes: Any) -> EntraSettings:  # noqa: ANN401 - as EntraSettings has them
    """Settings that lead to a sandbox, with the secret of its application."""
    ca_file = folder / "authority.pem"
    ca_file.write_text(sandbox.certificates.pem)
    made = EntraSettings(
        CORP,
        sandbox.tenant.id,
        DEFAULT_CLIENT_ID,
        ClientSecret(lambda: DEFAULT_CLIENT_SECRET),
        login_url=sandbox.url,
        graph_url=sandbox.url,
        route=Route(ca_file=ca_file),
    )
    return replace(made, **changes)
