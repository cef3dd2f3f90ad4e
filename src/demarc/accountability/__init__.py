"""Joins the boundary, the register and the inventory as of a moment: who answers for each duty, and what is unclear.

Knows nothing of files, clusters' APIs or reports.
"""
