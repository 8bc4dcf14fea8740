# tries: put a finder in front of all imports
# stopped by: audit
# proof: reported
import sys


class Finder:
    def find_spec(self, name, path=None, target=None):
        return None


def probe(place):
    sys.meta_path.insert(0, Finder())
    return "planted"
