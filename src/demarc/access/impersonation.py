"""Who may act as whom: the checks that the API server makes for impersonation headers, legacy and constrained.

Constrained impersonation (KEP-5284) asks twice: ``impersonate-on:MODE:VERB`` on what is requested, and
``impersonate:MODE`` on the identity, in group authentication.k8s.io. The legacy verb ``impersonate`` is asked last.
Follows ``staging/src/k8s.io/apiserver/pkg/endpoints/filters/impersonation``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from msgspec import Struct, structs

from demarc.access.authorizer import Authorizer
from demarc.access.identity import MASTERS, NODE_PREFIX, SERVICE_ACCOUNT_PREFIX, service_account
from demarc.model.access import Answer, Asker, Decision, Request

_AUTHENTICATION = "authentication.k8s.io"
_MANY = 4
"""From this number on a single check for all groups, or all extras, is tried first."""
_DNS_NAME = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")


class Wanted(Struct, frozen=True, kw_only=True):
    """The identity that impersonation headers ask for, before the server fills in groups."""

    user: str
    uid: str = ""
    groups: tuple[str, ...] = ()
    extra: Mapping[str, tuple[str, ...]] = {}


class Impersonation(Struct, frozen=True, kw_only=True):
    """Whether somebody may act as somebody else for a request."""

    answer: Answer
    constraint: str = ""
    """``impersonate:user-info`` and the like for constrained impersonation; empty for legacy."""
    reason: str = ""
    """Of the first check that failed, which is the one that the API server names; for Unknown, what was not seen."""
    grants: tuple[Decision, ...] = ()
    """The decisions that allowed it, one for each check."""


def may_impersonate(
    authorizer: Authorizer,
    who: Asker,
    wanted: Wanted,
    request: Request,
    *,
    constrained: bool = True,
    node: str = "",
) -> Impersonation:
    """Try every mode that fits, in the server's order.

    ``constrained`` tells whether the server has constrained impersonation (beta and on since 1.36); ``node`` is the
    node to which the asker's own token is bound, if any.
    """
    failed: list[Decision] = []
    unknown: list[Decision] = []
    for mode in (*(_modes(who, wanted, node) if constrained else ()), ""):
        decisions = []
        for asked in _checks(authorizer, who, wanted, request, mode):
            decision = authorizer.decide(who, asked) if isinstance(asked, Request) else asked
            decisions.append(decision)
            if not decision.allowed:
                (unknown if decision.answer is Answer.UNKNOWN else failed).append(_named(decision, asked))
                break
        else:
            constraint = f"impersonate:{mode}" if mode else ""
            return Impersonation(answer=Answer.ALLOWED, constraint=constraint, grants=tuple(decisions))
    answer = Answer.UNKNOWN if unknown else Answer.DENIED
    return Impersonation(answer=answer, reason=(unknown or failed)[0].reason)


def _named(decision: Decision, asked: Request | Decision) -> Decision:
    if isinstance(asked, Decision):
        return decision
    said = f"cannot {asked}" + (f": {decision.reason}" if decision.reason else "")
    return structs.replace(decision, reason=said)


def _modes(who: Asker, wanted: Wanted, node: str) -> Iterator[str]:
    """Constrained modes that fit the wanted identity; nodes and service accounts can be asked for by name only."""
    plain = not (wanted.uid or wanted.groups or wanted.extra)
    target = node_name(wanted.user)
    if target is not None:
        if plain and node == target and service_account(who.user) is not None:
            yield "associated-node"
        if plain:
            yield "arbitrary-node"
    elif service_account(wanted.user) is not None:
        if plain:
            yield "serviceaccount"
    else:
        yield "user-info"


def node_name(user: str) -> str | None:
    """Name of the node behind a user name, where it is one that a node can have."""
    name = user.removeprefix(NODE_PREFIX)
    fits = name != user and len(name) <= 253 and _DNS_NAME.fullmatch(name) is not None
    return name if fits else None


def _checks(
    authorizer: Authorizer, who: Asker, wanted: Wanted, request: Request, mode: str
) -> Iterator[Request | Decision]:
    """Everything that one mode asks, in order; a Decision stands for what is refused without asking."""
    verb = f"impersonate:{mode}" if mode else "impersonate"
    if mode:
        yield structs.replace(request, verb=f"impersonate-on:{mode}:{request.verb}")
    yield _user_check(wanted, verb, mode)
    if wanted.uid:
        yield Request(verb=verb, group=_AUTHENTICATION, resource="uids", name=wanted.uid)
    yield from _group_checks(authorizer, who, wanted, verb, mode)
    yield from _extra_checks(authorizer, who, wanted, verb, mode)


def _user_check(wanted: Wanted, verb: str, mode: str) -> Request:
    group = _AUTHENTICATION if mode else ""
    account = service_account(wanted.user) if wanted.user.startswith(SERVICE_ACCOUNT_PREFIX) else None
    if account is not None:
        return Request(verb=verb, group=group, resource="serviceaccounts", namespace=account[0], name=account[1])
    target = node_name(wanted.user) if mode else None
    if target is not None:
        name = "*" if mode == "associated-node" else target
        return Request(verb=verb, group=group, resource="nodes", name=name)
    return Request(verb=verb, group=group, resource="users", name=wanted.user)


def _group_checks(
    authorizer: Authorizer, who: Asker, wanted: Wanted, verb: str, mode: str
) -> Iterator[Request | Decision]:
    if not wanted.groups:
        return
    asked = Request(verb=verb, group=_AUTHENTICATION if mode else "", resource="groups")
    if mode and "" in wanted.groups:
        yield Decision(answer=Answer.DENIED, reason="impersonating the empty string group is not allowed")
        return
    if mode and MASTERS in wanted.groups:
        yield Decision(answer=Answer.DENIED, reason=f"impersonating the {MASTERS} group is not allowed")
        return
    every = structs.replace(asked, name="*")
    if mode and len(wanted.groups) >= _MANY and authorizer.decide(who, every).allowed:
        yield every
        return
    yield from (structs.replace(asked, name=group) for group in wanted.groups)


def _extra_checks(
    authorizer: Authorizer, who: Asker, wanted: Wanted, verb: str, mode: str
) -> Iterator[Request | Decision]:
    if not wanted.extra:
        return
    asked = Request(verb=verb, group=_AUTHENTICATION, resource="userextras")
    every = structs.replace(asked, subresource="*", name="*")
    number = max(len(wanted.extra), sum(map(len, wanted.extra.values())))
    if mode and number >= _MANY and authorizer.decide(who, every).allowed:
        yield every
        return
    for key, values in sorted(wanted.extra.items()):
        yield from (structs.replace(asked, subresource=key, name=value) for value in values)
