FUNCTION = "checksums"
CASES = [([b"a", b""],), ([],)]
HIDDEN = [([bytes([n]) * n for n in range(20)],), ([b"same", b"same"],), (["text"],)]
