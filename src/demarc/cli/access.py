"""``demarc access``: who can do what, exactly, by a snapshot or the live cluster."""

from __future__ import annotations

import gzip
import io
import sys
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Group, Parameter

from demarc.access import Authorizer, access_of, asker, changes, who_can
from demarc.access.identity import named
from demarc.access.resources import requested
from demarc.access.review import parsed_fields, reviews, verdicts
from demarc.cli import access_show as show
from demarc.cli.answer import Run, run_now
from demarc.cli.gather import gather
from demarc.cli.options import OUTPUT, Look
from demarc.cli.screen import Screen
from demarc.model.access import Answer
from demarc.model.errors import DemarcError, Where

QUESTION = Group("What to ask", sort_key=0)
FormatName = Literal["text", "json"]
Format = Annotated[FormatName, Parameter(name="--format", group=OUTPUT)]
Namespace = Annotated[str, Parameter(name=("--namespace", "-n"), group=QUESTION)]
Everywhere = Annotated[bool, Parameter(name=("--all-namespaces", "-A"), group=QUESTION, negative=())]
Groups = Annotated[
    tuple[str, ...], Parameter(name="--as-group", group=QUESTION, negative=(), allow_leading_hyphen=True)
]
User = Annotated[str, Parameter(name="--as", group=QUESTION, allow_leading_hyphen=True)]


def can_i(
    verb: Annotated[str, Parameter(group=QUESTION)],
    resource: Annotated[str, Parameter(group=QUESTION)],
    name: Annotated[str, Parameter(group=QUESTION)] = "",
    /,
    *,
    user: User,
    groups: Groups = (),
    namespace: Namespace = "",
    all_namespaces: Everywhere = False,
    field_selector: Annotated[str, Parameter(group=QUESTION)] = "",
    look: Look = Look(),  # noqa: B008 - frozen, without state
    format: Format = "text",  # noqa: A002 - the option's name
) -> int:
    """Say whether somebody can do something, with the binding and role that allow it. Exits 0 for yes, 1 otherwise.

    Parameters
    ----------
    verb
        get, list, watch, create, update, patch, delete, deletecollection, or any other: impersonate, bind, use, *.
    resource
        pods, deployments.apps, pods/exec, a path such as /metrics, or *.
    name
        Name of one object.
    user
        User name as the API server knows it: jane@example.com, system:serviceaccount:NAMESPACE:NAME,
        system:node:NAME, system:anonymous.
    groups
        Group of the user; can be given several times. Groups that follow from the user name are filled in as the API
        server does it.
    namespace
        Namespace to ask for. Without it: cluster-scoped, or all namespaces at once.
    all_namespaces
        Ask for every namespace as well, and say in which it is allowed.
    field_selector
        Field selector of a list or watch; nodes may list the pods of spec.nodeName=NODE.
    format
        text or json.
    """
    screen, run = Screen(), run_now()
    authorizer = _authorizer(look, run, screen)
    request = requested(authorizer.snapshot, verb, resource, name, namespace)
    request = show.with_fields(request, tuple(parsed_fields(field_selector)))
    if all_namespaces and namespace:
        raise DemarcError("--all-namespaces and --namespace were both given", todo="leave one of them out")
    who = asker(user, groups)
    answer = show.answered(authorizer, who, request, all_namespaces=all_namespaces)
    show.can_i(answer, screen) if format == "text" else screen.binary(show.as_json(answer))
    return 0 if answer.decision.answer is Answer.ALLOWED else 1


