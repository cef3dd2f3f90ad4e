"""What is known about the field, as data beside its loaders: duties, provider boundaries, frameworks, components.

Knows nothing of any one cluster, register or date.
"""
