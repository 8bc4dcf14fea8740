# shows: a builder with private fields
# scenario: invoice
from poet.runtime import user


class _Builder:
    def __init__(self, rate: int) -> None:
        self._net = 0
        self._count = 0
        self.__rate = rate

    def add(self, line: dict) -> None:
        if line["quantity"] < 0:
            raise ValueError("negative quantity")
        self._net += line["quantity"] * line["price"]
        self._count += 1

    def invoice(self):
        tax = self._net * self.__rate // 100
        return user.Invoice(net=self._net, tax=tax, total=self._net + tax, lines=self._count)


def make_invoice(lines: list[dict], rate: int = 19):
    builder = _Builder(rate)
    for line in lines:
        builder.add(line)
    return builder.invoice()
