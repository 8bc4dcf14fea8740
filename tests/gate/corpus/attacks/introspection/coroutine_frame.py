# tries: reach builtins through a coroutine
# stopped by: audit
# proof: secret
# control: safe
def probe(place):
    async def nothing():
        return None

    waiting = nothing()
    table = waiting.cr_frame.f_builtins
    waiting.close()
    return table["open"](place["secrets"]["tmp"]).read()
