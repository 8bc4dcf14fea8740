# tries: changes an argument the baseline leaves alone
# scenario: intervals
def merge(spans: list[list[int]]) -> list[list[int]]:
    for span in spans:
        if span[0] > span[1]:
            raise ValueError(f"span {span} ends before it begins")
    spans.sort()
    merged: list[list[int]] = []
    for low, high in spans:
        if merged and low <= merged[-1][1]:
            merged[-1][1] = max(merged[-1][1], high)
        else:
            merged.append([low, high])
    return merged
