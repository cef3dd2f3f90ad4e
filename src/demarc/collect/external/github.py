"""Answers of GitHub's REST API, as ``gh api`` prints them: changes, who may approve them, runs, names of secrets.

Names of repositories are taken from the addresses that answers hold; the parent stays empty where there is none
(a list of secrets does not say whose it is). Organisation members and teams are people: see directory.py.
"""

from __future__ import annotations

import re

from demarc.collect.external.shape import (
    Body,
    Shape,
    delivered,
    dig,
    field,
    has,
    text,
    without_key,
    without_value,
)

_API = re.compile(r"/repos/([^/]+/[^/]+)")
_PAGE = re.compile(r"^https?://[^/]+/([^/]+/[^/]+)/(?:pull|actions|tree|commit|rules|blob|deployments|settings)\b")
_PULL = re.compile(r"/pulls?/(\d+)")
_PROTECTION = re.compile(r"/repos/[^/]+/[^/]+/branches/(.+)/protection$")
_ENVIRONMENT = re.compile(r"/repos/[^/]+/[^/]+/environments/[^/]+$")
_KEY = re.compile(r"/repos/[^/]+/[^/]+/keys/\d+$")
_WORKFLOW = re.compile(r"/repos/[^/]+/[^/]+/actions/workflows/\d+$")
_ORG_SECRET = re.compile(r"/orgs/([^/]+)/(?:actions|dependabot|codespaces)/(?:secrets|variables)/")


def repository_of(body: Body) -> str:
    """``owner/name`` of the repository that an answer names or points to; empty where it names none."""
    for path in (("base", "repo", "full_name"), ("repository", "full_name")):
        if found := text(body, *path):
            return found
    for name in ("url", "pull_request_url", "repository_url"):
        if matched := _API.search(text(body, name)):
            return matched[1]
    matched = _PAGE.match(text(body, "html_url"))
    return matched[1] if matched else ""


def _review_parent(body: Body) -> str:
    number = _PULL.search(text(body, "pull_request_url")) or _PULL.search(text(body, "html_url"))
    return f"{repository_of(body)}#{number[1] if number else ''}"


def _without_patch(body: Body) -> Body:
    """What was written into a file, its secrets among it, is nobody's matter here."""
    return {key: value for key, value in body.items() if key != "patch"}


def _branch(body: Body) -> str:
    matched = _PROTECTION.search(text(body, "url"))
    return matched[1] if matched else ""


def _organisation_of(body: Body) -> str:
    matched = _ORG_SECRET.search(text(body, "selected_repositories_url"))
    return matched[1] if matched else ""


def _is_secret(body: Body) -> bool:
    """A secret is a name with two dates; organisations add who sees it. Anything more is another thing."""
    allowed = {"name", "created_at", "updated_at", "visibility", "selected_repositories_url"}
    return has(body, "name", "created_at", "updated_at") and allowed.issuperset(body)


def _is_commit(body: Body) -> bool:
    return has(body, "sha", "commit", "parents") and bool(dig(body, "commit", "author"))


