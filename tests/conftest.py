"""What holds for every test."""

from hypothesis import settings

# How long one example takes says more of the machine and its load than of the code.
settings.register_profile("demarc", deadline=None)
settings.load_profile("demarc")
