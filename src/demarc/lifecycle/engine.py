"""Carries out a plan step by step, goes on where it was stopped, and goes back.

Before each step it writes to the journal what it is about to do, and after it that it was done. So whatever kills it,
the next run finds the step begun, asks the strategy to do it again, and the strategy finds what is there already.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from enum import StrEnum

from msgspec import Struct

from demarc.lifecycle.approvals import Approval, missing_approvals
from demarc.lifecycle.cluster.hands import Hands
from demarc.lifecycle.cluster.interface import ClusterWriter
from demarc.lifecycle.cluster.kinds import NAMESPACE
from demarc.lifecycle.cluster.rollout import outage
from demarc.lifecycle.journal import Event, Journal
from demarc.lifecycle.lock import release, take
from demarc.lifecycle.plan import Phase, Plan, Rotation, Step, expired
from demarc.lifecycle.proof import UNSEEN, USED, observe, prove, suspend, wait_for
from demarc.lifecycle.record import LifecycleEntry, Recorder
from demarc.lifecycle.state import RotationState, Standing, next_step, state_of, steps_back, turn_back
from demarc.lifecycle.strategies.interface import Strategy
from demarc.lifecycle.unplanned import unplanned
from demarc.lifecycle.work import StopError, Tools, Work
from demarc.model.errors import DemarcError
from demarc.model.time import iso


class Result(StrEnum):
    """How a run ended."""

    DONE = "done"
    WAITING = "waiting"
    STOPPED = "stopped"
    UNDONE = "undone"


class Outcome(Struct, frozen=True, kw_only=True):
    """How a run ended for one rotation."""

    rotation: str
    result: Result
    says: str = ""


class Engine:
    """Carries out one plan over one journal."""

    def __init__(
        self,
        plan: Plan,
        *,
        writer: ClusterWriter,
        journal: Journal,
        strategies: Mapping[str, Strategy],
        tools: Tools,
        recorder: Recorder,
        applicant: str = "",
        accept_outage: bool = False,
        patience: float = 600.0,
    ) -> None:
        """``patience``: seconds to wait for a rollout or a quiet window before the run ends, to be run again."""
        self._plan = plan
        self._hands = Hands(writer)
        self._journal = journal
        self._strategies = strategies
        self._tools = tools
        self._recorder = recorder
        self._applicant = applicant
        self._accept_outage = accept_outage
        self._patience = patience
        self.state = state_of(plan, journal.entries)

    def apply(
        self,
        approvals: tuple[Approval, ...] = (),
        confirmed: tuple[str, ...] = (),
        standing: Collection[int] = (),
    ) -> list[Outcome]:
        """Carry out all that can be carried out now. A rotation that stops does not hold up the others.

        ``standing``: entries of decisions that were seen to stand in the ledger. One that approves counts as an
        approval of what is done for it.
        Raises DemarcError where nothing may be begun: an old plan, another cluster, a journal of another plan.
        """
        self._open()
        for approval in approvals:
            if approval.by not in self.state.approved:
                how = "by signature" if approval.signed else "by name"
                self._journal.write(Event.APPROVED, name=approval.by, says=how)
                self.state.approved.append(approval.by)
        for rotation in self._plan.rotations:
            self._decided(rotation, standing)
        return [self._apply(rotation, confirmed) for rotation in self._plan.rotations]

    def _decided(self, rotation: Rotation, standing: Collection[int]) -> None:
        decision, approved = rotation.decision, self.state.rotations[rotation.id].approved
        if decision is None or not decision.approves or decision.entry not in standing or decision.by in approved:
            return
        how = f"by the decision of {decision.campaign}, entry {decision.entry}"
        self._journal.write(Event.APPROVED, rotation=rotation.id, name=decision.by, says=how)
        approved.append(decision.by)

    def undo(self, confirmed: tuple[str, ...] = ()) -> list[Outcome]:
        """Take back what can be taken back, last things first. ``confirmed``: who has the old one again, by hand."""
        self._check_cluster()
        return [self._undo(rotation, confirmed) for rotation in reversed(self._plan.rotations)]

    def _open(self) -> None:
        digest = self._plan.digest
        if not self._plan.rotations:
            raise DemarcError("the plan holds nothing to carry out", todo="see what it says is blocked, or for people")
        for rotation in self._plan.rotations:
            if rotation.strategy not in self._strategies:
                raise DemarcError(
                    f"there is no strategy {rotation.strategy!r} here", todo="install the package that brings it"
                )
        if not self.state.opened:
            if expired(self._plan, self._tools.now()):
                raise DemarcError(
                    f"the plan could be begun until {self._plan.expires_at}",
                    todo="make a new one: the cluster may look different by now",
                )
            self._check_cluster()
            self._journal.write(Event.OPENED, value=digest)
            self.state.opened = digest
            return
        self._check_cluster()

    def _check_cluster(self) -> None:
        if self.state.opened and self.state.opened != self._plan.digest:
            raise DemarcError("the journal is of another plan", todo="give the plan that was begun with it")
        found = self._hands.metadata(NAMESPACE, "", "kube-system")
        uid = found["metadata"]["uid"] if found else ""
        if self._plan.cluster and uid != self._plan.cluster:
            raise DemarcError(
                "this is not the cluster that the plan was made for", todo="choose its context: --context NAME"
            )

    def _apply(self, rotation: Rotation, confirmed: tuple[str, ...]) -> Outcome:
        state = self.state.rotations[rotation.id]
        if state.standing in (Standing.UNDOING, Standing.UNDONE) or state.undoing:
            says = "it was undone, or is being undone: make a new plan"
            return Outcome(rotation=rotation.id, result=Result.STOPPED, says=says)
        work = self._work(rotation, state)
        self._confirm(rotation, state, confirmed)
        while (step := next_step(rotation, state)) is not None:
            if step.id not in state.begun or state.standing is not Standing.GOING:
                self._journal.write(Event.BEGUN, rotation=rotation.id, step=step.id)
                state.begun.add(step.id)
                state.standing = Standing.GOING
            try:
                says = self._do(work, step)
            except StopError as stop:
                return self._stopped(work, step, stop.says, waits=stop.waits)
            except DemarcError as error:
                return self._stopped(work, step, str(error), waits=False)
            self._journal.write(Event.DONE, rotation=rotation.id, step=step.id, says=says)
            state.done.add(step.id)
        if state.standing is not Standing.DONE:
            self._journal.write(Event.CLOSED, rotation=rotation.id, says=work.fact("left"))
            state.standing = Standing.DONE
        return Outcome(rotation=rotation.id, result=Result.DONE, says=work.fact("left"))

    def _confirm(self, rotation: Rotation, state: RotationState, confirmed: tuple[str, ...]) -> None:
        for key in confirmed:
            if key in (*rotation.by_hand, UNSEEN, USED) and key not in state.confirmed:
                self._journal.write(Event.CONFIRMED, rotation=rotation.id, name=key, says=self._applicant)
                state.confirmed.add(key)

    def _stopped(self, work: Work, step: Step, says: str, *, waits: bool) -> Outcome:
        event = Event.WAITING if waits else Event.FAILED
        self._journal.write(event, rotation=work.rotation.id, step=step.id, says=says)
        work.state.standing = Standing.WAITING if waits else Standing.FAILED
        result = Result.WAITING if waits else Result.STOPPED
        return Outcome(rotation=work.rotation.id, result=result, says=f"{step.id}: {says}")

    def _do(self, work: Work, step: Step) -> str:
        """Do one step; gives a word about it for the journal."""
        strategy = self._strategies[work.rotation.strategy]
        steps: dict[Phase, Callable[[], str | None]] = {
            Phase.APPROVE: lambda: self._approve(work),
            Phase.PRECHECK: lambda: self._precheck(work, strategy),
            Phase.STAGE: lambda: strategy.stage(work),
            Phase.SWITCH: lambda: strategy.switch(work),
            Phase.ROLL: lambda: self._roll(work, strategy, step),
            Phase.PROVE: lambda: prove(work, strategy, patience=self._patience),
            Phase.SUSPEND: lambda: suspend(work, strategy),
            Phase.OBSERVE: lambda: observe(work, strategy, patience=self._patience),
            Phase.REVOKE: lambda: strategy.revoke(work),
            Phase.SWEEP: lambda: work.note("left", "; ".join(strategy.sweep(work))),
            Phase.VERIFY: lambda: _verify(work, strategy),
            Phase.RECORD: lambda: self._close(work),
        }
        return steps[step.phase]() or ""

    def _close(self, work: Work) -> None:
        self._record(work, "rotated" if work.credential.given is None else "withdrawn")
        release(work)

    def _approve(self, work: Work) -> str:
        rotation = work.rotation
        approved = self._approved(work)
        if why := missing_approvals(rotation, approved, self._applicant):
            raise StopError(why, waits=True)
        if rotation.outage and not self._accept_outage:
            raise StopError(f"it may interrupt: {'; '.join(rotation.outage)}: --accept-outage", waits=True)
        return ", ".join(approved)

    def _approved(self, work: Work) -> list[str]:
        """Who approved a rotation: the plan as a whole, or by the decision that it is done for."""
        return list(dict.fromkeys((*self.state.approved, *work.state.approved)))

    def _precheck(self, work: Work, strategy: Strategy) -> None:
        lacking = [str(right) for right in work.rotation.rights if not self._hands.may(right)]
        if lacking:
            raise StopError(f"these rights are missing: {'; '.join(lacking)}")
        rolled = work.credential.consumers if Phase.ROLL in strategy.phases else ()
        risky = [says for one in rolled if (says := outage(self._hands, one))]
        if risky and not self._accept_outage:
            raise StopError(f"it may interrupt: {'; '.join(risky)}: --accept-outage", waits=True)
        if problem := unplanned(work):
            raise StopError(f"{problem}; make a new plan")
        take(work)
        strategy.precheck(work)

    def _roll(self, work: Work, strategy: Strategy, step: Step) -> None:
        consumer = work.rotation.consumer(step.consumer)
        if not strategy.handles(consumer):
            if not work.confirmed(consumer):
                raise StopError(
                    f"{consumer.key} has to take the new one by hand ({step.does}); then --confirm {consumer.key}",
                    waits=True,
                )
            return
        strategy.roll(work, consumer)
        wait_for(work, consumer, patience=self._patience)

    def _record(self, work: Work, what: str) -> None:
        self._recorder.record(
            LifecycleEntry(
                at=iso(self._tools.now()),
                what=what,
                credential=work.credential.key,
                strategy=work.rotation.strategy,
                plan=work.plan,
                by=tuple(self._approved(work)),
                journal=self._journal.entries[-1].hash,
                left=tuple(part for part in work.fact("left").split("; ") if part),
                decision=work.rotation.decision,
                proof=work.fact("proof"),
                grant=work.credential.given is not None,
                unused=work.fact("unused"),
            )
        )

    def _undo(self, rotation: Rotation, confirmed: tuple[str, ...]) -> Outcome:
        state = self.state.rotations[rotation.id]
        if not state.begun:
            return Outcome(rotation=rotation.id, result=Result.UNDONE, says="it was not begun")
        if state.standing is Standing.UNDONE:
            return Outcome(rotation=rotation.id, result=Result.UNDONE)
        if state.irrevocable:
            says = "the old credential may be gone already: there is no way back, run apply to go on"
            return Outcome(rotation=rotation.id, result=Result.STOPPED, says=says)
        work = self._work(rotation, state)
        if not state.undoing:
            self._journal.write(Event.UNDOING, rotation=rotation.id)
            turn_back(state)
        self._confirm(rotation, state, confirmed)
        for step in steps_back(rotation, state):
            self._journal.write(Event.UNDO_BEGUN, rotation=rotation.id, step=step.id)
            try:
                self._take_back(work, step)
            except (StopError, DemarcError) as error:
                waits = isinstance(error, StopError) and error.waits
                says = error.says if isinstance(error, StopError) else str(error)
                return self._stopped(work, step, f"cannot be undone now: {says}", waits=waits)
            self._journal.write(Event.UNDONE, rotation=rotation.id, step=step.id)
            state.undone.add(step.id)
        self._record(work, "undone")
        self._journal.write(Event.UNDONE, rotation=rotation.id)
        state.standing = Standing.UNDONE
        return Outcome(rotation=rotation.id, result=Result.UNDONE)

    def _take_back(self, work: Work, step: Step) -> None:
        strategy = self._strategies[work.rotation.strategy]
        match step.phase:
            case Phase.PRECHECK:
                release(work)
            case Phase.STAGE:
                strategy.unstage(work)
            case Phase.SWITCH:
                strategy.unswitch(work)
            case Phase.SUSPEND:
                strategy.restore(work)
            case Phase.ROLL:
                consumer = work.rotation.consumer(step.consumer)
                if strategy.handles(consumer):
                    strategy.unroll(work, consumer)
                    wait_for(work, consumer, patience=self._patience)
                elif consumer.key in work.state.handed and not work.confirmed(consumer):
                    raise StopError(
                        f"{consumer.key} was given the new one by hand: give it the old one again, "
                        f"then --confirm {consumer.key}",
                        waits=True,
                    )
            case _:
                pass

    def _work(self, rotation: Rotation, state: RotationState) -> Work:
        return Work(
            rotation=rotation,
            hands=self._hands,
            tools=self._tools,
            journal=self._journal,
            state=state,
            plan=self._plan.digest,
            suffix=self._plan.suffix,
        )


def _verify(work: Work, strategy: Strategy) -> None:
    if problem := strategy.verify(work):
        raise StopError(problem)
