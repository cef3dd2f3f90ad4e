"""The API server's audit policy: at which level a request is written down, by the rules of ``audit.k8s.io`` Policy.

The first rule that matches decides. A question may leave things open (whoever asks, in whatever namespace): then a rule
can match perhaps, and several levels are possible. Follows the matching of Kubernetes' own policy checker.
"""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct

from demarc.intake.limits import Limits
from demarc.intake.yaml_documents import YamlDamage, yaml_documents
from demarc.model.errors import DemarcError, Where


class Level(StrEnum):
    """How much of a request is written down."""

    NONE = "None"
    METADATA = "Metadata"
    REQUEST = "Request"
    REQUEST_RESPONSE = "RequestResponse"


class GroupResources(Struct, frozen=True, rename="camel"):
    """Resources of one API group; without ``resources``: all of them."""

    group: str = ""
    resources: tuple[str, ...] = ()
    resource_names: tuple[str, ...] = ()


class PolicyRule(Struct, frozen=True, kw_only=True, rename="camel"):
    """A rule; what is empty matches everything."""

    level: Level
    users: tuple[str, ...] = ()
    user_groups: tuple[str, ...] = ()
    verbs: tuple[str, ...] = ()
    resources: tuple[GroupResources, ...] = ()
    namespaces: tuple[str, ...] = ()
    non_resource_urls: tuple[str, ...] = msgspec.field(name="nonResourceURLs", default=())
    omit_stages: tuple[str, ...] = ()


class AuditPolicy(Struct, frozen=True, kw_only=True, rename="camel"):
    """Rules in their order."""

    kind: str = "Policy"
    rules: tuple[PolicyRule, ...] = ()
    omit_stages: tuple[str, ...] = ()


class Question(Struct, frozen=True, kw_only=True):
    """A request, of which None leaves something open: whoever, wherever."""

    verb: str
    group: str = ""
    resource: str = ""
    subresource: str = ""
    namespace: str | None = None
    """Empty for cluster-scoped objects, and for all namespaces at once."""
    name: str | None = None
    user: str | None = None
    groups: tuple[str, ...] | None = None
    path: str = ""
    """A URL that is no resource, instead of one."""

    def __str__(self) -> str:
        what = self.path or (f"{self.resource}/{self.subresource}" if self.subresource else self.resource)
        whole = f"{what}.{self.group}" if self.group and not self.path else what
        where = f" in {self.namespace}" if self.namespace else ""
        return (
            f"{self.verb} {whole}{f' {self.name}' if self.name else ''}{where}{f' by {self.user}' if self.user else ''}"
        )


class Written(Struct, frozen=True, kw_only=True):
    """One way in which a request may be written down."""

    level: Level
    rule: int
    """1-based number of the rule; 0 where none matches, and nothing is written."""
    certain: bool
    """No earlier rule could match instead."""
    omit_stages: tuple[str, ...] = ()
    hinges: str = ""
    """What the question leaves open and the rule asks for: ``users aksService``; empty where it matches for certain."""


def read_policy(data: bytes, *, origin: str) -> AuditPolicy:
    """Read a policy, YAML or JSON, v1 or v1beta1. Raises DemarcError."""
    where = Where(file=origin)
    todo = "give the file of --audit-policy-file: kind: Policy of audit.k8s.io"
    for document in yaml_documents(data, Limits()):
        if isinstance(document, YamlDamage):
            raise DemarcError(
                f"it is no YAML: {document.says}", where=Where(file=origin, line=document.line), todo=todo
            )
        try:
            policy = msgspec.json.decode(document.data, type=AuditPolicy)
        except msgspec.DecodeError as error:
            raise DemarcError(f"it is no audit policy: {error}", where=where, todo=todo) from None
        if policy.kind != "Policy":
            raise DemarcError(f"it is a {policy.kind}, no audit policy", where=where, todo=todo)
        return policy
    raise DemarcError("it is empty", where=where, todo=todo)


