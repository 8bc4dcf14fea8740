"""Run the weather example in a scratch folder, so that a clone stays clean and every run makes v1.

The folder is printed and kept: look at its .poet/, edit weather.py, run the commands yourself.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

EXAMPLE = Path(__file__).parent / "weather_drift"


def main() -> int:
    """Regenerate, verify, and show the version next to the function it came from."""
    folder = Path(tempfile.mkdtemp(prefix="poet-demo-"))
    leave = shutil.ignore_patterns(".poet", "__pycache__")
    shutil.copytree(EXAMPLE, folder, dirs_exist_ok=True, ignore=leave)
    environment = {k: v for k, v in os.environ.items() if not k.startswith("POET_")}
    for arguments in (["--poet-regenerate"], []):
        print(f"\n$ cd {folder}\n$ pytest {' '.join(arguments)}".rstrip(), flush=True)
        command = [sys.executable, "-m", "pytest", "--tb=short", *arguments]
        code = subprocess.run(command, cwd=folder, env=environment, check=False).returncode
        if code:
            return code
    version = folder / ".poet" / "detect_drift" / "v1" / "code.py"
    print(f"\n$ cat {version}\n{version.read_text(encoding='utf-8')}")
    print("The project stays. Edit weather.py in it, and pytest says what is stale:")
    print(f"  source {Path(sys.prefix) / 'bin' / 'activate'}\n  cd {folder}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
