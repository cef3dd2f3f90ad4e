"""What the controller manager does with service account tokens that lie in Secrets: fill them in, clean them."""

from __future__ import annotations

import base64
from datetime import date, timedelta

from demarc.testing.objects import Object
from demarc.testing.tokens import INVALID_SINCE, LAST_USED, legacy_token
from demarc.testing.verbs import Options, Verbs

_TYPE = "kubernetes.io/service-account-token"
_ACCOUNT = "kubernetes.io/service-account.name"
_UID = "kubernetes.io/service-account.uid"
_MERGE = "application/merge-patch+json"
_MANAGER = Options(manager="kube-controller-manager")


class TokenController:
    """Fills the token into a Secret of the type; deletes the Secret when its service account is gone."""

    def step(self, verbs: Verbs) -> None:
        """Look at every token Secret."""
        resource = verbs.store.resource("Secret")
        accounts = {(a["metadata"]["namespace"], a["metadata"]["name"]): a for a in verbs.of("ServiceAccount")}
        for secret in verbs.of("Secret"):
            if secret.get("type") != _TYPE:
                continue
            metadata = secret["metadata"]
            annotations = metadata.get("annotations") or {}
            account = accounts.get((metadata["namespace"], annotations.get(_ACCOUNT, "")))
            if account is None or annotations.get(_UID, account["metadata"]["uid"]) != account["metadata"]["uid"]:
                verbs.delete(resource, metadata["namespace"], metadata["name"])
            elif "token" not in (secret.get("data") or {}):
                patch = {
                    "metadata": {"annotations": {_UID: account["metadata"]["uid"]}},
                    "data": {
                        "token": _encoded(legacy_token(account, secret)),
                        "ca.crt": _encoded("the CA of the fake"),
                        "namespace": _encoded(metadata["namespace"]),
                    },
                }
                verbs.patch(
                    resource,
                    metadata["namespace"],
                    metadata["name"],
                    content_type=_MERGE,
                    patch=patch,
                    options=_MANAGER,
                )


class LegacyTokenCleaner:
    """Marks, then deletes, auto-generated tokens that nothing has used; manual ones it never touches (KEP-2799)."""

    def __init__(self, *, unused_for: timedelta = timedelta(days=365)) -> None:
        self._unused_for = unused_for

    def step(self, verbs: Verbs) -> None:
        """Look at every token Secret that a service account lists and no pod mounts."""
        listed = {
            (account["metadata"]["namespace"], one.get("name"))
            for account in verbs.of("ServiceAccount")
            for one in account.get("secrets") or ()
        }
        mounted = {
            (pod["metadata"]["namespace"], volume["secret"]["secretName"])
            for pod in verbs.of("Pod")
            for volume in pod["spec"].get("volumes") or ()
            if volume.get("secret")
        }
        today = verbs.now().date()
        for secret in verbs.of("Secret"):
            where = (secret["metadata"]["namespace"], secret["metadata"]["name"])
            if secret.get("type") == _TYPE and where in listed and where not in mounted:
                self._clean(verbs, secret, today)

    def _clean(self, verbs: Verbs, secret: Object, today: date) -> None:
        metadata = secret["metadata"]
        labels = metadata.get("labels") or {}
        resource = verbs.store.resource("Secret")
        last = date.fromisoformat(labels.get(LAST_USED, metadata["creationTimestamp"][:10]))
        if INVALID_SINCE in labels:
            if today - date.fromisoformat(labels[INVALID_SINCE]) >= self._unused_for:
                verbs.delete(resource, metadata["namespace"], metadata["name"])
        elif today - last >= self._unused_for:
            verbs.patch(
                resource,
                metadata["namespace"],
                metadata["name"],
                content_type=_MERGE,
                patch={"metadata": {"labels": {INVALID_SINCE: today.isoformat()}}},
                options=_MANAGER,
            )


def _encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()
