# tries: plant code in the installed package
# stopped by: audit
# proof: files
import poet


def probe(place):
    folder = poet.__file__.rpartition("/")[0]
    with open(f"{folder}/{place['mark']}.py", "w") as stream:
        stream.write("x = 1\n")
