# tries: evaluate text through a data frame
# stopped by: audit
# proof: secret
import pandas as pd


def probe(place):
    frame = pd.DataFrame({"x": [1]})
    return str(frame.query("@pd.io.common.os.environ.__len__() > 0"))
