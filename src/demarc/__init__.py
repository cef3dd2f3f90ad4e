"""Demarc: who is accountable for each security duty of a managed Kubernetes cluster, and on what basis."""

__version__ = "0.1.0"
