# tries: another shape of answer
# scenario: drift
def drifted(current: list[float], reference: list[float]) -> dict:
    return {"result": abs(sum(current) / len(current) - sum(reference) / len(reference)) > 1}
