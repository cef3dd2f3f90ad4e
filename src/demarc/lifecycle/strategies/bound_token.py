"""A legacy token becomes a bound one that ends, and that can be revoked by itself: for pipelines and other outsiders.

The new token is bound to an empty Secret of its own, the handle: whoever deletes the handle ends exactly this token.
The token itself lies in a second Secret, from which consumers read it, or a person takes it to where it is used.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

from demarc.lifecycle.cluster.hands import Right
from demarc.lifecycle.cluster.kinds import SECRET, SERVICE_ACCOUNT
from demarc.lifecycle.cluster.values import SecretValues
from demarc.lifecycle.credential import Credential, CredentialKind
from demarc.lifecycle.strategies.interface import Fit, Setting
from demarc.lifecycle.strategies.legacy_token import invalidate, last_use, validate
from demarc.lifecycle.work import StopError, Used, Work
from demarc.model.time import iso

_HANDLE_LABEL: Final = "demarc.dev/token-handle"


class BoundTokenIssuer:
    """The API server as issuer of tokens that are bound to a Secret."""

    name = "bound-token"
    settings = (
        Setting(name="ttl_hours", says="how long the new token lives; the server may give less", default="2160"),
        Setting(name="audience", says="audience of the token, if not the API server's own"),
    )
    words: Mapping[str, str] = {
        "stage": "request a token that is bound to an empty Secret, and put it into a new Secret",
        "suspend": "label the old token as invalid (legacy-token-invalid-since)",
        "revoke": "see the old token refused, and delete its Secret",
    }

    def fit(self, credential: Credential, settings: Mapping[str, str]) -> Fit:
        """For a legacy token of which the account is known."""
        if credential.kind is not CredentialKind.LEGACY_TOKEN or not credential.account:
            return Fit(problem="it is no token of a service account")
        hours = settings.get("ttl_hours", "2160")
        if not hours.isdecimal() or not 1 <= int(hours) <= 8760:
            return Fit(problem=f"ttl_hours: {hours!r} is not between 1 and 8760")
        return Fit(
            why=f"a token that ends after {hours} hours and can be revoked by itself",
            unseen=("what uses the token from outside the cluster, but for what the API server noted",),
            cannot_undo=(f"the new token ends after {hours} hours: it has to be renewed before",),
        )

    def rights(self, credential: Credential) -> tuple[Right, ...]:
        """To request tokens, and to review them."""
        return (
            Right(verb="create", resource="serviceaccounts/token", namespace=credential.namespace),
            Right(verb="get", resource="serviceaccounts", namespace=credential.namespace),
            Right(verb="create", resource="tokenreviews", group="authentication.k8s.io"),
        )

    def precheck(self, work: Work, old: SecretValues) -> None:
        """The account is there. The old token is not tried: the API server would note that as a use of it."""
        if work.hands.get(SERVICE_ACCOUNT, work.credential.namespace, work.credential.account) is None:
            raise StopError(f"ServiceAccount {work.credential.namespace}/{work.credential.account} is gone")

    def mint(self, work: Work, old: SecretValues) -> SecretValues:
        """Request the token. One that was lost to a crash ends with its handle, which is made anew."""
        self._delete_handle(work)
        name = self._handle(work)
        body = {"metadata": {"name": name, "labels": {_HANDLE_LABEL: work.credential.account[:63]}}, "type": "Opaque"}
        handle = work.hands.create(SECRET, work.credential.namespace, body)
        hours = int(work.rotation.settings.get("ttl_hours", "2160"))
        spec = {
            "expirationSeconds": int(timedelta(hours=hours).total_seconds()),
            "boundObjectRef": {
                "kind": "Secret",
                "apiVersion": "v1",
                "name": name,
                "uid": handle["metadata"]["uid"],
            },
        }
        if audience := work.rotation.settings.get("audience"):
            spec["audiences"] = [audience]
        token = work.hands.request_token(work.credential.namespace, work.credential.account, spec)
        identifier, end = claims_of(token)
        work.note("new id", identifier)
        work.note("new token ends", end)
        return SecretValues({**old, "token": token.encode()})

    def activate(self, work: Work, old: SecretValues, new: SecretValues) -> None:
        """It is valid."""

    def works(self, work: Work, values: SecretValues) -> bool | None:
        """Ask the API server, by TokenReview; for a legacy token only once it is to be refused."""
        token = values.text("token")
        audience = work.rotation.settings.get("audience", "") if claims_of(token)[0] else ""
        return work.hands.accepts(token, audience)

    def used(self, work: Work, old: SecretValues, new: SecretValues) -> Used:
        """As the API server notes it on the Secret, and the audit trail if there is one."""
        return last_use(work)

    def suspend(self, work: Work, old: SecretValues, new: SecretValues) -> None:
        """The label by which Kubernetes itself turns legacy tokens off."""
        invalidate(work)

    def restore(self, work: Work, old: SecretValues, new: SecretValues) -> None:
        """Take the label away."""
        validate(work)

    def destroy(self, work: Work, old: SecretValues, new: SecretValues) -> None:
        """The label, in case it was taken away; the token goes with its Secret."""
        invalidate(work)

    def discard(self, work: Work, old: SecretValues, new: SecretValues | None) -> None:
        """The new token ends with its handle."""
        self._delete_handle(work)

    def _handle(self, work: Work) -> str:
        return f"{work.credential.account}-handle-{work.suffix}"

    def _delete_handle(self, work: Work) -> None:
        found = work.hands.metadata(SECRET, work.credential.namespace, self._handle(work))
        if found is not None and _HANDLE_LABEL in (found["metadata"].get("labels") or {}):
            work.hands.delete(SECRET, found)


def claims_of(token: str) -> tuple[str, str]:
    """Credential id and end of a token, as audit events and people name them; empty where it has none."""
    try:
        body = token.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
        identifier, end = claims.get("jti"), claims.get("exp")
    except (IndexError, ValueError, AttributeError):
        return "", ""
    return (
        f"JTI={identifier}" if identifier else "",
        iso(datetime.fromtimestamp(end, UTC)) if isinstance(end, int) else "",
    )
