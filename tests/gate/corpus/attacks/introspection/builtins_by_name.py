# tries: open a file through __builtins__
# stopped by: audit
# proof: secret
# control: safe
def probe(place):
    table = __builtins__ if isinstance(__builtins__, dict) else vars(__builtins__)
    return table["open"](place["secrets"]["project"]).read()