SHAPES: tuple[Shape, ...] = (
    delivered(
        "gh api repos/OWNER/REPO/pulls",
        "github.pullRequest",
        looks=lambda b: (
            has(b, "number", "state", "user") and bool(text(b, "head", "sha")) and bool(text(b, "base", "ref"))
        ),
        named=field("number"),
        parent=repository_of,
    ),
    delivered(
        "gh api repos/OWNER/REPO/pulls/NUMBER/reviews",
        "github.review",
        looks=lambda b: has(b, "id", "state", "pull_request_url", "user") and "line" not in b and "path" not in b,
        named=field("id"),
        parent=_review_parent,
    ),
    delivered(
        "gh api repos/OWNER/REPO/pulls/NUMBER/files",
        "github.pullRequestFile",
        looks=lambda b: has(b, "filename", "status", "contents_url", "changes"),
        named=field("filename"),
        parent=lambda b: m[1] if (m := _API.search(text(b, "contents_url"))) else "",
        tidy=_without_patch,
    ),
    delivered(
        "gh api repos/OWNER/REPO/branches/BRANCH/protection",
        "github.branchProtection",
        looks=lambda b: bool(_branch(b)),
        named=_branch,
        parent=repository_of,
    ),
    delivered(
        "gh api repos/OWNER/REPO/branches",
        "github.branch",
        looks=lambda b: has(b, "name", "protected") and bool(text(b, "commit", "sha")) and "html_url" not in b,
        named=field("name"),
        parent=lambda b: m[1] if (m := _API.search(text(b, "commit", "url"))) else "",
    ),
    delivered(
        "gh api repos/OWNER/REPO/rulesets, orgs/ORG/rulesets",
        "github.ruleset",
        looks=lambda b: has(b, "id", "name", "enforcement", "source_type", "source"),
        named=field("name"),
        parent=field("source"),
    ),
    delivered(
        "gh api repos/OWNER/REPO/rules/branches/BRANCH",
        "github.branchRule",
        looks=lambda b: has(b, "type", "ruleset_source_type", "ruleset_id"),
        named=field("type"),
        parent=field("ruleset_source"),
    ),
    delivered(
        "gh api repos/OWNER/REPO/collaborators",
        "github.collaborator",
        looks=lambda b: has(b, "login", "id", "permissions") and ("role_name" in b or "site_admin" in b),
        named=field("login"),
    ),
    delivered(
        "gh api repos/OWNER/REPO/actions/runs",
        "github.workflowRun",
        looks=lambda b: has(b, "id", "workflow_id", "run_number", "head_sha"),
        named=field("id"),
        parent=repository_of,
        many=("workflow_runs",),
        none=("workflow_runs",),
    ),
    delivered(
        "gh api repos/OWNER/REPO/actions/workflows",
        "github.workflow",
        looks=lambda b: bool(_WORKFLOW.search(text(b, "url"))) and has(b, "path", "state"),
        named=field("path"),
        parent=repository_of,
        many=("workflows",),
        none=("workflows",),
    ),
    delivered(
        "gh api repos/OWNER/REPO/actions/secrets, orgs/ORG/actions/secrets, .../environments/NAME/secrets",
        "github.secret",
        looks=_is_secret,
        named=field("name"),
        parent=_organisation_of,
        many=("secrets",),
        none=("secrets",),
        bare=False,
    ),
    delivered(
        "gh api repos/OWNER/REPO/actions/variables, orgs/ORG/actions/variables",
        "github.variable",
        looks=lambda b: has(b, "name", "value", "created_at", "updated_at"),
        named=field("name"),
        parent=_organisation_of,
        many=("variables",),
        none=("variables",),
        bare=False,
        tidy=without_value,
    ),
    delivered(
        "gh api repos/OWNER/REPO/keys",
        "github.deployKey",
        looks=lambda b: has(b, "id", "read_only") and bool(_KEY.search(text(b, "url"))),
        named=field("title"),
        parent=repository_of,
        tidy=without_key,
    ),
    delivered(
        "gh api repos/OWNER/REPO/environments",
        "github.environment",
        looks=lambda b: "name" in b and bool(_ENVIRONMENT.search(text(b, "url"))),
        named=field("name"),
        parent=repository_of,
        many=("environments",),
        none=("environments",),
    ),
    delivered(
        "gh api repos/OWNER/REPO, orgs/ORG/repos",
        "github.repository",
        looks=lambda b: "/" in text(b, "full_name") and has(b, "default_branch", "owner"),
        named=field("full_name"),
        parent=field("owner", "login"),
    ),
    delivered(
        "gh api repos/OWNER/REPO/commits",
        "github.commit",
        looks=_is_commit,
        named=field("sha"),
        parent=repository_of,
    ),
)
