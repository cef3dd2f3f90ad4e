"""Rights as techniques ask for them: who has them, by which binding, limited to which names. Exact, by RBAC's rules.

A claim is one way to have several rights at once as one identity: by a single binding, or by several that one subject
has together. Rights that two different identities have do not add up to a claim.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from typing import NamedTuple

from demarc.access.bindings import Bound
from demarc.access.identity import asker, user_of
from demarc.access.rules import RuleSet
from demarc.model.access import Request, SubjectRef
from demarc.model.evidence import Evidence, Grade


class Right(NamedTuple):
    """Any one of some verbs on a resource."""

    verbs: tuple[str, ...]
    resource: str
    subresource: str
    group: str
    text: str

    @property
    def names_count(self) -> bool:
        """Whether a request of this kind carries a name: one that creates an object does not."""
        return bool(self.subresource) or self.verbs != ("create",)


@cache
def right(text: str) -> Right:
    """Read ``VERB[|VERB...] RESOURCE[/SUBRESOURCE][.GROUP]``: ``update|patch deployments.apps``."""
    verbs, _, what = text.partition(" ")
    path, slash, after = what.partition("/")
    if slash:
        subresource, _, group = after.partition(".")
        return Right(tuple(verbs.split("|")), path, subresource, group, text)
    resource, _, group = what.partition(".")
    return Right(tuple(verbs.split("|")), resource, "", group, text)


Names = tuple[str, ...] | None
"""Names that a right is limited to; None for every name."""


class Power(NamedTuple):
    """A right as rules give it."""

    names: Names
    evidence: str
    """Which rule: ``rules[3] allows create pods``."""
    rule: int = -1
    """Position of that rule in the role; -1 where several together give it."""


class Held(NamedTuple):
    """A right that a binding gives, in the binding's namespace or, where it has none, everywhere."""

    bound: Bound
    power: Power

    @property
    def namespace(self) -> str:
        """Empty for everywhere."""
        return self.bound.namespace


class Claim(NamedTuple):
    """One way to have rights together, as one identity."""

    bound: Bound
    """The binding that gives all, or with a ``subject`` the first right."""
    namespace: str
    """Where they hold; empty for everywhere."""
    names: tuple[Names, ...]
    """By right."""
    evidence: tuple[Evidence, ...]
    rights: tuple[Right, ...]
    subject: SubjectRef | None = None
    """Who has them by several bindings together; None where the one binding gives all."""
    others: tuple[tuple[Bound, ...], ...] = ()
    """Bindings that give each of the further rights to the subject; any one of them is enough."""
    firsts: tuple[Bound, ...] = ()
    """With a subject: bindings that give the first right as ``bound`` does."""


class Rights:
    """Answers who has which rights. Every right is looked up once."""

    def __init__(self, bounds: Iterable[Bound]) -> None:
        self.bounds = tuple(bounds)
        self._powers: dict[tuple[int, Right], Power | None] = {}
        self._held: dict[str, tuple[Held, ...]] = {}
        self._by_subject: dict[SubjectRef, list[Bound]] = {}
        self._subjects: dict[int, tuple[SubjectRef, ...]] = {}
        for bound in self.bounds:
            subjects = tuple(dict.fromkeys(subject for subject, _ in bound.subjects()))
            self._subjects[id(bound)] = subjects
            for subject in subjects:
                self._by_subject.setdefault(subject, []).append(bound)

    @property
    def subjects(self) -> Iterable[SubjectRef]:
        """Everybody whom bindings name, each once."""
        return self._by_subject

    def subjects_of(self, bound: Bound) -> tuple[SubjectRef, ...]:
        """Whom a binding names."""
        return self._subjects[id(bound)]

    def of(self, subject: SubjectRef) -> list[Bound]:
        """Bindings that apply to a subject, also by the groups that follow from its name."""
        found = {id(bound): bound for bound in self._by_subject.get(subject, ())}
        for group in implied_groups(subject):
            found.update((id(bound), bound) for bound in self._by_subject.get(group, ()))
        return list(found.values())

    def holders(self, verb: str, resource: str, group: str = "", subresource: str = "") -> tuple[Held, ...]:
        """Bindings that give a right, with the names that it is limited to."""
        path = f"{resource}/{subresource}" if subresource else resource
        return self.held(f"{verb} {path}.{group}" if group else f"{verb} {path}")

    def held(self, text: str) -> tuple[Held, ...]:
        """Bindings that give a right, written as for ``right``."""
        found = self._held.get(text)
        if found is None:
            wanted = right(text)
            powers = ((bound, self.power(bound.rules, wanted)) for bound in self.bounds)
            found = self._held[text] = tuple(Held(bound, power) for bound, power in powers if power is not None)
        return found

    def power(self, rules: RuleSet, wanted: Right) -> Power | None:
        """What rules give of a right; None for nothing. Roles that many bindings share are looked at once."""
        key = (id(rules), wanted)
        if key not in self._powers:
            self._powers[key] = _power(rules, wanted)
        return self._powers[key]

    def claims(self, *texts: str, loose: bool = False) -> Iterator[Claim]:
        """Ways to have all of some rights as one identity.

        Where they come from several bindings, only rights for every name count beyond the first, unless ``loose``.
        """
        wanted = tuple(map(right, texts))
        held = [{id(one.bound): one for one in self.held(text)} for text in texts]
        full = [key for key in held[0] if all(key in some for some in held[1:])]
        for key in full:
            ones = tuple(some[key] for some in held)
            yield Claim(
                bound=ones[0].bound,
                namespace=ones[0].namespace,
                names=tuple(one.power.names for one in ones),
                evidence=tuple(dict.fromkeys(evidence(one) for one in ones)),
                rights=wanted,
            )
        if len(texts) > 1 and all(held):
            yield from self._together(wanted, held, frozenset(full), loose=loose)

    def _together(
        self, wanted: tuple[Right, ...], held: list[dict[int, Held]], full: frozenset[int], *, loose: bool
    ) -> Iterator[Claim]:
        for subject in dict.fromkeys(who for some in held for one in some.values() for who in self.subjects_of(one[0])):
            mine = [[some[id(bound)] for bound in self.of(subject) if id(bound) in some] for some in held]
            if not loose:
                mine[1:] = [[one for one in some if one.power.names is None] for some in mine[1:]]
            if not all(mine):
                continue
            places = {""} if all(any(not one.namespace for one in some) for some in mine) else set()
            places |= {one.namespace for some in mine for one in some if one.namespace}
            for place in sorted(places):
                here = [[one for one in some if one.namespace in ("", place)] for some in mine]
                # What one binding gives alone, or everywhere already, is no news here.
                new = all(here) and not any(all(id(one.bound) in full for one in some) for some in here)
                if new and not (place and "" in places and not any(one.namespace for some in here for one in some)):
                    yield from _combined(subject, place, wanted, here)


