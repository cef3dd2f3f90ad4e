"""What ``make demo`` runs: assess the example company and say where the report lies."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DEMARC = Path(sys.executable).with_name("demarc")
REPORT = Path("out", "report.html")


def main() -> int:
    """Run the two commands a reader of the README would type. Returns the exit code."""
    company = next(path.parent for path in sorted((ROOT / "examples").glob("*/register")))
    inputs = [str(company.relative_to(ROOT) / part) for part in ("cluster", "cloud", "delivery")]
    shared = ["--register", str(company.relative_to(ROOT) / "register")]
    (ROOT / REPORT.parent).mkdir(exist_ok=True)
    for more in ([], ["--format", "html", "--output", str(REPORT)]):
        command = ["assess", *inputs, *shared, *more]
        print("$ demarc", *command, flush=True)
        code = subprocess.run([DEMARC, *command], cwd=ROOT, check=False).returncode
        if code:
            return code
    print(f"\nThe report: {ROOT / REPORT}  (open it in a browser)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
