"""The report of an incident: facts, verdict, case and runbook, as of a moment. Every format is made from it."""

from __future__ import annotations

from msgspec import Struct

from demarc.model.case import Case, Runbook
from demarc.model.evidence import Gap
from demarc.model.incidents import Incident, Verdict

FORMAT = "demarc.incident/1"


class Table(Struct, frozen=True, kw_only=True):
    """Something more that whoever made the report knows, in words."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    says: str = ""


class IncidentReport(Struct, frozen=True, kw_only=True):
    """Everything that is reported of one incident."""

    version: str
    """Of Demarc, and of the catalogue where that matters."""
    at: str
    """When the response begins, ISO 8601: deadlines are told from it."""
    incident: Incident
    verdict: Verdict
    case: Case
    runbook: Runbook
    register: str = ""
    """Folder of the register and its digest; empty when none was given."""
    further: tuple[Table, ...] = ()
    gaps: tuple[Gap, ...] = ()
