"""Reads the history of a clone by asking git, which is given nothing of the clone to run and nobody to call."""

from demarc.collect.git.history import read_history

__all__ = ["read_history"]
