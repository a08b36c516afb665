"""Certificates of an engine on this machine: an authority of its own, and what it shows to clients."""

from __future__ import annotations

import ipaddress
import socket
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from desktop_kb.files import make_private

_LONG: Final = timedelta(days=10 * 365)
_AUTHORITY: Final = "Desktop KB, an engine of a team"


def make(folder: Path, *, valid: timedelta = _LONG) -> None:
    """Write an authority's certificate, and the engine's with its key, under the names that the engine knows."""
    make_private(folder)
    signs, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    trusted = _authority(signs)
    shown = _shown(signs, key.public_key(), valid)
    (folder / "server-cert.pem").write_bytes(shown.public_bytes(serialization.Encoding.PEM))
    target = folder / "server-key.pem"
    target.touch(0o600)
    target.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    # The last one: where it is, all of them are.
    (folder / "ca.pem").write_bytes(trusted.public_bytes(serialization.Encoding.PEM))


def _authority(key: ec.EllipticCurvePrivateKey) -> x509.Certificate:
    uses = dict.fromkeys(
        (
            "digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement",
            "key_cert_sign", "crl_sign", "encipher_only", "decipher_only",
        ),
        False,
    )  # fmt: skip
    return (
        _begun(_AUTHORITY, key.public_key(), _LONG)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(x509.KeyUsage(**uses | {"key_cert_sign": True, "crl_sign": True}), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )


def _shown(
    signs: ec.EllipticCurvePrivateKey, public: ec.EllipticCurvePublicKey, valid: timedelta
) -> x509.Certificate:
    """The engine's own: for this machine's names and addresses."""
    names = dict.fromkeys(("localhost", socket.gethostname(), socket.getfqdn()))
    stands_for = [*map(x509.DNSName, names), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    return (
        _begun(socket.gethostname()[:64], public, valid)
        .add_extension(x509.SubjectAlternativeName(stands_for), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signs.public_key()), critical=False)
        .sign(signs, hashes.SHA256())
    )


def _begun(name: str, public: ec.EllipticCurvePublicKey, valid: timedelta) -> x509.CertificateBuilder:
    begins = datetime.now(UTC) - timedelta(days=1)
    return (
        x509.CertificateBuilder()
        .subject_name(_named(name))
        .issuer_name(_named(_AUTHORITY))
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(min(begins, begins + valid - timedelta(hours=1)))
        .not_valid_after(begins + valid)
    )


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
