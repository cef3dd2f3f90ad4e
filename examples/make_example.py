#!/usr/bin/env python3
"""Writes the example company below a folder (default: beside this script). The same call gives the same bytes."""

from __future__ import annotations

import sys
from pathlib import Path

from make.archive import write


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parent
    written = write(folder)
    size = sum(path.stat().st_size for path in written)
    print(f"{len(written)} files, {size / 1024:,.0f} KiB below {folder}")


if __name__ == "__main__":
    main()
