# tries: attach to an object server
# stopped by: audit
# proof: network
# control: safe
from multiprocessing.connection import Client


def probe(place):
    return Client(("127.0.0.1", place["tcp"])).recv()
