"""A legacy token that a pod mounts becomes the pod's own projected one: renewed by the kubelet, ended with the pod.

The volume of the Secret is replaced by one that gives the same files (token, ca.crt, namespace) in the same place. Only
for pods that run as the account that the token is of, and that read it from a file.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from typing import Any, Final

from demarc.lifecycle.cluster.hands import Right, managers_of
from demarc.lifecycle.cluster.interface import ConflictError
from demarc.lifecycle.cluster.kinds import SECRET, resource_of
from demarc.lifecycle.cluster.references import at, refers, template_path
from demarc.lifecycle.cluster.rollout import may_begin
from demarc.lifecycle.credential import Consumer, Credential, CredentialKind
from demarc.lifecycle.plan import Phase
from demarc.lifecycle.strategies.interface import Fit, Setting
from demarc.lifecycle.strategies.legacy_token import invalidate, last_use, validate
from demarc.lifecycle.strategies.plain import PlainStrategy
from demarc.lifecycle.strategies.repoint import live
from demarc.lifecycle.strategies.residue import sweep
from demarc.lifecycle.strategies.retire import RetireStrategy, refuse_and_delete
from demarc.lifecycle.work import StopError, Used, Work

Object = dict[str, Any]
_KINDS: Final = ("Deployment", "StatefulSet", "DaemonSet", "CronJob")
_SECONDS: Final = 3607
"""What admission itself gives; the API server knows this very number and extends it where that is still on."""
_TRIES: Final = 5


class ProjectedTokenStrategy(PlainStrategy):
    """Gives pods a token of their own."""

    name = "projected-token"
    settings = (
        Setting(name="expiration_seconds", says="life of the token, which the kubelet renews", default=str(_SECONDS)),
    )
    phases: Mapping[Phase, tuple[str, str]] = {
        Phase.ROLL: ("replace the volume of the Secret in {consumer} by a projected token", "the volume is put back"),
        Phase.PROVE: ("see that nothing uses the old token", "nothing to undo"),
        Phase.SUSPEND: ("label the old token as invalid (legacy-token-invalid-since)", "the label is taken away"),
        Phase.OBSERVE: ("see that every consumer goes on", "nothing to undo"),
        Phase.REVOKE: ("see the old token refused, and delete its Secret", ""),
        Phase.SWEEP: ("remove replica sets that would bring it back", ""),
        Phase.VERIFY: ("see that it is gone and nothing refers to it", "nothing to undo"),
    }

    def fit(self, credential: Credential, settings: Mapping[str, str]) -> Fit:
        """For a token that pods of its own account read from files."""
        if credential.kind is not CredentialKind.LEGACY_TOKEN or not credential.account:
            return Fit(problem="it is no token of a service account")
        if not credential.consumers:
            return Fit(problem="nothing in the cluster refers to it")
        for consumer in credential.consumers:
            if consumer.kind not in _KINDS:
                return Fit(problem=f"{consumer.key} cannot be given a volume of its own")
            if consumer.account != credential.account:
                return Fit(problem=f"{consumer.key} runs as {consumer.account}, the token is of {credential.account}")
            if set(consumer.uses) - {"volume"}:
                return Fit(problem=f"{consumer.key} takes it as {', '.join(consumer.uses)}, not from a whole volume")
        return Fit(
            why="its pods can have a token of their own, which ends with them",
            unseen=(
                "programs that read the file only once: they stop working when their first token ends",
                "what uses the token from outside the cluster, but for what the API server noted",
            ),
        )

    def handles(self, consumer: Consumer) -> bool:
        """Whatever has a pod template."""
        return consumer.kind in _KINDS

    def rights(self, credential: Credential) -> tuple[Right, ...]:
        """Those of retiring."""
        return RetireStrategy().rights(credential)

    def precheck(self, work: Work) -> None:
        """It is the Secret of the plan."""
        RetireStrategy().precheck(work)

    def roll(self, work: Work, consumer: Consumer) -> None:
        """Replace the volume; what it was is noted first, so that it can be put back as it was."""
        seconds = int(work.rotation.settings.get("expiration_seconds", str(_SECONDS)))

        def changed(volume: Object) -> Object | None:
            secret = volume.get("secret") or {}
            if secret.get("secretName") != work.credential.name:
                return None
            work.note(f"volume {consumer.key} {volume['name']}", json.dumps(volume, sort_keys=True))
            return _projected(volume, seconds)

        self._rewrite(work, consumer, changed, wanted=False)

    def unroll(self, work: Work, consumer: Consumer) -> None:
        """Put the volume back."""

        def changed(volume: Object) -> Object | None:
            known = work.fact(f"volume {consumer.key} {volume['name']}")
            if not known or "secret" in volume:
                return None
            before: Object = json.loads(known)
            return before

        self._rewrite(work, consumer, changed, wanted=True)

    def _rewrite(self, work: Work, consumer: Consumer, changed: Any, *, wanted: bool) -> None:
        """Rewrite volumes as ``changed`` says; ``wanted``: whether the Secret is referred to afterwards."""
        pointer = template_path(consumer.kind) or ""
        for _ in range(_TRIES):
            item = live(work.hands, consumer)
            if refers(consumer.kind, item, work.credential.name) is wanted:
                return
            if not wanted and consumer.restarts and (why := may_begin(work.hands, consumer, item)):
                raise StopError(why, waits=True)
            spec = copy.deepcopy(at(item, pointer))
            spec["volumes"] = [changed(volume) or volume for volume in spec.get("volumes") or ()]
            if spec == at(item, pointer):
                by = ", ".join(managers_of(item)[:3])
                raise StopError(f"{consumer.key} is not as it was left: somebody changed it ({by})")
            try:
                work.hands.replace_at(resource_of(consumer.kind), item, [(pointer, spec)])
            except ConflictError:
                continue
            return
        raise StopError(f"{consumer.key} changes faster than it can be written: try again later", waits=True)

    def used(self, work: Work) -> Used:
        """As the API server notes it."""
        return last_use(work)

    def suspend(self, work: Work) -> None:
        """The label of Kubernetes itself."""
        invalidate(work)

    def restore(self, work: Work) -> None:
        """Take the label away."""
        validate(work)

    def revoke(self, work: Work) -> None:
        """Delete the token once it is seen refused."""
        if work.hands.metadata(SECRET, work.credential.namespace, work.credential.name) is not None:
            self.precheck(work)
            invalidate(work)
            refuse_and_delete(work)

    def sweep(self, work: Work) -> tuple[str, ...]:
        """Old replica sets."""
        return sweep(work, gone=work.credential.name)

    def verify(self, work: Work) -> str:
        """Gone, and nobody refers to it."""
        if work.hands.metadata(SECRET, work.credential.namespace, work.credential.name) is not None:
            return "the Secret with the old token is still there"
        for consumer in work.credential.consumers:
            if refers(consumer.kind, live(work.hands, consumer), work.credential.name):
                return f"{consumer.key} refers to the token that is gone"
        return ""


def _projected(volume: Object, seconds: int) -> Object:
    """A volume with the same files as a token Secret: those that the old one chose, under the names it gave them."""
    items = (volume["secret"] or {}).get("items") or [{"key": key, "path": key} for key in _FILES]
    sources: list[Object] = []
    for item in items:
        key, path = item["key"], item["path"]
        if key == "token":
            sources.append({"serviceAccountToken": {"path": path, "expirationSeconds": seconds}})
        elif key == "ca.crt":
            sources.append({"configMap": {"name": "kube-root-ca.crt", "items": [{"key": "ca.crt", "path": path}]}})
        elif key == "namespace":
            field = {"apiVersion": "v1", "fieldPath": "metadata.namespace"}
            sources.append({"downwardAPI": {"items": [{"path": path, "fieldRef": field}]}})
    projected: Object = {"sources": sources}
    if "defaultMode" in (volume["secret"] or {}):
        projected["defaultMode"] = volume["secret"]["defaultMode"]
    return {"name": volume["name"], "projected": projected}


_FILES: Final = ("token", "ca.crt", "namespace")
