"""The summary: who holds how much, what nobody holds, what is unclear, what was not seen, and what to do first.

Fits on one screen of 100 columns and 40 lines; narrow terminals get the same parts one below the other.
"""

from __future__ import annotations

from collections import Counter

from rich.console import Console
from rich.table import Table
from rich.text import Text

from demarc.model.assessment import GAPS, Assessment, Status
from demarc.model.posture import Outcome, Posture
from demarc.model.roles import Role, Verdict
from demarc.reports.beside import Beside
from demarc.reports.findings.rows import standing
from demarc.reports.folds import namespace_of
from demarc.reports.terminal.draw import PARTY_STYLES, bar, heading, line, plain, say, status_text
from demarc.reports.text import count, listed, share
from demarc.reports.words import LAYERS, PARTIES, PROVIDERS, REASONS, STATUSES, VERDICTS

_NARROW = 76
_NOBODY = (Status.UNOWNED, Status.LAPSED, Status.CONFLICT)


def summary(
    assessment: Assessment, console: Console, posture: Posture | None = None, beside: Beside | None = None
) -> None:
    """Print the summary, with what checks found and what evidence says of roles, where they were asked."""
    _title(assessment, console)
    _counts(assessment, console)
    _nobody(assessment, console)
    _unclear(assessment, console)
    _unseen(assessment, console)
    if posture is not None:
        _found(posture, console)
    if beside is not None:
        _evidence(beside, console)
    _todo(assessment, console)
    say(
        console,
        "More: demarc findings · demarc matrix --status unowned · demarc explain DUTY · --format html",
        style="dim",
    )


def _title(assessment: Assessment, console: Console) -> None:
    cluster = assessment.cluster
    where = [PROVIDERS.get(cluster.provider, cluster.provider) + (f" {cluster.version}" if cluster.version else "")]
    where += [cluster.region] if cluster.region else []
    where += [f"account {cluster.account}"] if cluster.account else []
    say(console, plain(cluster.name, "bold"), "  ", ", ".join(where))
    taken = f", seen {assessment.taken_at}" if assessment.taken_at else ""
    register = assessment.register or "none given"
    say(console, f"As of {assessment.at} ({assessment.at_basis}){taken}; register: {register}", style="dim")
    if not cluster.identified:
        say(console, plain("No provider was identified: handled as self-managed.", "bold yellow"))
    nodes = sum(pool.nodes for pool in assessment.pools)
    parts = (count(nodes, "node"), count(len(assessment.pools), "pool"), count(len(assessment.components), "component"))
    say(console, f"{', '.join(parts)}; {listed(assessment.models, 4)}", style="dim")
    console.print()


def _counts(assessment: Assessment, console: Console) -> None:
    if console.width < _NARROW:
        console.print(_parties(assessment, console.width))
        console.print()
        console.print(_layers(assessment, console.width))
    else:
        half = (console.width - 3) // 2
        both = Table.grid()
        both.add_column(width=half + 3)
        both.add_column(width=half)
        both.add_row(_parties(assessment, half), _layers(assessment, half))
        console.print(both)
    console.print()


