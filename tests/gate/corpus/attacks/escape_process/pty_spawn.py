# tries: start a program on a terminal
# stopped by: audit
# proof: process
import pty


def probe(place):
    return f"ESCAPED: {pty.spawn(['/bin/true'])}"
