"""Plan of action and milestones: everything that is open, each with who must act; nothing of it is settled here."""

from __future__ import annotations

from collections.abc import Iterator

from demarc.model.assessment import MatrixRow, Status
from demarc.model.posture import Outcome
from demarc.reports.audit.content import Content
from demarc.reports.audit.oscal.cast import Cast
from demarc.reports.audit.oscal.results import observation_id, observations
from demarc.reports.audit.oscal.shares import shares
from demarc.reports.audit.oscal.values import Value, filled, line, prop, props, text, uid
from demarc.reports.audit.settled import answers as answering
from demarc.reports.audit.settled import readings, told, unsettled
from demarc.reports.audit.unseen import missing
from demarc.reports.findings.rows import rows
from demarc.reports.text import count
from demarc.reports.words import STATUSES, label_of

_OPEN = (Status.UNOWNED, Status.LAPSED, Status.CONFLICT, Status.OVERDUE)


def todo(content: Content, cast: Cast, metadata: Value) -> Value | None:
    """The plan; None where nothing is open: OSCAL has no such document without items."""
    items = [*_unclear(content, cast), *_rows(content, cast), *_checks(content, cast), *_missing(content, cast)]
    if not items:
        return None
    named = {one["observation-uuid"] for item in items for one in item.get("related-observations", ())}
    wanted = [one for one in content.posture.results if observation_id(cast, one.check) in named]
    return {
        "plan-of-action-and-milestones": filled(
            {
                "uuid": uid("poam", cast.system, content.view.framework, content.assessment.at),
                "metadata": metadata,
                "import-ssp": {"href": "ssp.json"},
                "observations": observations(content, cast, wanted),
                "poam-items": items,
            }
        )
    }


def _item(cast: Cast, key: tuple[str, ...], title: str, description: str, **more: object) -> Value:
    return filled(
        {
            "uuid": uid("poam-item", cast.system, *key),
            "title": line(title),
            "description": description,
            "origins": [cast.tool],
            **{name.replace("_", "-"): value for name, value in more.items()},
        }
    )


def _unclear(content: Content, cast: Cast) -> Iterator[Value]:
    """What is not settled: every entry of the ambiguity register, then rows that it does not name."""
    assessment = content.assessment
    status = {row.id: row.status.value for row in assessment.matrix}
    for one in assessment.ambiguities:
        states = sorted({status[row] for row in one.rows if row in status}) or ["ambiguous"]
        yield _item(
            cast,
            ("ambiguity", one.id),
            f"Settle: {one.question}",
            text("It is not known whose this is.", *(f"Reading: {told(reading)}" for reading in one.readings)),
            props=[prop("stands", state) for state in states] + [prop("matrix-row", row) for row in one.rows],
            remarks=text(f"To settle it: {one.settle}"),
        )
    named = {row for one in assessment.ambiguities for row in one.rows}
    said = readings(assessment)
    groups: dict[tuple[str, ...], list[MatrixRow]] = {}
    for row in unsettled(assessment.matrix):
        if row.id not in named:
            groups.setdefault((row.duty, row.component, row.status.value, *said[row.id]), []).append(row)
    for key, group in groups.items():
        duty, part, state, *both = key
        yield _item(
            cast,
            ("unsettled", *key),
            f"Settle: who performs {duty} on {part}",
            text("It is not known whose this is.", *(f"Reading: {one}" for one in both)),
            props=[prop("stands", state), *(prop("matrix-row", row.id) for row in group)],
            remarks=text("Give what was not seen, or ask the provider."),
        )


def _rows(content: Content, cast: Cast) -> Iterator[Value]:
    """Rows that are the customer's and that nobody holds as they should."""
    for share in shares(content.assessment.matrix):
        if share.status not in _OPEN:
            continue
        remarks = dict.fromkeys(remark for row in share.rows for remark in row.remarks)
        due = min((row.next_review for row in share.rows if row.next_review), default="")
        yield _item(
            cast,
            ("row", *share.key),
            f"{label_of(STATUSES, share.status.value)}: {share.duty} on {share.part}",
            text(STATUSES[share.status.value].means, share.where, *remarks),
            props=[
                *props(
                    stands=share.status.value,
                    owner=share.first.owner.name if share.first.owner else "nobody",
                    review_due=due,
                ),
                *(prop("matrix-row", row.id) for row in share.rows),
            ],
        )


def _checks(content: Content, cast: Cast) -> Iterator[Value]:
    """Findings that count, equal ones together, and checks that could not be answered."""
    for row in rows(finding for finding in content.posture.findings if finding.counts):
        first = row.first
        answers = first.answers
        yield _item(
            cast,
            ("findings", first.check, first.severity.value, answers.whose.value, answers.owner_id, answers.party_name),
            f"{first.check}: {first.title}",
            text(f"{count(row.count, 'finding')}: {row.where}", first.fix.says),
            props=props(
                severity=first.severity.value, owner=answering(first), whose=answers.whose.value, duty=answers.duty
            ),
            related_observations=[{"observation-uuid": observation_id(cast, first.check)}],
        )
    for result in content.posture.results:
        if result.outcome is Outcome.UNKNOWN:
            yield _item(
                cast,
                ("unknown", result.check),
                f"{result.check} could not be answered: {result.title}",
                text(result.says, *(f"{one.what}: {one.why}" for one in result.unseen)),
                props=props(stands="unknown", duty=result.answers.duty),
                related_observations=[{"observation-uuid": observation_id(cast, result.check)}],
                remarks=text(*dict.fromkeys(one.todo for one in result.unseen)),
            )


def _missing(content: Content, cast: Cast) -> Iterator[Value]:
    """What the pack should rest on and was not given, and what could not be read."""
    for what, why, do in missing(content):
        yield _item(cast, ("missing", what), f"Not given: {what}", text(why), remarks=text(do) if do else "")
    for gap in content.assessment.gaps:
        yield _item(
            cast,
            ("gap", gap.what, gap.reason.value, gap.detail, gap.source),
            f"Not seen: {gap.what}",
            text(f"{gap.reason.value}: {gap.detail}"),
            remarks=text(gap.todo) if gap.todo else "",
        )
