"""TLS certificates that an own CA signs, whose certificate and key lie in a Secret.

The new certificate has a new key, and the names and uses of the old one. A certificate cannot be revoked by this: what
ends is its key, with the Secret that holds it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.types import CertificateIssuerPrivateKeyTypes

from demarc.lifecycle.cluster.hands import Right
from demarc.lifecycle.cluster.kinds import SECRET
from demarc.lifecycle.cluster.values import SecretValues
from demarc.lifecycle.credential import Credential, CredentialKind
from demarc.lifecycle.strategies.interface import Fit, Setting
from demarc.lifecycle.work import StopError, Used, Work

_CERTIFICATE, _KEY = "tls.crt", "tls.key"
_ORDER: Final = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
"""Order of the curve P-256 (FIPS 186-5)."""
_KEY_BYTES: Final = 48
"""More than the order has, so that the remainder is even (FIPS 186-5, A.2.1)."""
_EARLIER: Final = timedelta(minutes=5)
"""Clocks differ."""
_TAKEN_OVER: Final = (
    x509.SubjectAlternativeName,
    x509.KeyUsage,
    x509.ExtendedKeyUsage,
    x509.BasicConstraints,
)


class OwnCaIssuer:
    """A CA in a Secret as issuer."""

    name = "own-ca"
    settings = (
        Setting(name="ca_secret", says="namespace/name of the Secret with tls.crt and tls.key of it", required=True),
        Setting(name="days", says="how long the new certificate holds", default="90"),
    )
    words: Mapping[str, str] = {
        "stage": "sign a certificate for a new key, into a new Secret",
        "revoke": "remove the Secret with the old key",
    }

    def fit(self, credential: Credential, settings: Mapping[str, str]) -> Fit:
        """For a Secret of type kubernetes.io/tls."""
        if credential.kind is not CredentialKind.TLS:
            return Fit(problem=f"a {credential.kind.value} is no certificate")
        if not settings.get("days", "90").isdecimal():
            return Fit(problem=f"days: {settings['days']!r} is no number")
        return Fit(
            why="old and new certificate are valid side by side under the same CA",
            cannot_undo=("the old certificate stays valid until its end for whoever has a copy of its key",),
        )

    def rights(self, credential: Credential) -> tuple[Right, ...]:
        """None besides the Secret's own; the CA's is named in the settings."""
        return ()

    def precheck(self, work: Work, old: SecretValues) -> None:
        """The CA can sign until the new certificate would end, and it signed the old one."""
        if _is_authority(_certificate(old)):
            raise StopError("it is an authority itself: with a new key all that it signed loses trust")
        authority, _ = self._authority(work)
        end = work.tools.now() + timedelta(days=int(work.rotation.settings.get("days", "90")))
        if authority.not_valid_after_utc < end:
            raise StopError(f"the CA ends on {authority.not_valid_after_utc.date()}, before the certificate would")
        if not _signed_by(_certificate(old), authority):
            raise StopError("the old certificate is not signed by this CA: clients would not trust the new one")

    def mint(self, work: Work, old: SecretValues) -> SecretValues:
        """A new key, and a certificate for it."""
        before = _certificate(old)
        authority, authority_key = self._authority(work)
        number = int.from_bytes(work.tools.random_bytes(_KEY_BYTES)) % (_ORDER - 1) + 1
        key = ec.derive_private_key(number, ec.SECP256R1())
        at = work.tools.now()
        builder = (
            x509.CertificateBuilder()
            .subject_name(before.subject)
            .issuer_name(authority.subject)
            .public_key(key.public_key())
            .serial_number(int.from_bytes(work.tools.random_bytes(16)) >> 1 or 1)
            .not_valid_before(at - _EARLIER)
            .not_valid_after(at + timedelta(days=int(work.rotation.settings.get("days", "90"))))
        )
        for extension in before.extensions:
            if isinstance(extension.value, _TAKEN_OVER):
                builder = builder.add_extension(extension.value, extension.critical)
        certificate = builder.sign(authority_key, hashes.SHA256())
        work.note("new id", f"X509SHA256={certificate.fingerprint(hashes.SHA256()).hex()}")
        pem = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        chain = certificate.public_bytes(serialization.Encoding.PEM) + _rest_of_chain(old)
        return SecretValues({**old, _CERTIFICATE: chain, _KEY: pem})

    def activate(self, work: Work, old: SecretValues, new: SecretValues) -> None:
        """A certificate is valid as it is."""

    def works(self, work: Work, values: SecretValues) -> bool | None:
        """False where it is not signed by the CA, not of its key, or out of its time; that it is used, nobody asks."""
        certificate = _certificate(values)
        authority, _ = self._authority(work)
        at: datetime = work.tools.now()
        in_time = certificate.not_valid_before_utc <= at < certificate.not_valid_after_utc
        return None if in_time and _signed_by(certificate, authority) and _is_pair(values) else False

    def used(self, work: Work, old: SecretValues, new: SecretValues) -> Used:
        """Whatever refers to the Secret serves it."""
        return Used(known=not work.rotation.by_hand, says="nothing in the cluster refers to the old Secret")

    def suspend(self, work: Work, old: SecretValues, new: SecretValues) -> None:
        """Cannot be done."""

    def restore(self, work: Work, old: SecretValues, new: SecretValues) -> None:
        """Cannot be done."""

    def destroy(self, work: Work, old: SecretValues, new: SecretValues) -> None:
        """Its key goes with its Secret."""

    def discard(self, work: Work, old: SecretValues, new: SecretValues | None) -> None:
        """Its key goes with its Secret."""

    def _authority(self, work: Work) -> tuple[x509.Certificate, CertificateIssuerPrivateKeyTypes]:
        namespace, _, name = work.rotation.settings["ca_secret"].partition("/")
        found = work.hands.get(SECRET, namespace, name)
        if found is None:
            raise StopError(f"Secret {namespace}/{name} with the CA is not there")
        values = SecretValues.of(found)
        try:
            key = serialization.load_pem_private_key(values[_KEY], None)
        except (KeyError, ValueError, TypeError, UnsupportedAlgorithm):
            raise StopError(f"the key of the CA in {namespace}/{name} cannot be read") from None
        return _certificate(values), key  # type: ignore[return-value]


def _certificate(values: SecretValues) -> x509.Certificate:
    try:
        return x509.load_pem_x509_certificate(values[_CERTIFICATE])
    except (KeyError, ValueError):
        raise StopError(f"{_CERTIFICATE} cannot be read as a certificate") from None


def _rest_of_chain(old: SecretValues) -> bytes:
    """Certificates of the old chain after its first."""
    found = x509.load_pem_x509_certificates(old[_CERTIFICATE])[1:]
    return b"".join(one.public_bytes(serialization.Encoding.PEM) for one in found)


def _signed_by(certificate: x509.Certificate, authority: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(authority)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def _is_authority(certificate: x509.Certificate) -> bool:
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except (x509.ExtensionNotFound, ValueError):
        return False


def _is_pair(values: SecretValues) -> bool:
    try:
        key = serialization.load_pem_private_key(values[_KEY], None)
    except (KeyError, ValueError, TypeError, UnsupportedAlgorithm):
        return False
    return key.public_key() == _certificate(values).public_key()
