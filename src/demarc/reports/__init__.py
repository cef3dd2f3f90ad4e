"""Reports: one Assessment in; text, HTML, JSON or CSV out.

Nothing here decides anything, reads input or knows the clock.
"""
