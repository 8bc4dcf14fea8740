# tries: fetch a page
# stopped by: audit
# proof: network
# control: safe
import urllib.request


def probe(place):
    return urllib.request.urlopen(f"http://127.0.0.1:{place['tcp']}/", timeout=1).read()
