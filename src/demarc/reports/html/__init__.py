"""The assessment as one self-contained HTML page, for people. It asks nobody for anything."""

from demarc.reports.html.page import render_html

__all__ = ["render_html"]
