"""A figure in Mermaid, DOT and SVG. Labels come from input: each language has its own escape, and nothing gets out."""

from __future__ import annotations

from html import escape

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


_WIDTH, _BOX, _GAP, _LEFT = 640, 48, 46, 20


def svg(figure: Figure) -> str:
    """A fragment of SVG for a page: boxes below each other, steps between them, further needs at the side.

    Colours are the page's own (``currentColor``), with the classes ``entry``, ``impact`` and ``unknown`` for its style.
    """
    place = {box.id: index for index, box in enumerate(figure.boxes)}
    height = len(figure.boxes) * (_BOX + _GAP) - _GAP + 2 * _LEFT
    title = escape(figure.title)
    parts = [
        (
            f'<svg class="path-figure" viewBox="0 0 {_WIDTH} {height}" role="img" aria-label="{title}" '
            f'xmlns="http://www.w3.org/2000/svg"><title>{title}</title>'
        )
    ]
    for box in figure.boxes:
        top = _top(place[box.id])
        parts.append(
            f'<g class="box {box.role}"><rect x="{_LEFT}" y="{top}" width="{_WIDTH // 2}" height="{_BOX}" rx="6" '
            'fill="none" stroke="currentColor"/>'
        )
        parts += [
            f'<text x="{_LEFT + 10}" y="{top + 20 + 17 * row}" font-size="13" fill="currentColor">{escape(text)}</text>'
            for row, text in enumerate(box.label[:2])
        ]
        parts.append("</g>")
    parts += [_svg_arrow(arrow, place) for arrow in figure.arrows]
    return "".join([*parts, "</svg>"])


def _top(index: int) -> int:
    return _LEFT + index * (_BOX + _GAP)


def _svg_arrow(arrow: Arrow, place: dict[str, int]) -> str:
    start, end = place[arrow.source], place[arrow.target]
    dashed = ' stroke-dasharray="5 4"' if arrow.unknown or arrow.side else ""
    kind = "step unknown" if arrow.unknown else "step"
    label = escape(" · ".join(_with_unknown(arrow)))
    if end == start + 1:
        line = f"M{_LEFT + 30} {_top(start) + _BOX} V{_top(end) - 6}"
        head = f"M{_LEFT + 25} {_top(end) - 7} l5 7 l5 -7 z"
        text = (_LEFT + 44, _top(start) + _BOX + 28)
    else:
        side = _LEFT + _WIDTH // 2
        out = side + 24 + 14 * (abs(end - start) % 5)
        line = f"M{side} {_top(start) + 30} H{out} V{_top(end) + 14} H{side + 7}"
        head = f"M{side + 8} {_top(end) + 9} l-8 5 l8 5 z"
        text = (out + 6, (_top(start) + _top(end)) // 2 + 24)
    return (
        f'<g class="{kind}"><path d="{line}" fill="none" stroke="currentColor"{dashed}/>'
        f'<path d="{head}" fill="currentColor"/>'
        f'<text x="{text[0]}" y="{text[1]}" font-size="11" fill="currentColor">{label}</text></g>'
    )
