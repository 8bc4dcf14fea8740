# tries: call a function by unpickling
# stopped by: audit
# proof: process
# control: safe
import pickle

CALL = b"cposix\nsystem\n(S'true'\ntR."


def probe(place):
    return "ESCAPED: ran a shell" if pickle.loads(CALL) == 0 else "refused"
