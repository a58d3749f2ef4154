"""Certificates for servers under test."""

from pathlib import Path

import trustme


def write_chain(certificate: trustme.LeafCert, path: Path) -> None:
    """The certificate and those above it, in one PEM file."""
    path.write_bytes(b"".join(pem.bytes() for pem in certificate.cert_chain_pems))


def write_key(certificate: trustme.LeafCert, path: Path) -> None:
    """The key, for its owner alone: some servers take no other."""
    path.touch(mode=0o600)
    certificate.private_key_pem.write_to_path(path)
