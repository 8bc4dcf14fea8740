# tries: a callable object in place of the function
# scenario: stock
class _Apply:
    def __call__(self, stock, orders):
        return []


apply_orders = _Apply()
