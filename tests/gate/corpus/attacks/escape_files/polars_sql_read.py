# tries: read a file by SQL text
# stopped by: audit
# proof: secret
# control: safe
import polars as pl


def probe(place):
    query = f"SELECT * FROM read_csv('{place['secrets']['tmp']}')"
    return str(pl.SQLContext().execute(query, eager=True).rows()) + str(
        pl.read_csv(place["secrets"]["tmp"], has_header=False).rows()
    )
