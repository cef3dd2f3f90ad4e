"""Puts the answer together: inventory, boundary and register as of a moment become one Assessment."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from functools import cached_property
from types import MappingProxyType

import demarc
from demarc.accountability.ambiguities import ambiguities
from demarc.accountability.ambiguities import settled as settled_ones
from demarc.accountability.matrix import Line, Matrix
from demarc.accountability.people import People
from demarc.accountability.questions import Questions
from demarc.accountability.todo import first_things
from demarc.catalog.boundaries import ProviderBoundary, boundary
from demarc.catalog.duties import duties
from demarc.catalog.frameworks import duty_map, version_of
from demarc.catalog.vocabulary import vocabulary
from demarc.model.assessment import Assessment, DutyEntry, FrameworkReference, MatrixRow, Status, Tally
from demarc.model.boundary import Settlement, SourceDocument
from demarc.model.inventory import Inventory
from demarc.model.register import Register
from demarc.model.snapshot import Snapshot
from demarc.model.time import instant, iso

FORMAT = "demarc.assessment/1"
READ_LATELY = 90
"""Days within which the published pages are taken to have said what they said when they were read."""


class Answering:
    """An assessment that is made as far as it is asked for: the rows of some duties, or the whole."""

    def __init__(
        self,
        snapshot: Snapshot,
        inventory: Inventory,
        register: Register,
        at: datetime,
        at_basis: str,
        *,
        settled: Mapping[str, Settlement] = MappingProxyType({}),
    ) -> None:
        """Take what is there, the register and the moment; ``settled``: confirmations in force, by boundary row."""
        self._snapshot, self._inventory, self._register = snapshot, inventory, register
        self._at, self._at_basis = at, at_basis
        self._table = boundary(inventory.cluster.provider)
        people = People(register, inventory.directory, at, seen=snapshot.taken_at)
        self._matrix = Matrix(self._table, inventory, register, people, at, settled=settled)
        self._questions = Questions(inventory)

    def rows(self, duty: str) -> tuple[MatrixRow, ...]:
        """The rows of one duty; made anew by each call."""
        return tuple(line.row for line in self._lines(duty))

    def _lines(self, duty: str) -> Iterator[Line]:
        for question in self._questions.of(duty):
            yield from self._matrix.lines(question)

    @cached_property
    def whole(self) -> Assessment:
        """The answer for every duty in every scope."""
        snapshot, inventory, table = self._snapshot, self._inventory, self._table
        lines = [line for duty in duties() for line in self._lines(duty)]
        rows = tuple(line.row for line in lines)
        unclear = ambiguities(lines, table, inventory.cluster, snapshot)
        gaps = tuple(dict.fromkeys((*snapshot.gaps, *inventory.gaps)))
        has_register = bool(self._register.origin)
        return Assessment(
            format=FORMAT,
            version=f"demarc {demarc.__version__}, boundary of {table.compiled}",
            at=iso(self._at),
            at_basis=self._at_basis,
            taken_at=iso(snapshot.taken_at) if snapshot.taken_at else None,
            cluster=inventory.cluster,
            models=inventory.models,
            inputs=snapshot.sources,
            register=f"{self._register.origin} (sha256 {self._register.sha256})" if has_register else "",
            gaps=gaps,
            warnings=(*inventory.warnings, *_about_dates(table, self._at)),
            pools=inventory.pools,
            components=inventory.components,
            duties=tuple(_entry(duty) for duty in duties()),
            matrix=rows,
            ambiguities=unclear,
            settled=settled_ones(lines, table, inventory.cluster, snapshot),
            sources=_cited(lines, table),
            tally=tally(rows),
            todo=first_things(rows, unclear, gaps, cluster=inventory.cluster, has_register=has_register),
            vocabulary=_vocabulary(),
        )


def assess(
    snapshot: Snapshot,
    inventory: Inventory,
    register: Register,
    at: datetime,
    at_basis: str,
    *,
    settled: Mapping[str, Settlement] = MappingProxyType({}),
) -> Assessment:
    """Answer for every duty in every scope, as of ``at``. Pure: the same values give the same answer."""
    return Answering(snapshot, inventory, register, at, at_basis, settled=settled).whole


def tally(rows: Iterable[MatrixRow]) -> Tally:
    """Count rows by party, status, layer and owner. What cannot be told counts as unknown, not as its likely party."""
    by_party: Counter[str] = Counter()
    by_status: Counter[str] = Counter()
    by_owner: Counter[str] = Counter()
    by_layer: dict[str, Counter[str]] = {}
    layers = {duty.id: duty.layer.value for duty in duties().values()}
    count = 0
    for row in rows:
        count += 1
        party = _counted_party(row)
        by_party[party] += 1
        by_status[row.status.value] += 1
        by_layer.setdefault(layers[row.duty], Counter())[party] += 1
        if row.owner is not None:
            by_owner[row.owner.name] += 1
    return Tally(
        rows=count,
        by_party=dict(sorted(by_party.items())),
        by_status=dict(sorted(by_status.items())),
        by_layer={layer: dict(sorted(counts.items())) for layer, counts in by_layer.items()},
        by_owner=dict(sorted(by_owner.items(), key=lambda item: (-item[1], item[0]))),
    )


def _counted_party(row: MatrixRow) -> str:
    if row.status is Status.UNKNOWN:
        return Status.UNKNOWN.value
    return row.party.value if row.party else Status.UNCOVERED.value


def _entry(duty_id: str) -> DutyEntry:
    references = tuple(
        FrameworkReference(framework=name, version=version_of(name), ids=ids)
        for name, ids in duty_map().get(duty_id, {}).items()
    )
    return DutyEntry(duty=duties()[duty_id], frameworks=references)


def _cited(lines: Iterable[Line], table: ProviderBoundary) -> tuple[SourceDocument, ...]:
    used: set[str | None] = set()
    for line in lines:
        basis = line.row.basis
        if basis is not None:
            used.add(basis.source)
            used.update(basis.other_sources)
        used.update(reading.source for reading in line.answer.resolution.readings)
    return tuple(source for source in table.sources if source.id in used)


def _about_dates(table: ProviderBoundary, at: datetime) -> tuple[str, ...]:
    """The published boundary is known as of the day it was read; an earlier date is answered with today's pages."""
    if at >= instant(table.compiled) - timedelta(days=READ_LATELY):
        return ()
    said = (
        f"The boundary of {table.title} is known as read on {table.compiled}. For {iso(at)[:10]} the same pages are "
        "used: a page that changed in between may have said something else. Owners and contracts are as of the date."
    )
    return (said,)


def _vocabulary() -> dict[str, dict[str, str]]:
    def words(value: str | tuple[str, ...] | None) -> str:
        if value is None:
            return "no standard value"
        return value if isinstance(value, str) else ", ".join(value)

    return {
        party.value: {
            "csa_ssrm": words(terms.csa_ssrm),
            "fedramp_origination": words(terms.fedramp_origination),
            "oscal_export": words(terms.oscal_export),
            "nist_800_53": words(terms.nist_800_53),
            "crm_inheritance": words(terms.crm_inheritance),
        }
        for party, terms in vocabulary().items()
    }
