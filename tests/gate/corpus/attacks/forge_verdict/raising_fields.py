# tries: run code while the answer is read
# stopped by: verify
# proof: forged
from dataclasses import dataclass


@dataclass
class Answer:
    value: int = 1

    @property
    def shown(self):
        raise RuntimeError("read")


def probe(place):
    return Answer()
