# tries: change a setting of the kernel
# stopped by: audit
# proof: reported
def probe(place):
    with open("/proc/sys/kernel/core_pattern", "r+") as stream:
        stream.read()
    return "ESCAPED: may write core_pattern"
