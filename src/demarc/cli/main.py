"""The command ``demarc``: finds the command that was typed, and turns what went wrong into words and an exit code.

Commands are imported when they are called, so that ``demarc --version`` and ``--help`` stay quick.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from cyclopts import App, CycloptsError, UnusedCliTokensError

import demarc
from demarc.model.errors import DemarcError

STDIN = "<stdin>"
"""How standard input is called between here and the commands."""

OK, BAD_INPUT, INTERRUPTED = 0, 2, 130

app = App(
    name="demarc",
    help=(
        "Who is accountable for each security duty of a managed Kubernetes cluster, as of any date, on what basis, "
        "and what is unclear."
    ),
    version=demarc.__version__,
    help_format="plaintext",
    end_of_options_delimiter="--",
    result_action="return_value",
)

COMMANDS: tuple[tuple[str, str, str], ...] = (
    ("assess", "demarc.cli.assess:assess", "Say who answers for what in a cluster, and write the report."),
    ("matrix", "demarc.cli.matrix:matrix", "Show rows of the control matrix."),
    ("explain", "demarc.cli.explain:explain", "Say why a party and an owner answer for a duty, with evidence."),
    ("findings", "demarc.cli.findings:findings", "Show what checks found, whose it is, and how to mend it."),
    ("diff", "demarc.cli.findings:diff", "Say what is new, gone, and in other hands between two snapshots."),
    ("trend", "demarc.cli.findings:trend", "Show how findings develop over stored assessments."),
    ("ambiguities", "demarc.cli.ambiguities:ambiguities", "Show what is unclear, both readings, and how to settle it."),
    ("paths", "demarc.cli.paths:paths", "Say how an intruder gets from an entry to an impact, and what cuts it."),
    ("radius", "demarc.cli.paths:radius", "Say what whoever holds one thing can reach."),
    (
        "history",
        "demarc.cli.ledger.look:history",
        "Say what the ledger says about a duty, a scope or an owner over time.",
    ),
    (
        "offboard",
        "demarc.cli.offboard:offboard",
        "Plan all that must go with a team, person, supplier or namespace. Writes nothing.",
    ),
    ("collect", "demarc.cli.collect:collect", "Write a snapshot of a live cluster, without secret values."),
    ("rbac-needed", "demarc.cli.rbac_needed:rbac_needed", "Print the least ClusterRole that collecting needs."),
)
for _name, _where, _says in COMMANDS:
    app.command(_where, name=_name, help=_says)

register = App(name="register", help="Start and check the register of owners.")
REGISTER_COMMANDS: tuple[tuple[str, str, str], ...] = (
    ("init", "demarc.cli.register:init", "Write a first draft of the register from a cluster."),
    ("check", "demarc.cli.register:check", "Report everything that is wrong with a register, at once."),
    ("schema", "demarc.cli.register:schema", "Print the JSON Schema of the register, for editors."),
)
for _name, _where, _says in REGISTER_COMMANDS:
    register.command(_where, name=_name, help=_says)
app.command(register)

check = App(name="check", help="Say what the checks are, and test your own.")
CHECK_COMMANDS: tuple[tuple[str, str, str], ...] = (
    ("list", "demarc.cli.check:listed", "List the checks."),
    ("test", "demarc.cli.check:tried", "Test your own checks."),
    ("show", "demarc.cli.check:show", "Say what a check looks at, why it matters, and how to mend it."),
)
for _name, _where, _says in CHECK_COMMANDS:
    check.command(_where, name=_name, help=_says)
app.command(check)

frameworks = App(name="frameworks", help="See the requirements of a framework through a cluster.")
FRAMEWORK_COMMANDS: tuple[tuple[str, str, str], ...] = (
    ("list", "demarc.cli.frameworks:listed", "List the frameworks, with their versions."),
    ("show", "demarc.cli.frameworks:show", "Say for each requirement what holds, what does not, and who answers."),
)
for _name, _where, _says in FRAMEWORK_COMMANDS:
    frameworks.command(_where, name=_name, help=_says)
app.command(frameworks)

events = App(name="events", help="Import an audit trail, look into it, and say what it can prove.")
EVENT_COMMANDS: tuple[tuple[str, str, str], ...] = (
    ("import", "demarc.cli.events:take_in", "Add what is new in files or folders to a store of events."),
    ("sources", "demarc.cli.events:sources", "Say what a store was imported from, with digests."),
    ("show", "demarc.cli.events:show", "Show events by user, verb, resource, namespace, address or time."),
    ("query", "demarc.cli.events:query", "Ask a query that comes with Demarc, or one of your own, on an engine."),
    (
        "coverage",
        "demarc.cli.events_coverage:coverage",
        "Say whether something would have been logged, and what its absence proves.",
    ),
)
for _name, _where, _says in EVENT_COMMANDS:
    events.command(_where, name=_name, help=_says)
app.command(events)

access = App(name="access", help="Say who can do what, exactly, and through which grant.")
ACCESS_COMMANDS: tuple[tuple[str, str, str], ...] = (
    ("can-i", "demarc.cli.access:can_i", "Say whether somebody can do something, and by which binding and role."),
    ("who-can", "demarc.cli.access:can", "Say who can do something, and through which bindings."),
    ("of", "demarc.cli.access:of", "Say all that an identity can do, condensed."),
    ("diff", "demarc.cli.access:diff", "Say who can do more or less in one snapshot than in another."),
    ("review", "demarc.cli.access:review", "Answer SubjectAccessReview specs, one a line."),
    (
        "planes",
        "demarc.cli.planes:planes",
        "Say who reaches the cluster, what its pods reach, and who owns the grants.",
    ),
)
for _name, _where, _says in ACCESS_COMMANDS:
    access.command(_where, name=_name, help=_says)
app.command(access)

incident = App(name="incident", help="Say whose duty was broken in an incident, and what to do now.")
INCIDENT_COMMANDS: tuple[tuple[str, str, str], ...] = (
    (
        "attribute",
        "demarc.cli.incident:attribute",
        "Say whose duty was broken at each step of a described incident, and what to do now.",
    ),
    ("open", "demarc.cli.incident_open:open_case", "Open a case from the audit trail: steps, duties, what to do now."),
    ("detections", "demarc.cli.incident_detections:list_detections", "List the detections, or run them on a trail."),
)
for _name, _where, _says in INCIDENT_COMMANDS:
    incident.command(_where, name=_name, help=_says)
app.command(incident)

audit = App(name="audit", help="Hand over to an auditor.")
AUDIT_COMMANDS: tuple[tuple[str, str, str], ...] = (
    ("pack", "demarc.cli.audit:pack", "Write one archive for an auditor, for a framework and a date."),
)
for _name, _where, _says in AUDIT_COMMANDS:
    audit.command(_where, name=_name, help=_says)
app.command(audit)

evidence = App(name="evidence", help="Say what evidence shows of roles; check bundles and packs.")
EVIDENCE_COMMANDS: tuple[tuple[str, str, str], ...] = (
    ("roles", "demarc.cli.evidence_roles:roles", "Say whether evidence shows who approves, reviews and rotates."),
    ("verify", "demarc.cli.bundles:verify", "Check a bundle of evidence or an audit pack, member by member."),
)
for _name, _where, _says in EVIDENCE_COMMANDS:
    evidence.command(_where, name=_name, help=_says)
app.command(evidence)

ledger = App(name="ledger", help="Keep what was decided, so that it can be shown to somebody who does not trust you.")
LEDGER_COMMANDS: tuple[tuple[str, str, str], ...] = (
    ("init", "demarc.cli.ledger.write:init", "Make a new ledger."),
    ("record", "demarc.cli.ledger.write:record", "Record every change of the register since it was last recorded."),
    ("append", "demarc.cli.ledger.write:append", "Record a decision: an approval, a rotation, a verdict."),
    ("log", "demarc.cli.ledger.look:log", "List entries, the newest first."),
    ("show", "demarc.cli.ledger.look:show", "Show one entry."),
    ("checkpoint", "demarc.cli.ledger.prove:checkpoint", "Sign the ledger as it stands."),
    ("rekey", "demarc.cli.ledger.prove:rekey", "Hand the ledger over to another key."),
    ("anchor", "demarc.cli.ledger.prove:anchor", "Have a time stamp authority confirm that it existed."),
    ("export", "demarc.cli.ledger.copy:export", "Write the whole ledger, signed, for others to check."),
    ("verify", "demarc.cli.ledger.prove:verify", "Check a ledger, an export or a proof."),
    ("prove", "demarc.cli.ledger.prove:prove", "Prove one entry, or that nothing earlier was changed."),
    ("verifier", "demarc.cli.ledger.prove:verifier", "Print a program that checks exports without Demarc."),
    ("backup", "demarc.cli.ledger.copy:backup", "Write everything that a ledger holds to a file."),
    ("restore", "demarc.cli.ledger.copy:restore", "Make a ledger out of a backup or an export."),
)
for _name, _where, _says in LEDGER_COMMANDS:
    ledger.command(_where, name=_name, help=_says)
app.command(ledger)
nhi = App(name="nhi", help="Know every non-human identity and credential; replace and retire them, safely.")
NHI_COMMANDS: tuple[tuple[str, str, str], ...] = (
    ("list", "demarc.cli.nhi_list:listed", "List every non-human identity and credential, with its state and owner."),
    ("show", "demarc.cli.nhi_list:show", "Show one in full: evidence of its age, who uses it, what falls with it."),
    ("diff", "demarc.cli.nhi_moves:diff", "Show what moved between two snapshots: new, gone, rotated, worse, better."),
    ("trend", "demarc.cli.nhi_moves:trend", "Show how the inventory develops over snapshots."),
    ("plan", "demarc.cli.nhi:plan", "Plan how credentials are replaced or retired. Writes nothing."),
    ("apply", "demarc.cli.nhi:apply", "Carry a plan out, as far as it goes now; run it again to go on."),
    ("status", "demarc.cli.nhi:status", "Say where a plan stands, from its journal."),
    ("undo", "demarc.cli.nhi:undo", "Take back what a plan did, until the old credential is revoked."),
    ("verify", "demarc.cli.nhi:verify", "Check that what a plan says is done holds."),
)
for _name, _where, _says in NHI_COMMANDS:
    nhi.command(_where, name=_name, help=_says)
app.command(nhi)

review = App(
    name="review", help="Have people look at access, identities and owners, keep what they decide, and see it done."
)
REVIEW_COMMANDS: tuple[tuple[str, str, str], ...] = (
    ("open", "demarc.cli.review:open_", "Open a campaign, each item for its reviewer, with its evidence."),
    ("list", "demarc.cli.review:list_", "List campaigns, and what waits for a decision."),
    ("take", "demarc.cli.review_take:take", "Decide, in the terminal or by a filled list."),
    ("remind", "demarc.cli.review:remind", "Say who still has to decide or do what."),
    ("close", "demarc.cli.review:close", "Close a campaign: its decisions count as reviews."),
    ("plan", "demarc.cli.review_do:plan", "Plan what was decided to be changed or revoked."),
    ("verify", "demarc.cli.review_do:verify", "Look in a new snapshot whether what was revoked is gone."),
    ("done", "demarc.cli.review_do:done", "Say that something was done that no snapshot shows."),
)
for _name, _where, _says in REVIEW_COMMANDS:
    review.command(_where, name=_name, help=_says)
app.command(review)

boundary = App(name="boundary", help="Confirm the provider boundary against contract and service description.")
BOUNDARY_COMMANDS: tuple[tuple[str, str, str], ...] = (
    ("list", "demarc.cli.boundary:list_", "List the rows that this cluster rests on, with who confirmed them."),
    ("confirm", "demarc.cli.boundary:confirm", "Record that a named person confirmed rows by a document and clause."),
    ("due", "demarc.cli.boundary:due", "List the rows that were never confirmed, changed since, or are too old."),
)
for _name, _where, _says in BOUNDARY_COMMANDS:
    boundary.command(_where, name=_name, help=_says)
app.command(boundary)


def run(arguments: Sequence[str]) -> int:
    """Run one command line; returns the exit code."""
    try:
        # The parser takes a lone dash for an option without a name.
        words = [STDIN if word == "-" else word for word in arguments]
        answer = app(words, exit_on_error=False, print_error=False)
    except UnusedCliTokensError as error:
        print(f"error: too many words: {' '.join(map(repr, error.unused_tokens or ()))}", file=sys.stderr)
        say = "--help behind the command says what it takes; write --snapshot before an input, quote what holds spaces"
        print(f"  do:    {say}", file=sys.stderr)
        return BAD_INPUT
    except CycloptsError as error:
        print(f"error: {error}", file=sys.stderr)
        print("  do:    demarc --help, or demarc COMMAND --help", file=sys.stderr)
        return BAD_INPUT
    except KeyboardInterrupt:
        print("interrupted: nothing was written", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read us has seen enough; writing on would only print a traceback at exit.
        sys.stderr.close()
        return OK
    except DemarcError as error:
        from demarc.cli.screen import Screen  # noqa: PLC0415 - Rich is loaded only when there is something to say

        Screen().failure(error)
        return BAD_INPUT
    return answer if isinstance(answer, int) else OK


def main() -> None:
    """Entry point of the command."""
    sys.exit(run(sys.argv[1:]))
