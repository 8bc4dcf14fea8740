# tries: lift its own limits
# stopped by: audit
# proof: reported
import resource


def probe(place):
    got = []
    for name in ("RLIMIT_DATA", "RLIMIT_AS", "RLIMIT_CPU", "RLIMIT_FSIZE", "RLIMIT_NPROC", "RLIMIT_NOFILE"):
        soft, hard = resource.getrlimit(getattr(resource, name))
        if hard == resource.RLIM_INFINITY:
            continue
        try:
            resource.setrlimit(getattr(resource, name), (hard + 4096, hard + 4096))
            got.append(name)
        except (ValueError, OSError):
            continue
    return f"ESCAPED: lifted {got}" if got else "refused"
