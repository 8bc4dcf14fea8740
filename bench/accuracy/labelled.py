"""Sets whose anomalous rows are known: what our detector and scikit-learn's models find in them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from bench.worker import Job, serve

RATE = 0.01
REPEATS = 5
METHODS = ("auto", "point", "isolation_forest", "local_outlier_factor")
Set = tuple[pl.DataFrame, pl.DataFrame, NDArray[np.bool_]]


def _split(usual: NDArray[np.float64], odd: NDArray[np.float64], rng: np.random.Generator) -> Set:
    """Return a reference of 60 % of the usual rows, and a window of the others and the odd ones."""
    usual = rng.permutation(usual)
    cut = int(0.6 * len(usual))
    sides = usual[:cut], np.vstack([usual[cut:], odd])
    reference, current = (
        pl.DataFrame({f"f{i}": side[:, i] for i in range(side.shape[1])}) for side in sides
    )
    return reference, current, np.arange(len(current)) >= len(usual) - cut


def _connections(rng: np.random.Generator, n: int, kind: str) -> pl.DataFrame:
    """Draw connections to a small network, as a firewall would list them."""
    service = rng.choice(["http", "dns", "smtp", "ssh"], n, p=[0.55, 0.3, 0.1, 0.05])
    size = {"http": 8.0, "dns": 4.5, "smtp": 9.0, "ssh": 7.0}
    level = np.array([size[name] for name in service])
    sent = rng.lognormal(level * 0.7, 0.8)
    received = rng.lognormal(level, 1.0) + 0.5 * sent
    seconds = np.where(service == "dns", 0.0, rng.lognormal(level - 8, 1.0))
    count = 1.0 + rng.poisson(np.where(service == "dns", 12, 4))
    failed = rng.binomial(count.astype(int), 0.01).astype(float)
    protocol = np.where(service == "dns", "udp", "tcp").astype(object)
    if kind == "scan":
        count += rng.poisson(150, n)
        failed, received = np.round(0.8 * count), np.zeros(n)
    elif kind == "theft":  # much goes out where much should come in
        sent, received = received * rng.uniform(5, 20, n), sent
    elif kind == "tunnel":  # every value is usual, but not for this service
        service, protocol = np.full(n, "dns"), np.full(n, "udp", dtype=object)
        sent, received = rng.lognormal(6.0, 0.5, n), rng.lognormal(8.5, 0.5, n)
        seconds = rng.lognormal(0.5, 0.5, n)
    return pl.DataFrame(
        {
            "protocol": pl.Series(protocol.tolist()), "service": pl.Series(service.tolist()),
            "sent": sent, "received": received, "seconds": seconds, "count": count, "failed": failed,
        }
    )  # fmt: skip


def _sets() -> Iterator[tuple[str, Set]]:
    from sklearn.datasets import load_breast_cancer, load_digits

    cancer, digits = load_breast_cancer(), load_digits()
    for repeat in range(REPEATS):
        rng = np.random.default_rng([15, repeat])
        benign = cancer.target == 1
        yield (
            "breast_cancer: malignant among benign",
            _split(cancer.data[benign], cancer.data[~benign], rng),
        )
        odd = digits.target == 2 * repeat
        yield "digits: one digit among the others", _split(digits.data[~odd], digits.data[odd], rng)
        parts = [_connections(rng, 3_000, "usual"), _connections(rng, 4_000, "usual")]
        strange = [_connections(rng, 30, kind) for kind in ("scan", "theft", "tunnel")]
        current = pl.concat([parts[1], *strange])
        labels = np.arange(len(current)) >= len(parts[1])
        yield "connections, made up: scans, theft, tunnels", (parts[0], current, labels)


def _peer(name: str, reference: pl.DataFrame, current: pl.DataFrame) -> tuple[Any, Any]:
    """Return scores and alarms of scikit-learn's model with its defaults, on standardised columns."""
    from sklearn.ensemble import IsolationForest
    from sklearn.neighbors import LocalOutlierFactor
    from sklearn.preprocessing import StandardScaler

    numbers = [column for column in reference.columns if reference[column].dtype.is_numeric()]
    texts = [column for column in reference.columns if column not in numbers]
    both = pl.concat([reference, current])
    table = both.select(numbers).hstack(both.select(texts).to_dummies()) if texts else both
    matrix = table.to_numpy().astype(float)
    fitted = StandardScaler().fit(matrix[: len(reference)])
    model: Any = IsolationForest(random_state=0)
    if name.endswith("LocalOutlierFactor"):
        model = LocalOutlierFactor(novelty=True)
    model.fit(fitted.transform(matrix[: len(reference)]))
    window = fitted.transform(matrix[len(reference) :])
    return -model.score_samples(window), model.predict(window) < 0


def detect(folder: Path) -> Job:  # noqa: ARG001
    """Look for the known anomalies of every set by every method."""
    import warnings

    from sklearn.metrics import roc_auc_score

    from poet_domain_ml_monitoring import AnomalyDetector

    warnings.simplefilter("ignore")

    def run(_: object) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for name, (reference, current, odd) in _sets():
            said: dict[str, tuple[Any, Any, str]] = {}
            for method in METHODS:
                detector = AnomalyDetector.fit(
                    reference,
                    method=method,
                    false_alarm_rate=RATE,  # type: ignore[arg-type]
                )
                report = detector.check(current)
                alarms = np.zeros(len(current), dtype=bool)
                alarms[report.rows] = True
                said[f"POET, {method}"] = report.scores, alarms, detector.method
            for peer in ("IsolationForest", "LocalOutlierFactor"):
                said[f"scikit-learn {peer}"] = *_peer(peer, reference, current), peer
            for who, (scores, alarms, used) in said.items():
                kept = found.setdefault(name, {}).setdefault(who, [])
                kept.append(
                    {
                        "auroc": float(roc_auc_score(odd, scores)),
                        "false_alarms": float(alarms[~odd].mean()),
                        "found": float(alarms[odd].mean()),
                        "precision": float((alarms & odd).sum() / max(1, alarms.sum())),
                        "alarms": int(alarms.sum()), "odd": float(odd.mean()), "method": used,
                    }
                )  # fmt: skip
        return found

    return Job(run, 1, dict, setup=tuple)


if __name__ == "__main__":
    serve({"detect": detect}, ["poet-domain-ml-monitoring", "scikit-learn", "numpy", "polars"])
