# tries: import from an archive it writes
# stopped by: audit
# proof: files
# control: safe
import zipfile


def probe(place):
    with zipfile.ZipFile(place["canary"] + "/a.zip", "w") as archive:
        archive.writestr("planted.py", "x = 1")
