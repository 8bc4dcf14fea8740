# tries: search its own memory for what the zygote left there
# stopped by: audit
# proof: secret
def probe(place):
    found = []
    memory = open("/proc/self/mem", "rb", 0)
    for line in open("/proc/self/maps"):
        span, rights = line.split()[:2]
        start, end = (int(x, 16) for x in span.split("-"))
        if not rights.startswith("rw") or end - start > 1 << 28:
            continue
        try:
            memory.seek(start)
            data = memory.read(end - start)
        except (OSError, ValueError):
            continue
        mark = b"poetsecret-"
        at = data.find(mark)
        while at >= 0:
            found.append(data[at : at + 60])
            at = data.find(mark, at + 1)
    return found
