# tries: change how frames are shown
# stopped by: audit
# proof: reported
import polars as pl


def probe(place):
    pl.Config.set_tbl_rows(1)
    return "set"
