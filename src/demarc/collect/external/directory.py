"""Directories of people and groups: Entra ID, Google Workspace, Okta, SCIM, GitHub organisations, and plain lists.

Bodies stay as their directory prints them; people.py gives the one view that all readers need. AWS and GitLab have
their people in their own modules, beside the rest of their answers.
"""

from __future__ import annotations

import csv
import io
from typing import Any

from demarc.collect.external.shape import Body, Shape, described, dig, field, has, listing, objects, record, text
from demarc.model.snapshot import Record, SourceKind

_SCIM_NAME = "SCIM 2.0 ListResponse of Users or Groups"
_MEMBERS_NAME = "az ad group member list --query {group:NAME,members:@}"

_SCIM_LIST = "urn:ietf:params:scim:api:messages:2.0:ListResponse"
_SCIM = "urn:ietf:params:scim:schemas:core:2.0:"

_STATE_COLUMNS = frozenset(
    {
        "active",
        "enabled",
        "disabled",
        "suspended",
        "status",
        "left",
        "left_on",
        "leftat",
        "leave_date",
        "leaver_date",
        "end_date",
        "enddate",
        "terminated",
        "termination_date",
        "valid_to",
    }
)
_STATES = frozenset(
    {"", "active", "inactive", "enabled", "disabled", "suspended", "deprovisioned", "terminated", "left", "on leave"}
    | {"yes", "no", "true", "false", "y", "n", "0", "1", "current", "former", "employed"}
)
_MOST_ROWS = 500_000


def columns(body: Body) -> Body:
    """Give the fields with their names in lower case and underscores, as plain lists are written by hand."""
    return {str(name).strip().lower().replace(" ", "_").replace("-", "_"): value for name, value in body.items()}


def _odata(body: Body) -> str:
    return text(body, "@odata.type").lower().rpartition(".")[2]


def _is_entra_user(body: Body) -> bool:
    return "userPrincipalName" in body and "id" in body


def _is_entra_group(body: Body) -> bool:
    return has(body, "id", "displayName") and (_odata(body) == "group" or has(body, "securityEnabled", "mailEnabled"))


def _is_service_principal(body: Body) -> bool:
    return has(body, "id", "appId") and (_odata(body) == "serviceprincipal" or "servicePrincipalType" in body)


def _is_application(body: Body) -> bool:
    return has(body, "id", "appId", "signInAudience") and "servicePrincipalType" not in body


def memberships(group: str, members: object) -> list[Record]:
    """Make a Record of each member in a group's own answer; the body is the member as printed, and the group."""
    return [
        record("directory.membership", {**item, "group": group}, name=name, parent=group)
        for item in objects(members)
        if (name := _member(item))
    ]


def _member(item: Body) -> str:
    for key in ("userPrincipalName", "email", "value", "login", "id"):
        if found := text(item, key):
            return found
    return ""


def _held_members(body: Body, group: str) -> list[Record]:
    return memberships(group, body.get("members"))


def _members_answer(answer: Body) -> list[Record]:
    found = memberships(text(answer, "group"), answer["members"])
    unread = len(answer["members"]) - len(found)
    names = [item.name for item in found]
    listed = listing(
        "directory.membership", answer, names, by=_MEMBERS_NAME, parent=text(answer, "group"), unread=unread
    )
    return [*found, listed]


def _scim_resources(answer: Body) -> list[Body]:
    return [item for item in objects(answer.get("Resources")) if _scim_kind(item)]


def _scim_kind(body: Body) -> str:
    schemas = body.get("schemas")
    if isinstance(schemas, list):
        for kind in ("User", "Group"):
            if f"{_SCIM}{kind}" in schemas:
                return kind
    return "User" if "userName" in body else ""


def _scim(answer: Body) -> list[Record]:
    entries = answer.get("Resources")
    found: list[Record] = []
    for item in _scim_resources(answer):
        if _scim_kind(item) == "User":
            found.append(record("directory.user", item, name=text(item, "userName")))
        else:
            name = text(item, "displayName")
            found += [record("directory.group", item, name=name), *memberships(name, item.get("members"))]
    listed = [item for item in found if item.kind != "directory.membership"]
    unread = (len(entries) if isinstance(entries, list) else 0) - len(listed)
    for kind in dict.fromkeys(item.kind for item in listed):
        names = [item.name for item in listed if item.kind == kind]
        stated = answer if len(names) == len(listed) else {}
        found.append(listing(kind, stated, names, by=_SCIM_NAME, unread=unread))
    return found


def _is_scim(answer: Body) -> bool:
    schemas = answer.get("schemas")
    return isinstance(schemas, list) and _SCIM_LIST in schemas and isinstance(answer.get("Resources", []), list)


