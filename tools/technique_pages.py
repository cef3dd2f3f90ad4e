"""Writes docs/concepts/techniques.md from the catalogue: what each technique is, needs, and which duty stops it.

python tools/technique_pages.py          writes the page
python tools/technique_pages.py --check  tells whether it is up to date
"""

from __future__ import annotations

import sys
from itertools import groupby
from pathlib import Path

from demarc.catalog.duties import duties
from demarc.catalog.techniques import techniques

PAGE = Path(__file__).parent.parent / "docs" / "concepts" / "techniques.md"
HEAD = """# Techniques

A technique is a way in which holding one thing gives another. `demarc paths` looks for each of them in a cluster: where
its precondition holds there is a step, where the precondition cannot be seen there is a step that says so, and where
neither is the case there is none. Every step names the duty that would have stopped it.

How likely a step works is one of three grades: **every time** with common tools; with **some effort**, knowledge or a
common circumstance; with **luck** only. Things in bulk are one node: `payments/*` stands for all of a kind in a
namespace, `*/*` for all in the cluster, and INCLUDES leads on to each.

This page is written by `tools/technique_pages.py` from `src/demarc/catalog/techniques`; a test holds the two together.
"""
GRADES = {3: "every time", 2: "some effort", 1: "luck"}


def page() -> str:
    """Make the text of the page."""
    parts = [HEAD]
    found = sorted(techniques().values(), key=lambda facts: facts.group)
    for group, members in groupby(found, key=lambda facts: facts.group):
        parts.append(f"\n## {group}\n")
        for facts in members:
            parts.append(f"\n### {facts.name}\n\n{facts.says}\n\n- Needs: {facts.precondition}\n")
            if facts.duty:
                parts.append(f"- Stopped by: `{facts.duty}`: {duties()[facts.duty].question}\n")
            if facts.also:
                parts.append(f"- Also by: {', '.join(f'`{duty}`' for duty in facts.also)}\n")
            parts.append(f"- Works: {GRADES[facts.likelihood]}\n")
    return "".join(parts)


def main() -> int:
    if "--check" in sys.argv[1:]:
        return int(PAGE.read_text() != page())
    PAGE.write_text(page())
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
