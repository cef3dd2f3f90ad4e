"""One view of a person, whatever directory printed the record: who, under which addresses, and whether still there.

Bodies are kept as printed; this is where their differences end. What a leaver means for duties is not its business.
"""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from demarc.collect.external.directory import columns
from demarc.collect.external.shape import Body, dig, objects, text, texts
from demarc.model.snapshot import Record


class DirectoryPerson(Struct, frozen=True, kw_only=True):
    """A person or account in a directory."""

    ids: tuple[str, ...]
    """Every name and id that it is known by, in the case given, addresses apart: login, object id, employee id."""
    name: str
    """Name for people; empty where the directory tells none."""
    emails: tuple[str, ...]
    """Addresses in lower case, the primary one first."""
    active: bool | None
    """False for disabled, suspended, deprovisioned or left; None where the answer does not say."""
    left: str | None
    """Day or instant on which it ended, as written; it may lie ahead. None where the answer does not say."""
    says: str
    """The fields that ``active`` rests on, such as ``accountEnabled: false``."""


_IDS = (
    *(("id",), ("Id",), ("UserId",), ("UserName",), ("userName",), ("login",), ("username",), ("user",), ("uid",)),
    *(("userPrincipalName",), ("primaryEmail",), ("profile", "login"), ("profile", "employeeNumber"), ("employeeId",)),
    *(("employee_id",), ("mailNickname",), ("externalId",), ("UserArn",)),
)
_NAMES = (("displayName",), ("DisplayName",), ("name", "fullName"), ("name", "formatted"), ("name",), ("full_name",))
_EMAILS = (("primaryEmail",), ("email",), ("mail",), ("e_mail",), ("public_email",), ("profile", "email"))
_MORE_EMAILS = (("otherMails",), ("aliases",), ("nonEditableAliases",), ("proxyAddresses",))
_EMAIL_LISTS = (("emails",), ("Emails",))

_GONE = frozenset(
    {"inactive", "disabled", "suspended", "deprovisioned", "terminated", "left", "blocked", "former", "deactivated"}
    | {"ldap_blocked", "blocked_pending_approval", "no", "false", "n", "0"}
)
_THERE = frozenset(
    {"active", "enabled", "current", "employed", "yes", "true", "y", "1", "password_expired", "recovery"}
)
_WHEN_TRUE = ("accountEnabled", "active", "enabled")
_WHEN_FALSE = ("suspended", "archived", "disabled", "terminated", "left", "locked")
_STATE_WORDS = ("status", "UserStatus", "state")
_ENDS = (
    *("left_on", "left", "leftat", "leave_date", "leaver_date", "end_date", "enddate", "termination_date", "valid_to"),
    *("employeeLeaveDateTime", "deletedDateTime", "deletionTime", "expires_at", "terminated"),
)


def person(record: Record) -> DirectoryPerson | None:
    """Read a ``directory.user`` record of any source; None for other kinds."""
    if record.kind != "directory.user":
        return None
    body: Body = {**columns(record.body), **record.body}
    active, says = _active(body)
    return DirectoryPerson(
        ids=tuple(dict.fromkeys(found for path in _IDS if (found := text(body, *path)))) or (record.name,),
        name=next((found for path in _NAMES if (found := text(body, *path))), ""),
        emails=_emails(body),
        active=active,
        left=next((found for name in _ENDS if (found := _day(body.get(name)))), None),
        says=says,
    )


def _emails(body: Body) -> tuple[str, ...]:
    found = [text(body, *path) for path in _EMAILS]
    for path in _EMAIL_LISTS:
        entries = dig(body, *path)
        found += [text(item, "value") or text(item, "Value") or text(item, "address") for item in objects(entries)]
        found += texts(entries)
    for path in _MORE_EMAILS:
        found += [address.removeprefix("SMTP:").removeprefix("smtp:") for address in texts(dig(body, *path))]
    found += [text(body, name) for name in ("userPrincipalName", "userName", "UserName")] + [
        text(body, "profile", "login")
    ]
    return tuple(dict.fromkeys(address.strip().lower() for address in found if "@" in address))


def _active(body: Body) -> tuple[bool | None, str]:
    """Any field that says gone wins: an account can be enabled and archived."""
    said: list[tuple[bool, str]] = []
    for names, meaning in ((_WHEN_TRUE, True), (_WHEN_FALSE, False)):
        for name in names:
            stated = _yes_or_no(body.get(name))
            if stated is not None:
                said.append((stated is meaning, f"{name}: {str(body[name]).lower()}"))
    for name in _STATE_WORDS:
        word = text(body, name).strip().lower()
        if word in _GONE or word in _THERE:
            said.append((word in _THERE, f"{name}: {word}"))
    gone = [says for there, says in said if not there]
    if gone:
        return False, ", ".join(gone)
    return (True, ", ".join(says for _, says in said)) if said else (None, "")


def _yes_or_no(value: Any) -> bool | None:
    if isinstance(value, bool):
        return value
    if isinstance(value, int) and value in (0, 1):
        return bool(value)
    word = value.strip().lower() if isinstance(value, str) else ""
    if word in ("true", "yes", "y", "1"):
        return True
    return False if word in ("false", "no", "n", "0") else None


def _day(value: Any) -> str:
    written = value.strip() if isinstance(value, str) else ""
    return written if len(written) >= 8 and written[:2].isdigit() else ""
