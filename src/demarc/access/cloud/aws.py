"""Policies of AWS: whom a role trusts, and what its policies allow, as far as the records show them.

Follows the evaluation logic of IAM for the conditions that OIDC trust uses (``:sub``, ``:aud``); any other condition is
unknown, never fulfilled. Bodies are as the IAM API prints them and may be anything.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any, Final

from msgspec import Struct

from demarc.access.cloud.answers import Verdict, no, unknown, yes
from demarc.inventory.records import dig, texts, words
from demarc.model.snapshot import Record

_WEB_IDENTITY: Final = "sts:assumerolewithwebidentity"
_ASSUME: Final = "sts:assumerole"
_EQUAL: Final = frozenset({"stringequals", "stringequalsignorecase", "foranyvalue:stringequals"})
_LIKE: Final = frozenset({"stringlike", "foranyvalue:stringlike", "arnlike", "arnequals"})
_ADMINISTRATOR: Final = "AdministratorAccess"


class Permissions(Struct, frozen=True, kw_only=True):
    """What policies of a role allow."""

    statements: tuple[dict[str, Any], ...]
    managed: tuple[str, ...]
    """Names of attached managed policies whose text was not given."""
    complete: bool
    """Whether all policies of the role were given."""


def account_role(arn: str) -> str:
    """Name of the role or user at the end of an ARN, without its path."""
    return arn.rpartition("/")[2]


def statements(document: Any) -> Iterator[dict[str, Any]]:
    """Statements of a policy document; a single one may stand without its list."""
    found = dig(document, "Statement")
    for item in found if isinstance(found, list) else (found,):
        if isinstance(item, dict):
            yield item


def trusts_subject(role: Record, issuer: str, subject: str, audience: str) -> Verdict:
    """Whether a role can be assumed with a token of an OIDC issuer (host and path, no scheme) for a subject.

    ``subject`` may end in ``*``: then it is asked whether any such subject is trusted.
    """
    said = (_one(item, issuer, subject, audience) for item in statements(_trust(role)))
    answers = [item for item in said if item is not None]
    return _best(answers, f"the trust policy of {role.name} names no such subject of {issuer}")


def trusts_service(role: Record, service: str) -> Verdict:
    """Whether a service of AWS may assume a role: ``pods.eks.amazonaws.com``."""
    found: list[Verdict] = []
    for item in statements(_trust(role)):
        if service in texts(dig(item, "Principal.Service")) and _has_action(item, _ASSUME):
            if words(item, "Effect") != "Allow":
                return unknown(f"the trust policy of {role.name} also denies {service}")
            conditions = item.get("Condition")
            found.append(
                unknown(f"the trust policy of {role.name} has conditions that were not evaluated")
                if conditions
                else yes(f"the trust policy of {role.name} lets {service} assume it")
            )
    return _best(found, f"the trust policy of {role.name} does not let {service} assume it")


def trusted_issuers(role: Record) -> tuple[str, ...]:
    """OIDC issuers that a role trusts, as host and path."""
    found = [
        name.partition("oidc-provider/")[2]
        for item in statements(_trust(role))
        if words(item, "Effect") == "Allow"
        for name in texts(dig(item, "Principal.Federated"))
        if "oidc-provider/" in name
    ]
    return tuple(dict.fromkeys(found))


def subjects(role: Record, issuer: str) -> tuple[str, ...]:
    """Patterns of subjects of an issuer that a role trusts; ``*`` where it asks for none.

    A star that is compared for equality fits no subject and is left out.
    """
    found: list[str] = []
    for item in statements(_trust(role)):
        if words(item, "Effect") != "Allow" or not _federated(item, issuer):
            continue
        stated = [(operator, values) for operator, key, values in _conditions(item) if key == f"{issuer}:sub"]
        found += [] if stated else ["*"]
        for operator, values in stated:
            found += [value for value in values if operator in _LIKE or not ("*" in value or "?" in value)]
    return tuple(dict.fromkeys(found))


class Policies:
    """Policies of all roles of a snapshot, by name of the role. Made in one pass over the records."""

    def __init__(self, records: Iterable[Record]) -> None:
        self._inline: dict[str, list[dict[str, Any]]] = {}
        self._attached: dict[str, list[str]] = {}
        self._documents: dict[str, Any] = {}
        self._detailed: set[str] = set()
        for record in records:
            if record.kind == "aws.iamRolePolicy":
                self._inline.setdefault(record.parent, []).extend(statements(record.body.get("PolicyDocument")))
            elif record.kind == "aws.iamRole" and "RolePolicyList" in record.body:
                self._details(record)
            elif record.kind == "aws.iamPolicy":
                self._documents[words(record.body, "Arn")] = _default_version(record.body)

    def _details(self, record: Record) -> None:
        self._detailed.add(record.name)
        inline, listed = record.body["RolePolicyList"], record.body.get("AttachedManagedPolicies")
        for item in inline if isinstance(inline, list) else ():
            self._inline.setdefault(record.name, []).extend(statements(dig(item, "PolicyDocument")))
        for item in listed if isinstance(listed, list) else ():
            self._attached.setdefault(record.name, []).append(words(item, "PolicyArn"))

    def of(self, role: str) -> Permissions:
        """What policies say of a role, by its name."""
        found = list(self._inline.get(role, ()))
        managed: list[str] = []
        for arn in self._attached.get(role, ()):
            document = self._documents.get(arn)
            found += statements(document)
            if document is None:
                managed.append(account_role(arn))
        complete = role in self._detailed and (not managed or managed == [_ADMINISTRATOR])
        return Permissions(statements=tuple(found), managed=tuple(managed), complete=complete)


def is_administrator(held: Permissions) -> bool:
    """Whether a role can do everything, or give itself everything."""
    return _ADMINISTRATOR in held.managed or any(
        words(item, "Effect") == "Allow"
        and "*" in texts(item.get("Resource"))
        and not item.get("Condition")
        and {"*", "*:*", "iam:*"} & set(texts(item.get("Action")))
        for item in held.statements
    )


def may(held: Permissions, role: str, *actions: str) -> Verdict:
    """Whether a role may do all of some actions on anything at all; resources and conditions are not told apart."""
    lacking = ""
    for action in actions:
        allowed = _ADMINISTRATOR in held.managed
        denied = False
        for item in held.statements:
            if _has_action(item, action.lower()):
                allowed |= words(item, "Effect") == "Allow"
                denied |= words(item, "Effect") == "Deny"
        if denied and allowed:
            return unknown(f"policies of {role} allow {action} and deny it in some cases")
        if not allowed:
            lacking = lacking or action
    if not lacking:
        return yes(f"policies of {role} allow {', '.join(actions)}")
    if held.complete:
        return no(f"no policy of {role} allows {lacking}")
    return unknown(f"not all policies of {role} were given: aws iam get-account-authorization-details")


def _default_version(body: dict[str, Any]) -> Any:
    versions = body.get("PolicyVersionList")
    for item in versions if isinstance(versions, list) else ():
        if dig(item, "IsDefaultVersion") is True:
            return dig(item, "Document")
    return None


def _trust(role: Record) -> Any:
    return role.body.get("AssumeRolePolicyDocument")


def _has_action(item: dict[str, Any], action: str) -> bool:
    if texts(item.get("NotAction")):
        return not any(matches(name.lower(), action) for name in texts(item.get("NotAction")))
    return any(matches(name.lower(), action) for name in texts(item.get("Action")))


def _federated(item: dict[str, Any], issuer: str) -> bool:
    return any(name.partition("oidc-provider/")[2] == issuer for name in texts(dig(item, "Principal.Federated")))


def _conditions(item: dict[str, Any]) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    found = item.get("Condition")
    for operator, keys in found.items() if isinstance(found, dict) else ():
        for key, values in keys.items() if isinstance(keys, dict) else ():
            yield str(operator).lower(), str(key), texts(values)


def _one(item: dict[str, Any], issuer: str, subject: str, audience: str) -> Verdict | None:
    """What one statement says of a subject; None where it is not about it."""
    if not _federated(item, issuer) or not _has_action(item, _WEB_IDENTITY):
        return None
    if words(item, "Effect") != "Allow":
        return unknown("the trust policy also denies tokens of this issuer")
    known = {f"{issuer}:sub": subject, f"{issuer}:aud": audience}
    unread = ""
    for operator, key, values in _conditions(item):
        if key not in known or operator not in _EQUAL | _LIKE:
            unread = f"the trust policy has a condition that was not evaluated: {operator} of {key}"
        elif not any(_fits(operator, value, known[key]) for value in values):
            return None
    return unknown(unread) if unread else yes(f"the trust policy names {subject} of {issuer}")


def _fits(operator: str, wanted: str, given: str) -> bool:
    if operator == "stringequalsignorecase":
        wanted, given = wanted.lower(), given.lower()
    if operator in _LIKE:
        return overlap(wanted, given)
    return wanted == given or (given.endswith("*") and wanted.startswith(given[:-1]))


def overlap(pattern: str, given: str) -> bool:
    """Whether a pattern matches a text, or one of the texts that begin with it where it ends in ``*``."""
    if not given.endswith("*"):
        return matches(pattern, given)
    begin, fixed = given[:-1], re.split(r"[*?]", pattern, maxsplit=1)[0]
    return fixed.startswith(begin) or (begin.startswith(fixed) and fixed != pattern)


def matches(pattern: str, given: str) -> bool:
    """Match as IAM does: ``*`` and ``?`` alone are special. Never slower than the product of both lengths."""
    if "*" not in pattern and "?" not in pattern:
        return pattern == given
    at, place, star, resume = 0, 0, -1, 0
    while at < len(given):
        if place < len(pattern) and pattern[place] == "*":
            star, resume = place, at
            place += 1
        elif place < len(pattern) and pattern[place] in ("?", given[at]):
            at, place = at + 1, place + 1
        elif star >= 0:
            resume += 1
            at, place = resume, star + 1
        else:
            return False
    return not pattern[place:].strip("*")


def _best(answers: list[Verdict], otherwise: str) -> Verdict:
    """One statement that allows is enough; a denial or an unread condition leaves it open."""
    if not answers:
        return no(otherwise)
    denials = [item for item in answers if "denies" in item.says]
    if denials:
        return denials[0]
    return next((item for item in answers if not item.unknown), answers[0])
