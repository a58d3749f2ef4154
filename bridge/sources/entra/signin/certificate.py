"""A certificate with its private key, from PEM or PFX, as msal takes it (Graph reference 7.4)."""

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
    pkcs12,
)

from bridge.errors import Denied
from bridge.sources.entra.settings import Certificate
from bridge.sources.entra.signin.failures import SYSTEM

_PEM: Final = b"-----BEGIN "


@dataclass(frozen=True, slots=True)
class SigningKey:
    """What a sign-in with a certificate is signed with."""

    private_key: str = field(repr=False)
    """PEM, without a passphrase."""
    certificate: str
    """PEM; from it msal takes the SHA-256 thumbprint that Entra finds the key by."""
    expires: datetime


def load(credential: Certificate) -> SigningKey:
    """Load the certificate and its key, as they are now. Raises Denied, with the remedy, for what is no use."""
    key, chain = _readable(credential)
    if not isinstance(key, RSAPrivateKey):
        raise _unusable(credential.file, "has no RSA key; Entra takes no other to sign in with")
    own = next((one for one in chain if one.public_key() == key.public_key()), None)
    if own is None:
        raise _unusable(credential.file, "is not the certificate of this private key")
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    return SigningKey(private, own.public_bytes(Encoding.PEM).decode(), own.not_valid_after_utc)


def _readable(credential: Certificate) -> tuple[object, list[x509.Certificate]]:
    try:
        return _read(credential)
    except OSError as error:
        fault = f"cannot be read: {error.strerror}"
    except (ValueError, TypeError, UnsupportedAlgorithm):
        fault = "or its key cannot be read; check the format (PEM, or PFX) and the passphrase"
    # Here, and not above: what was raised may quote the key, and shall not hang on this as its context.
    raise _unusable(credential.file, fault)


def _read(credential: Certificate) -> tuple[object, list[x509.Certificate]]:
    content = credential.file.read_bytes()
    passphrase = credential.passphrase().encode() if credential.passphrase else None
    if _PEM not in content:
        key, own, others = pkcs12.load_key_and_certificates(content, passphrase)
        return key, [*([own] if own else []), *others]
    key_content = credential.key_file.read_bytes() if credential.key_file else content
    return load_pem_private_key(key_content, passphrase), x509.load_pem_x509_certificates(content)


def _unusable(file: Path, what: str) -> Denied:
    return Denied(SYSTEM, f"the certificate {file} {what}")
