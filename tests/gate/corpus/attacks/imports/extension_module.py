# tries: load machine code it wrote
# stopped by: audit
# proof: files
# control: safe
import shutil


def probe(place):
    import _json

    target = place["canary"] + "/own.so"
    shutil.copyfile(getattr(_json, "__file__", "/bin/true"), target)
    return target
