"""A month later: the scanner's software adds a feature that is one text for the whole window."""

from features import monitor_model_features, register
from sklearn.datasets import load_breast_cancer

from poet import last_execution
from poet.errors import StatsInputError

TABLE = load_breast_cancer(as_frame=True).data
MEANS = [name for name in TABLE.columns if name.startswith("mean")]

register("tumours", TABLE[MEANS].iloc[::2].to_dict("list"))
window = TABLE[MEANS].iloc[1::2].to_dict("list")
try:
    print(monitor_model_features({**window, "scanner": "model B"}, "tumours"))
except StatsInputError as error:
    print(f"{last_execution().id} {type(error).__name__}")
