"""A figure in Mermaid and DOT. Labels come from input: each language has its own escape, and nothing gets out."""

from __future__ import annotations

from demarc.reports.diagrams.figure import Arrow, Figure

_MERMAID_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 .,-_/:@=+")


def mermaid(figure: Figure) -> str:
    """A Mermaid flowchart. Every character that could end a label or start markup is written as its number."""
    lines = ["flowchart TD"]
    for box in figure.boxes:
        shape = {"entry": ('(["', '"])'), "impact": ('{{"', '"}}')}.get(box.role, ('["', '"]'))
        lines.append(f"  {box.id}{shape[0]}{_mermaid_label(box.label)}{shape[1]}")
    for arrow in figure.arrows:
        line = "-.->" if arrow.unknown or arrow.side else "-->"
        label = f'|"{_mermaid_label(_with_unknown(arrow))}"|' if _with_unknown(arrow) else ""
        lines.append(f"  {arrow.source} {line}{label} {arrow.target}")
    lines += [
        "  classDef entry fill:#fff3cd,stroke:#8a6d00,color:#000",
        "  classDef impact fill:#f8d7da,stroke:#a00,color:#000",
    ]
    lines += [f"  class {box.id} {box.role}" for box in figure.boxes if box.role]
    return "\n".join(lines) + "\n"


def _with_unknown(arrow: Arrow) -> tuple[str, ...]:
    return (*arrow.label, "unknown") if arrow.unknown else arrow.label


def _mermaid_label(lines: tuple[str, ...]) -> str:
    return "<br/>".join(
        "".join(one if one in _MERMAID_PLAIN or ord(one) > 0xA0 else f"#{ord(one)};" for one in text) for text in lines
    )


def dot(figure: Figure) -> str:
    """A Graphviz digraph."""
    lines = [
        f"digraph {_quoted((figure.title,))} {{",
        "  rankdir=TB;",
        '  node [shape=box, style="rounded,filled", fillcolor=white, fontname="sans-serif"];',
        '  edge [fontname="sans-serif", fontsize=10];',
    ]
    colours = {"entry": ', fillcolor="#fff3cd"', "impact": ', fillcolor="#f8d7da"'}
    lines += [f"  {box.id} [label={_quoted(box.label)}{colours.get(box.role, '')}];" for box in figure.boxes]
    for arrow in figure.arrows:
        style = ", style=dashed" if arrow.unknown or arrow.side else ""
        lines.append(f"  {arrow.source} -> {arrow.target} [label={_quoted(_with_unknown(arrow))}{style}];")
    return "\n".join([*lines, "}"]) + "\n"


def _quoted(lines: tuple[str, ...]) -> str:
    r"""A DOT string; ``\n`` between lines is ours, every backslash of the input is doubled."""
    return '"' + "\\n".join(text.replace("\\", "\\\\").replace('"', '\\"') for text in lines) + '"'
