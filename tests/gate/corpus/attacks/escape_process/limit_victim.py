# tries: lower the limits of another process
# stopped by: audit
# proof: victim
# control: safe
import resource


def probe(place):
    resource.prlimit(place["victim"], resource.RLIMIT_NOFILE, (16, 16))
