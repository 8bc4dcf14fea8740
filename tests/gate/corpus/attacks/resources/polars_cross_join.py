# tries: take memory by a join of all with all
# stopped by: sandbox
# proof: limits
import polars as pl


def probe(place):
    frame = pl.DataFrame({"x": list(range(200_000))})
    return frame.join(frame, how="cross").height
