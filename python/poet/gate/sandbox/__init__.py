"""The sandbox: confined worker processes, forked from a preloaded zygote.

The parent side is :class:`Sandbox`. A *zygote* is a process that has imported the heavy libraries
and holds nothing else; for each worker it forks a child, which confines itself for ever and then
takes code and inputs from its parent and returns plain data.
"""

from poet.gate.sandbox.kernel import Counted, KernelClock
from poet.gate.sandbox.layers import layers, missing_layers
from poet.gate.sandbox.parent import Lost, Sandbox, start_early
from poet.gate.sandbox.sources import Sources, gather_sources

__all__ = [
    "Counted",
    "KernelClock",
    "Lost",
    "Sandbox",
    "Sources",
    "gather_sources",
    "layers",
    "missing_layers",
    "start_early",
]
