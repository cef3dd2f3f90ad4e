"""Both planes of access in a terminal: strongest powers first, the platform's own identities folded."""

from __future__ import annotations

from itertools import groupby

from rich.console import Console
from rich.text import Text

from demarc.model.duties import Plane
from demarc.model.planes import HolderKind, OwnedPlanes, OwnedRow, Power
from demarc.reports.planes import owners, unused, window_words
from demarc.reports.text import count, listed, safe_text

_TITLES = {
    Plane.CLUSTER: "Cluster access: who reaches the API",
    Plane.WORKLOAD: "Workload access: what running pods reach",
}
_FOLDED = (HolderKind.PROVIDER_IDENTITY, HolderKind.NODE)
_DANGEROUS = frozenset(
    {Power.CLUSTER_ADMIN, Power.CLOUD_ADMIN, Power.NODE_LEVEL, Power.IMPERSONATE, Power.RBAC_WRITE, Power.CREDENTIALS}
)


def planes(found: OwnedPlanes, out: Console) -> None:
    """Print rows by plane; rows that say the same of several holders or grants are one line with a count."""
    for plane, rows in groupby(found.rows, key=lambda owned: owned.row.plane):
        _line(out, _TITLES.get(plane, plane.value), "", style="bold underline")
        shown = list(rows)
        folded = [owned for owned in shown if owned.row.kind in _FOLDED]
        for same in _alike([owned for owned in shown if owned.row.kind not in _FOLDED]):
            _row(same, out)
        if folded:
            said = "identities of nodes, the control plane and the provider are in --format json and csv"
            _line(out, "", f"{count(len(folded), 'grant')} of {said}", dim=True)
        _line(out, "", "")
    for said in found.unseen:
        _line(out, "not known", f": {said}", style="bold yellow")
    _line(out, "", window_words(found), dim=True)


def _alike(rows: list[OwnedRow]) -> list[list[OwnedRow]]:
    """Rows that differ only in whom or where they are about: many pods without a limit on egress are one line."""
    found: dict[tuple[object, ...], list[OwnedRow]] = {}
    for owned in rows:
        row = owned.row
        many = row.kind in (HolderKind.PODS, HolderKind.WORKLOAD) and not row.unknown
        key = (row.powers, row.kind, row.grant, owned.owner, owned.status) if many else (row.id,)
        found.setdefault(key, []).append(owned)
    return list(found.values())


def _row(same: list[OwnedRow], out: Console) -> None:
    owned = same[0]
    row = owned.row
    style = "bold red" if row.powers[0] in _DANGEROUS else "bold"
    names = listed([item.row.holder for item in same], 6)
    where = listed(row.over, 4) if len(same) == 1 else ""
    _line(out, ", ".join(power.value for power in row.powers), f"  {names}", style=style)
    if where:
        _line(out, "", f"    over {where}")
    _line(out, "", f"    by {row.grant}", dim=True)
    if row.members and len(same) == 1:
        _line(out, "", f"    held by {listed([f'{one.name} ({one.by})' for one in row.members], 4)}", dim=True)
    named = listed(owners(owned), 3) or "nobody"
    reviewed = f"reviewed {owned.last_review[:10]}" if owned.last_review else "no review on record"
    _line(out, "", f"    {row.duty}: {named}, {owned.status.value}, {reviewed}", dim=True)
    if never := unused(owned):
        _line(out, "", f"    unused: {', '.join(never)}", style="yellow")
    for said in row.remarks:
        _line(out, "", f"    note: {said}")
    if row.unknown:
        _line(out, "    not known", f": {row.unknown}", style="yellow")


def _line(out: Console, start: str, rest: str, *, style: str = "", dim: bool = False) -> None:
    text = Text(safe_text(start), style=style)
    text.append(safe_text(rest), style="dim" if dim else "not bold not underline default" if start else style)
    out.print(text, soft_wrap=True)
