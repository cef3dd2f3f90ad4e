"""Writes the example company. Every value is invented; the same call gives the same bytes."""
