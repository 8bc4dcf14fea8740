# tries: read a file with codecs.open
# stopped by: audit
# proof: secret
# control: safe
import codecs


def probe(place):
    return codecs.open(place["secrets"]["tmp"], "r", "utf-8").read()
