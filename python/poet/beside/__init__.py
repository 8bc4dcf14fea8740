"""A second version beside the one that is served, as a canary or as a shadow.

A canary takes a share of the calls. A shadow runs after them, on copies of their arguments, and is
compared. What a caller gets depends on a canary as on any version, and on a shadow not at all. Each
process tests as it goes whether the second version is worse; where it is, the trial ends by itself:
here at once, and in all processes within a second.
"""

from poet.beside._beside import Beside
from poet.beside._bets import ALPHA, SLOWER, Bets, Verdicts

__all__ = ["ALPHA", "SLOWER", "Beside", "Bets", "Verdicts"]
