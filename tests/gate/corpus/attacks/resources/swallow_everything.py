# tries: catch what should stop it
# stopped by: audit
# proof: limits
def probe(place):
    while True:
        try:
            while True:
                pass
        except BaseException:
            continue
