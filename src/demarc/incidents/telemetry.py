"""What to ask the provider, a supplier or the customer's own account for: the questions that fit what took part.

The questions are data (``catalog/escalation/asks.yaml``); here they are matched with the steps, root first. That there
is nobody to ask is an answer, and says where the logs lie instead.
"""

from __future__ import annotations

from collections.abc import Iterator

from demarc.catalog.escalation import Ask, asks
from demarc.incidents.ground import Ground
from demarc.incidents.view import View
from demarc.model.boundary import Party
from demarc.model.incidents import InstalledBy, Observable, StepBasis

MOST = 8
_BLANK = "what was used"


def telemetry(ground: Ground, seen: tuple[View, ...], root: View) -> tuple[str, ...]:
    """Questions in the order in which they matter: of the root first, then of what followed."""
    found = questions(ground, seen, root)
    lines = [says for of in _ORDER for says in found.get(of, ())]
    if "provider" in found or "supplier" in found:
        return tuple(lines[:MOST])
    return (_nobody(ground, root), *lines[: MOST - 1])


def questions(ground: Ground, seen: tuple[View, ...], root: View) -> dict[str, tuple[str, ...]]:
    """The questions by who holds the answer: provider, supplier, account, own, elsewhere."""
    done: set[str] = set()
    found: dict[str, list[str]] = {}
    for view in (root, *(view for view in seen if view is not root)):
        for ask in asks():
            if ask.id not in done and fits(ask, view, ground):
                done.add(ask.id)
                found.setdefault(ask.of, []).append(_told(ask, view, ground))
    return {of: tuple(says) for of, says in found.items()}


def fits(ask: Ask, view: View, ground: Ground) -> bool:
    """Tell whether a question belongs to a step: all that it names must fit."""
    part, step = view.part, view.step
    if ask.of == "provider" and ask.service_user is not ground.is_service_user:
        return False
    if not _is_asked(ask, view, ground):
        return False
    defect = part.defect
    named = (
        (ask.families, view.family_name),
        (ask.classes, defect.kind if defect is not None else "none"),
        (ask.natures, view.act.nature),
        (ask.techniques, step.technique),
        (ask.deliveries, defect.fix_delivery if defect is not None else "none"),
        (ask.installed, part.installed_by),
        (ask.credentials, step.credential or "none"),
        (ask.providers, ground.provider),
    )
    if any(among and value not in among for among, value in named):
        return False
    return not ask.observable or any(place in ask.observable for place in step.observable_in)


def _is_asked(ask: Ask, view: View, ground: Ground) -> bool:
    """Tell whether there is somebody who holds it."""
    part = view.part
    if ask.of == "provider":
        if ground.provider == "self-managed":
            return False
        provided = part.installed_by is InstalledBy.PROVIDER or Observable.PROVIDER_ONLY in view.step.observable_in
        named = bool(ask.installed) or bool(ask.providers)
        return provided or part.installed_by is InstalledBy.UNKNOWN or (named and ground.has_provider)
    if ask.of == "supplier":
        return part.installed_by is InstalledBy.THIRD_PARTY or view.held.party is Party.THIRD_PARTY
    if ask.of == "own" and part.installed_by in {InstalledBy.PROVIDER, InstalledBy.THIRD_PARTY}:
        return False
    return view.step.basis is not StepBasis.ASSUMED


_ORDER = ("provider", "supplier", "account", "own", "elsewhere")


def _told(ask: Ask, view: View, ground: Ground) -> str:
    """The question with the names of this case."""
    until = ground.until.text if ground.until is not None else "now"
    return ask.says.format(
        part=view.part.name,
        supplier=view.part.supplier or "the supplier",
        object=view.step.object or _BLANK,
        since=ground.since.text,
        until=until,
    )


def _nobody(ground: Ground, root: View) -> str:
    """That nobody beside the customer holds anything of the root."""
    held = ", ".join(dict.fromkeys(_places(root)))
    where = f"; with the operator: {held}" if held else ""
    if ground.provider == "self-managed":
        return f"none: self-managed{where}"
    if not ground.has_provider:
        return f"none at the provider{where}"
    return f"none needed from the provider for the root{where}"


def _places(root: View) -> Iterator[str]:
    words = {
        Observable.K8S_AUDIT: "the audit log of the API server",
        Observable.CLOUD_TRAIL: "the cloud API log",
        Observable.NODE: "node and runtime logs",
        Observable.REGISTRY: "the registry's log",
        Observable.CI: "the logs of the pipeline",
    }
    for place in root.step.observable_in:
        if place in words:
            yield words[place]
