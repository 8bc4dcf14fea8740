# tries: ends before it begins
# scenario: windows
def window_sums(values: list[int], size: int):
    return
    yield
