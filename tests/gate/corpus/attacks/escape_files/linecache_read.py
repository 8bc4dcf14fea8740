# tries: read any file as if it were source
# stopped by: audit
# proof: secret
# control: safe
import linecache


def probe(place):
    return linecache.getlines(place["secrets"]["project"])
