# tries: write answers in JSON on every descriptor
# stopped by: audit
# proof: forged
import json
import os


def probe(place):
    data = json.dumps({"nonce": "x", "answer": {"kind": "returned", "value": "FORGED"}}).encode()
    for fd in range(64):
        for head in (8, 4):
            try:
                os.write(fd, len(data).to_bytes(head, "big") + data)
            except OSError:
                continue
    return "wrong"
