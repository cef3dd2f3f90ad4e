"""Writes docs/concepts/detections.md from the catalogue: what each detection looks for, and what looks the same.

python tools/detection_pages.py          writes the page
python tools/detection_pages.py --check  tells whether it is up to date
"""

from __future__ import annotations

import sys
from itertools import groupby
from pathlib import Path

from demarc.catalog.detections import detections
from demarc.catalog.duties import duties
from demarc.model.detections import Need

PAGE = Path(__file__).parent.parent / "docs" / "concepts" / "detections.md"
HEAD = """# Detections

A detection looks for something in the audit trail that intruders do. It says that it happened; it never says that
somebody is an intruder: for nearly everything that is looked for, somebody does it for a living. `demarc incident
detections` lists them, with `--events` it runs them, and [`demarc incident open`](../commands/incident.md#open)
ranks who they fired for by how oddly the identity was used, and makes a case of what belongs together.

Each ends in one of three ways. **Fired**: it happened, with who, from where, by which program, how often.
**Quiet**: it would have been seen, and was not. **Unknown**: this trail cannot show it, because of the audit level,
the shape of the export, or something that was not given; a detection that fired can be blind for other requests,
and says for how many.

Most are one query in SQL over [the normalised events](../commands/events.md), written so that DuckDB, Spark and
ClickHouse give the same answer; `--sql` prints it. Where a word in a body is not enough, the body is read for the
few requests that the query left over. Those that look at each request by itself are asked together: however many
there are, a trail is read for them a few times, and nothing of it is put aside on disk. **Weight** (0 to 5) is how
much it says where it is not a habit: what a place does throughout the trail counts little.

Restated from public rule sets (Falco, Elastic, Sigma, Panther, Splunk, and the catalogues of GuardDuty, Defender,
Security Command Center and Datadog) and from ideas of our own, marked `demarc`; no text of theirs is copied. ATT&CK
ids are those of version 19, which retired T1562: what was filed there is T1685 here, and marked where that has to
be checked.

This page is written by `tools/detection_pages.py` from `src/demarc/catalog/detections`; a test holds the two
together.
"""
TACTICS = {
    "initial-access": "Initial access",
    "execution": "Execution",
    "persistence": "Persistence",
    "privilege-escalation": "Privilege escalation",
    "defense-evasion": "Defense evasion",
    "credential-access": "Credential access",
    "discovery": "Discovery",
    "lateral-movement": "Lateral movement",
    "collection": "Collection",
    "impact": "Impact",
}
NEEDS = {
    Need.READS: "reads of Secrets",
    Need.BODY: "bodies of requests",
    Need.URI: "the URI",
    Need.CREDENTIAL: "credential ids",
    Need.ADDRESS: "addresses",
    Need.AGENT: "user agents",
    Need.ANNOTATIONS: "annotations",
    Need.IMPERSONATION: "who was impersonated",
    Need.EVENTS: "core Events",
    Need.DIRECTORY: "an export of the directory",
    Need.SNAPSHOT: "a snapshot of the cluster",
    Need.CLOUD: "the cloud's own trail",
    Need.BAD_ADDRESSES: "a list of addresses",
}


def page() -> str:
    """Make the text of the page."""
    parts = [HEAD]
    order = list(TACTICS)
    found = sorted(detections().values(), key=lambda facts: order.index(facts.tactic.value))
    for tactic, members in groupby(found, key=lambda facts: facts.tactic.value):
        parts.append(f"\n## {TACTICS[tactic]}\n")
        for facts in members:
            parts.append(f"\n### {facts.id}\n\n**{facts.title}.** {facts.says}\n\n")
            check = ", to be checked" if facts.attack_check else ""
            parts.append(f"- ATT&CK: {', '.join(facts.attack)}{check}\n")
            also = f"; also {', '.join(f'`{duty}`' for duty in facts.also)}" if facts.also else ""
            parts.append(f"- Duty: `{facts.duty}`: {duties()[facts.duty].question}{also}\n")
            needs = "".join(f", {NEEDS[need]}" for need in facts.needs)
            parts.append(f"- Needs: audit level {facts.level.value}{needs}\n")
            parts.append(f"- Weight: {facts.weight}\n- Looks the same: {facts.looks_alike}\n")
            parts.append(f"- Also in: {', '.join(facts.also_in)}\n")
    return "".join(parts)


def main() -> int:
    if "--check" in sys.argv[1:]:
        return int(not PAGE.exists() or PAGE.read_text() != page())
    PAGE.write_text(page())
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
