"""A certificate authority of one's own: for a sandbox's TLS, and for the certificates that apps sign in with."""

import ssl
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    pkcs12,
)
from cryptography.x509.oid import NameOID

_KEY_SIZE: Final = 2048
_EXPONENT: Final = 65537
_LIFE: Final = timedelta(days=30)
_HOSTS: Final = ("localhost", "127.0.0.1")
_SIGNS_CERTIFICATES: Final = x509.KeyUsage(
    key_cert_sign=True,
    crl_sign=True,
    digital_signature=False,
    content_commitment=False,
    key_encipherment=False,
    data_encipherment=False,
    key_agreement=False,
    encipher_only=False,
    decipher_only=False,
)


_Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


@dataclass(frozen=True, slots=True)
class KeyPair:
    """A certificate and its private key."""

    certificate: x509.Certificate
    key: _Key = field(repr=False)

    @property
    def certificate_pem(self) -> str:
        """The certificate as PEM."""
        return self.certificate.public_bytes(Encoding.PEM).decode()

    def key_pem(self, passphrase: str = "") -> str:
        """The private key as PEM (PKCS #8), encrypted where there is a passphrase."""
        return self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, _lock(passphrase)).decode()

    def pfx(self, passphrase: str = "") -> bytes:
        """Both as PKCS #12."""
        return pkcs12.serialize_key_and_certificates(b"app", self.key, self.certificate, None, _lock(passphrase))


class Authority:
    """Signs certificates that nobody trusts but who is told to."""

    def __init__(self) -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        name = _name("Sandbox authority")
        builder = _builder(name, key).issuer_name(name)
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        builder = builder.add_extension(_SIGNS_CERTIFICATES, critical=True)
        self._own = KeyPair(builder.sign(key, SHA256()), key)

    @property
    def pem(self) -> str:
        """The authority's certificate, for whoever is to trust it."""
        return self._own.certificate_pem

    def client_context(self) -> ssl.SSLContext:
        """What a client that trusts this authority and nobody else connects with."""
        return ssl.create_default_context(cadata=self.pem)

    def server_context(self, hosts: Sequence[str] = _HOSTS) -> ssl.SSLContext:
        """What a server of these names and addresses listens with."""
        names = x509.SubjectAlternativeName([_host(host) for host in hosts])
        pair = self._sign(hosts[0], ec.generate_private_key(ec.SECP256R1()), _LIFE, names)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        with tempfile.TemporaryDirectory() as folder:  # the ssl module reads keys from files only
            path = Path(folder) / "server.pem"
            path.touch(mode=0o600)
            path.write_text(pair.key_pem() + pair.certificate_pem, encoding="ascii")
            context.load_cert_chain(path)
        return context

    def issue(self, name: str, *, life: timedelta = _LIFE) -> KeyPair:
        """Make a certificate to sign in with (RSA, as Entra ID wants it), good from an hour ago on for so long."""
        return self._sign(name, rsa.generate_private_key(_EXPONENT, _KEY_SIZE), life)

    def _sign(self, name: str, key: _Key, life: timedelta, *extensions: x509.ExtensionType) -> KeyPair:
        builder = _builder(_name(name), key, life).issuer_name(self._own.certificate.subject)
        signer = x509.AuthorityKeyIdentifier.from_issuer_public_key(self._own.key.public_key())
        for extension in (signer, *extensions):
            builder = builder.add_extension(extension, critical=False)
        return KeyPair(builder.sign(self._own.key, SHA256()), key)


def _builder(name: x509.Name, key: _Key, life: timedelta = _LIFE) -> x509.CertificateBuilder:
    start = datetime.now(UTC) - timedelta(hours=1)
    public = key.public_key()
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + life)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
    )


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _host(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _lock(passphrase: str) -> BestAvailableEncryption | NoEncryption:
    return BestAvailableEncryption(passphrase.encode()) if passphrase else NoEncryption()
