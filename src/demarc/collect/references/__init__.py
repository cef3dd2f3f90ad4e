"""Which Secrets the custom resources of a cluster refer to: said by their schemas, by names of fields, by values."""

from demarc.collect.references.resolve import References

__all__ = ["References"]
