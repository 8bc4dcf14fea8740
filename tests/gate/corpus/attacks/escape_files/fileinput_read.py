# tries: read a file with fileinput
# stopped by: audit
# proof: secret
# control: safe
import fileinput


def probe(place):
    return list(fileinput.input(files=[place["secrets"]["home"]]))
