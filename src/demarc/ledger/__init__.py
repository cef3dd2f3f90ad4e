"""The ledger: an append-only record of who decided what, when it held and when it was recorded, that shows tampering.

Knows nothing of clusters or of how a register's files are read; it keeps values and gives them back as of a moment of
recording. Only ``store`` knows of databases.
"""
