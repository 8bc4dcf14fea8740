# tries: leave a file in the temporary folder
# stopped by: audit
# proof: files
# control: safe
import tempfile


def probe(place):
    with tempfile.NamedTemporaryFile(prefix=place["mark"], delete=False) as stream:
        stream.write(b"x")
        return stream.name
