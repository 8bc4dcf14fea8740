FUNCTION = "parse_log"
CASES = [("INFO db: ready\nERROR web: no route\n",), ("what\n\nis this",)]
HIDDEN = [("WARN a: b: c\nINFO  x\nERROR x y z",), ("",), ("  INFO q: späte Meldung  \r\nINFO q:",), ("ERROR : m\nDEBUG a: b",)]
