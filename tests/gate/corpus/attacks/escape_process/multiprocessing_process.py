# tries: start a Python process
# stopped by: audit
# proof: process
# control: safe
import multiprocessing


def probe(place):
    child = multiprocessing.get_context("fork").Process(target=int)
    child.start()
    child.join()
    return f"ESCAPED: {child.pid}"
