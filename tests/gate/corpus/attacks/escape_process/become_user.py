# tries: change the user it runs as
# stopped by: audit
# proof: reported
import os


def probe(place):
    before = os.getresuid()
    os.setresuid(65534, 65534, 0)
    os.setresuid(0, 0, 0)
    return f"ESCAPED: {before} to {os.getresuid()}"
