"""The time of an incident as a drawing: a lane per step, and what happened to the weakness beside it.

A step whose time is on record is a mark; one of which only the incident's time is known is a bar over all of it.
Carries classes only, no colour.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from html import escape

from msgspec import Struct

from demarc.model.incident_report import IncidentReport
from demarc.model.incidents import Day, IncidentStep
from demarc.reports.text import safe_text

WIDTH = 1080
_LEFT, _RIGHT, _TOP, _LANE, _ROW = 300, 24, 8, 30, 18
_MOST_TICKS = 6
_LABEL = 46
"""Letters of a step's name that fit."""


class Mark(Struct, frozen=True, kw_only=True):
    """A dated fact about a weakness."""

    at: datetime
    says: str
    day: str
    """As exact as it is on record."""


def timeline(report: IncidentReport) -> str:
    """Draw it. Without an end on record the bars run to the edge and say so."""
    return _Drawing(report).written()


def marks(report: IncidentReport) -> tuple[Mark, ...]:
    """When weaknesses became known, were cured and were rolled out, in order; each day and word once."""
    found: dict[tuple[date, str], Mark] = {}
    for part in report.incident.components:
        defect = part.defect
        if defect is None:
            continue
        for day, word in (
            (defect.disclosed, "known"),
            (defect.fix_released, "fix"),
            (defect.fix_applied, "fix rolled out"),
        ):
            if day is not None:
                said = f"{word}: {defect.ref or part.name}"
                found.setdefault((day.first, said), Mark(at=_moment(day), says=said, day=day.text))
    return tuple(sorted(found.values(), key=lambda mark: (mark.at, mark.says)))


class _Drawing:
    def __init__(self, report: IncidentReport) -> None:
        self._report = report
        self._marks = marks(report)
        incident = report.incident
        self._open = incident.until is None
        since = _moment(incident.since)
        steps = incident.steps
        times = [since, *(mark.at for mark in self._marks), *(step.at for step in steps if step.at is not None)]
        if incident.until is not None:
            times.append(_moment(incident.until, last=True))
        times += [step.until for step in steps if step.until is not None]
        low, high = min(times), max(times)
        span = max(high - low, timedelta(hours=1))
        self._low, self._high = low - span * 0.04, high + span * (0.2 if self._open else 0.06)
        self._since = since
        self._until = _moment(incident.until, last=True) if incident.until is not None else self._high
        self._lanes_at = _TOP + _ROW * len(self._marks) + 12
        self._height = self._lanes_at + _LANE * len(steps) + 34

    def written(self) -> str:
        title = escape(safe_text(f"Timeline of {self._report.incident.title}"))
        start = (
            f'<svg class="timeline" viewBox="0 0 {WIDTH} {self._height}" role="img" aria-labelledby="timeline-t" '
            f'xmlns="http://www.w3.org/2000/svg"><title id="timeline-t">{title}</title>'
        )
        return "".join((start, *self._axis(), *self._dated(), *self._steps(), "</svg>"))

    def _x(self, at: datetime) -> float:
        share = (at - self._low) / (self._high - self._low)
        return round(_LEFT + share * (WIDTH - _LEFT - _RIGHT), 1)

    def _axis(self) -> Iterator[str]:
        bottom = self._height - 26
        yield f'<path class="axis" d="M{_LEFT} {bottom}H{WIDTH - _RIGHT}"/>'
        for at, label in _ticks(self._low, self._high):
            x = self._x(at)
            yield f'<path class="tick" d="M{x} {bottom}v6"/><text class="when" x="{x}" y="{bottom + 19}">{label}</text>'

    def _dated(self) -> Iterator[str]:
        bottom = self._height - 26
        for row, mark in enumerate(self._marks):
            x, y = self._x(mark.at), _TOP + _ROW * row + 12
            day = escape(mark.day)
            said = escape(safe_text(mark.says, 64))
            end = x > WIDTH - 340
            beside = f'x="{x - 6}" text-anchor="end"' if end else f'x="{x + 6}"'
            yield f'<path class="fact" d="M{x} {y - 10}V{bottom}"/>'
            yield f'<text class="says" {beside} y="{y}">{said} <tspan class="day">{day}</tspan></text>'

    def _steps(self) -> Iterator[str]:
        judged = {step.n: step for step in self._report.verdict.steps}
        for row, step in enumerate(self._report.incident.steps):
            y = self._lanes_at + _LANE * row
            root = " root" if step.n == self._report.verdict.root_step else ""
            name = escape(safe_text(f"{step.n}  {step.action}", _LABEL))
            yield f'<g class="lane{root}"><text class="name" x="0" y="{y + 19}">{name}</text>'
            yield f"{self._bar(step, judged[step.n].party.value, y)}</g>"

    def _bar(self, step: IncidentStep, party: str, y: int) -> str:
        since, until = step.at or self._since, step.until or (step.at or self._until)
        x, wide = self._x(since), max(self._x(until) - self._x(since), 0)
        if step.at is not None and wide < 8:
            return f'<path class="p-{party} point" d="M{x} {y + 4}l9 11l-9 11l-9 -11z"/>'
        vague = " vague" if step.at is None else ""
        endless = self._open and step.at is None
        arrow = f'<path class="endless" d="M{WIDTH - _RIGHT} {y + 15}l-9 -7v14z"/>' if endless else ""
        return (
            f'<rect class="p-{party} bar{vague}" x="{x}" y="{y + 6}" width="{max(wide, 8)}" height="18" rx="3"/>{arrow}'
        )


def _moment(day: Day, *, last: bool = False) -> datetime:
    """First moment of a day, or the end of its last."""
    if last:
        return datetime.combine(day.last, time.min, UTC) + timedelta(days=1)
    return datetime.combine(day.first, time.min, UTC)


def _ticks(low: datetime, high: datetime) -> Iterator[tuple[datetime, str]]:
    """A few round moments: hours of a day, days, months or years, as the span asks."""
    span = high - low
    if span > timedelta(days=200):
        months = max(1, round(span.days / 30.4 / _MOST_TICKS))
        step = next((size for size in (1, 2, 3, 6, 12, 24, 60, 120, 240) if size >= months), 480)
        year, month = low.year, low.month
        while True:
            month += step if (month - 1) % step == 0 else step - (month - 1) % step
            year, month = year + (month - 1) // 12, (month - 1) % 12 + 1
            at = datetime(year, month, 1, tzinfo=UTC)
            if at > high:
                return
            yield at, f"{year}-{month:02d}" if step < 12 else str(year)
    if span > timedelta(days=3):
        days = max(1, round(span.days / _MOST_TICKS))
        at = datetime.combine(low.date(), time.min, UTC) + timedelta(days=1)
        while at <= high:
            yield at, at.date().isoformat()
            at += timedelta(days=days)
        return
    minutes = max(1, int(span.total_seconds() / 60 / _MOST_TICKS))
    size = next((one for one in (1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720) if one >= minutes), 720)
    at = datetime.combine(low.date(), time.min, UTC)
    while at <= high:
        if at >= low:
            yield at, at.strftime("%m-%d %H:%M")
        at += timedelta(minutes=size)
