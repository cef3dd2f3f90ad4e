"""The committed example is what its script writes, byte for byte."""

import subprocess
import sys
import zlib

import pytest

from tests.examples.story import EXAMPLE, ROOT


def unpacked(data: bytes) -> bytes:
    """Packed files are compared by what they hold: another zlib may pack them differently."""
    return zlib.decompress(data, wbits=31) if data[:2] == b"\x1f\x8b" else data


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    folder = tmp_path_factory.mktemp("example")
    subprocess.run([sys.executable, str(ROOT / "make_example.py"), str(folder)], check=True, capture_output=True)
    return folder / EXAMPLE.name


def files(folder):
    return {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}


def test_the_script_writes_the_committed_files_and_no_others(written):
    assert sorted(files(written)) == sorted(files(EXAMPLE))


def test_the_script_writes_the_committed_bytes(written):
    committed = files(EXAMPLE)
    changed = [
        name
        for name, path in files(written).items()
        if unpacked(path.read_bytes()) != unpacked(committed[name].read_bytes())
    ]
    assert changed == [], "run examples/make_example.py"


def test_packed_files_hold_no_time():
    header = (EXAMPLE / "audit" / "audit.log.gz").read_bytes()[:10]
    assert header[4:8] == b"\0\0\0\0"


def test_the_example_stays_small():
    assert sum(path.stat().st_size for path in files(EXAMPLE).values()) < 3_000_000


def test_the_cluster_has_some_hundred_objects():
    from tests.examples.story import objects

    assert 150 <= len(objects()) <= 400
