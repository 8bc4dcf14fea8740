# tries: have a browser fetch a page
# stopped by: audit
# proof: process
import webbrowser


def probe(place):
    return webbrowser.open(f"http://127.0.0.1:{place['tcp']}/")
