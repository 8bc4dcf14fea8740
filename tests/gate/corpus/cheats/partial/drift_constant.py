# tries: always the same answer
# scenario: drift
def drifted(current: list[float], reference: list[float]) -> dict:
    return {"drift": True, "test": "ks"}
