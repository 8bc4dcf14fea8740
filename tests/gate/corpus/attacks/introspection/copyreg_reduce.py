# tries: call a function by copying
# stopped by: audit
# proof: process
# control: safe
import copy


class Call:
    def __reduce__(self):
        import os

        return os.system, ("true",)


def probe(place):
    return "ESCAPED: ran a shell" if copy.copy(Call()) == 0 else "refused"
