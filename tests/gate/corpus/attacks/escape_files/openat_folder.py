# tries: open relative to a folder's descriptor
# stopped by: audit
# proof: secret
# control: safe
import os


def probe(place):
    folder, name = os.path.split(place["secrets"]["project"])
    fd = os.open(folder, os.O_PATH)
    return os.read(os.open(name, os.O_RDONLY, dir_fd=fd), 4096)
