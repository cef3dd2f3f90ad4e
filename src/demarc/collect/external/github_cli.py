"""Pull requests as ``gh pr list --json`` and ``gh pr view --json`` print them: each with its reviews and files inside.

They become the Records that answers of the REST API give. An empty list of reviews is in the answer here: it says
that there was none, where the REST API's empty list does not even say whose it is.
"""

from __future__ import annotations

import re

from demarc.collect.external.shape import Body, Shape, delivered, dig, field, has, objects, record, text
from demarc.model.snapshot import Record

_URL = re.compile(r"^https?://([^/]+)/([^/]+/[^/]+)/pull/\d+")
FETCHED = "reviews_fetched"
"""Marks a pull request whose reviews were asked for, whatever their number."""


def _repository(body: Body) -> str:
    found = _URL.match(text(body, "html_url"))
    return found[2] if found else ""


def _user(author: object) -> Body:
    login = text(author, "login")
    is_bot = dig(author, "is_bot") is True or login.startswith("app/")
    return {"login": login.removeprefix("app/"), "type": "Bot" if is_bot else "User"}


def _as_rest(body: Body) -> Body:
    """The names that the REST API has for the same."""
    found: Body = {
        "number": body.get("number"),
        "title": text(body, "title"),
        "state": text(body, "state").lower(),
        "user": _user(body.get("author")),
        "merged_at": text(body, "mergedAt") or None,
        "merged_by": _user(body.get("mergedBy")),
        "merge_commit_sha": text(body, "mergeCommit", "oid"),
        "head": {"sha": text(body, "headRefOid"), "ref": text(body, "headRefName")},
        "base": {"ref": text(body, "baseRefName")},
        "html_url": text(body, "url"),
        FETCHED: isinstance(body.get("reviews"), list),
    }
    return {**found, "reviews": body.get("reviews"), "files": body.get("files")}


def _inside(body: Body, number: str) -> list[Record]:
    repository, head = _repository(body), text(body, "head", "sha")
    reviews = [
        record(
            "github.review",
            {
                "state": text(one, "state"),
                "user": _user(one.get("author")),
                "submitted_at": text(one, "submittedAt"),
                "commit_id": text(one, "commit", "oid"),
            },
            name=text(one, "id"),
            parent=f"{repository}#{number}",
        )
        for one in objects(body.get("reviews"))
    ]
    files = [
        record(
            "github.pullRequestFile",
            {"filename": text(one, "path"), "contents_url": f"?ref={head}"},
            name=text(one, "path"),
            parent=repository,
        )
        for one in objects(body.get("files"))
        if head
    ]
    return [*reviews, *files]


SHAPES: tuple[Shape, ...] = (
    delivered(
        "gh pr list --json, gh pr view --json",
        "github.pullRequest",
        looks=lambda b: has(b, "number", "author", "mergedAt", "url") and bool(_URL.match(text(b, "url"))),
        tidy=_as_rest,
        named=field("number"),
        parent=_repository,
        besides=_inside,
        besides_kinds=("github.review", "github.pullRequestFile"),
    ),
)
