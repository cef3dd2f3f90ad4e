"""The access graph: who holds one thing gets the next, and what follows from that.

It knows nodes, edges and marks, and no technique: those are put in by ``demarc.access.techniques``.
"""

from demarc.access.graph.interface import Graph, GraphBuilder

__all__ = ["Graph", "GraphBuilder"]
