# tries: fetch a page with http.client
# stopped by: audit
# proof: network
# control: safe
import http.client


def probe(place):
    link = http.client.HTTPConnection("127.0.0.1", place["tcp"], timeout=1)
    link.request("GET", "/")
