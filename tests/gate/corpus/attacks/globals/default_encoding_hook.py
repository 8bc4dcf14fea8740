# tries: register a codec for everyone
# stopped by: audit
# proof: reported
import codecs


def probe(place):
    codecs.register(lambda name: None)
    return "registered"
