# tries: double a text without end
# stopped by: sandbox
# proof: limits
def probe(place):
    text = "x" * 1024
    while True:
        text += text
