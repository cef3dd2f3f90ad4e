"""What checks of RBAC share: every subject of a binding is looked at, and gets one finding for all that gives a right.

Rights are resolved by ``access``; which ones matter, and how badly, is each check's own matter.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

import msgspec

from demarc.access.bindings import Bound
from demarc.access.techniques.offers import where
from demarc.access.techniques.rights import Claim, Held, Names, Right, Rights, evidence
from demarc.catalog.known import known_bindings
from demarc.model.access import SubjectRef
from demarc.model.evidence import Evidence, Grade
from demarc.model.inventory import Scope
from demarc.model.kubernetes import PolicyRule
from demarc.model.posture import FieldSeen, Fix, Found, ObjectRef, Severity
from demarc.posture.checks.workloads import seen
from demarc.posture.granted import identity_name
from demarc.posture.ground import Ground
from demarc.posture.interface import Report

BUILT_IN = frozenset({"cluster-admin", "admin", "edit", "view"})
_MOST_SHOWN = 4
_ALL = "*"


class Danger(NamedTuple):
    """Rights that are a danger in one hand."""

    rights: tuple[str, ...]
    can: str
    """What they allow: ``read Secrets``."""
    cluster: bool = False
    """Of things that lie in no namespace: a RoleBinding gives none of it."""
    place: str = ""
    """The one namespace where it matters; empty for any."""
    names: tuple[str, ...] = ()
    """Names that matter where the first right is limited to names."""
    named: bool = False
    """Whether it matters whatever names the first right is limited to."""
    lower: bool = False
    """One step less bad than the check says."""

    def met(self, claim: Claim) -> bool:
        """Whether a claim is this danger."""
        if claim.namespace and (self.cluster or self.place not in ("", claim.namespace)):
            return False
        limited = claim.names[0]
        return limited is None or self.named or not set(limited).isdisjoint(self.names)


class Way(NamedTuple):
    """A binding by which a subject has a right."""

    bound: Bound
    right: Right


class Holding:
    """What one subject has of a check's dangers."""

    __slots__ = ("asked", "cans", "lower", "placed", "places", "ways")

    def __init__(self) -> None:
        self.cans: dict[str, None] = {}
        self.places: dict[str, None] = {}
        self.ways: dict[tuple[int, Right], Way] = {}
        self.asked: Scope | None = None
        """Where the duty is asked, where that is not where RBAC is written."""
        self.placed = False
        """Whether it matters to say where."""
        self.lower = True
        """Whether all of it is less bad than the check says."""

    def add(self, can: str, place: str, ways: Iterable[Way], *, lower: bool, placed: bool) -> None:
        """Take one more danger."""
        self.cans[can] = None
        self.placed = self.placed or placed
        self.places[place] = None
        self.ways.update(((id(way.bound), way.right), way) for way in ways)
        self.lower = self.lower and lower

    @property
    def everywhere(self) -> bool:
        """Whether it holds in the whole cluster."""
        return "" in self.places


def each_subject(ground: Ground, report: Report, severity: Severity, dangers: Iterable[Danger]) -> None:
    """Look at whoever bindings name.

    ``severity`` is for the whole cluster: in single namespaces it is a step less, and one more where roles that
    Kubernetes itself has for namespaces give it. Subjects of roles that allow everything are told by another check.
    """
    rights = ground.granted.lesser
    found: dict[SubjectRef, Holding] = {}
    for danger in dangers:
        for claim in rights.claims(*danger.rights):
            if danger.met(claim):
                can = danger.can + limited(claim.names[0])
                take(rights, found, claim, can, lower=danger.lower, placed=not (danger.cluster or danger.place))
    tell(ground, report, severity, found)


def take(
    rights: Rights,
    found: dict[SubjectRef, Holding],
    claim: Claim,
    can: str,
    *,
    lower: bool = False,
    placed: bool = True,
) -> None:
    """Add a claim to whoever has it."""
    subjects = (claim.subject,) if claim.subject is not None else rights.subjects_of(claim.bound)
    for subject in subjects:
        found.setdefault(subject, Holding()).add(can, claim.namespace, ways(claim), lower=lower, placed=placed)


