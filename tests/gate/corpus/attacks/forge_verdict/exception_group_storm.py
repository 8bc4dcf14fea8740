# tries: raise errors within errors
# stopped by: verify
# proof: limits
def probe(place):
    error = ValueError("x")
    for _ in range(2000):
        error = ExceptionGroup("x", [error])
    raise error
