"""The assessment in a terminal: a summary on one screen, the matrix as a table, and the reasons of a row.

Everything also reads without colour, in a pipe and in 80 columns.
"""

from demarc.reports.terminal.matrix import matrix
from demarc.reports.terminal.reasons import explain
from demarc.reports.terminal.summary import summary

__all__ = ["explain", "matrix", "summary"]