def can(
    verb: Annotated[str, Parameter(group=QUESTION)],
    resource: Annotated[str, Parameter(group=QUESTION)],
    name: Annotated[str, Parameter(group=QUESTION)] = "",
    /,
    *,
    namespace: Namespace = "",
    all_namespaces: Everywhere = False,
    look: Look = Look(),  # noqa: B008
    format: Format = "text",  # noqa: A002
) -> None:
    """Say who can do something, and through which bindings and roles.

    Parameters
    ----------
    verb
        As for can-i.
    resource
        As for can-i.
    name
        Name of one object.
    namespace
        Namespace to ask for. Without it: cluster-scoped, or all namespaces at once.
    all_namespaces
        Also who can in some namespaces only.
    format
        text or json.
    """
    screen, run = Screen(), run_now()
    authorizer = _authorizer(look, run, screen)
    if all_namespaces and namespace:
        raise DemarcError("--all-namespaces and --namespace were both given", todo="leave one of them out")
    request = requested(authorizer.snapshot, verb, resource, name, namespace)
    answer = who_can(authorizer, request, all_namespaces=all_namespaces)
    show.holders(answer, screen) if format == "text" else screen.binary(show.as_json(answer))


def of(
    identity: Annotated[str, Parameter(group=QUESTION, allow_leading_hyphen=True)],
    /,
    *,
    groups: Groups = (),
    look: Look = Look(),  # noqa: B008
    format: Format = "text",  # noqa: A002
) -> None:
    """Say all that an identity can do, condensed: rules merged, and namespaces with the same rights folded.

    Parameters
    ----------
    identity
        sa:NAMESPACE/NAME, user:NAME, group:NAME, or a user name as the API server knows it.
    groups
        Group of the user; can be given several times.
    format
        text or json.
    """
    screen, run = Screen(), run_now()
    who = named(identity, groups)
    answer = access_of(_authorizer(look, run, screen), who)
    show.access(answer, screen) if format == "text" else screen.binary(show.as_json(answer))


def diff(
    before: Annotated[str, Parameter(group=QUESTION)],
    after: Annotated[str | None, Parameter(group=QUESTION)] = None,
    /,
    *,
    look: Look = Look(),  # noqa: B008
    format: Format = "text",  # noqa: A002
) -> None:
    """Say who can do more, and who less, in one snapshot than in another: effective access, not changed objects.

    Parameters
    ----------
    before
        The older input.
    after
        The newer input. Without it: what --snapshot names, else the live cluster.
    format
        text or json.
    """
    screen, run = Screen(), run_now()
    older = _authorizer(replace(look, snapshot=(before,), context=None, cloud=False), run, screen)
    newer = _authorizer(look if after is None else replace(look, snapshot=(after, *look.snapshot)), run, screen)
    answer = changes(older, newer)
    show.changes(answer, screen) if format == "text" else screen.binary(show.as_json(answer))


def review(
    file: Annotated[str, Parameter(group=QUESTION)],
    /,
    *,
    look: Look = Look(),  # noqa: B008
    format: Format = "json",  # noqa: A002
) -> None:
    """Answer SubjectAccessReview specs, one a line in, one line with allowed and reason out, in the same order.

    Parameters
    ----------
    file
        JSON lines, plain or gzipped; - for standard input.
    format
        json: one object a line. text: the same for people.
    """
    screen, run = Screen(), run_now()
    asked = reviews(_lines(file), origin=_origin(file))
    found = verdicts(_authorizer(look, run, screen), asked)
    screen.binary(show.verdict_lines(found, as_text=format == "text"))


_STANDARD_INPUT = ("-", "<stdin>")


def _authorizer(look: Look, run: Run, screen: Screen) -> Authorizer:
    return Authorizer(gather(look, run.settings, run.now, screen))


def _origin(file: str) -> str:
    return "stdin" if file in _STANDARD_INPUT else file


def _lines(file: str) -> Iterable[bytes]:
    """Lines of a file, unpacked where it is gzipped. Raises DemarcError."""
    where = Where(file=_origin(file))
    try:
        data = sys.stdin.buffer.read() if file in _STANDARD_INPUT else Path(file).read_bytes()
        if data.startswith(b"\x1f\x8b"):
            data = gzip.decompress(data)
    except FileNotFoundError:
        raise DemarcError("there is no such file", where=where, todo="check the path") from None
    except (OSError, EOFError) as error:
        raise DemarcError(
            f"it cannot be read: {error}", where=where, todo="give JSON lines, plain or gzipped"
        ) from None
    return io.BytesIO(data)
