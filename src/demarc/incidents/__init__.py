"""Incidents: whose duty was broken at each step, who answers for it, and what to do now.

Takes facts (described by hand, or read out of logs), gives verdicts, runbooks and bundles of evidence. Knows no report
and no command line.
"""
