"""The question of bench/graph.py, asked of networkx: run by the Python that has it, imports nothing else."""

from __future__ import annotations

import json
import sys
import time
from array import array
from pathlib import Path

import networkx as nx


def main() -> None:
    path, nodes, entries, impacts = Path(sys.argv[1]), *map(int, sys.argv[2:])
    numbers = array("i")
    numbers.frombytes(path.read_bytes())
    half = len(numbers) // 2
    started = time.perf_counter()
    # Only the reversed graph is searched; a reversed view of the other direction would be many times slower.
    backward = nx.DiGraph()
    backward.add_nodes_from(range(nodes))
    backward.add_edges_from(zip(numbers[half:], numbers[:half], strict=True))
    built = time.perf_counter()
    pairs = hops = 0
    for turn in range(impacts):
        impact = nodes - 1 - turn
        # The nearest way there from everywhere: one search for an impact, its paths walked for the entries.
        following = dict(nx.bfs_predecessors(backward, impact))
        for entry in range(entries):
            steps, node = [], entry
            while node in following:
                steps.append((node, following[node]))
                node = following[node]
            if node == impact:
                pairs += 1
                hops += len(steps)
    done = time.perf_counter()
    print(json.dumps({"build": built - started, "search": done - built, "pairs": pairs, "hops": hops, "paths": pairs}))


if __name__ == "__main__":
    main()
