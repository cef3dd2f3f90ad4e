"""Answers of GitLab's REST API, as ``glab api`` or curl print them: changes, approvals, members, variables, tokens.

GitLab prints the values of CI variables: they are left at the door. Projects are named by the path in ``web_url``; an
answer that has none names its project by number, or not at all.
"""

from __future__ import annotations

import re

from demarc.collect.external.shape import (
    Body,
    Shape,
    delivered,
    described,
    field,
    has,
    objects,
    record,
    text,
    without_key,
    without_value,
)
from demarc.model.snapshot import Record, SourceKind

_PROJECT = re.compile(r"^https?://[^/]+/(.+?)/-/")


def project_of(body: Body) -> str:
    """Path of the project that an answer points to, else its number; empty where it names none."""
    matched = _PROJECT.match(text(body, "web_url"))
    return matched[1] if matched else text(body, "project_id")


def _is_user(body: Body) -> bool:
    return has(body, "id", "username", "state", "web_url") and "access_level" not in body


def _is_member(body: Body) -> bool:
    return has(body, "id", "username", "state", "access_level")


def _person(body: Body, name: str) -> list[Record]:
    return [record("directory.user", body, name=name)]


def _is_token(body: Body) -> bool:
    return has(body, "id", "name", "scopes", "revoked")


def _is_approvals(body: Body) -> bool:
    given = body.get("approved_by")
    if not isinstance(given, list) or len(objects(given)) != len(given):
        return False
    return has(body, "approvals_required") or has(body, "approvals_left") or has(body, "approved", "user_has_approved")


SHAPES: tuple[Shape, ...] = (
    delivered(
        "glab api projects/ID/merge_requests",
        "gitlab.mergeRequest",
        looks=lambda b: has(b, "iid", "source_branch", "target_branch", "state"),
        named=field("iid"),
        parent=project_of,
    ),
    delivered(
        "glab api projects/ID/merge_requests/IID/approvals",
        "gitlab.approvals",
        looks=_is_approvals,
        named=field("iid"),
        parent=project_of,
    ),
    delivered(
        "glab api projects/ID/approval_rules",
        "gitlab.approvalRule",
        looks=lambda b: has(b, "id", "name", "approvals_required", "eligible_approvers"),
        named=field("name"),
    ),
    delivered(
        "glab api projects/ID/protected_branches",
        "gitlab.protectedBranch",
        looks=lambda b: has(b, "name", "push_access_levels", "merge_access_levels"),
        named=field("name"),
    ),
    delivered(
        "glab api projects/ID/members/all, groups/ID/members/all",
        "gitlab.member",
        looks=_is_member,
        named=field("username"),
        besides=_person,
        besides_kinds=("directory.user",),
    ),
    described(
        "glab api users",
        "directory.user",
        source=SourceKind.DIRECTORY,
        looks=_is_user,
        named=field("username"),
    ),
    delivered(
        "glab api projects/ID/pipelines",
        "gitlab.pipeline",
        looks=lambda b: has(b, "id", "sha", "ref", "status") and "/pipelines/" in text(b, "web_url"),
        named=field("id"),
        parent=project_of,
    ),
    delivered(
        "glab api projects/ID/variables, groups/ID/variables",
        "gitlab.variable",
        looks=lambda b: has(b, "variable_type", "key", "protected"),
        named=field("key"),
        tidy=without_value,
    ),
    delivered(
        "glab api projects/ID/deploy_tokens",
        "gitlab.deployToken",
        looks=lambda b: _is_token(b) and "username" in b,
        named=field("name"),
    ),
    delivered(
        "glab api projects/ID/access_tokens, groups/ID/access_tokens",
        "gitlab.accessToken",
        looks=lambda b: _is_token(b) and has(b, "user_id", "active"),
        named=field("name"),
    ),
    delivered(
        "glab api projects/ID/deploy_keys",
        "gitlab.deployKey",
        looks=lambda b: has(b, "id", "title", "key", "can_push"),
        named=field("title"),
        tidy=without_key,
    ),
    delivered(
        "glab api projects/ID, groups/ID/projects",
        "gitlab.project",
        looks=lambda b: has(b, "id", "path_with_namespace", "web_url"),
        named=field("path_with_namespace"),
        parent=field("namespace", "full_path"),
    ),
)
