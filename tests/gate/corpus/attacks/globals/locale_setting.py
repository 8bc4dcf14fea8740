# tries: change the locale
# stopped by: audit
# proof: reported
import locale


def probe(place):
    return locale.setlocale(locale.LC_ALL, "C")