def _combined(subject: SubjectRef, place: str, wanted: tuple[Right, ...], here: list[list[Held]]) -> Iterator[Claim]:
    firsts: dict[Names, list[Held]] = {}
    for one in here[0]:
        firsts.setdefault(one.power.names, []).append(one)
    for names, ones in firsts.items():
        yield Claim(
            bound=ones[0].bound,
            namespace=place,
            names=(names, *(some[0].power.names for some in here[1:])),
            evidence=tuple(dict.fromkeys(evidence(one) for one in (ones[0], *(some[0] for some in here[1:])))),
            rights=wanted,
            subject=subject,
            others=tuple(tuple(one.bound for one in some) for some in here[1:]),
            firsts=tuple(one.bound for one in ones),
        )


def evidence(held: Held) -> Evidence:
    """The rule behind a right, by role and field."""
    ref, bound = held.bound.binding.role_ref, held.bound
    role = f"{ref.kind} {bound.namespace}/{ref.name}" if ref.kind == "Role" else f"{ref.kind} {ref.name}"
    return Evidence(
        says=f"{role}, {held.power.evidence}; {bound.key} binds it", grade=Grade.WRITTEN, source=bound.binding.source
    )


def implied_groups(subject: SubjectRef) -> tuple[SubjectRef, ...]:
    """Groups that a subject is in by its name alone."""
    groups = asker(user_of(subject)).groups if subject.kind != "Group" else _of_group(subject.name)
    return tuple(SubjectRef(kind="Group", name=name) for name in groups)


def _of_group(name: str) -> tuple[str, ...]:
    """Groups that everybody in a group is in as well."""
    if name in ("system:unauthenticated", "system:authenticated"):
        return ()
    accounts = ("system:serviceaccounts",) if name.startswith("system:serviceaccounts:") else ()
    return (*accounts, "system:authenticated")


def _power(rules: RuleSet, wanted: Right) -> Power | None:
    requests = [
        Request(verb=verb, group=wanted.group, resource=wanted.resource, subresource=wanted.subresource)
        for verb in wanted.verbs
    ]
    if any(rules.allows(request) for request in requests):
        return Power(None, *_rule(rules, requests, wanted))
    if not wanted.names_count:
        return None
    named = dict.fromkeys(name for rule in rules.rules for name in rule.resource_names or ())
    names = tuple(name for name in named if any(rules.allows(_with_name(request, name)) for request in requests))
    if not names:
        return None
    return Power(names, *_rule(rules, [_with_name(request, names[0]) for request in requests], wanted))


def _with_name(request: Request, name: str) -> Request:
    return Request(
        verb=request.verb,
        group=request.group,
        resource=request.resource,
        subresource=request.subresource,
        name=name,
    )


def _rule(rules: RuleSet, requests: list[Request], wanted: Right) -> tuple[str, int]:
    for number, rule in enumerate(rules.rules):
        alone = RuleSet((rule,))
        if any(alone.allows(request) for request in requests):
            return f"rules[{number}] allows {wanted.text}", number
    return f"its rules allow {wanted.text}", -1
