"""``demarc nhi``: plan the rotation of credentials, carry it out, look how it stands, take it back, check it."""

from __future__ import annotations

import json
import os
import resource
import secrets
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from cyclopts import Group, Parameter

from demarc.cli.answer import run_now
from demarc.cli.ledger.book import Book, account
from demarc.cli.nhi_ledger import record_approvals, recorder_for, standing_decisions
from demarc.cli.nhi_plan import Asked, next_step, planned, save
from demarc.cli.options import INPUT, OUTPUT, Ask, Look
from demarc.cli.screen import Screen
from demarc.lifecycle.approvals import Approval, signed_approvals
from demarc.lifecycle.engine import Outcome, Result
from demarc.lifecycle.journal import read_journal
from demarc.lifecycle.plan import read_plan
from demarc.lifecycle.run import Surroundings, engine_for, journal_of
from demarc.lifecycle.run import verify as verified
from demarc.lifecycle.show import outcome_line, plan_lines, state_lines
from demarc.lifecycle.state import state_of
from demarc.model.errors import DemarcError

RUN = Group("How to carry it out", sort_key=2)
PLAN = Group("What to plan", sort_key=0)
INTERRUPTED = 130
NOT_THROUGH = 1
"""Exit code: something waits, stopped, or is not as it should be."""

File = Annotated[Path, Parameter(group=INPUT)]
JournalFile = Annotated[Path | None, Parameter(name="--journal", group=INPUT)]
Kubeconfig = Annotated[str | None, Parameter(group=INPUT)]
Context = Annotated[str | None, Parameter(group=INPUT)]
Trail = Annotated[tuple[Path, ...], Parameter(name="--audit-log", group=INPUT, negative=(), show_default=False)]
Confirm = Annotated[tuple[str, ...], Parameter(name="--confirm", group=RUN, negative=(), show_default=False)]
Patience = Annotated[int, Parameter(name="--patience", group=RUN)]


def plan(
    *secret: Annotated[str, Parameter(group=PLAN)],
    everything: Annotated[bool, Parameter(name="--all", group=PLAN, negative=(), show_default=False)] = False,
    namespace: Annotated[
        tuple[str, ...], Parameter(name=("--namespace", "-n"), group=PLAN, negative=(), show_default=False)
    ] = (),
    settings: Annotated[Path | None, Parameter(name="--settings", group=PLAN)] = None,
    reason: Annotated[str, Parameter(name="--reason", group=PLAN)] = "rotation",
    valid: Annotated[int, Parameter(name="--valid-days", group=PLAN)] = 7,
    output: Annotated[Path | None, Parameter(name=("--output", "-o"), group=OUTPUT)] = None,
    changes: Annotated[Path | None, Parameter(name="--changes", group=OUTPUT)] = None,
    format: Annotated[Literal["text", "json"], Parameter(name="--format", group=OUTPUT)] = "text",  # noqa: A002
    look: Look = Look(),  # noqa: B008 - frozen, without state
    ask: Ask = Ask(),  # noqa: B008
) -> None:
    """Plan how credentials are replaced or retired: the safe way for each, and what it does to whom. Writes nothing.

    Parameters
    ----------
    secret
        Secret that holds the credential, as NAMESPACE/NAME; several can be given.
    everything
        Every credential that lies in a Secret.
    namespace
        Every credential of a namespace; can be given several times.
    settings
        File that names strategies and their settings for credentials.
    reason
        Why, for those who approve it.
    valid
        Days within which the plan can be begun.
    output
        File to write the plan to, as YAML.
    changes
        Folder to write changes for pull requests to.
    format
        What is printed: text, or json.
    """
    screen = Screen()
    asked = Asked(
        secrets=secret, everything=everything, namespaces=namespace, settings=settings, reason=reason, valid=valid
    )
    found = planned(asked, look, ask, screen)
    if output is not None or changes is not None:
        save(found, output, changes)
    if format == "json":
        print(msgspec.json.encode(found).decode())
        return
    for line in plan_lines(found):
        screen.out.print(line, soft_wrap=True)
    if output is not None:
        screen.note(next_step(found, f"demarc nhi apply {output} --approved-by NAME", output))


