"""What an address in the network may be."""

import re
from typing import Annotated, Final, TypeAlias
from urllib.parse import SplitResult, parse_qs, urlsplit

from pydantic import AfterValidator, PlainSerializer, PlainValidator, SecretStr, ValidationInfo, WithJsonSchema
from pydantic_core import PydanticCustomError

from bridge.config.references import HOW_TO_REFER, Secret, reference
from bridge.config.values import SHOWN, Text, sealed, surroundings, text_value, wrong
from bridge.store.place import SCHEMES, Server
from bridge.transport.settings import is_loopback


def _split(text: str, schemes: tuple[str, ...], example: str) -> SplitResult:
    """Split an address that has a scheme, a host, perhaps a port, and no more than a path."""
    remedy = f"Write one such as {example}."
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise wrong("The address is not well formed.", remedy) from None
    if parts.scheme not in schemes or not parts.hostname or port == 0 or parts.query or parts.fragment:
        raise wrong(f"This is not an address that begins with {' or '.join(f'{s}://' for s in schemes)}.", remedy)
    return parts


def _web(text: str) -> str:
    parts = _split(text, ("https", "http"), "https://api.hyperproof.app/v1")
    if parts.username is not None or parts.password is not None:
        raise wrong("The address holds a name or password.", "Write it without; client_secret is the only secret.")
    if parts.scheme == "http" and not is_loopback(text):
        raise wrong("Secrets would travel in clear text.", "Write https://; http:// is for this machine only.")
    return text.rstrip("/")


WebAddress: TypeAlias = Annotated[Text, AfterValidator(_web)]
"""An https address; http on loopback only."""


def _collector(text: str) -> str:
    parts = _split(text, ("https", "http"), "https://otel.corp.example:4318")
    if parts.username is not None or parts.password is not None:
        raise wrong("The address holds a name or password.", "Write it without, and give them in `headers`.")
    return text.rstrip("/")


CollectorAddress: TypeAlias = Annotated[Text, AfterValidator(_collector)]
"""Where a collector of traces is; http is for those that are told no secret."""


def webhook_address(text: str) -> None:
    """See that this is an https address, or http on loopback; it may have a query. Raises for another, untold."""
    parts = _split(text.partition("?")[0], ("https", "http"), "https://hooks.corp.example/bridge")
    if parts.username is not None or parts.password is not None:
        raise wrong("The address holds a name or password.", "Write it without; notices are signed.")
    if parts.scheme == "http" and not is_loopback(text):
        raise wrong("Notices would travel in clear text.", "Write https://; http:// is for this machine only.")


def _proxy(value: object, info: ValidationInfo) -> SecretStr:
    try:
        text = text_value(value, info)
        parts = _split(text, ("http", "https"), "http://proxy.corp.example:3128")
    except PydanticCustomError as error:
        raise sealed(**(error.context or {})) from None
    has_password = parts.username is not None or parts.password is not None
    if has_password and isinstance(value, str) and reference(value, surroundings(info)) is None:
        what = "The address holds a name or password in plain text."
        raise sealed(what, f"Give the whole address by reference. {HOW_TO_REFER}")
    return SecretStr(text)


ProxyAddress: TypeAlias = Annotated[
    SecretStr, PlainValidator(_proxy), PlainSerializer(str), WithJsonSchema({"type": "string"})
]
"""A proxy's address: a secret, since it may hold a password; then it is given by reference."""


_VERIFIED: Final = "verify-full"
_ENCRYPTED: Final = ("require", "verify-ca", _VERIFIED)


def _database(value: object, info: ValidationInfo) -> SecretStr:
    try:
        text = text_value(value, info)
        parts = _database_parts(text)
    except PydanticCustomError as error:
        raise sealed(**(error.context or {})) from None
    source = reference(value, surroundings(info)) if isinstance(value, str) else None
    if source is None and Server.of(lambda: text).secrets():
        what = "The address holds a password in plain text."
        raise sealed(what, f"Give the whole address by reference. {HOW_TO_REFER}")
    mode = _see_to_tls(parts)
    if mode and mode != _VERIFIED:
        doubt = f"Nobody checks that `store.url` leads to the right server (sslmode={mode})"
        surroundings(info).warnings[f"{doubt}: write sslmode={_VERIFIED}."] = None
    return Secret(text, source) if source else SecretStr(text)


def _database_parts(text: str) -> SplitResult:
    """Split a database's address: a host may stand in the query instead, as may several, and a socket's folder."""
    example = "postgresql+psycopg://bridge@db.corp.example/bridge?sslmode=verify-full"
    try:
        parts = urlsplit(text)
        well_formed = (
            parts.scheme in SCHEMES and parts.port != 0 and bool(parts.path.strip("/")) and not parts.fragment
        )
    except ValueError:
        well_formed = False
    if not well_formed:
        raise wrong("This is not the address of a PostgreSQL database.", f"Write one such as {example}.")
    return parts


def _see_to_tls(parts: SplitResult) -> str:
    """See that nothing travels in clear text beyond this machine. Tells the mode, or nothing on this machine."""
    query = parse_qs(parts.query)
    named = [host for key in ("host", "hostaddr") for several in query.get(key, ()) for host in several.split(",")]
    hosts = [*named, *([parts.hostname] if parts.hostname else []), *query.get("service", ())]
    if all(host.startswith("/") or is_loopback(f"http://{host}") for host in hosts):
        return ""
    (mode, *_) = query.get("sslmode", [""])
    if mode not in _ENCRYPTED:
        what = "Who is in which group, and perhaps a password, would travel in clear text."
        raise sealed(what, f"Add `?sslmode={_VERIFIED}`, and `sslrootcert` if its authority is your own.")
    return mode


DatabaseAddress: TypeAlias = Annotated[
    SecretStr, PlainValidator(_database), PlainSerializer(str), WithJsonSchema({"type": "string"})
]
"""A PostgreSQL database's address: a secret, since it may hold a password; then it is given by reference."""


def _server(text: str) -> str:
    if text.startswith("ldapi://"):
        return text
    parts = _split(text, ("ldaps", "ldap", "ldapi"), "ldaps://ldap.corp.example")
    if parts.path.strip("/") or parts.username is not None:
        raise wrong("An LDAP server's address is a host and perhaps a port.", "Write the base as `base_dn`.")
    return text.rstrip("/")


ServerAddress: TypeAlias = Annotated[Text, AfterValidator(_server)]
"""ldaps://, ldap:// or ldapi://."""


_LABEL: Final = "[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"


def _dns_domain(text: str) -> str:
    if not re.fullmatch(rf"{_LABEL}(?:\.{_LABEL})*", text) or len(text) > _LONGEST_DOMAIN:
        raise wrong(f"{SHOWN} is not a DNS domain.", "Write one such as corp.example.")
    return text


_LONGEST_DOMAIN: Final = 150
"""Characters: a name in DNS has 253 at most, and the names that are asked for are longer than the domain."""

DnsDomain: TypeAlias = Annotated[Text, AfterValidator(_dns_domain)]
"""A domain's name in DNS, without the dot at the end; letters beyond ASCII in their xn-- form."""


def _site(text: str) -> str:
    if not re.fullmatch(_LABEL, text):
        remedy = "Write its name as Active Directory Sites and Services shows it."
        raise wrong(f"{SHOWN} is not the name of a site.", remedy)
    return text


SiteName: TypeAlias = Annotated[Text, AfterValidator(_site)]
"""A site of Active Directory."""