def load_policy(path: Path) -> AuditPolicy:
    """Read a policy file. Raises DemarcError."""
    try:
        return read_policy(path.read_bytes(), origin=str(path))
    except OSError as error:
        raise DemarcError(
            f"it cannot be read: {error.strerror}", where=Where(file=str(path)), todo="check it"
        ) from None


def written(policy: AuditPolicy, question: Question) -> tuple[Written, ...]:
    """Every way in which the request may be written down; one, where the question leaves nothing open that matters."""
    found: list[Written] = []
    for number, rule in enumerate(policy.rules, start=1):
        matches = _matches(rule, question)
        if matches is False:
            continue
        omitted = tuple(sorted({*policy.omit_stages, *rule.omit_stages}))
        found.append(
            Written(
                level=rule.level,
                rule=number,
                certain=not found and matches is True,
                omit_stages=omitted,
                hinges="" if matches else _hinges(rule, question),
            )
        )
        if matches is True:
            return tuple(found)
    found.append(Written(level=Level.NONE, rule=0, certain=not found))
    return tuple(found)


def _hinges(rule: PolicyRule, question: Question) -> str:
    names = tuple(name for entry in rule.resources for name in entry.resource_names)
    asked = (
        ("users", rule.users if question.user is None else ()),
        ("groups", rule.user_groups if question.groups is None else ()),
        ("namespaces", rule.namespaces if question.namespace is None else ()),
        ("names", names if question.name is None else ()),
    )
    return "; ".join(f"{what} {', '.join(values)}" for what, values in asked if values)


_Maybe = bool | None
"""None: it depends on what the question leaves open."""


def _matches(rule: PolicyRule, question: Question) -> _Maybe:
    parts: list[_Maybe] = [
        _among(question.user, rule.users),
        _shares(question.groups, rule.user_groups),
        not rule.verbs or question.verb in rule.verbs,
    ]
    if rule.namespaces or rule.resources:
        parts.append(_matches_resource(rule, question))
    elif rule.non_resource_urls:
        parts.append(bool(question.path) and any(_path_matches(question.path, spec) for spec in rule.non_resource_urls))
    return _all(parts)


def _all(parts: list[_Maybe]) -> _Maybe:
    if False in parts:
        return False
    return None if None in parts else True


def _among(value: str | None, wanted: tuple[str, ...]) -> _Maybe:
    if not wanted:
        return True
    return None if value is None else value in wanted


def _shares(values: tuple[str, ...] | None, wanted: tuple[str, ...]) -> _Maybe:
    if not wanted:
        return True
    return None if values is None else not set(values).isdisjoint(wanted)


def _matches_resource(rule: PolicyRule, question: Question) -> _Maybe:
    if question.path or not question.resource:
        return False
    namespace = _among(question.namespace, rule.namespaces)
    if not rule.resources:
        return namespace
    found: _Maybe = False
    for entry in rule.resources:
        here = _matches_entry(entry, question)
        found = True if True in (found, here) else None if None in (found, here) else False
    return _all([namespace, found])


def _matches_entry(entry: GroupResources, question: Question) -> _Maybe:
    if entry.group != question.group:
        return False
    if not entry.resources:
        return True
    if not any(_resource_matches(resource, question) for resource in entry.resources):
        return False
    return _among(question.name, entry.resource_names)


def _resource_matches(spec: str, question: Question) -> bool:
    whole = f"{question.resource}/{question.subresource}" if question.subresource else question.resource
    if spec in {whole, "*"}:
        return True
    if question.subresource and spec == f"*/{question.subresource}":
        return True
    return spec == f"{question.resource}/*"


def _path_matches(path: str, spec: str) -> bool:
    return spec in {"*", path} or (spec.endswith("*") and path.startswith(spec.removesuffix("*")))


BODIES: Final[dict[Level, str]] = {
    Level.NONE: "nothing",
    Level.METADATA: "who, what, when, and the answer's code; no bodies",
    Level.REQUEST: "the body of the request too, not of the answer",
    Level.REQUEST_RESPONSE: "the bodies of request and answer",
}
