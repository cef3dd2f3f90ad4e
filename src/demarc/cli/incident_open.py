"""``demarc incident open``: from the audit trail to the case, with what is known or with nothing."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import msgspec
from cyclopts import Group, Parameter
from rich.text import Text

import demarc
from demarc.cli.answer import Run, run_now
from demarc.cli.cloud_seen import misplaced, must_be_delivery, seen_cloud
from demarc.cli.ledger.outcome import Keep, checked, record
from demarc.cli.ledger.outcome import judged as entry_of
from demarc.cli.moment import moment_or_now
from demarc.cli.options import INPUT, OUTPUT, Ask, Look
from demarc.cli.registers import folder_of, registers
from demarc.cli.screen import Screen, write
from demarc.cli.settled import answers
from demarc.model.errors import DemarcError, Where
from demarc.model.incident_report import IncidentReport
from demarc.model.time import instant, iso

if TYPE_CHECKING:
    from demarc.events.interface import Engine
    from demarc.events.store import Store
    from demarc.incidents.clouds import CloudSight
    from demarc.incidents.detections import Given
    from demarc.incidents.opening.investigate import Around, Opened
    from demarc.incidents.opening.members import Window
    from demarc.intake.manifest import Item
    from demarc.model.assessment import Assessment
    from demarc.model.inventory import Inventory
    from demarc.model.investigation import Investigation
    from demarc.model.register import Register
    from demarc.model.snapshot import Snapshot

KNOWN = Group("What is known", sort_key=0)
FormatName = Literal["text", "json", "markdown", "html"]
EngineName = Literal["duckdb", "spark", "clickhouse"]
Trail = Annotated[tuple[str, ...], Parameter(name="--events", group=INPUT, negative=())]
CloudTrails = Annotated[tuple[str, ...], Parameter(name="--cloud-trail", group=INPUT, negative=())]
On = Annotated[EngineName, Parameter(name="--engine", group=INPUT)]


def open_case(
    *inputs: Annotated[str, Parameter(group=INPUT, name="INPUT")],
    events: Trail,
    identity: Annotated[tuple[str, ...], Parameter(name="--identity", group=KNOWN, negative=())] = (),
    address: Annotated[tuple[str, ...], Parameter(name="--address", group=KNOWN, negative=())] = (),
    token: Annotated[tuple[str, ...], Parameter(name="--token", group=KNOWN, negative=())] = (),
    since: Annotated[str | None, Parameter(name="--since", group=KNOWN)] = None,
    until: Annotated[str | None, Parameter(name="--until", group=KNOWN)] = None,
    cloud_trail: CloudTrails = (),
    delivery: Annotated[tuple[str, ...], Parameter(name="--delivery", group=INPUT, negative=())] = (),
    bad_addresses: Annotated[Path | None, Parameter(name="--bad-addresses", group=INPUT)] = None,
    engine: On = "duckdb",
    look: Look = Look(),  # noqa: B008 - frozen, without state
    ask: Ask = Ask(),  # noqa: B008
    format: Annotated[FormatName, Parameter(name="--format", group=OUTPUT)] = "text",  # noqa: A002 - the option's name
    output: Annotated[Path | None, Parameter(name=("--output", "-o"), group=OUTPUT)] = None,
    bundle: Annotated[Path | None, Parameter(name="--bundle", group=OUTPUT)] = None,
    keep: Keep = Keep(),  # noqa: B008
) -> int:
    """Open a case from the audit trail: what belongs together, step by step, whose duty it was, what to do now.

    Without anything known, the detections propose leads and the strongest opens the case. Exits with 1 where
    nothing was strong enough; the leads are shown then.

    Parameters
    ----------
    inputs
        The cluster around the trail: dumps, snapshots, exports of the cloud, directory and delivery.
    events
        Audit logs in any shape that demarc events import reads, or a store that it wrote; can be given several times.
    identity
        An identity that was used: a user name as the API server knows it, or sa:NAMESPACE/NAME.
    address
        An address that it came from.
    token
        A credential: JTI=UUID, X509SHA256=HEX, or NAMESPACE/NAME of the Secret with the token. Never a token itself.
    since
        Nothing before this moment.
    until
        Nothing after this moment.
    cloud_trail
        The cloud's own trail: CloudTrail, Google Cloud audit logs, Azure Activity and Entra logs; files, folders or -,
        can be given several times.
    delivery
        Exports of delivery (GitHub, GitLab, Argo CD, checked-out repositories); the same as INPUT, but it must be one.
    bad_addresses
        A list of known bad addresses, one a line.
    engine
        Where the questions are asked: duckdb, spark or clickhouse.
    format
        text: the case on a few screens. json: everything. markdown, html: a report.
    output
        File to write instead of standard output.
    bundle
        Also write a bundle of evidence: the case, register and boundary as of then, with digests.
    """
    from demarc.incidents.opening.investigate import investigate  # noqa: PLC0415 - loaded only when needed
    from demarc.incidents.opening.seeds import Hints  # noqa: PLC0415

    if output is not None and format == "text":
        raise DemarcError(
            "text is for the terminal", todo="add --format markdown, html or json", where=Where(file="-o")
        )
    screen, run = Screen(), run_now()
    checked(keep, ask, run)
    window = _window(since, until)
    surroundings = Surroundings(replace(look, snapshot=(*inputs, *look.snapshot, *delivery)), ask, screen, run)
    if surroundings.snapshot is not None:
        must_be_delivery(surroundings.snapshot, delivery)
    seen = seen_cloud(cloud_trail, screen, surroundings.snapshot, surroundings.inventory)
    hints = Hints(identities=identity, addresses=address, tokens=token, window=window)
    with trail_engine(events, engine, screen, run) as (asked, store):
        given = surroundings.given(seen, _addresses(bad_addresses))
        opened = investigate(asked, hints, given, surroundings.with_coverage(store, asked))
    if opened.investigation is None:
        _nothing(opened, format, screen)
        return 1
    report = surroundings.report(opened.investigation)
    _written(report, opened.investigation, format, output, screen)
    if bundle is not None:
        _bundled(report, opened, surroundings, look, bundle, seen=seen)
        screen.note("  keep the root digest elsewhere: it is what proves the bundle as a whole")
    if keep.record:
        record(entry_of(keep, report, _whole(report, opened.investigation)), ask, screen, run)
    return 0


class Surroundings:
    """The cluster, its register and the moment of the response: read once."""

    def __init__(self, look: Look, ask: Ask, screen: Screen, run: Run) -> None:
        self.now = moment_or_now(ask.at, run.now)
        self.register_folder = folder_of(ask, run.settings)
        self.register_at = registers(ask, run.settings, run.now, screen)
        self.answers = answers(ask, run.settings, run.now, screen)
        self.register: Register = self.register_at(self.now)
        self.snapshot: Snapshot | None = None
        self.inventory: Inventory | None = None
        self.asked: dict[str, Assessment] = {}
        self.around = self._around(look, screen, run)

    @property
    def is_given(self) -> bool:
        """Whether anything says who holds what: a register, or a cluster."""
        return bool(self.register.origin) or self.snapshot is not None

    def _around(self, look: Look, screen: Screen, run: Run) -> Around:
        from demarc.incidents.opening.investigate import Around  # noqa: PLC0415 - loaded only when needed

        if not look.snapshot and look.context is None and look.kubeconfig is None:
            return Around()
        from demarc.access.authorizer import Authorizer  # noqa: PLC0415
        from demarc.access.techniques import View, access_graph  # noqa: PLC0415
        from demarc.cli.gather import gather, inventory_of, key_of  # noqa: PLC0415

        try:
            self.snapshot = gather(look, run.settings, run.now, screen, unless_given=True)
        except DemarcError as error:
            raise misplaced(look.snapshot) or error from None
        self.inventory = inventory_of(self.snapshot, self.register)
        authorizer = Authorizer(self.snapshot)
        graph = access_graph(View(self.snapshot, self.inventory, authorizer))
        return Around(
            snapshot=self.snapshot,
            inventory=self.inventory,
            graph=graph,
            authorizer=authorizer,
            fingerprint=key_of(run.settings).of_text,
        )

    def with_coverage(self, store: Store, engine: Engine) -> Around:
        """The surroundings, with what would have been logged: by the provider's policy and the logs that are on."""
        from demarc.events.coverage import QUESTIONS, Coverage, coverage, trail_of  # noqa: PLC0415 - only when needed
        from demarc.events.published import published, switches  # noqa: PLC0415

        seen = trail_of(store, engine)
        provider = published().get(self.inventory.cluster.provider) if self.inventory is not None else None
        records = self.snapshot.records if self.snapshot is not None else ()
        logs = switches(provider, records) if provider is not None else ()

        def covered(since_us: int, until_us: int) -> tuple[tuple[str, Coverage], ...]:
            times = {"since_us": since_us, "until_us": until_us}
            return tuple(
                (title, coverage(question, policy=None, provider=provider, logs=logs, trail=seen, **times))
                for title, question in QUESTIONS
            )

        return msgspec.structs.replace(self.around, covered=covered)

    def given(self, cloud: CloudSight | None, bad: tuple[str, ...] | None) -> Given:
        """What the detections are given beside the trail."""
        from demarc.incidents.detections import Given  # noqa: PLC0415 - loaded only when needed

        people = None
        if self.inventory is not None and any(entry.person for entry in self.inventory.directory):
            here = [entry for entry in self.inventory.directory if entry.person and entry.active is not False]
            people = frozenset(alias for entry in here for alias in entry.aliases)
        return Given(authorizer=self.around.authorizer, people=people, cloud=cloud, bad_addresses=bad)

    def report(self, found: Investigation) -> IncidentReport:
        """The report of the case, with owners as of then where register or cluster were given."""
        from demarc.incidents.owners import responders, stand_in, with_owners  # noqa: PLC0415 - only when needed
        from demarc.incidents.runbook import runbook  # noqa: PLC0415
        from demarc.reports.incident_tables import tables  # noqa: PLC0415

        verdict, case = found.verdict, found.case
        if self.is_given:
            if self.snapshot is None or self.inventory is None:
                self.snapshot, self.inventory = stand_in(found.incident)
            verdict = with_owners(found.incident, verdict, self._as_of)
            owners = {step.n: step.owner for step in verdict.steps}
            steps = tuple(msgspec.structs.replace(step, owner=owners[step.n]) for step in case.steps)
            case = msgspec.structs.replace(case, steps=steps, owners=responders(self._as_of, self.now))
        origin = self.register.origin
        return IncidentReport(
            version=f"demarc {demarc.__version__}",
            at=iso(self.now),
            incident=found.incident,
            verdict=verdict,
            case=case,
            runbook=runbook(case, self.now),
            register=f"{origin} (sha256 {self.register.sha256})" if origin else "",
            further=tables(found),
            gaps=found.gaps,
        )

    def _as_of(self, at: datetime) -> Assessment:
        key = iso(at)
        if key not in self.asked and self.snapshot is not None and self.inventory is not None:
            basis = "the time of a step, or of the response"
            self.asked[key] = self.answers(self.snapshot, self.inventory, self.register_at(at), at, basis).whole
        return self.asked[key]


