"""An issuer like cert-manager: makes the Secret of a Certificate, and makes it anew when it is told to.

The certificates are real ones, signed by a CA of the controller's own, so that their keys can be compared.
"""

from __future__ import annotations

import base64
from datetime import timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from demarc.testing.objects import Object
from demarc.testing.verbs import Options, Verbs, stamp

_GROUP = "cert-manager.io"
_LIFE = timedelta(days=90)


class CertificateController:
    """Issues for a Certificate without a Secret, and for one whose condition ``Issuing`` is true.

    ``spec.privateKey.rotationPolicy: Never`` keeps the key, as cert-manager before 1.18 did by default.
    """

    def __init__(self) -> None:
        self._authority = ec.generate_private_key(ec.SECP256R1())
        self._keys: dict[str, ec.EllipticCurvePrivateKey] = {}
        self.stuck = False
        """True: nothing is issued, as when the issuer is down."""

    def step(self, verbs: Verbs) -> None:
        """Reconcile every Certificate."""
        for item in verbs.of("Certificate", _GROUP):
            conditions = (item.get("status") or {}).get("conditions") or ()
            issuing = any(one["type"] == "Issuing" and one["status"] == "True" for one in conditions)
            metadata, name = item["metadata"], item["spec"]["secretName"]
            secret = verbs.store.get(verbs.store.resource("Secret"), metadata["namespace"], name)
            if (issuing or secret is None) and not self.stuck:
                self._issue(verbs, item)

    def _issue(self, verbs: Verbs, item: Object) -> None:
        metadata, uid = item["metadata"], item["metadata"]["uid"]
        policy = (item["spec"].get("privateKey") or {}).get("rotationPolicy", "Always")
        if uid not in self._keys or policy == "Always":
            self._keys[uid] = ec.generate_private_key(ec.SECP256R1())
        at = verbs.now()
        certificate = self._sign(item["spec"].get("commonName", metadata["name"]), self._keys[uid], at)
        data = {
            "tls.crt": _pem(certificate.public_bytes(serialization.Encoding.PEM)),
            "tls.key": _pem(
                self._keys[uid].private_bytes(
                    serialization.Encoding.PEM,
                    serialization.PrivateFormat.PKCS8,
                    serialization.NoEncryption(),
                )
            ),
        }
        annotations = {"cert-manager.io/certificate-name": metadata["name"]}
        secret = {
            "metadata": {"annotations": annotations, "labels": {"controller.cert-manager.io/fao": "true"}},
            "type": "kubernetes.io/tls",
            "data": data,
        }
        options = Options(manager="cert-manager-certificates-issuing", force=True)
        verbs.apply(verbs.store.resource("Secret"), metadata["namespace"], item["spec"]["secretName"], secret, options)
        revision = (item.get("status") or {}).get("revision", 0) + 1
        status = {
            "revision": revision,
            "notBefore": stamp(at),
            "notAfter": stamp(at + _LIFE),
            "conditions": [{"type": "Ready", "status": "True"}],
        }
        verbs.patch(
            verbs.store.resource("Certificate", _GROUP),
            metadata["namespace"],
            metadata["name"],
            content_type="application/merge-patch+json",
            patch={"status": status},
            options=Options(manager="cert-manager", subresource="status"),
        )

    def _sign(self, name: str, key: ec.EllipticCurvePrivateKey, at: Any) -> x509.Certificate:
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        issuer = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "fake CA")])
        builder = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key.public_key())
        builder = builder.serial_number(x509.random_serial_number()).not_valid_before(at).not_valid_after(at + _LIFE)
        return builder.sign(self._authority, hashes.SHA256())


def _pem(data: bytes) -> str:
    return base64.b64encode(data).decode()
