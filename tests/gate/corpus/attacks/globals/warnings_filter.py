# tries: silence the user's warnings
# stopped by: audit
# proof: reported
import warnings


def probe(place):
    warnings.simplefilter("ignore")
    return "silent"
