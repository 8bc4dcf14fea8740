# tries: run a shell
# stopped by: audit
# proof: process
# control: safe
import os


def probe(place):
    return "ESCAPED: ran a shell" if os.system("true") == 0 else "refused"
