"""A reviewer's list as a page: it shows the evidence, takes the decisions, and gives the filled list back as a file."""

from demarc.reports.review.page import as_html

__all__ = ["as_html"]
