# tries: fork
# stopped by: audit
# proof: process
# control: safe
import os


def probe(place):
    pid = os.fork()
    if pid == 0:
        os._exit(0)
    os.waitpid(pid, 0)
    return f"ESCAPED: forked {pid}"