def apply(
    file: File,
    /,
    *,
    approved_by: Annotated[
        tuple[str, ...], Parameter(name="--approved-by", group=RUN, negative=(), show_default=False)
    ] = (),
    signature: Annotated[
        tuple[Path, ...], Parameter(name="--signature", group=RUN, negative=(), show_default=False)
    ] = (),
    allowed_signers: Annotated[Path | None, Parameter(name="--allowed-signers", group=RUN)] = None,
    applicant: Annotated[str, Parameter(name="--as", group=RUN, show_default=False)] = "",
    confirm: Confirm = (),
    accept_outage: Annotated[
        bool, Parameter(name="--accept-outage", group=RUN, negative=(), show_default=False)
    ] = False,
    patience: Patience = 600,
    audit_log: Trail = (),
    journal: JournalFile = None,
    kubeconfig: Kubeconfig = None,
    context: Context = None,
    book: Book = Book(),  # noqa: B008
) -> int:
    """Carry a plan out, as far as it goes now; run it again to go on. Exits 0 when all is done, 1 when not yet.

    Parameters
    ----------
    file
        The plan.
    approved_by
        Who approved it, by name; can be given several times.
    signature
        Signature over the plan file (ssh-keygen -Y sign -n demarc-plan); can be given several times.
    allowed_signers
        File that says whose keys those are, as for ssh-keygen -Y verify. With it, names alone do not count.
    applicant
        Who carries it out. Default: the user of this machine.
    confirm
        A consumer that a person gave the new credential, such as External/gitlab; can be given several times.
    accept_outage
        Accept what the plan says it may interrupt.
    patience
        Seconds to wait for a rollout or a quiet window before ending; run it again to go on.
    audit_log
        Audit log of the API server, JSON lines: it tells whether the old credential is still used.
    journal
        Journal of the run. Default: beside the plan.
    kubeconfig
        Kubeconfig file. Default: as kubectl finds it.
    context
        Context of the kubeconfig. Default: the current one.
    """
    read = read_plan(file)
    approvals = signed_approvals(read.data, list(signature), allowed_signers)
    if allowed_signers is not None and approved_by:
        raise DemarcError("with --allowed-signers only signatures count", todo="leave --approved-by out")
    approvals += tuple(Approval(by=name, signed=False) for name in approved_by)
    around, run = _around(kubeconfig, context, audit_log), run_now()
    # Where signatures are asked for, a decision that nobody signed is no approval.
    record_approvals(read.plan, approvals, book, run)
    standing = standing_decisions(read.plan, book, run)
    if allowed_signers is not None:
        standing = frozenset()
    with engine_for(
        read.plan,
        journal or journal_of(file),
        around,
        recorder=recorder_for(book, run),
        applicant=applicant or account(),
        accept_outage=accept_outage,
        patience=patience,
    ) as engine:
        return _carried_out(lambda: engine.apply(approvals, confirm, standing), Result.DONE)


def undo(
    file: File,
    /,
    *,
    confirm: Confirm = (),
    patience: Patience = 600,
    journal: JournalFile = None,
    kubeconfig: Kubeconfig = None,
    context: Context = None,
    book: Book = Book(),  # noqa: B008
) -> int:
    """Take back what a plan did, as far as it can be: until the old credential is revoked. Exits 0 when all is undone.

    Parameters
    ----------
    file
        The plan.
    confirm
        A consumer that a person gave the old credential again; can be given several times.
    patience
        Seconds to wait for a rollout before ending; run it again to go on.
    journal
        Journal of the run. Default: beside the plan.
    kubeconfig
        Kubeconfig file. Default: as kubectl finds it.
    context
        Context of the kubeconfig. Default: the current one.
    """
    read = read_plan(file)
    around = _around(kubeconfig, context, ())
    recorder = recorder_for(book, run_now())
    with engine_for(read.plan, journal or journal_of(file), around, recorder=recorder, patience=patience) as engine:
        return _carried_out(lambda: engine.undo(confirm), Result.UNDONE)


