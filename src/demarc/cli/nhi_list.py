"""``demarc nhi list`` and ``show``: every non-human identity and credential, and one of them in full."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter
from msgspec import structs

from demarc.cli.answer import Run, Seen, run_now, seen_cluster
from demarc.cli.gather import gather
from demarc.cli.options import ANSWER, INPUT, OUTPUT, Ask, Look, Trail, words
from demarc.cli.screen import Screen, write
from demarc.cli.trail_seen import seen_trail
from demarc.model.errors import DemarcError
from demarc.model.nhi import Nhi, NhiKind, NhiReport, NhiState
from demarc.model.snapshot import Snapshot
from demarc.nhi import Policy, nhi_report
from demarc.nhi.policy import read_policy
from demarc.posture import Ground

FormatName = Literal["text", "json", "csv", "markdown"]
NOBODY = "nobody"
Inputs = Annotated[str, Parameter(group=INPUT, name="INPUT")]
PolicyFile = Annotated[Path | None, Parameter(name="--policy", group=ANSWER)]
Earlier = Annotated[str | None, Parameter(name="--earlier", group=INPUT)]
Words = Annotated[tuple[str, ...], Parameter(group=ANSWER, negative=(), show_default=False)]


def listed(
    *inputs: Inputs,
    look: Look = Look(),  # noqa: B008 - frozen, without state
    ask: Ask = Ask(),  # noqa: B008
    trail: Trail = Trail(),  # noqa: B008
    earlier: Earlier = None,
    policy: PolicyFile = None,
    kind: Words = (),
    state: Words = (),
    owner: Words = (),
    namespace: Annotated[
        tuple[str, ...], Parameter(name=("--namespace", "-n"), group=ANSWER, negative=(), show_default=False)
    ] = (),
    system: Annotated[bool, Parameter(name="--system", group=ANSWER, negative=())] = False,
    radius: Annotated[bool, Parameter(name="--radius", group=ANSWER, negative=(), show_default=False)] = False,
    format: Annotated[FormatName, Parameter(name="--format", group=OUTPUT)] = "text",  # noqa: A002 - the option's name
    output: Annotated[Path | None, Parameter(name=("--output", "-o"), group=OUTPUT)] = None,
) -> None:
    """List every non-human identity and credential: age, last use, consumers, owner, power, state.

    Parameters
    ----------
    inputs
        As for assess.
    earlier
        A snapshot from before: a value whose fingerprint differs was seen to change.
    policy
        File with limits of your own, by kind and namespace. Default: those of docs/concepts/nhi.md.
    kind
        Only these kinds: legacy-token, tls, cloud-key, ...
    state
        Only these states: overdue, orphaned, over-powered, ...
    owner
        Only what these answer for; nobody for what nobody holds.
    namespace
        Only these namespaces.
    system
        Also what the platform has for itself.
    radius
        Also the worst that falls with each, by the access graph; it takes longer.
    format
        text; json; csv, one a line; markdown, a list for each owner.
    output
        File to write instead of standard output.
    """
    from demarc.reports.nhi import render_nhi  # noqa: PLC0415 - loaded only when needed
    from demarc.reports.terminal.nhi import nhi  # noqa: PLC0415

    screen = Screen()
    wanted = _Wanted(words(kind), words(state), owner, namespace, system=system)
    wanted.check()
    whole, seen = _report(replace(look, snapshot=(*inputs, *look.snapshot)), ask, trail, (earlier, policy), screen)
    if radius:
        whole = _graded(whole, seen)
    kept = tuple(item for item in whole.items if wanted.has(item))
    if output is not None:
        data = render_nhi(structs.replace(whole, items=kept), format if format != "text" else "markdown")
        screen.note(f"wrote {output} ({write(output, data):,} bytes)")
    elif format == "text":
        nhi(whole, kept, screen.out)
    else:
        screen.pieces(render_nhi(structs.replace(whole, items=kept), format))


def show(
    name: Annotated[str, Parameter(group=ANSWER, name="NAME")],
    /,
    *inputs: Inputs,
    look: Look = Look(),  # noqa: B008 - frozen, without state
    ask: Ask = Ask(),  # noqa: B008
    trail: Trail = Trail(),  # noqa: B008
    earlier: Earlier = None,
    policy: PolicyFile = None,
) -> None:
    """Show one identity or credential in full: evidence of its age, who uses it, what falls with it.

    Parameters
    ----------
    name
        As list shows it: payments/Secret/database, ci/ServiceAccount/deployer, or namespace/name.
    inputs
        As for assess.
    earlier
        A snapshot from before.
    policy
        File with limits of your own.
    """
    from demarc.access.graph.radius import radius as reached  # noqa: PLC0415 - arrays are loaded only when needed
    from demarc.access.techniques import View, access_graph  # noqa: PLC0415
    from demarc.accountability.walked import Walked  # noqa: PLC0415
    from demarc.nhi.radius import placed  # noqa: PLC0415
    from demarc.reports.terminal.nhi import nhi_in_full  # noqa: PLC0415
    from demarc.reports.terminal.paths import radius as print_radius  # noqa: PLC0415

    screen = Screen()
    whole, seen = _report(replace(look, snapshot=(*inputs, *look.snapshot)), ask, trail, (earlier, policy), screen)
    found = [one for one in whole.items if name in (one.id, f"{one.namespace}/{one.name}")]
    if not found:
        raise DemarcError(f"there is no {name!r} among them", todo="demarc nhi list --system shows all of them")
    graph = access_graph(View(seen.snapshot, seen.inventory))
    walked = Walked.asking(seen.answering.rows)
    for item in found:
        nhi_in_full(item, screen.out)
        start = placed(graph, item)
        if start is None:
            screen.out.print("What falls with it: it is not in the access graph, so that is not known.\n")
        else:
            print_radius(reached(graph, start), walked, screen.out, full=False)
            screen.out.print()


class _Wanted:
    """Which entries were asked for."""

    def __init__(
        self,
        kinds: tuple[str, ...],
        states: tuple[str, ...],
        owners: tuple[str, ...],
        namespaces: tuple[str, ...],
        *,
        system: bool,
    ) -> None:
        self._kinds, self._states = frozenset(kinds), frozenset(states)
        self._owners = frozenset(owner.lower() for owner in owners)
        self._namespaces = frozenset(namespaces)
        self._system = system

    def check(self) -> None:
        """Refuse words that mean nothing, before anything is read."""
        for given, known, option in (
            (self._kinds, [one.value for one in NhiKind], "--kind"),
            (self._states, [one.value for one in NhiState], "--state"),
        ):
            if strange := sorted(given - set(known)):
                raise DemarcError(f"{option} does not know {strange[0]!r}", todo=f"there are {', '.join(known)}")

    def has(self, item: Nhi) -> bool:
        """Whether an entry was asked for."""
        holder = item.answers.owner or NOBODY
        return (
            (not self._kinds or item.kind.value in self._kinds)
            and (not self._states or any(one.state.value in self._states for one in item.states))
            and (not self._owners or {holder.lower(), item.answers.owner_id.lower()} & self._owners != set())
            and (not self._namespaces or item.namespace in self._namespaces)
            and (self._system or not item.is_platforms)
        )


def _report(
    look: Look, ask: Ask, trail: Trail, files: tuple[str | None, Path | None], screen: Screen
) -> tuple[NhiReport, Seen]:
    run = run_now()
    earlier, policy = files
    limits, origin = policy_of(policy), str(policy or "default")
    seen_events = seen_trail(trail.events, run)
    seen = seen_cluster(look, ask, screen, run)
    ground = Ground(seen.snapshot, seen.inventory, seen.register, seen.answering, seen.at, trail=seen_events)
    before = _earlier(earlier, run, screen) if earlier is not None else None
    return nhi_report(ground, limits, earlier=before, policy_origin=origin), seen


def _graded(report: NhiReport, seen: Seen) -> NhiReport:
    from demarc.access.techniques import View, access_graph  # noqa: PLC0415 - arrays are loaded only when needed
    from demarc.nhi.radius import graded  # noqa: PLC0415

    return graded(report, access_graph(View(seen.snapshot, seen.inventory)))


def _earlier(given: str, run: Run, screen: Screen) -> Snapshot:
    return gather(Look(snapshot=(given,)), run.settings, run.now, screen)


def policy_of(path: Path | None) -> Policy:
    """The limits of a file; the defaults where none is named."""
    if path is None:
        return Policy()
    try:
        return read_policy(str(path), path.read_bytes())
    except OSError as error:
        raise DemarcError(
            f"cannot read {path}: {error.strerror or error}", todo="name a file; docs/concepts/nhi.md shows one"
        ) from error
