"""Certificates that cert-manager keeps: told to issue anew, as ``cmctl renew`` does, and seen to have a new key.

Before 1.18 it kept the private key by default: renewed is not rotated, so the public keys are compared.
"""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from typing import Any, Final

from cryptography import x509
from cryptography.hazmat.primitives import serialization

from demarc.lifecycle.cluster.hands import Right
from demarc.lifecycle.cluster.kinds import CERTIFICATE, SECRET
from demarc.lifecycle.cluster.values import SecretValues
from demarc.lifecycle.credential import Credential, CredentialKind
from demarc.lifecycle.plan import Phase
from demarc.lifecycle.strategies.interface import Fit, Setting
from demarc.lifecycle.strategies.reconciled import ReconciledStrategy, wait_until
from demarc.lifecycle.work import StopError, Work
from demarc.model.time import iso

Object = dict[str, Any]
_GROUP: Final = "cert-manager.io"


class CertManagerStrategy(ReconciledStrategy):
    """Has cert-manager issue anew."""

    name = "cert-manager"
    settings: tuple[Setting, ...] = ()
    phases: Mapping[Phase, tuple[str, str]] = {
        Phase.STAGE: ("tell cert-manager to issue anew, and wait for a new key", "only until it has issued"),
        Phase.ROLL: ("restart {consumer}, so that it loads the new certificate", "nothing to undo"),
        Phase.PROVE: ("see that the certificate in the Secret has a new key", "nothing to undo"),
        Phase.VERIFY: ("see that the certificate in the Secret has a new key", "nothing to undo"),
    }

    def fit(self, credential: Credential, settings: Mapping[str, str]) -> Fit:
        """For a Secret that cert-manager writes."""
        manager = credential.manager
        if credential.kind is not CredentialKind.TLS or manager is None or manager.kind != "cert-manager":
            return Fit(problem="cert-manager does not keep it")
        return Fit(
            why="cert-manager keeps it, and would replace whatever is written into the Secret",
            in_place=True,
            cannot_undo=(
                "the old certificate and key are replaced at once by cert-manager",
                "the old certificate stays valid until its end for whoever has a copy of its key",
            ),
        )

    def rights(self, credential: Credential) -> tuple[Right, ...]:
        """To read the Secret, and to set the condition."""
        where = credential.namespace
        return (
            Right(verb="get", resource="secrets", namespace=where),
            Right(verb="get", resource="certificates", group=_GROUP, namespace=where),
            Right(verb="patch", resource="certificates/status", group=_GROUP, namespace=where),
        )

    def precheck(self, work: Work) -> None:
        """It makes a new key when it renews."""
        item = self._certificate(work)
        if item["spec"].get("isCA"):
            raise StopError(
                "the Certificate is of an authority (isCA): with a new key all that it signed loses trust; widen the "
                "trust first"
            )
        policy = (item["spec"].get("privateKey") or {}).get("rotationPolicy")
        if policy == "Never":
            raise StopError(
                "spec.privateKey.rotationPolicy is Never: cert-manager would renew without a new key; set it to Always "
                "where the Certificate is kept, then plan again"
            )

    def stage(self, work: Work) -> None:
        """Set the condition Issuing, once, and wait for a new key."""
        item = self._certificate(work)
        if not work.fact("old key"):
            work.note("old revision", str((item.get("status") or {}).get("revision", 0)))
            work.note("old key", self._key(work))  # last: whoever finds it finds the revision, too
        if self._key(work) != work.fact("old key"):
            return
        conditions = (item.get("status") or {}).get("conditions") or []
        issuing = any(one.get("type") == "Issuing" and one.get("status") == "True" for one in conditions)
        renewed = str((item.get("status") or {}).get("revision", 0)) != work.fact("old revision")
        if renewed:
            raise StopError("cert-manager renewed the certificate without a new key: set rotationPolicy to Always")
        if not issuing:
            at = iso(work.tools.now())
            told = {"type": "Issuing", "status": "True", "reason": "ManuallyTriggered", "lastTransitionTime": at}
            told["message"] = "Certificate re-issuance manually triggered"
            others = [one for one in conditions if one.get("type") != "Issuing"]
            patch = {"status": {"conditions": [*others, told]}}
            work.hands.merge(CERTIFICATE, item, patch, subresource="status")
        wait_until(work, lambda: self._is_done(work), "cert-manager has not issued a new certificate yet")
        if self._key(work) == work.fact("old key"):
            raise StopError("cert-manager renewed the certificate without a new key: set rotationPolicy to Always")

    def unstage(self, work: Work) -> None:
        """Nothing was changed while the key is the old one."""
        if work.fact("old key") and self._key(work) != work.fact("old key"):
            raise StopError("cert-manager has replaced the certificate: there is no way back, apply to go on")

    def works(self, work: Work) -> str:
        """The key is another one."""
        return "" if self._key(work) != work.fact("old key") else "the certificate in the Secret has the old key"

    def verify(self, work: Work) -> str:
        """The same."""
        return self.works(work)

    def _is_done(self, work: Work) -> bool:
        revision = str((self._certificate(work).get("status") or {}).get("revision", 0))
        return revision != work.fact("old revision")

    def _certificate(self, work: Work) -> Object:
        manager = work.credential.manager
        found = work.hands.get(CERTIFICATE, work.credential.namespace, manager.name if manager else "")
        if found is None:
            raise StopError(f"Certificate {work.credential.namespace}/{manager.name if manager else ''} is gone")
        return found

    def _key(self, work: Work) -> str:
        """SHA-256 of the public key in the Secret: public, so it may be noted."""
        found = work.hands.get(SECRET, work.credential.namespace, work.credential.name)
        try:
            certificate = x509.load_pem_x509_certificate(SecretValues.of(found or {})["tls.crt"])
        except (KeyError, ValueError):
            raise StopError("the Secret holds no certificate that can be read", waits=True) from None
        spki = certificate.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        return sha256(spki).hexdigest()
