"""Print which layer stops which of test_confine's attacks: `python tests/gate/confine_table.py`.

An attack is stopped if it ends otherwise than where nothing is confined.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from confine_helpers import Zygote
from test_confine import DEADLY, FILES, MEMORY, REFUSED, ROWS, take

# What Linux answers in the same way without any layer.
SAME = {"clone3", "openat2", "a call of the future", "become root", "rt_sigqueueinfo"}


def attacks() -> dict[str, list[str]]:
    """The code of each group."""
    return {
        "files": [code for code, _ in FILES.values()],
        "network and programs": [f"{code}\nprint('done')" for code in DEADLY.values()],
        "processes, limits, kernel": [c for n, (c, _) in REFUSED.items() if n not in SAME],
        "memory": [take(name) for name in MEMORY],
    }


def main() -> None:
    """Run each attack under each set of layers."""
    columns = {"all": ROWS} | {name: [name] for name in ROWS}
    columns |= {f"without {name}": [n for n in ROWS if n != name] for name in ROWS}
    zygote = Zygote("itself")
    print("| attacks |", " | ".join(columns), "|")
    print("|---" * (len(columns) + 1) + "|")
    for group, codes in attacks().items():
        free = [outcome(zygote, code, []) for code in codes]
        row = []
        for layers in columns.values():
            ends = [outcome(zygote, code, layers) for code in codes]
            row.append(sum(end != was for end, was in zip(ends, free, strict=True)))
        print(f"| {group} ({len(codes)}) |", " | ".join(map(str, row)), "|", flush=True)
    zygote.stop()


def outcome(zygote: Zygote, code: str, layers: list[str]) -> str:
    """How one attack ends."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "secret")
        path.write_text("the expected value")
        code = f"path, folder = {str(path)!r}, {folder!r}\n{code}"
        return zygote.run(code, layers=layers, memory=256 << 20).last


if __name__ == "__main__":
    main()
