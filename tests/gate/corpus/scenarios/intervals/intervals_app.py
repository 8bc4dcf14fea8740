"""Joining spans that overlap."""

from poet import poet


@poet()
def merge(spans: list[list[int]]) -> list[list[int]]:
    """Return the spans joined where they touch or overlap, in order."""
    for span in spans:
        if span[0] > span[1]:
            raise ValueError(f"span {span} ends before it begins")
    merged: list[list[int]] = []
    for low, high in sorted(spans):
        if merged and low <= merged[-1][1]:
            merged[-1][1] = max(merged[-1][1], high)
        else:
            merged.append([low, high])
    return merged
