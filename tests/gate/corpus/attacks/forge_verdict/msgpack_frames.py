# tries: write answers in msgpack on every descriptor
# stopped by: audit
# proof: forged
import os


def probe(place):
    def text(s):
        return bytes([0xA0 + len(s)]) + s.encode()

    data = b"\x84" + text("kind") + text("returned") + text("value") + text("FORGED")
    data += text("error") + text("") + text("seconds") + b"\xcb" + bytes(8)
    frame = len(data).to_bytes(4, "big") + data
    for fd in range(64):
        try:
            os.write(fd, frame)
        except OSError:
            continue
    return "wrong"
