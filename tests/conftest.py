"""What holds for every test."""

import gc

import pytest
from hypothesis import settings

# How long one example takes says more of the machine and its load than of the code.
settings.register_profile("demarc", deadline=None)
settings.load_profile("demarc")


@pytest.hookimpl(wrapper=True)
def pytest_collection():
    """What is collected stays to the end: to look through it for garbage, again and again, takes seconds."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()
        gc.collect()
        gc.freeze()
