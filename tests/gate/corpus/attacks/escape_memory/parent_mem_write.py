# tries: open the memory of the host for writing
# stopped by: audit
# proof: reported
def probe(place):
    with open(f"/proc/{place['host']}/mem", "r+b", 0) as stream:
        return f"ESCAPED: may write, {stream.fileno()}"
