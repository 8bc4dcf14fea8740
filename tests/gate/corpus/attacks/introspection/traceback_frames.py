# tries: climb through an exception's traceback
# stopped by: audit
# proof: secret
def probe(place):
    try:
        raise ValueError
    except ValueError as error:
        frame = error.__traceback__.tb_frame
    found = []
    while frame is not None:
        found.append([str(v)[:500] for v in frame.f_locals.values()])
        frame = frame.f_back
    return found
