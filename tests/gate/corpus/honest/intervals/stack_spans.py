# shows: a stack of open spans
# scenario: intervals
def merge(spans: list[list[int]]) -> list[list[int]]:
    backwards = next((span for span in spans if span[0] > span[1]), None)
    if backwards is not None:
        raise ValueError(f"span {backwards} ends before it begins")
    stack: list[list[int]] = []
    for low, high in sorted(spans):
        while stack and low <= stack[-1][1]:
            start, end = stack.pop()
            low, high = start, max(end, high)
        stack.append([low, high])
    return stack
