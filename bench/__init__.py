"""Benchmarks: generated clusters, and how long it takes to answer for them, beside floors and another scanner."""
