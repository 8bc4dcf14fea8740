# tries: read a file in /tmp with io.open
# stopped by: audit
# proof: secret
# control: safe
import io


def probe(place):
    return io.open(place["secrets"]["tmp"]).read()
