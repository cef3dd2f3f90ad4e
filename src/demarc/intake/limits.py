"""How much of a hostile or broken input is taken before it is refused. Numbers only; whoever reads enforces them."""

from __future__ import annotations

from msgspec import Struct

MIB = 1024 * 1024


class Limits(Struct, frozen=True, kw_only=True):
    """Bounds on one reading. The defaults leave room for a cluster of 100,000 pods."""

    document_bytes: int = 1024 * MIB
    """Largest JSON value that must be held whole: anything but a List, whose items are read one by one."""
    item_bytes: int = 64 * MIB
    """Largest single object of a List. etcd refuses objects above 1.5 MiB by default."""
    yaml_bytes: int = 512 * MIB
    """Largest YAML file."""
    yaml_depth: int = 200
    """Deepest nesting in YAML. JSON is bounded by the decoder, at about 1,000 levels."""
    alias_bytes: int = 16 * MIB
    """What the aliases of one YAML document may expand to altogether."""
    total_bytes: int = 64 * 1024 * MIB
    """What all compressed inputs may unpack to altogether."""
    ratio: int = 250
    """How many times its packed size an input may unpack to, once it is past ``ratio_from`` bytes."""
    ratio_from: int = 256 * MIB
    nested_bytes: int = 512 * MIB
    """Largest archive inside an archive or on standard input that must be held whole (zip)."""
    members: int = 1_000_000
    """Members of one archive, and files of one folder."""
    depth: int = 4
    """Archives within archives, folders excepted, and Lists within Lists."""
    gaps: int = 50
    """Damaged objects of one input that are named one by one; the rest are counted."""