def _is_plain_person(body: Body) -> bool:
    """A row of a list written by hand or exported from personnel: an address, and whether or until when."""
    row = columns(body)
    address = row.get("email") or row.get("mail") or row.get("e_mail")
    if not isinstance(address, str) or "@" not in address:
        return False
    stated = [row[name] for name in _STATE_COLUMNS & row.keys()]
    return bool(stated) and all(_is_state(value) for value in stated)


def _is_state(value: Any) -> bool:
    if value is None or isinstance(value, bool):
        return True
    if isinstance(value, int):
        return value in (0, 1)
    if not isinstance(value, str):
        return False
    written = value.strip().lower()
    return written in _STATES or (len(written) >= 8 and written[:2].isdigit())


def _plain_name(body: Body) -> str:
    row = columns(body)
    return text(row, "email") or text(row, "mail") or text(row, "e_mail")


def table(content: str) -> list[Body] | None:
    """Read CSV (comma, semicolon or tab) as rows for recognition; None where it is no table with at least one row."""
    head = content.lstrip("\ufeff").split("\n", 1)[0]
    separator = max(",;\t", key=head.count)
    if head.count(separator) == 0 or head.lstrip()[:1] in "{[<":
        return None
    rows: list[Body] = []
    try:
        for row in csv.DictReader(io.StringIO(content.lstrip("\ufeff")), delimiter=separator, strict=True):
            if len(rows) == _MOST_ROWS:
                return None
            rows.append({str(name): value for name, value in row.items() if name is not None})
    except csv.Error:
        return None
    return rows or None


def _user(name: str, **given: Any) -> Shape:
    return described(name, "directory.user", source=SourceKind.DIRECTORY, **given)


def _group(name: str, **given: Any) -> Shape:
    return described(name, "directory.group", source=SourceKind.DIRECTORY, **given)


SHAPES: tuple[Shape, ...] = (
    _user("az ad user show, list", looks=_is_entra_user, named=field("userPrincipalName"), many=("value",)),
    _group(
        "az ad group show, list",
        looks=_is_entra_group,
        named=field("displayName"),
        many=("value",),
        besides=_held_members,
        besides_kinds=("directory.membership",),
    ),
    described(
        "az ad sp show, list",
        "azure.servicePrincipal",
        source=SourceKind.DIRECTORY,
        looks=_is_service_principal,
        named=field("displayName"),
        many=("value",),
    ),
    described(
        "az ad app show, list",
        "azure.application",
        source=SourceKind.DIRECTORY,
        looks=_is_application,
        named=field("displayName"),
        many=("value",),
    ),
    Shape(
        name=_MEMBERS_NAME,
        source=SourceKind.DIRECTORY,
        kinds=("directory.membership", "directory.membershipList"),
        matches=lambda b: set(b) == {"group", "members"} and bool(text(b, "group")) and isinstance(b["members"], list),
        records=_members_answer,
    ),
    _user(
        "gam print users (JSON), Google Admin SDK users.list",
        looks=lambda b: has(b, "primaryEmail") and ("suspended" in b or text(b, "kind") == "admin#directory#user"),
        named=field("primaryEmail"),
        many=("users",),
    ),
    _group(
        "Google Admin SDK groups.list",
        looks=lambda b: text(b, "kind") == "admin#directory#group" and "email" in b,
        named=field("email"),
        many=("groups",),
        besides=_held_members,
        besides_kinds=("directory.membership",),
    ),
    _user(
        "Okta users",
        looks=lambda b: has(b, "id", "status") and bool(text(b, "profile", "login")),
        named=field("profile", "login"),
    ),
    _group(
        "Okta groups",
        looks=lambda b: isinstance(b.get("objectClass"), list) and bool(text(b, "profile", "name")) and "id" in b,
        named=field("profile", "name"),
    ),
    Shape(
        name=_SCIM_NAME,
        source=SourceKind.DIRECTORY,
        kinds=(
            "directory.user",
            "directory.group",
            "directory.membership",
            "directory.userList",
            "directory.groupList",
        ),
        matches=_is_scim,
        records=_scim,
    ),
    _user(
        "gh api orgs/ORG/members",
        looks=lambda b: (
            has(b, "login", "id", "site_admin") and "permissions" not in b and dig(b, "type") in ("User", "Bot")
        ),
        named=field("login"),
    ),
    _group(
        "gh api orgs/ORG/teams",
        looks=lambda b: has(b, "slug", "members_url", "privacy") and "repositories_url" in b,
        named=field("slug"),
        parent=lambda b: text(b, "organization", "login") or _organisation(text(b, "html_url")),
    ),
)

PEOPLE: tuple[Shape, ...] = (
    _user("list of people (CSV or JSON: email with active, status or left)", looks=_is_plain_person, named=_plain_name),
)
"""Known by least, so tried after every other source."""


def _organisation(url: str) -> str:
    parts = url.split("/")
    return parts[parts.index("orgs") + 1] if "orgs" in parts[:-1] else ""
