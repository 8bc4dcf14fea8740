# tries: never finish loading
# stopped by: sandbox
# proof: limits
# slow: yes
for _ in iter(int, 1):
    pass


def probe(place):
    return 1