def status(
    file: File,
    /,
    *,
    journal: JournalFile = None,
    format: Annotated[Literal["text", "json"], Parameter(name="--format", group=OUTPUT)] = "text",  # noqa: A002
) -> None:
    """Say where a plan stands, from its journal. Asks no cluster.

    Parameters
    ----------
    file
        The plan.
    journal
        Journal of the run. Default: beside the plan.
    format
        text or json.
    """
    read = read_plan(file)
    state = state_of(read.plan, read_journal(journal or journal_of(file)))
    if format == "json":
        rotations = {
            name: {"standing": one.standing.value, "says": one.says, "done": sorted(one.done), "facts": one.facts}
            for name, one in state.rotations.items()
        }
        print(json.dumps({"plan": read.plan.digest, "approved": state.approved, "rotations": rotations}, indent=2))
        return
    screen = Screen()
    for line in state_lines(read.plan, state):
        screen.out.print(line, soft_wrap=True)


def verify(
    file: File,
    /,
    *,
    signature: Annotated[
        tuple[Path, ...], Parameter(name="--signature", group=RUN, negative=(), show_default=False)
    ] = (),
    allowed_signers: Annotated[Path | None, Parameter(name="--allowed-signers", group=RUN)] = None,
    journal: JournalFile = None,
    kubeconfig: Kubeconfig = None,
    context: Context = None,
) -> int:
    """Check what a plan says is done: journal and signatures, the new credential works, the old one is refused.

    Writes nothing. Exits 0 when all holds, 1 when something does not.

    Parameters
    ----------
    file
        The plan.
    signature
        Signature over the plan file; can be given several times.
    allowed_signers
        File that says whose keys those are.
    journal
        Journal of the run. Default: beside the plan.
    kubeconfig
        Kubeconfig file. Default: as kubectl finds it.
    context
        Context of the kubeconfig. Default: the current one.
    """
    read = read_plan(file)
    screen = Screen()
    for approval in signed_approvals(read.data, list(signature), allowed_signers):
        screen.out.print(f"signed by {approval.by}", soft_wrap=True)
    found = verified(read.plan, journal or journal_of(file), _around(kubeconfig, context, ()))
    for rotation, problem in found:
        screen.out.print(f"{rotation}  {problem or 'holds: what is new works, what was to go is gone'}", soft_wrap=True)
    return NOT_THROUGH if any(problem for _, problem in found) else 0


def _carried_out(work: Callable[[], list[Outcome]], wanted: Result) -> int:
    screen = Screen()
    # From here on secret values are in memory: whatever ends this process, no core file holds them.
    resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))
    try:
        outcomes = work()
    except KeyboardInterrupt:
        screen.err.print("interrupted: the journal knows how far it is; run the same command to go on, or undo")
        return INTERRUPTED
    for outcome in outcomes:
        screen.out.print(outcome_line(outcome), soft_wrap=True)
    return 0 if all(outcome.result is wanted for outcome in outcomes) else NOT_THROUGH


def _around(kubeconfig: str | None, context: str | None, audit_logs: tuple[Path, ...]) -> Surroundings:
    return Surroundings(
        kubeconfig=kubeconfig,
        context=context,
        environment=os.environ,
        home=Path.home(),
        terminal=sys.stdin.isatty() and sys.stderr.isatty(),
        now=lambda: datetime.now(tz=UTC),
        sleep=time.sleep,
        random_bytes=secrets.token_bytes,
        audit_logs=audit_logs,
    )
