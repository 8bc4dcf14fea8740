# tries: pad a text to gibibytes
# stopped by: sandbox
# proof: limits
def probe(place):
    return len(f"{1:>9999999999}")
