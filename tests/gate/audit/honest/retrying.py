import logging
import random
import time
from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")
logger = logging.getLogger(__name__)


class RetryError(RuntimeError):
    """Raised after the last attempt."""

    def __init__(self, attempts: int, last: Exception) -> None:
        super().__init__(f"failed after {attempts} attempts: {last}")
        self.attempts = attempts
        self.last = last


def retrying(
    attempts: int = 3, base: float = 0.01, errors: tuple[type[Exception], ...] = (OSError,)
):
    def decorate(func: Callable[P, R]) -> Callable[P, R]:
        @wraps(func)
        def wrapper(*args: P.args, **kwargs: P.kwargs) -> R:
            for attempt in range(1, attempts + 1):
                try:
                    return func(*args, **kwargs)
                except errors as exc:
                    if attempt == attempts:
                        raise RetryError(attempt, exc) from exc
                    delay = base * 2 ** (attempt - 1) * random.uniform(0.5, 1.5)
                    logger.warning(
                        "%s failed (%s), retrying in %.2fs",
                        func.__name__,
                        type(exc).__name__,
                        delay,
                    )
                    time.sleep(delay)
            raise AssertionError("unreachable")

        return wrapper

    return decorate


@retrying(attempts=2)
def fetch(url: str) -> Any:
    return url.strip().lower()