@contextmanager
def trail_engine(
    given: tuple[str, ...], engine: EngineName, screen: Screen, run: Run
) -> Iterator[tuple[Engine, Store]]:
    """An engine that holds the trail, and its store: one as it is, or audit logs read into one that goes away again."""
    from demarc.events.engines import open_engine  # noqa: PLC0415 - loaded only when needed
    from demarc.events.store import Store  # noqa: PLC0415

    with tempfile.TemporaryDirectory(prefix="demarc-") as scratch:
        folder = Path(scratch)
        store = (
            Store.open(Path(given[0]))
            if len(given) == 1 and is_store(Path(given[0]))
            else _read(given, folder, screen, run)
        )
        with open_engine(engine, scratch=folder) as asked:
            asked.register(store.table())
            yield asked, store


def is_store(path: Path) -> bool:
    """Tell whether a folder is a store of events."""
    from demarc.events.store import Store  # noqa: PLC0415 - loaded only when needed

    if not path.is_dir():
        return False
    try:
        Store.open(path)
    except DemarcError:
        return False
    return True


def _read(given: tuple[str, ...], folder: Path, screen: Screen, run: Run) -> Store:
    from demarc.events.importing import import_trails  # noqa: PLC0415 - loaded only when needed
    from demarc.events.store import Store  # noqa: PLC0415

    store = Store.create(folder / "store")
    with screen.working("reading the trail") as working:
        try:
            import_trails(
                store,
                given,
                now=run.now,
                on_progress=lambda at: working.update(f"{at.bytes_read / 1e6:,.0f} MB, {at.origin}"),
            )
        except DemarcError as error:
            raise misplaced(given) or error from None
    return store