def _parties(assessment: Assessment, width: int) -> Table:
    counts = assessment.tally.by_party
    total = assessment.tally.rows
    grid = Table.grid(padding=(0, 1, 0, 0))
    size = max(8, min(30, width - 28))
    grid.add_row(heading("Who holds it"), "", plain(f"{total:,}", "bold"), "rows", "")
    grid.columns[0].min_width = 15
    grid.columns[2].justify = grid.columns[3].justify = "right"
    longest = max(counts.values(), default=1)
    for key, word in PARTIES.items():
        number = counts.get(key, 0)
        cells = max(1, number * size // longest) if number else 0
        drawn = Text(word.letter * cells, style=PARTY_STYLES[key])
        grid.add_row(line(word.label), drawn, f"{number:,}", share(number, total))
    grid.add_row("")
    grid.add_row(heading("Where it stands"))
    states = [(Status(key), assessment.tally.by_status.get(key, 0)) for key in STATUSES]
    for status, number in states:
        if number:
            grid.add_row(status_text(status), "", f"{number:,}", share(number, total))
    return grid


def _layers(assessment: Assessment, width: int) -> Table:
    grid = Table.grid(padding=(0, 1, 0, 0))
    size = max(8, min(36, width - 21))
    grid.add_row(heading("By layer"), "", "")
    grid.columns[2].justify = "right"
    for key, word in LAYERS.items():
        counts = assessment.tally.by_layer.get(key, {})
        if counts:
            grid.add_row(line(word.label), bar(counts, size), f"{sum(counts.values()):,}")
    return grid


def _nobody(assessment: Assessment, console: Console) -> None:
    open_rows = [row for row in assessment.matrix if row.status in _NOBODY]
    if not open_rows:
        say(console, plain("Nobody holds: ", "bold"), "nothing; every duty of yours has an owner.")
        return
    places = Counter(namespace_of(row.scope) or row.scope.name for row in open_rows)
    named = [f"{name} ({number:,})" for name, number in sorted(places.items(), key=lambda item: (-item[1], item[0]))]
    say(console, plain("Nobody holds: ", "bold"), f"{count(len(open_rows), 'row')}: {listed(named, 5)}")


def _unclear(assessment: Assessment, console: Console) -> None:
    if not assessment.ambiguities:
        say(console, plain("Unclear: ", "bold"), "nothing.")
        return
    first = assessment.ambiguities[0]
    rest = len(assessment.ambiguities) - 1
    more = f" and {rest} more" if rest else ""
    say(console, plain("Unclear: ", "bold"), f"{first.question}{more}")


def _unseen(assessment: Assessment, console: Console) -> None:
    if not assessment.gaps:
        say(console, plain("Not seen: ", "bold"), "nothing that was looked for.")
        return
    named = [f"{gap.what} ({REASONS[gap.reason]})" for gap in assessment.gaps]
    unknown = assessment.tally.by_status.get(Status.UNKNOWN, 0)
    effect = f"; {count(unknown, 'row')} unknown" if unknown else ""
    say(console, plain("Not seen: ", "bold"), listed(named, 3) + effect)


def _found(posture: Posture, console: Console) -> None:
    """What checks found, in one or two lines."""
    stands = standing(posture)
    said = [f"{number:,} {severity.value}" for severity, number in stands.by_severity.items()]
    more = [f"{stands.new:,} new"] if stands.new is not None else []
    more += [f"{stands.nobody:,} nobody holds"] if stands.nobody else []
    more += [f"{stands.excepted:,} excepted"] if stands.excepted else []
    more += [f"{stands.provider:,} the provider's"] if stands.provider else []
    counts = Counter(result.outcome for result in posture.results)
    unknown = f"; {count(counts[Outcome.UNKNOWN], 'check')} unknown" if counts[Outcome.UNKNOWN] else ""
    rest = f" ({', '.join(more)})" if more else ""
    say(console, plain("Found: ", "bold"), f"{', '.join(said) or 'nothing'}{rest}{unknown}")


def _evidence(beside: Beside, console: Console) -> None:
    """What evidence says of the roles, in one line."""
    if not beside.report.roles:
        return
    counts = Counter((item.role, item.verdict) for item in beside.report.roles)
    said = [
        f"{role.value}s "
        + ", ".join(
            f"{number:,} {word.label}" for key, word in VERDICTS.items() if (number := counts[role, Verdict(key)])
        )
        for role in Role
        if any(counts[role, verdict] for verdict in Verdict)
    ]
    say(console, plain("Evidence: ", "bold"), "; ".join(said))


def _todo(assessment: Assessment, console: Console) -> None:
    console.print()
    if not assessment.todo:
        gaps = sum(assessment.tally.by_status.get(status, 0) for status in GAPS)
        say(console, plain("Do first: ", "bold"), "nothing." if not gaps else "look at the matrix.")
        return
    say(console, heading("Do first"), plain("  (commands take the inputs, register and date of this one)", "dim"))
    for number, item in enumerate(assessment.todo[:5], start=1):
        closes = plain(f"  closes {count(item.rows, 'row')}", "dim")
        say(console, f"{number}. ", plain(item.title), closes)
        console.print(Text("   $ ", style="dim") + plain(item.command, "bold cyan"), overflow="fold")
