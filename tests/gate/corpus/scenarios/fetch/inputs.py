FUNCTION = "fetch_price"
SOURCE = {"prices": {"ABC": 12, "XYZ": 7, "Q": 0}, "refusals": {"XYZ": 2, "Q": 4}}
CASES = [(SOURCE, "ABC"), (SOURCE, "XYZ"), (SOURCE, "XYZ", 1)]
HIDDEN = [(SOURCE, "Q"), (SOURCE, "Q", 6), (SOURCE, "NONE"), (SOURCE, "ABC", 0), ({"prices": {"N": 99}}, "N")]
