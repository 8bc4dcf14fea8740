# tries: call a remote procedure
# stopped by: audit
# proof: network
# control: safe
import xmlrpc.client


def probe(place):
    return xmlrpc.client.ServerProxy(f"http://127.0.0.1:{place['tcp']}/").ping()
