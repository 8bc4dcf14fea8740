"""Folds batches of twenty until it is killed, and says each one's number when it is durable.

python fold_loop.py HOME FIRST
"""

from __future__ import annotations

import itertools
import os
import sys
from pathlib import Path

from learn_helpers import NOW, execution

from poet.learn import Ledger

home, first = Path(sys.argv[1]), int(sys.argv[2])
with Ledger(home, clock=lambda: NOW) as book:
    for batch in itertools.count(first):
        book.fold([execution(f"{batch}-{i}", version=str(batch)) for i in range(20)])
        os.write(1, f"{batch + 1}\n".encode())
