from collections.abc import Iterator
from dataclasses import replace

import pytest

from bridge.sandbox.graph import BRIDGE, Tenant
from tests.sandbox.graph.api import Api, rehearse
from tests.sandbox.graph.credentials import SUBJECT, issuer, key_pair


@pytest.fixture
def api() -> Iterator[Api]:
    """A small tenant: people, a guest, and a group of each of three kinds; one is in the other."""
    tenant = Tenant()
    anna, ben, carla = (tenant.add_user(name) for name in ("Anna Smith", "Ben Jones", "Carla Diaz"))
    david = tenant.add_user("David Lee", accountEnabled=False)
    bo = tenant.add_guest("bo@partner.example", "Bo Berg")
    others = [tenant.add_device("LAPTOP-1"), tenant.add_service_principal("Backup")]
    contact = tenant.add_contact("contact@partner.example")
    internal = tenant.add_group("Internal Audit", [carla, david, *others, contact], owners=[anna])
    tenant.add_group("Auditors", [ben, bo, internal])
    tenant.add_group("Newsroom", [anna, ben], groupTypes=("Unified",), mailEnabled=True)
    tenant.add_group("Secret", [anna, bo], groupTypes=("Unified",), visibility="HiddenMembership")
    tenant.add_group("Nobody")
    with rehearse(tenant) as api:
        yield api


@pytest.fixture
def office() -> Iterator[Api]:
    """An application with a secret, a certificate and a federated credential."""
    known = replace(BRIDGE, certificates=(key_pair().certificate,), federations=(issuer().federation(SUBJECT),))
    with rehearse(applications=[known]) as api:
        yield api
