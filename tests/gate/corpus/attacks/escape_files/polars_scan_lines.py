# tries: read a file through a lazy scan
# stopped by: audit
# proof: secret
# control: safe
import polars as pl


def probe(place):
    return pl.scan_csv(place["secrets"]["tmp"], has_header=False).collect().rows()
