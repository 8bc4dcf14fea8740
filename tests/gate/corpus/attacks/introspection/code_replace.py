# tries: give a function other code
# stopped by: audit
# proof: secret
# control: safe
import types


def probe(place):
    code = compile("value = open(path).read()", "x", "exec")
    table = {"path": place["secrets"]["tmp"]}
    types.FunctionType(code, table)()
    return table["value"]
