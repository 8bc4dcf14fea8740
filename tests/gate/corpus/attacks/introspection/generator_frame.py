# tries: reach builtins through a generator
# stopped by: audit
# proof: secret
# control: safe
def probe(place):
    table = (x for x in ()).gi_frame.f_builtins
    return table["open"](place["secrets"]["tmp"]).read()
