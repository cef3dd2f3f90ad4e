"""Takes back what others change, as Argo CD with selfHeal and Flux do, and as an operator does with what it owns."""

from __future__ import annotations

from collections.abc import Iterable

from demarc.testing.objects import Object
from demarc.testing.verbs import Options, Verbs


class Reverter:
    """Applies ``desired`` objects again at every step, by force; fields that they do not name stay as they are."""

    def __init__(self, desired: Iterable[Object], *, manager: str = "argocd-controller") -> None:
        self._desired = [_bare(item) for item in desired]
        self._manager = manager
        self.active = True

    def step(self, verbs: Verbs) -> None:
        """Apply what is desired."""
        if not self.active:
            return
        for item in self._desired:
            group = item["apiVersion"].rpartition("/")[0]
            metadata = item["metadata"]
            verbs.apply(
                verbs.store.resource(item["kind"], group),
                metadata.get("namespace", ""),
                metadata["name"],
                item,
                Options(manager=self._manager, force=True),
            )


def _bare(item: Object) -> Object:
    kept = ("name", "namespace", "labels", "annotations")
    metadata = {field: value for field, value in item["metadata"].items() if field in kept}
    return {**{field: value for field, value in item.items() if field != "status"}, "metadata": metadata}
