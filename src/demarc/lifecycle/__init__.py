"""Credentials of non-human identities from plan to proof: chosen, approved, rotated, revoked, or undone.

The only package that may hold a writer to a cluster. Without ``apply`` and ``undo`` nothing here writes anywhere.
"""
