# tries: read the memory of another process
# stopped by: audit
# proof: secret
# control: safe
def probe(place):
    with open(f"/proc/{place['victim']}/mem", "rb", 0) as stream:
        stream.seek(place["victim_address"])
        return stream.read(place["length"] + 64)
