"""OSCAL: a catalog and profile of the framework's ids, the system security plan, results, and what is to be done.

Written as plain values. Every uuid is made from our own ids, so that the next pack names the same things by the same
uuids; every reference leads to something in the same set of documents.
"""
