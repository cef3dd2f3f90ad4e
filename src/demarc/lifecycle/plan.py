"""The plan: what will be done, in which order, what it does to whom, and what cannot be taken back. A file for people.

A plan is made from digests of what was seen, ends on a day, and is named by the digest of its own content. It knows
no cluster and holds no secret value.
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Final

import msgspec
import yaml
from msgspec import Struct, field

from demarc.lifecycle.cluster.hands import Right
from demarc.lifecycle.credential import Consumer, Credential
from demarc.model.errors import DemarcError, Where
from demarc.model.time import instant

FORMAT: Final = "demarc.plan/v1"


class Phase(StrEnum):
    """The phases of a rotation, in their order."""

    APPROVE = "approve"
    PRECHECK = "precheck"
    STAGE = "stage"
    SWITCH = "switch"
    ROLL = "roll"
    PROVE = "prove"
    SUSPEND = "suspend"
    OBSERVE = "observe"
    REVOKE = "revoke"
    SWEEP = "sweep"
    VERIFY = "verify"
    RECORD = "record"


class Step(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One step of a rotation."""

    phase: Phase
    consumer: str = ""
    """Key of the consumer that is rolled."""
    does: str
    undo: str = ""
    """How it is taken back; empty: it cannot be."""

    @property
    def id(self) -> str:
        """Name within its rotation: ``stage``, ``roll Deployment/shop/app``."""
        return f"{self.phase.value} {self.consumer}".strip()


class Decided(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The decision of a review that it is done for."""

    campaign: str
    number: int
    """Of the item in the campaign."""
    choice: str
    by: str
    at: str
    note: str
    entry: int
    """Of the ledger."""
    approves: bool = False
    """Whether it counts as an approval: who decided is the approver, or nobody else is named as one."""
    others: tuple[int, ...] = ()
    """Other items of the campaign that are about the same thing, and were decided alike."""

    @property
    def numbers(self) -> tuple[int, ...]:
        """Every item that is done with it."""
        return (self.number, *self.others)

    def __str__(self) -> str:
        when = f"{self.by} on {self.at[:10]}"
        return f"{self.choice} by {when}, item {self.number} of {self.campaign}, entry {self.entry}: {self.note}"


class Rotation(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is done about one credential or grant."""

    id: str
    credential: Credential
    strategy: str
    why: str
    """Why this strategy, in words."""
    settings: dict[str, str] = {}
    in_place: bool = False
    """The Secret keeps its name and its data is replaced, because its consumers' references cannot be changed."""
    high_power: bool = False
    power: tuple[str, ...] = ()
    """Why it counts as powerful."""
    owner: str = ""
    approver: str = ""
    approvals: int = 1
    """How many people must approve; two of them for high power."""
    quiet: int = 0
    """Seconds for which the old one must not be used before it is revoked."""
    observe: int = 0
    """Seconds for which it stays suspended before it is removed for good."""
    restarts: tuple[str, ...] = ()
    outage: tuple[str, ...] = ()
    """What may be down meanwhile; a plan with an entry is applied only where that was accepted."""
    cannot_undo: tuple[str, ...] = ()
    unseen: tuple[str, ...] = ()
    """What could not be seen, and may use the credential all the same."""
    reverted_by: tuple[str, ...] = ()
    by_hand: tuple[str, ...] = ()
    """What a person has to do, and to confirm: keys of consumers that Demarc cannot change."""
    follow_up: tuple[str, ...] = ()
    """What a person has to change afterwards, so that it stays as it is."""
    rights: tuple[Right, ...] = ()
    steps: tuple[Step, ...] = ()
    decision: Decided | None = None

    def consumer(self, key: str) -> Consumer:
        """The consumer of a key."""
        return next(one for one in self.credential.consumers if one.key == key)


class Change(Struct, frozen=True, kw_only=True):
    """A change for a pull request: what has to be changed where the truth lies, never in the cluster."""

    credential: str
    title: str
    file: str
    """Name of the file that is written for it."""
    content: str
    why: str


class Blocked(Struct, frozen=True, kw_only=True):
    """A credential for which there is no safe way yet."""

    credential: str
    why: str
    todo: str


class Task(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Something for people to do: it lies in a repository, a cloud or the register."""

    group: str
    """What it is part of; tasks of one group may be done in any order, groups one after the other."""
    what: str
    do: str
    unseen: bool = False
    """It could not be seen whether there is something to do."""
    decision: Decided | None = None


class Input(Struct, frozen=True, kw_only=True):
    """Something that the plan was made from."""

    name: str
    sha256: str


class Plan(Struct, frozen=True, kw_only=True):
    """A whole plan."""

    format: str = FORMAT
    made_at: str
    expires_at: str
    reason: str
    cluster: str
    """Uid of the namespace ``kube-system``: the same name can stand for another cluster tomorrow."""
    context: str = ""
    made_from: tuple[Input, ...] = ()
    rotations: tuple[Rotation, ...] = ()
    changes: tuple[Change, ...] = ()
    blocked: tuple[Blocked, ...] = ()
    unseen: tuple[str, ...] = ()
    tasks: tuple[Task, ...] = ()
    """For people, in their order."""
    suffix: str = field(default="")
    """What names of new objects end in."""

    @property
    def digest(self) -> str:
        """SHA-256 of its content, whatever the layout of the file."""
        content = msgspec.json.encode(msgspec.to_builtins(self), order="sorted")
        return hashlib.sha256(content).hexdigest()


class Read(Struct, frozen=True, kw_only=True):
    """A plan read from a file, with the bytes that signatures are over."""

    plan: Plan
    data: bytes


def expired(plan: Plan, now: datetime) -> bool:
    """Tell whether a plan is too old to be begun."""
    return instant(plan.expires_at) <= now


def written(plan: Plan) -> bytes:
    """The plan as YAML, with its digest for people to quote."""
    head = (
        f"# A plan of demarc, made {plan.made_at}; it can be begun until {plan.expires_at}.\n"
        f"# Read it, then: demarc nhi apply FILE --approved-by NAME\n"
        f"# digest: {plan.digest}\n"
    )
    content = msgspec.to_builtins(plan)
    body = yaml.safe_dump(content, sort_keys=False, width=118, allow_unicode=True)
    return (head + body).encode()


def read_plan(path: Path) -> Read:
    """Read a plan, YAML or JSON. Raises DemarcError."""
    where = Where(file=str(path))
    try:
        data = path.read_bytes()
    except OSError as error:
        raise DemarcError(f"cannot read the plan: {error.strerror}", where=where) from error
    try:
        plan = msgspec.convert(yaml.load(data, Loader=yaml.CSafeLoader), Plan, strict=False)
    except (yaml.YAMLError, msgspec.ValidationError, UnicodeDecodeError) as error:
        problem = " ".join(str(error).split())
        raise DemarcError(f"not a plan: {problem}", where=where, todo="make it with demarc nhi plan -o FILE") from error
    if plan.format != FORMAT:
        raise DemarcError(f"a plan of another format: {plan.format}", where=where, todo="make it anew")
    stated = next((line for line in data.decode().splitlines()[:5] if line.startswith("# digest: ")), "")
    if stated and stated.removeprefix("# digest: ").strip() != plan.digest:
        raise DemarcError(
            "the plan was changed after it was made: its content has another digest than it states",
            where=where,
            todo="make it anew, with the settings that you want",
        )
    return Read(plan=plan, data=data)