def _window(since: str | None, until: str | None) -> Window:
    from demarc.incidents.opening.members import Window  # noqa: PLC0415 - loaded only when needed

    asked = {}
    for name, word in (("since_us", since), ("until_us", until)):
        if word is not None:
            try:
                moment = instant(word)
            except ValueError as error:
                raise DemarcError(
                    str(error), where=Where(file=f"--{name[:-3]}"), todo="give a date or a time"
                ) from error
            asked[name] = int(moment.timestamp()) * 1_000_000 + moment.microsecond
    window = Window(**asked)
    if window.since_us > window.until_us:
        raise DemarcError("--since lies after --until", todo="swap them")
    return window


def _addresses(path: Path | None) -> tuple[str, ...] | None:
    if path is None:
        return None
    lines = _bytes(path, "the list of addresses").decode("utf-8", "replace").splitlines()
    return tuple(word for line in lines if (word := line.partition("#")[0].strip()))


def _bytes(path: Path, what: str) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise DemarcError(
            f"cannot read {what}: {error.strerror or error}", where=Where(file=str(path)), todo="name a file"
        ) from error


def _nothing(opened: Opened, form: FormatName, screen: Screen) -> None:
    from demarc.reports.incident_tables import cloud_lines, lead_lines  # noqa: PLC0415 - loaded only when needed

    if form == "json":
        screen.binary(_encoded({"leads": opened.leads, "outcomes": opened.outcomes}))
        return
    screen.out.print("No lead of this trail is strong enough to open a case from.")
    screen.out.print("Name what you know: --identity, --address, --token or --since and --until.")
    for line in (*lead_lines(opened.leads), *cloud_lines(opened.outcomes)):
        screen.out.print(Text(line), soft_wrap=True)


