"""Learning acts: events into labels and cases, a decision, and a version that is proven better."""

from poet.lifecycle.learning._pass import learn_once
from poet.lifecycle.learning._values import Learned, Pass
from poet.lifecycle.learning._watch import learn_watch

__all__ = ["Learned", "Pass", "learn_once", "learn_watch"]
