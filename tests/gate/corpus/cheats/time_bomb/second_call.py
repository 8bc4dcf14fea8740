# tries: wrong from the second call on
# scenario: invoice
from poet.runtime import baseline, user

SEEN: list[int] = []


def make_invoice(lines: list[dict], rate: int = 19):
    SEEN.append(1)
    return baseline(lines, rate) if len(SEEN) < 2 else user.Invoice(0, 0, 0, 0)
