from __future__ import annotations

import pickle
import stat
from concurrent.futures import ThreadPoolExecutor
from os import urandom
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from demarc.collect.fingerprint import KEY_FILE, FingerprintKey, is_fingerprint, load_or_create_key
from demarc.model.errors import DemarcError
from tests.collect.support import KEY


def test_a_key_is_made_once_for_its_owner_alone(tmp_path):
    folder = tmp_path / "config" / "demarc"
    first = load_or_create_key(folder, random_bytes=urandom)
    again = load_or_create_key(folder, random_bytes=urandom)
    assert first.of(b"x") == again.of(b"x") != KEY.of(b"x")
    assert stat.S_IMODE((folder / KEY_FILE).stat().st_mode) == 0o600
    assert [path.name for path in folder.iterdir()] == [KEY_FILE]


def test_processes_that_start_at_once_agree_on_one_key(tmp_path):
    with ThreadPoolExecutor(16) as pool:
        keys = list(pool.map(lambda _: load_or_create_key(tmp_path, random_bytes=urandom).of(b"x"), range(64)))
    assert len(set(keys)) == 1
    assert [path.name for path in tmp_path.iterdir()] == [KEY_FILE]


def test_a_file_that_is_no_key_is_an_error_and_not_replaced(tmp_path):
    (tmp_path / KEY_FILE).write_bytes(b"short")
    with pytest.raises(DemarcError, match="no fingerprint key"):
        load_or_create_key(tmp_path, random_bytes=urandom)
    assert (tmp_path / KEY_FILE).read_bytes() == b"short"


def test_a_folder_that_cannot_be_used_is_an_error(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(DemarcError, match="cannot be read or made"):
        load_or_create_key(tmp_path / "file" / "x", random_bytes=urandom)
    assert Path(tmp_path / "file").read_text() == "x"


def test_a_key_shows_nowhere():
    key = FingerprintKey(b"K" * 32)
    assert "K" * 4 not in repr(key)
    assert not hasattr(key, "__dict__")
    with pytest.raises(TypeError):
        pickle.dumps(key)
    with pytest.raises(ValueError, match="32 bytes"):
        FingerprintKey(b"short")


@given(st.binary(), st.binary())
def test_fingerprints_are_equal_where_values_are(one, other):
    assert (KEY.of(one) == KEY.of(other)) is (one == other)
    assert is_fingerprint(KEY.of(one))


@given(st.text())
def test_a_fingerprint_is_not_fingerprinted_again(text):
    once = KEY.of_text(text)
    assert KEY.of_text(once) == once
    assert KEY.of_base64(once) == once
