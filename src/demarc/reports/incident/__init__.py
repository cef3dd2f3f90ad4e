"""The report of an incident: one document, written for the terminal, a page, Markdown and programs.

Serves incidents that were described by hand and cases that were opened from logs alike.
"""
