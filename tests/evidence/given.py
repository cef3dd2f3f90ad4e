"""Short ways to say what a test is about: changes, tickets, a trail, a row."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from demarc.evidence import Ground
from demarc.evidence import roles as work_out
from demarc.model.inventory import Place
from demarc.model.kubernetes import Application
from demarc.model.register import Register
from demarc.model.roles import RoleEvidence, RolesReport
from demarc.model.snapshot import Record, Snapshot
from demarc.model.trail import ChangeMade, IdentityUse, TrailFacts, UseMade
from tests.accountability.given import AT, a_namespace, a_person, a_register, a_team, an_inventory, answer

SHOP = "github.com/acme/shop"
HEAD, MERGE = "a" * 40, "b" * 40
LOGINS = {"alice": "alice-gh", "bob": "bob-gh", "carla": "carla-gh"}


def day(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def a_pull(number: str = "7", author: str = "alice-gh", **more: Any) -> Record:
    body = {
        "number": int(number),
        "state": "closed",
        "title": "Change",
        "user": {"login": author},
        "merged_at": "2026-11-01T12:00:00Z",
        "merged_by": {"login": author},
        "merge_commit_sha": MERGE,
        "head": {"sha": HEAD},
        "base": {"ref": "main"},
        **more,
    }
    return Record(kind="github.pullRequest", name=number, parent="acme/shop", body=body, source="s1")


def a_review(by: str, state: str = "APPROVED", at: str = "2026-11-01T11:00:00Z", **more: Any) -> Record:
    user = {"login": by, "type": "User"}
    body = {"state": state, "user": user, "submitted_at": at, "commit_id": HEAD, **more}
    return Record(kind="github.review", name=f"{by}{at}{state}", parent="acme/shop#7", body=body, source="s1")


def a_merge_request(author: str = "alice-gh", *approvers: str, given: bool = True, **more: Any) -> list[Record]:
    body = {
        "iid": 7,
        "author": {"username": author},
        "merged_at": "2026-11-01T12:00:00Z",
        "sha": HEAD,
        "merge_commit_sha": MERGE,
        "project_id": 44,
        **more,
    }
    found = [Record(kind="gitlab.mergeRequest", name="7", parent="acme/shop", body=body, source="s1")]
    if given:
        approved = [{"user": {"username": name}} for name in approvers]
        found.append(
            Record(kind="gitlab.approvals", name="7", parent="44", body={"approved_by": approved}, source="s1")
        )
    return found


def an_application(namespace: str, path: str = "", commit: str = MERGE) -> Application:
    return msgspec.convert(
        {
            "kind": "Application",
            "metadata": {"name": namespace, "namespace": "argocd"},
            "spec": {
                "source": {"repoURL": f"https://{SHOP}.git", "path": path},
                "destination": {"namespace": namespace, "server": "https://kubernetes.default.svc"},
            },
            "status": {"sync": {"revision": commit}},
        },
        Application,
    )


def people(**more: Any) -> Register:
    known = tuple(a_person(name, accounts=(login,)) for name, login in LOGINS.items())
    teams = (a_team("platform", "alice"), a_team("payments", "bob"), a_team("security", "carla"))
    return a_register(**{"people": known, "teams": teams, **more})


def a_trail(**more: Any) -> TrailFacts:
    return TrailFacts(
        **{
            "origin": "audit.log",
            "since": AT - timedelta(days=30),
            "until": AT,
            "events": 10,
            "requests": 10,
            "shapes": ("kubernetes",),
            "lost_columns": (),
            "records_reads": True,
            **more,
        }
    )


def a_change(user: str, resource: str = "secrets", name: str = "db", **more: Any) -> ChangeMade:
    return ChangeMade(
        **{
            "verb": "update",
            "group": "",
            "resource": resource,
            "namespace": "shop",
            "name": name,
            "user": user,
            "as_user": "",
            "agent": "client/1",
            "source_ip": "10.0.0.1",
            "audit_id": "id-1",
            "times": 1,
            "first": AT - timedelta(days=2),
            "last": AT - timedelta(days=2),
            **more,
        }
    )


def a_reader(user: str, last: datetime, resource: str = "rolebindings") -> IdentityUse:
    use = UseMade(verb="list", group="", resource=resource, subresource="", namespace="", requests=3, last=last)
    return IdentityUse(
        user=user,
        groups=(),
        arn="",
        first=last,
        last=last,
        requests=3,
        refused=0,
        clients=(),
        clients_left=0,
        credentials=(),
        credentials_left=0,
        uses=(use,),
        uses_left=0,
    )


def a_snapshot(*records: Record, objects: dict[str, tuple[Any, ...]] | None = None) -> Snapshot:
    return Snapshot(
        taken_at=AT, taken_at_basis="given", sources=(), gaps=(), objects=objects or {}, records=tuple(records)
    )


def ground(
    register: Register, *records: Record, places: tuple[Place, ...] = (a_namespace("shop"),), **more: Any
) -> Ground:
    objects = more.pop("objects", None)
    snapshot = a_snapshot(*records, objects=objects)
    inventory = an_inventory(places=places)
    assessment = answer(inventory, register, snapshot=snapshot)
    return Ground(
        **{
            "snapshot": snapshot,
            "inventory": inventory,
            "register": register,
            "assessment": assessment,
            "at": AT,
            "since": AT - timedelta(days=365),
            **more,
        }
    )


def report(register: Register, *records: Record, **more: Any) -> RolesReport:
    return work_out(ground(register, *records, **more))


def one(found: RolesReport, duty: str, role: str, scope: str = "namespace:shop") -> RoleEvidence:
    return next(
        item for item in found.roles if item.duty == duty and item.role.value == role and str(item.scope) == scope
    )
