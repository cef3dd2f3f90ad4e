"""Bytes in, snapshot out: what users give (dumps, archives, manifests, exports) and what a live API answers.

Everything below this folder treats its input as hostile, replaces Secret values at the door, and turns what it could
not read into a Gap. It knows nothing of duties, owners or parties.
"""
