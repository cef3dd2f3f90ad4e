"""Findings in the formats that people and their tools already read."""
