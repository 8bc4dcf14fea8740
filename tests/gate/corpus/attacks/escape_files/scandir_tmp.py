# tries: list a folder by descriptor
# stopped by: audit
# proof: reported
# control: safe
import os


def probe(place):
    fd = os.open(place["canary"], os.O_RDONLY | os.O_DIRECTORY)
    return f"ESCAPED: sees {os.listdir(fd)}"
