# tries: make a number of many gibibytes
# stopped by: sandbox
# proof: limits
def probe(place):
    return (1 << (1 << 40)).bit_length()
