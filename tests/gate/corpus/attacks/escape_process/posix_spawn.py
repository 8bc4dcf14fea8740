# tries: start a program
# stopped by: audit
# proof: process
# control: safe
import os


def probe(place):
    pid = os.posix_spawn("/bin/true", ["true"], {})
    return f"ESCAPED: started {pid}, {os.waitpid(pid, 0)}"