def _written(
    report: IncidentReport, found: Investigation, form: FormatName, output: Path | None, screen: Screen
) -> None:
    from demarc.reports.incident.formats import FORMATS  # noqa: PLC0415 - templates are loaded only when needed
    from demarc.reports.terminal.opened import show  # noqa: PLC0415

    if form == "text":
        show(report, found, screen.out)
        return
    data = _whole(report, found) if form == "json" else FORMATS[form](report)
    if output is None:
        screen.binary(data)
        return
    write(output, data)
    screen.note(f"wrote {output} ({len(data):,} bytes)")


def _whole(report: IncidentReport, found: Investigation) -> bytes:
    """The report as JSON, and the investigation beside it."""
    from demarc.reports.incident.json import render_json  # noqa: PLC0415 - loaded only when needed

    told = json.loads(render_json(report))
    told["investigation"] = json.loads(_encoded(found))
    return _encoded(told)


def _encoded(value: Any) -> bytes:
    try:
        return msgspec.json.encode(value) + b"\n"
    except UnicodeEncodeError:
        return json.dumps(msgspec.to_builtins(value), ensure_ascii=True).encode() + b"\n"


def _bundled(
    report: IncidentReport,
    opened: Opened,
    surroundings: Surroundings,
    look: Look,
    path: Path,
    *,
    seen: CloudSight | None,
) -> None:
    from demarc.catalog.detections import detections  # noqa: PLC0415
    from demarc.cli.bundles import register_items, report_items, snapshot_items, written  # noqa: PLC0415 - only here
    from demarc.incidents.gathered import items_of  # noqa: PLC0415
    from demarc.intake.manifest import Item  # noqa: PLC0415

    lines = b"".join(_encoded(event) for event in opened.events)
    fired = [one.detection for one in opened.outcomes if one.sightings and detections()[one.detection].sql]
    items = [
        *items_of(report, facts=None, assessments=surroundings.asked),
        Item(path="investigation.json", data=_encoded(opened.investigation), kind="verdict", says="the case as opened"),
        Item(path="events.jsonl", data=lines, kind="events", says="every event of the case, normalised"),
        *(
            Item(path=f"detections/{name}.sql", data=detections()[name].sql.encode(), kind="query", says="it fired")
            for name in fired
        ),
        *_of_cloud(opened, seen),
        *report_items(report),
        *register_items(surroundings.register_folder),
        *snapshot_items(look.snapshot),
    ]
    root = written(path, items, made_at=report.at, about=f"{report.incident.id}: {report.incident.title}")
    Screen().note(f"wrote {path}, root digest {root}")


def _of_cloud(opened: Opened, seen: CloudSight | None) -> Iterator[Item]:
    """The calls of the case, and the digests of the inputs that they came from."""
    from demarc.intake.manifest import Item  # noqa: PLC0415 - loaded only when needed

    if seen is None or opened.investigation is None:
        return
    lines = b"".join(_encoded(call) for call in opened.investigation.calls)
    yield Item(path="cloud-calls.jsonl", data=lines, kind="events", says="every call to the cloud of the case")
    sources = _encoded({"sources": seen.trail.sources, "rejects": seen.trail.rejects, "others": seen.trail.others})
    yield Item(path="cloud-sources.json", data=sources, kind="events", says="what the cloud's trail was read from")