def ways(claim: Claim) -> Iterator[Way]:
    """The bindings behind a claim, each with the right that it gives."""
    if claim.subject is None:
        yield from (Way(claim.bound, right) for right in claim.rights)
        return
    yield from (Way(bound, claim.rights[0]) for bound in claim.firsts)
    for right, bounds in zip(claim.rights[1:], claim.others, strict=True):
        yield from (Way(bound, right) for bound in bounds)


def tell(ground: Ground, report: Report, severity: Severity, found: dict[SubjectRef, Holding]) -> None:
    """Report a finding for every subject, and what was not seen."""
    subjects = tuple(ground.granted.lesser.subjects)
    report.looked(len(subjects))
    for subject, holding in sorted(found.items()):
        report.violated(_found(ground, subject, holding, severity))
    unseen_rbac(ground, report)
    if not subjects:
        report.holds("no binding gives anything beyond what every cluster has and what roles that allow everything do")


def unseen_rbac(ground: Ground, report: Report) -> None:
    """Say what of roles and bindings was not seen."""
    todo = "allow listing roles and bindings, see demarc rbac-needed"
    report.unseen("roles and bindings", ground.view.rbac_unseen, todo)


def lowered(severity: Severity, steps: int = 1) -> Severity:
    """A severity so many steps less bad."""
    return list(Severity)[min(severity.rank + steps, len(Severity) - 1)]


def limited(names: Names) -> str:
    """What a right is limited to, in words."""
    return f" ({shortened(names)})" if names else ""


def shortened(names: Iterable[str], most: int = _MOST_SHOWN) -> str:
    """The first few names, and how many more."""
    named = list(names)
    return ", ".join(named[:most]) + (f" and {len(named) - most} more" if len(named) > most else "")


def subject_ref(subject: SubjectRef) -> ObjectRef:
    """A subject as an object of a finding."""
    return ObjectRef(kind=subject.kind, namespace=subject.namespace, name=subject.name)


def binding_ref(bound: Bound) -> ObjectRef:
    """A binding as an object of a finding."""
    return ObjectRef(kind=bound.kind, namespace=bound.namespace, name=bound.binding.metadata.name)


def component_of(ground: Ground, subject: SubjectRef) -> str:
    """Id of the component whose workloads use an account; empty for anybody else."""
    return ground.component_accounts.get((subject.namespace, subject.name), "") if subject.namespace else ""


def asked(ground: Ground, places: Iterable[str]) -> Scope:
    """Where the duty for RBAC is asked: in the one namespace that it is written in, else in the cluster."""
    found = set(places)
    return ground.namespace(found.pop() if len(found) == 1 else "")


def written(bound: Bound, says: str) -> Evidence:
    """A binding as evidence."""
    return Evidence(says=f"{bound.key}: {says}", grade=Grade.WRITTEN, source=bound.binding.source)


def rule_seen(bound: Bound, number: int) -> FieldSeen:
    """A rule of the role behind a binding, without its empty fields."""
    rule = bound.rules.rules[number]
    return seen(f"{bound.role}: rules[{number}]", _plain(rule))


def _plain(rule: PolicyRule) -> dict[str, object]:
    fields: dict[str, object] = msgspec.to_builtins(rule)
    return {name: value for name, value in fields.items() if value}


def _found(ground: Ground, subject: SubjectRef, holding: Holding, severity: Severity) -> Found:
    local = holding.placed and not holding.everywhere
    # The roles that Kubernetes has for those who work in a namespace give much of this by design.
    usual = local and all(way.bound.binding.role_ref.name in BUILT_IN for way in holding.ways.values())
    steps = local + usual + holding.lower
    at_home = holding.asked or asked(ground, holding.places)
    rights = ground.granted.lesser
    told = list(holding.ways.values())
    bounds = list({id(way.bound): way.bound for way in told}.values())
    powers = [(way, rights.power(way.bound.rules, way.right)) for way in told]
    fields = dict.fromkeys(
        rule_seen(way.bound, power.rule) for way, power in powers if power is not None and power.rule >= 0
    )
    places = [place for place in holding.places if place]
    at = f" {where('') if holding.everywhere else f'in {shortened(places)}'}" if holding.placed else ""
    by = shortened([f"{bound.key} ({bound.role})" for bound in bounds], 3)
    return Found(
        object=subject_ref(subject),
        scope=ground.identity(identity_name(subject)),
        asked=at_home,
        duty="identity.rbac" if at_home == ground.cluster else "",
        says=f"{subject} can {shortened(holding.cans)}{at}, by {by}",
        fields=tuple(fields)[:_MOST_SHOWN],
        fix=take_away(ground, subject, told[0]),
        component=component_of(ground, subject),
        severity=lowered(severity, steps) if steps else None,
        evidence=tuple(evidence(Held(way.bound, power)) for way, power in powers[:3] if power is not None),
        source=bounds[0].binding.source,
    )


