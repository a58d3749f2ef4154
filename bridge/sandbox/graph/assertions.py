"""Client assertions: a JWT instead of a secret, signed by the application's certificate or a federated issuer."""

import base64
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, Final

import jwt
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.hashes import SHA1, SHA256, HashAlgorithm
from jwt.types import Options

from bridge.sandbox.graph.applications import Application
from bridge.sandbox.graph.errors import SignInError
from bridge.sandbox.graph.federation import Federation

ASSERTION_TYPE: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
TOLERANCE: Final = 300
"""Seconds that clocks may differ."""

_ALGORITHMS: Final = ["RS256", "PS256"]
_SIGNATURE_ONLY: Final[Options] = {
    "verify_exp": False,
    "verify_nbf": False,
    "verify_iat": False,
    "verify_aud": False,
}
_THUMBPRINTS: Final[Mapping[str, HashAlgorithm]] = {
    "x5t#S256": SHA256(),
    "x5t": SHA1(),  # noqa: S303 - what older clients send
}


def verify(application: Application, assertion: str, audiences: Collection[str], now: datetime) -> None:
    """Whether an assertion proves that it comes from an application. Raises SignInError where it does not."""
    try:
        header = jwt.get_unverified_header(assertion)
        claims: dict[str, Any] = jwt.decode(assertion, options={"verify_signature": False})
    except jwt.InvalidTokenError as error:
        raise SignInError(50027, "invalid_client", f"The client assertion is no JWT: {error}.", 401) from None
    if claims.get("iss") == application.id:
        _verify_own(application, assertion, header, claims, now)
        _expect(claims, audiences, 700023)
    else:
        _verify_federated(application.federations, assertion, claims)
    _in_time(claims, now)


def _verify_own(
    application: Application, assertion: str, header: Mapping[str, Any], claims: Mapping[str, Any], now: datetime
) -> None:
    certificate = _certificate(application.certificates, header)
    if certificate is None:
        raise _unproved("The key was not found")
    if certificate.not_valid_after_utc <= now:
        raise _unproved("The key used is expired")
    key = certificate.public_key()
    if not (isinstance(key, rsa.RSAPublicKey) and _signed(assertion, key)):
        raise _unproved("The signature does not fit the key")
    if claims.get("sub") != application.id:
        raise SignInError(700021, "invalid_client", "The assertion's subject is not the 'client_id'.", 401)


def _verify_federated(federations: Collection[Federation], assertion: str, claims: Mapping[str, Any]) -> None:
    issued = [one for one in federations if one.issuer == claims.get("iss")]
    meant = [one for one in issued if one.subject == claims.get("sub")]
    if not issued:
        raise _no_record(700211, f"issuer '{claims.get('iss')}'")
    if not meant:
        raise _no_record(700213, f"subject '{claims.get('sub')}'")
    if not any(_signed(assertion, one.key) for one in meant):
        raise SignInError(
            50013, "invalid_client", "The assertion's signature does not fit its issuer's keys.", 401
        )
    _expect(claims, {one.audience for one in meant}, 700212)


def _certificate(known: Collection[x509.Certificate], header: Mapping[str, Any]) -> x509.Certificate | None:
    for name, algorithm in _THUMBPRINTS.items():
        if name in header:
            thumbprint = str(header[name]).rstrip("=")
            return next((one for one in known if _thumbprint(one, algorithm) == thumbprint), None)
    return None


def _thumbprint(certificate: x509.Certificate, algorithm: HashAlgorithm) -> str:
    return base64.urlsafe_b64encode(certificate.fingerprint(algorithm)).decode().rstrip("=")


def _signed(assertion: str, key: rsa.RSAPublicKey) -> bool:
    try:
        jwt.decode(assertion, key, _ALGORITHMS, options=_SIGNATURE_ONLY)
    except jwt.InvalidTokenError:
        return False
    return True


def _expect(claims: Mapping[str, Any], audiences: Collection[str], code: int) -> None:
    told = claims.get("aud")
    if not set(told if isinstance(told, list) else [told]) & set(audiences):
        raise SignInError(code, "invalid_client", f"The assertion's audience '{told}' is another's.", 401)


def _in_time(claims: Mapping[str, Any], now: datetime) -> None:
    """Times may be written with fractions."""
    moment = now.timestamp()
    start, end = float(claims.get("nbf", claims.get("iat", 0))), float(claims.get("exp", 0))
    if not start - TOLERANCE <= moment < end + TOLERANCE:
        raise SignInError(
            700024,
            "invalid_client",
            f"Client assertion is not within its valid time range: it is {moment:.0f} here, "
            f"and it is good from {start:.0f} to {end:.0f}.",
            401,
        )


def _unproved(reason: str) -> SignInError:
    return SignInError(
        700027, "invalid_client", f"Client assertion failed signature validation. [Reason - {reason}.]", 401
    )


def _no_record(code: int, what: str) -> SignInError:
    return SignInError(code, "invalid_client", f"No matching federated identity record for the {what}.", 401)
