# tries: alias a module two hops away
# stopped by: audit
# proof: secret
# control: safe
import concurrent.futures as futures


def probe(place):
    return futures._base.logging.os.popen(f"cat '{place['secrets']['tmp']}'").read()
