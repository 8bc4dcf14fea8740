# tries: have the kernel end another process first
# stopped by: audit
# proof: victim
# control: safe
def probe(place):
    with open(f"/proc/{place['victim']}/oom_score_adj", "w") as stream:
        stream.write("900")