def take_away(ground: Ground, subject: SubjectRef, way: Way) -> Fix:
    """What ends one way: a rule narrowed, else the subject taken out of the binding."""
    original = ground.view.authorizer.bindings.all[way.bound.order]
    power = ground.granted.lesser.power(original.rules, way.right)
    name = original.binding.role_ref.name
    known = (original.namespace, original.binding.metadata.name) in known_bindings()
    ours = (known or not (name in BUILT_IN or name.startswith("system:"))) and name not in ground.granted.aggregated
    if ours and power is not None and power.rule >= 0:
        operations = _narrowed(original.rules.rules[power.rule], way.right, power.rule)
        if operations:
            namespace = original.namespace if original.binding.role_ref.kind == "Role" else ""
            return Fix(
                says=f"Take {way.right.text} out of {original.role}, which others may be bound to as well.",
                command=patched(original.binding.role_ref.kind.lower(), name, namespace, operations),
            )
    return Fix(
        says=f"Bind a role without {way.right.text} instead of {original.role}, then take {subject} out.",
        command=unbind(original, subject),
    )


def unbind(bound: Bound, subject: SubjectRef) -> str:
    """The command that takes a subject out of a binding, with the binding where it is the only one.

    ``bound`` is as the cluster has it, with all its subjects.
    """
    kind, name = bound.kind.lower(), bound.binding.metadata.name
    subjects = bound.binding.subjects or []
    grants = [bound.grant(one).subject for one in subjects]
    mine = [number for number, one in enumerate(grants) if one == subject]
    if len(mine) in (0, len(subjects)):
        return command("delete", kind, name, bound.namespace)
    operations = [{"op": "remove", "path": f"/subjects/{number}"} for number in reversed(mine)]
    return patched(kind, name, bound.namespace, operations)


def patched(kind: str, name: str, namespace: str, operations: Sequence[Mapping[str, object]]) -> str:
    """A JSON patch as a command."""
    text = msgspec.json.encode(operations).decode()
    return command("patch", kind, name, namespace, "--type=json", "-p", text)


def command(verb: str, kind: str, name: str, namespace: str = "", *options: str) -> str:
    """A command of kubectl, safe for a shell: names of RBAC may hold almost anything."""
    where_it_is = ("-n", namespace) if namespace else ()
    last = ("--", name) if name.startswith("-") else (name,)
    return " ".join(map(shlex.quote, ("kubectl", verb, kind, *where_it_is, *options, *last)))


def _narrowed(rule: PolicyRule, wanted: Right, number: int) -> list[dict[str, object]]:
    """What takes a right out of a rule and leaves the rest; empty where a wildcard gives it."""
    path = f"{wanted.resource}/{wanted.subresource}" if wanted.subresource else wanted.resource
    resources, verbs = list(rule.resources or ()), list(rule.verbs or ())
    if path not in resources or _ALL in resources or _ALL in verbs:
        return []
    rest = [verb for verb in verbs if verb not in wanted.verbs]
    others = [name for name in resources if name != path]
    at = f"/rules/{number}"
    found: list[dict[str, object]] = [{"op": "test", "path": f"{at}/resources", "value": resources}]
    if others:
        found.append({"op": "replace", "path": f"{at}/resources", "value": others})
        if rest:
            found.append(
                {"op": "add", "path": "/rules/-", "value": {**_plain(rule), "resources": [path], "verbs": rest}}
            )
    elif rest:
        found.append({"op": "replace", "path": f"{at}/verbs", "value": rest})
    else:
        found.append({"op": "remove", "path": at})
    return found
