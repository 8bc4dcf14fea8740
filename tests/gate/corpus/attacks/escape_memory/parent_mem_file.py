# tries: read the memory of the host through /proc
# stopped by: audit
# proof: secret
# control: safe
def probe(place):
    with open(f"/proc/{place['host']}/mem", "rb", 0) as stream:
        stream.seek(place["address"])
        return stream.read(place["length"])
