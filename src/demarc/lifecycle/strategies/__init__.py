"""The strategies, each in a small module of its own behind one interface. See docs/concepts/strategies.md."""

from demarc.lifecycle.strategies.interface import Fit, Setting, Strategy

__all__ = ["Fit", "Setting", "Strategy"]
