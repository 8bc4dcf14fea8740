# tries: open the machine's memory and disks
# stopped by: audit
# proof: reported
def probe(place):
    got = []
    for name in ("mem", "kmem", "port", "vda", "sda", "nvme0n1", "kmsg", "fuse", "kvm", "uinput"):
        try:
            open("/dev/" + name, "rb").close()
            got.append(name)
        except OSError:
            continue
    return f"ESCAPED: opened {got}" if got else "refused"
