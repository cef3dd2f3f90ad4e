"""What ``make demo`` runs: assess the example company, and say where the report lies."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DEMARC = Path(sys.executable).with_name("demarc")
COMPANY = "examples/fjordkite"
INPUTS = [f"{COMPANY}/{part}" for part in ("cluster", "cloud", "directory", "delivery")]
REPORT = "out/report.html"


def main() -> int:
    """Run the two commands that the README shows. Returns the exit code."""
    (ROOT / REPORT).parent.mkdir(exist_ok=True)
    # The key that fingerprints secret values stays below the checkout.
    environment = {**os.environ, "DEMARC_HOME": str(ROOT / ".cache" / "demo")}
    for more in ([], ["--format", "html", "--output", REPORT]):
        command = ["assess", *INPUTS, "--register", f"{COMPANY}/register", *more]
        print("\n$ demarc", *command, "\n", flush=True)
        code = subprocess.run([DEMARC, *command], cwd=ROOT, env=environment, check=False).returncode
        if code:
            return code
    print(f"\nThe report: {ROOT / REPORT}  (open it in a browser)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
