"""SubjectAccessReview in, its status out: the specs of the API, one a line, checked as the API checks them.

It knows the shape of a review, and how its field selectors are read; deciding is the authorizer's.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec
from msgspec import Struct

from demarc.access.authorizer import Authorizer
from demarc.model.access import Answer, Asker, Decision, FieldRequirement, Request
from demarc.model.errors import DemarcError, Problem, Where

_MOST_PROBLEMS = 20
_SHAPE = 'write one spec a line: {"user": ..., "groups": [...], "resourceAttributes": {"verb": ..., "resource": ...}}'


class _Requirement(Struct):
    key: str = ""
    operator: str = ""
    values: list[str] | None = None


class _FieldSelector(Struct, rename="camel"):
    raw_selector: str = ""
    requirements: list[_Requirement] | None = None


class _Resource(Struct, rename="camel"):
    namespace: str | None = None
    verb: str | None = None
    group: str | None = None
    version: str | None = None
    resource: str | None = None
    subresource: str | None = None
    name: str | None = None
    field_selector: _FieldSelector | None = None
    label_selector: dict[str, Any] | None = None


class _Path(Struct):
    path: str | None = None
    verb: str | None = None


class _Spec(Struct, rename="camel"):
    user: str | None = None
    groups: list[str] | None = None
    uid: str | None = None
    extra: dict[str, list[str] | None] | None = None
    resource_attributes: _Resource | None = None
    non_resource_attributes: _Path | None = None


class _Review(_Spec):
    spec: _Spec | None = None
    """Where a whole SubjectAccessReview is given."""


class Verdict(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One line out. ``allowed`` is false for Unknown, as the API has no third value; ``unknown`` then says so."""

    allowed: bool = msgspec.field(default_factory=bool)
    reason: str = msgspec.field(default_factory=str)
    unknown: bool = False


_DECODER = msgspec.json.Decoder(_Review)
_HALVES = re.compile(
    rb"\\\\|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(?P<lone>\\u[dD][89a-fA-F][0-9a-fA-F]{2})"
)


def reviews(lines: Iterable[bytes], *, origin: str) -> list[tuple[Asker, Request]]:
    """Read specs, one a line; empty lines are skipped. Raises DemarcError with every malformed line, the first 20."""
    found, problems = [], []
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            found.append(_read(line))
        except _MalformedError as error:
            where = Where(file=origin, line=number)
            problems.append(Problem(what=f"no SubjectAccessReview: {error}", where=where, todo=_SHAPE))
            if len(problems) == _MOST_PROBLEMS:
                break
    if problems:
        raise DemarcError.of(tuple(problems))
    return found


def verdicts(authorizer: Authorizer, asked: Iterable[tuple[Asker, Request]]) -> Iterator[Verdict]:
    """Answer reviews in their order."""
    return (verdict(authorizer.decide(who, request)) for who, request in asked)


def verdict(decision: Decision) -> Verdict:
    """The status of a review."""
    unknown = decision.answer is Answer.UNKNOWN
    reason = f"unknown: {decision.reason}" if unknown else decision.reason
    return Verdict(allowed=decision.allowed, reason=reason, unknown=unknown)


class _MalformedError(Exception):
    """Why a line is no review; quotes no value of it."""


def _decoded(line: bytes) -> _Review:
    try:
        return _DECODER.decode(line)
    except msgspec.DecodeError as error:
        whole = _HALVES.sub(_replaced, line)
        if whole == line:
            raise _MalformedError(str(error)) from None
    except (UnicodeDecodeError, RecursionError):
        raise _MalformedError("it is no text, or nested too deeply") from None
    return _decoded(whole)


def _replaced(match: re.Match[bytes]) -> bytes:
    """A lone half of a surrogate pair is U+FFFD to the API server; pairs, and escaped backslashes, stay."""
    return b"\\ufffd" if match["lone"] else match[0]


def _read(line: bytes) -> tuple[Asker, Request]:
    review = _decoded(line)
    spec = review.spec or review
    who = Asker(user=spec.user or "", groups=tuple(spec.groups or ()))
    if not who.user and not who.groups:
        raise _MalformedError("at least one of user or groups must be given")
    resource, path = spec.resource_attributes, spec.non_resource_attributes
    if resource is not None and path is None:
        return who, _resource(resource)
    if path is not None and resource is None:
        return who, Request(verb=path.verb or "", path=path.path or "")
    raise _MalformedError("exactly one of resourceAttributes or nonResourceAttributes must be given")


def _resource(given: _Resource) -> Request:
    return Request(
        verb=given.verb or "",
        group=given.group or "",
        resource=given.resource or "",
        subresource=given.subresource or "",
        name=given.name or "",
        namespace=given.namespace or "",
        fields=_fields(given.field_selector) if given.field_selector is not None else (),
    )


def _fields(selector: _FieldSelector) -> tuple[FieldRequirement, ...]:
    """Equalities of a field selector; requirements go before the raw form, and what cannot be read is ignored."""
    if selector.requirements:
        return tuple(
            FieldRequirement(field=one.key, value=one.values[0])
            for one in selector.requirements
            if one.operator == "In" and one.values and len(one.values) == 1
        )
    return tuple(parsed_fields(selector.raw_selector))


def parsed_fields(text: str) -> list[FieldRequirement]:
    """Equalities of a field selector as it is written in a URL; none at all where a part of it cannot be read."""
    found = []
    for term in (part for part in text.split(",") if part):
        field, operator, value = term.partition("=")
        if not operator:
            return []
        if not field.endswith("!"):
            found.append(FieldRequirement(field=field, value=value.removeprefix("=")))
    return found
