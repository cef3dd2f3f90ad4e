"""An operator like External Secrets: copies values out of a store into Secrets, and takes back what others change."""

from __future__ import annotations

import base64
import hashlib
import json

from demarc.testing.objects import Object
from demarc.testing.verbs import Options, Verbs, stamp

_GROUP = "external-secrets.io"
_FORCE = "external-secrets.io/force-sync"
_HASH = "reconcile.external-secrets.io/data-hash"


class ExternalSecretsController:
    """``store`` is the external store: remote key -> value; change it as its owner would.

    Reads the store for a new ExternalSecret and whenever its annotation ``force-sync`` changes. An interval of 0 never
    looks again, whatever the annotation says.
    """

    def __init__(self, store: dict[str, str]) -> None:
        self.store = store
        self._fetched: dict[str, tuple[str, dict[str, str]]] = {}

    def step(self, verbs: Verbs) -> None:
        """Reconcile every ExternalSecret."""
        for item in verbs.of("ExternalSecret", _GROUP):
            uid = item["metadata"]["uid"]
            asked = (item["metadata"].get("annotations") or {}).get(_FORCE, "")
            known = self._fetched.get(uid)
            never_again = item["spec"].get("refreshInterval") in ("0", "0s")
            if known is None or (known[0] != asked and not never_again):
                self._fetched[uid] = (asked, self._read(item))
                self._write(verbs, item, self._fetched[uid][1])
                self._report(verbs, item)
            else:
                self._write(verbs, item, known[1])

    def _read(self, item: Object) -> dict[str, str]:
        return {
            one["secretKey"]: base64.b64encode(self.store[one["remoteRef"]["key"]].encode()).decode()
            for one in item["spec"].get("data") or ()
        }

    def _write(self, verbs: Verbs, item: Object, data: dict[str, str]) -> None:
        metadata = item["metadata"]
        name = (item["spec"].get("target") or {}).get("name") or metadata["name"]
        digest = hashlib.sha256(json.dumps(data, sort_keys=True).encode()).hexdigest()
        owner = {"apiVersion": item["apiVersion"], "kind": item["kind"], "name": metadata["name"]}
        wanted = {
            "metadata": {
                "labels": {"reconcile.external-secrets.io/managed": "true"},
                "annotations": {_HASH: digest},
                "ownerReferences": [{**owner, "uid": metadata["uid"], "controller": True}],
            },
            "data": data,
        }
        manager = f"externalsecrets.external-secrets.io/{metadata['name']}"
        resource = verbs.store.resource("Secret")
        verbs.apply(resource, metadata["namespace"], name, wanted, Options(manager=manager, force=True))

    def _report(self, verbs: Verbs, item: Object) -> None:
        status = {
            "refreshTime": stamp(verbs.now()),
            "syncedResourceVersion": f"{item['metadata'].get('generation', 1)}-{_digest(item['metadata'])}",
            "conditions": [{"type": "Ready", "status": "True", "reason": "SecretSynced"}],
        }
        verbs.patch(
            verbs.store.resource("ExternalSecret", _GROUP),
            item["metadata"]["namespace"],
            item["metadata"]["name"],
            content_type="application/merge-patch+json",
            patch={"status": status},
            options=Options(manager="external-secrets", subresource="status"),
        )


def _digest(metadata: Object) -> str:
    """Of labels and annotations: the operator reads again whenever these change."""
    seen = {name: metadata.get(name) or {} for name in ("labels", "annotations")}
    return hashlib.sha256(json.dumps(seen, sort_keys=True).encode()).hexdigest()[:12]
