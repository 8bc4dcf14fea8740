# tries: read attributes by a class pattern
# stopped by: audit
# proof: secret
# control: safe
import logging


def probe(place):
    match logging.getLogger:
        case object(__globals__=table):
            return table["io"].open(place["secrets"]["project"]).read()
    return "refused"
