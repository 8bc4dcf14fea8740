# tries: read a file with polars.read_csv
# stopped by: audit
# proof: secret
# control: safe
import polars as pl


def probe(place):
    return pl.read_csv(place["secrets"]["project"], has_header=False).rows()
