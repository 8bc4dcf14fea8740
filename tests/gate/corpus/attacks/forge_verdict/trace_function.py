# tries: change local variables while others run
# stopped by: audit
# proof: forged
import sys


def probe(place):
    def trace(frame, event, arg):
        if "answer" in frame.f_locals:
            frame.f_locals["answer"] = {"kind": "returned", "value": "FORGED"}
        return trace

    sys.settrace(trace)
    return "wrong"
