"""From the trail to the case: leads, what belongs together and why, the steps, what was left, what must be rotated.

Everything heavy stays in the engine; only the case's own events come here.
"""
