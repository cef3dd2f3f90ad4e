"""The platform's half of a runbook: whom to ask, on which ground, for what, by when; and the letter, ready to send.

Says of everything what the provider holds even where the customer's export was off. "Not published" is an answer.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from demarc.catalog.boundaries import boundary, providers
from demarc.catalog.escalation import Holding, ProviderEscalation, things
from demarc.model.boundary import Party
from demarc.model.case import Case, Escalation, Request
from demarc.model.exposure import Proof
from demarc.model.time import iso

MOST_IDS = 50
"""Ids that a letter lists; the rest is counted."""
_ALWAYS = ("hold", "audit-window", "vendor-identities", "detection")
_PLATFORM = ("full-audit", "builds", "staff", "key-events", "disclosure")
_HIDDEN_NODES = {"autopilot", "auto_mode", "fargate", "automatic", "rosa_hcp", "hcp", "virtual_nodes"}


def escalate(case: Case, asked: ProviderEscalation | None, now: datetime) -> Escalation:
    """Everything to ask. Without a file for the provider the requests are put in general terms."""
    requests = tuple(_requests(case, asked))
    deadlines = tuple(_deadlines(case, asked, now))
    cited = sorted({request.source for request in requests if request.source})
    return Escalation(
        firm=_firm(case, asked),
        channel=asked.channel if asked is not None else _general(case, "support"),
        report_to=asked.report_to if asked is not None else _general(case, "vulnerability"),
        notices=asked.notices if asked is not None else _general(case, "notices"),
        basis=asked.basis if asked is not None else _NO_FILE,
        deadlines=deadlines,
        requests=requests,
        letter=_letter(case, asked, requests),
        sources=tuple(cited),
    )


def _requests(case: Case, asked: ProviderEscalation | None) -> Iterator[Request]:
    ids = tuple(dict.fromkeys(one for step in case.steps for one in step.evidence))
    for name in things():
        if name not in _wanted(case):
            continue
        holding = (asked.requests if asked is not None else {}).get(name, _UNKNOWN)
        yield Request(
            what=things()[name].what,
            proves=things()[name].proves,
            held=holding.held,
            source=asked.page(holding.source) if asked is not None else "",
            ids=ids[:MOST_IDS] if name in {"audit-window", "full-audit"} else (),
        )


def _wanted(case: Case) -> set[str]:
    """Which things matter in this case. A hold always does, and comes first in the letter."""
    duties = {step.duty for step in case.steps}
    layers = {duty.partition(".")[0] for duty in duties}
    wanted = set(_ALWAYS)
    if case.exported is Proof.YES:
        wanted.discard("audit-window")
    if case.party in {Party.PROVIDER, Party.SHARED, Party.AMBIGUOUS} or "platform" in layers:
        wanted.update(_PLATFORM)
    if duties & {"platform.control-plane", "platform.control-plane-patch", "platform.etcd", "platform.cluster-ca"}:
        wanted.update({"host-logs", "etcd"})
    if duties & {"platform.tenant-isolation", "platform.infrastructure"}:
        wanted.add("tenants")
    if "node" in layers or (case.model or "") in _HIDDEN_NODES:
        wanted.update({"node-evidence", "builds"})
    if "addon" in layers:
        wanted.add("addon-provenance")
    return wanted


def _deadlines(case: Case, asked: ProviderEscalation | None, now: datetime) -> Iterator[str]:
    """When what was kept by itself is gone, the nearest first."""
    yield "Events of the cluster live for one hour by default: what is not kept by then is gone."
    if asked is None:
        return
    dated = [(log.keeps_days, log) for log in asked.logs if log.keeps_days is not None]
    for keeps, log in sorted(dated, key=lambda pair: pair[0]):
        if case.since is None:
            yield f"{log.name}: kept {log.kept}."
            continue
        gone = case.since + timedelta(days=keeps)
        if gone <= now:
            yield f"{log.name}: what is older than {iso(now - timedelta(days=keeps))[:10]} is gone (kept {log.kept})."
        else:
            left = (gone - now).days
            when = f"on {iso(gone)[:10]}, in {left} days"
            yield f"{log.name}: the first day of the incident is deleted {when} (kept {log.kept})."
    for log in asked.logs:
        if log.keeps_days is None:
            yield f"{log.name}: {log.starts}; kept {log.kept}."


def _letter(case: Case, asked: ProviderEscalation | None, requests: tuple[Request, ...]) -> str:
    """The letter. Blanks that only the sender can fill are in square brackets."""
    lines = [
        f"Subject: security incident {case.id}: preservation and information request",
        "",
        f"To {_firm(case, asked)}:",
        "",
        *_facts(case, asked),
        "",
        "1. Please stop rotation and deletion of everything below from now on, and confirm when that is done.",
        "2. Please send us, or say that you do not hold:",
        *(f"   {chr(97 + at)}) {request.what} - it shows {request.proves}" for at, request in enumerate(requests)),
    ]
    if case.asks:
        lines += ["3. In particular:", *(f"   - {ask}" for ask in case.asks)]
    if case.steps:
        lines += ["", "What happened, as far as we know:", *_steps(case)]
    lines += ["", *_ruled_out(case), "", _ground(asked), "", "[name, role, telephone by day and night]"]
    return "\n".join(lines)


def _facts(case: Case, asked: ProviderEscalation | None) -> Iterator[str]:
    until = iso(case.until) if case.until is not None else "still open"
    since = iso(case.since) if case.since is not None else "[since]"
    yield f"Cluster:  {case.cluster or '[' + (asked.resource if asked is not None else 'name of the cluster') + ']'}"
    yield f"Account:  {case.account or '[account, subscription or project]'}"
    yield f"Region:   {case.region or '[region]'}"
    yield f"Version:  {case.version or '[control plane and platform version]'}"
    yield f"Window:   {since} to {until} (UTC)"
    if case.identities:
        names = ", ".join(one.name + ("" if one.reliable else " (name not reliable)") for one in case.identities)
        yield f"Identities used: {names}"


def _steps(case: Case) -> Iterator[str]:
    for step in case.steps:
        at = f"{iso(step.at)} " if step.at is not None else ""
        named = f" ({step.object})" if step.object else ""
        listed = ", ".join(step.evidence[:MOST_IDS])
        more = f" and {len(step.evidence) - MOST_IDS} more" if len(step.evidence) > MOST_IDS else ""
        kind = "auditID" if step.inside_cluster else "record"
        ids = f" [{kind} {listed}{more}]" if step.evidence else ""
        yield f"   {step.n}. {at}{step.what}{named}{ids}"


def _ruled_out(case: Case) -> Iterator[str]:
    unseen = [str(step.n) for step in case.steps if step.inside_cluster and step.is_logged is Proof.NO]
    if unseen:
        named = f"Step {unseen[0]} leaves" if len(unseen) == 1 else f"Steps {', '.join(unseen)} leave"
        yield f"{named} no event in the audit trail that we can read."
    if case.exported is Proof.UNKNOWN:
        yield "Whether our own export of the audit trail covers the whole window is being checked."
    if case.exported is Proof.NO:
        yield "Our own export of the audit trail does not cover the whole window."
    yield "We make no statement about fault; parties follow from the shared responsibility model and our contract."


def _ground(asked: ProviderEscalation | None) -> str:
    return f"On which ground we ask: {asked.basis if asked is not None else _NO_FILE} [clause of our contract]"


def _firm(case: Case, asked: ProviderEscalation | None) -> str:
    if asked is not None:
        return asked.firm
    return boundary(case.provider).firm if case.provider in providers() else "the provider"


def _general(case: Case, what: str) -> str:
    """The channel as the boundary has it, for a provider without a file of its own."""
    if case.provider not in providers():
        return "as your contract with the provider says"
    return str(getattr(boundary(case.provider).channels, what))


_UNKNOWN = Holding(held="not read for this provider: ask")
_NO_FILE = (
    "What this provider owes in an incident was not read from its pages. Your contract and its published model of "
    "responsibility are the ground."
)
