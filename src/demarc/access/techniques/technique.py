"""What a technique is to the code: a name of the catalogue, and how its edges are found. It holds none itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from demarc.access.graph import GraphBuilder

if TYPE_CHECKING:
    from demarc.access.techniques.view import View


class Technique(NamedTuple):
    """A way from one thing to another."""

    name: str
    """As in ``catalog/techniques``."""
    edges: Callable[[View, GraphBuilder], None]
    """Puts its edges into the graph. What cannot be seen becomes an edge with ``unknown``, never no edge."""
