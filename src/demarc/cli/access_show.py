"""How answers about access look: text for people, one JSON document for programs. Decides nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec
from msgspec import Struct, structs
from rich.text import Text

from demarc.access import Authorizer
from demarc.access.review import Verdict
from demarc.cli.screen import Screen
from demarc.model.access import (
    Access,
    AccessChanges,
    Answer,
    Asker,
    Decision,
    FieldRequirement,
    Grant,
    Holders,
    Holding,
    Permission,
    Request,
)
from demarc.reports.text import count, listed, safe_text

_WORDS = {
    Answer.ALLOWED: ("yes", "bold green"),
    Answer.DENIED: ("no", "bold red"),
    Answer.UNKNOWN: ("unknown", "bold yellow"),
}
_SILENT = {
    "system:masters": "in group system:masters, which no authorizer asks about",
    "Node": "by the Node authorizer",
}
_MOST_NAMES = 12


class Answered(Struct, frozen=True, kw_only=True):
    """The answer to one question, and where else it is yes."""

    allowed: bool
    request: Request
    asker: Asker
    decision: Decision
    grants: tuple[Grant, ...]
    """Every grant that allows it; the API server names any one of them."""
    namespaces: tuple[str, ...] | None = None
    """With --all-namespaces: namespaces in which it is allowed, where it is not in all of them at once."""


def with_fields(request: Request, fields: tuple[FieldRequirement, ...]) -> Request:
    """The request with a field selector."""
    return structs.replace(request, fields=fields) if fields else request


def answered(authorizer: Authorizer, who: Asker, request: Request, *, all_namespaces: bool) -> Answered:
    """Answer one question, for every namespace where that was asked."""
    decision = authorizer.decide(who, request)
    namespaces: tuple[str, ...] | None = None
    if all_namespaces and not decision.allowed and request.path is None:
        here = {item.metadata.name for item in authorizer.snapshot.objects.get("Namespace", ())}
        names = sorted(here | set(authorizer.bindings.namespaces))
        asked = ((name, structs.replace(request, namespace=name)) for name in names)
        namespaces = tuple(name for name, one in asked if authorizer.decide(who, one).allowed)
    return Answered(
        allowed=decision.allowed,
        request=request,
        asker=who,
        decision=decision,
        grants=authorizer.grants(who, request) if decision.authorizer == "RBAC" else (),
        namespaces=namespaces,
    )


def as_json(answer: Answered | Access | Holders | AccessChanges) -> bytes:
    """One line of JSON, keys in the order of the model; what is no text (a lone surrogate) is written in words."""
    try:
        return msgspec.json.encode(answer) + b"\n"
    except UnicodeEncodeError:
        return msgspec.json.encode(_writable(msgspec.to_builtins(answer))) + b"\n"


def _writable(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode()
    if isinstance(value, dict):
        return {name: _writable(inner) for name, inner in value.items()}
    return [_writable(inner) for inner in value] if isinstance(value, (list, tuple)) else value


def verdict_lines(found: Iterable[Verdict], *, as_text: bool) -> bytes:
    """Verdicts, one a line."""
    if as_text:
        return "".join(f"{_verdict_text(one)}\n" for one in found).encode()
    encoder = msgspec.json.Encoder()
    return b"".join(encoder.encode(one) + b"\n" for one in found)


def _verdict_text(one: Verdict) -> str:
    word = "unknown" if one.unknown else "yes" if one.allowed else "no"
    reason = one.reason.removeprefix("unknown: ") if one.unknown else one.reason
    return f"{word}\t{safe_text(reason)}" if reason else word


def can_i(answer: Answered, screen: Screen) -> None:
    """Print the answer to one question."""
    decision = answer.decision
    word, style = _WORDS[decision.answer]
    reason = decision.reason or _SILENT.get(decision.authorizer, "")
    _line(screen, word, f": {reason}" if reason else "", style=style)
    for grant in answer.grants[1:]:
        _line(screen, "", f"also: {grant.reason}")
    if answer.namespaces:
        _line(screen, "", f"but yes in {count(len(answer.namespaces), 'namespace')}: {_some(answer.namespaces)}")
    elif answer.namespaces is not None:
        _line(screen, "", "nor in any single namespace")
    screen.note(f"asked: {answer.request}, as {answer.asker.user} in {_some(answer.asker.groups) or 'no group'}")


def holders(answer: Holders, screen: Screen) -> None:
    """Print who can do something."""
    for holder in answer.holders:
        gone = "  (does not exist)" if holder.exists is False else ""
        where = f"  in {_places(holder.namespaces)}" if holder.namespaces else ""
        _line(screen, str(holder.subject), f"{gone}{where}", style="bold")
        if not holder.grants:
            _line(screen, "", "  past RBAC: no binding gives it, and none takes it away")
        for said in _through(holder.grants):
            _line(screen, "", f"  {said}")
    if answer.nodes:
        _line(screen, "nodes", f"  {answer.nodes}", style="bold")
    _unseen(answer.unseen, screen)


def access(answer: Access, screen: Screen) -> None:
    """Print all that an identity can do."""
    who = answer.asker
    _line(screen, who.user or "anybody", f" in {_some(who.groups)}" if who.groups else "", style="bold")
    if answer.unlimited:
        _line(screen, "", "everything: group system:masters is past RBAC, whatever the bindings say")
    _holdings(answer.holdings, screen)
    if answer.node is not None:
        node = answer.node
        reached = (
            ("pod", "", node.pods),
            ("Secret", "read ", node.secrets),
            ("ConfigMap", "read ", node.config_maps),
            ("volume claim", "", node.claims),
            ("service account", "ask tokens for ", node.service_accounts),
        )
        _line(screen, f"As node {node.node}, by the pods bound to it (Node authorizer)", "", style="bold")
        for noun, does, names in reached:
            _line(screen, "", f"  {does}{count(len(names), noun)}" + (f": {_some(names)}" if names else ""))
    if not (answer.unlimited or answer.holdings or answer.node):
        _line(screen, "", "nothing that was seen")
    for said in answer.dangling:
        _line(screen, "gives nothing", f": {said}", style="yellow")
    _unseen(answer.unseen, screen)


def changes(answer: AccessChanges, screen: Screen) -> None:
    """Print what came and what went."""
    if not answer.changes:
        _line(screen, "", "no difference in what anybody can do")
    for change in answer.changes:
        _line(screen, str(change.subject), "", style="bold")
        _holdings(change.new, screen, mark="+ ", style="green")
        _holdings(change.gone, screen, mark="- ", style="red")
    _unseen(answer.unseen, screen)


def _holdings(found: tuple[Holding, ...], screen: Screen, *, mark: str = "  ", style: str = "") -> None:
    place: tuple[str, ...] | None = None
    for holding in found:
        if holding.namespaces != place:
            place = holding.namespaces
            where = f"In {_places(place)}" if place else "In the whole cluster"
            _line(screen, where, "", style="underline")
        _line(screen, f"{mark}{permission_words(holding.permission)}", "", style=style)
        _line(screen, "", f"      {listed(list(_through(holding.grants)))}", dim=True)


def permission_words(permission: Permission) -> str:
    """A permission in one line: ``get, list pods, services``, ``* deployments (apps)``, ``get /metrics``."""
    verbs = ", ".join(permission.verbs)
    if permission.paths:
        return f"{verbs}  {', '.join(permission.paths)}"
    groups = ", ".join("all groups" if group == "*" else group or "core" for group in permission.groups)
    named = f" named {_some(permission.names)}" if permission.names else ""
    of = "" if permission.groups == ("",) else f" ({groups})"
    return f"{verbs}  {', '.join(permission.resources)}{of}{named}"


def _through(grants: tuple[Grant, ...]) -> Iterator[str]:
    """Bindings in words; those of the same name and role in several namespaces are one."""
    places: dict[tuple[str, str, str, str, str], list[str]] = {}
    for grant in grants:
        key = (grant.binding_kind, grant.binding, grant.role_kind, grant.role, str(grant.subject))
        places.setdefault(key, []).append(grant.namespace)
    for (kind, name, role_kind, role, subject), namespaces in places.items():
        where = f" in {_places(tuple(namespaces))}" if namespaces[0] else ""
        yield f"{kind} {name}{where} of {role_kind} {role} to {subject}"


def _places(namespaces: tuple[str, ...]) -> str:
    distinct = tuple(dict.fromkeys(namespaces))
    return f"namespace {distinct[0]}" if len(distinct) == 1 else f"{len(distinct):,} namespaces: {_some(distinct)}"


def _some(names: tuple[str, ...]) -> str:
    return listed(names, _MOST_NAMES)


def _unseen(said: tuple[str, ...], screen: Screen) -> None:
    for one in said:
        _line(screen, "not known", f": {one}", style="bold yellow")


def _line(screen: Screen, start: str, rest: str, *, style: str = "", dim: bool = False) -> None:
    text = Text(safe_text(start), style=style)
    text.append(safe_text(rest), style="dim" if dim else "not bold default")
    screen.out.print(text, soft_wrap=True)
