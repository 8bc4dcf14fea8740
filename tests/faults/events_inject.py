"""A program that breaks one thing at a time under an event store, and judges what is left.

    python tests/faults/events_inject.py FOLDER SEED STORE KIND=COUNT ...

STORE is files, sqlite, redis or reference (see ``events_reference.py``). It prints what it did and
what it found as JSON; the exit code is 1 where the store broke a promise.
"""

from __future__ import annotations

import gc
import json
import os
import sys
import time
import traceback
import warnings
from collections import Counter
from pathlib import Path

import events_damage
import events_disk
import events_kill
import events_power
import events_queue
from events_world import BrokenError, World

KINDS = {
    "kills": events_kill.kills,
    "calls": events_kill.calls,
    "sync-errors": events_power.sync_errors,
    "full-disk": events_disk.full_disk,
    "read-only": events_disk.read_only,
    "power": events_power.power_cuts,
    "power-control": events_power.power_cut_control,
    "torn": events_damage.torn_tails,
    "flips": events_damage.flips,
    "stopped": events_queue.stopped_consumers,
    "poison": events_queue.poison,
    "clock": events_queue.clock,
    "forks": events_queue.forks,
    "crowds": events_queue.crowds,
    "order": events_queue.order,
    "retention": events_queue.retention,
    "down": events_queue.down,
}


def main(folder: Path, seed: int, store: str, wanted: dict[str, int]) -> int:
    warnings.simplefilter("ignore")
    os.environ["POET_HOME"] = str(folder / "home")
    faults: Counter[str] = Counter()
    found: dict[str, object] = {}
    skipped, wrong, seconds = [], [], {}
    for kind, count in wanted.items():
        gc.collect()
        held = len(list(Path("/proc/self/fd").iterdir()))
        start = time.perf_counter()
        world = None
        try:
            world = World(store, folder / kind, seed)
            for name in KINDS[kind](world, count):
                if name.startswith("skipped"):
                    skipped.append(f"{kind}: {name}")
                    break
                faults[f"{store}: {name}"] += 1
        except Exception as error:  # noqa: BLE001 - whatever it is, it is what is looked for
            at = "" if isinstance(error, BrokenError) else traceback.format_exc()[-2500:]
            wrong.append(f"{kind}: {error} {at}")
        finally:
            if world is not None:
                world.close()
        gc.collect()
        left = len(list(Path("/proc/self/fd").iterdir()))
        if left > held + 2 and not wrong:
            wrong.append(f"{kind}: {left - held} descriptors are left open")
        seconds[kind] = round(time.perf_counter() - start, 1)
        print(kind, seconds[kind], sum(faults.values()), wrong[-1:], file=sys.stderr, flush=True)
    found.update(faults=dict(faults), skipped=skipped, wrong=wrong, seconds=seconds)
    print(json.dumps(found))
    return bool(wrong)


if __name__ == "__main__":
    pairs = dict(text.split("=") for text in sys.argv[4:])
    sys.exit(
        main(
            Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3], {k: int(v) for k, v in pairs.items()}
        )
    )
