"""Requests for certificates, as far as they say for whom and by which signer."""

from __future__ import annotations

from msgspec import field

from demarc.model.kubernetes.meta import Api, KubeObject


class SigningRequestSpec(Api, frozen=True, kw_only=True):
    """Spec of a CertificateSigningRequest."""

    signer_name: str = ""
    username: str = ""
    """Who made the request."""
    request: str = ""
    """PKCS #10 as PEM in base64: a public key and the name that is asked for."""


class SigningCondition(Api, frozen=True, kw_only=True, gc=False):
    """What was decided of a request: ``Approved``, ``Denied`` or ``Failed``."""

    type: str = ""


class SigningStatus(Api, frozen=True, kw_only=True):
    """Status of a CertificateSigningRequest."""

    conditions: list[SigningCondition] | None = None


class SigningRequest(KubeObject, frozen=True, kw_only=True):
    """A CertificateSigningRequest."""

    spec: SigningRequestSpec = field(default_factory=SigningRequestSpec)
    status: SigningStatus = field(default_factory=SigningStatus)

    @property
    def approved(self) -> bool:
        """Whether it was approved."""
        return any(condition.type == "Approved" for condition in self.status.conditions or ())
