# tries: map shared memory, which data limits do not count
# stopped by: audit
# proof: reported
import mmap


def probe(place):
    page = mmap.mmap(-1, 1 << 20)
    page[:4] = b"here"
    return "ESCAPED: shared anonymous memory"
