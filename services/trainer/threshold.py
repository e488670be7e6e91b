"""The threshold: from which confidence on a name counts, chosen anew for each version."""

import numpy as np
from numpy.typing import NDArray

from services.trainer.evaluate import Probabilities
from services.trainer.training_samples import Labels

# Of known faces, this share is less sure than what counts as reached by them.
MISSED_SHARE = 0.01
# Of strangers' faces, this share is surer than what counts as reached by them.
NAMED_SHARE = 0.01
# How far from the known faces towards the strangers: the stranger to come may look more like somebody than those who
# were there to choose it by, and known faces are many and alike.
WAY_TO_STRANGERS = 0.45
# Below it, somebody else may be as likely.
LOWEST_THRESHOLD = 0.5
# Without strangers to learn from, this is how sure the likeliest of a few people is of a face like none of them.
_SURE_OF_NOBODY = 0.5
_LEAST_ODDS = 1e-3


def calibrate_threshold(probabilities: Probabilities, labels: Labels, left_out: NDArray[np.float32]) -> float:
    """Choose the confidence below which a face is unknown, from validation samples and strangers.

    It lies, in log-odds, between what known faces reach and what strangers reach: those held back from the
    background, whose label is the number of people, and people who were left out in turn, `left_out`, `(m,)`, the
    highest probability of each of their faces. `probabilities` is `(n, people)`, `labels` is `(n,)`, and at least
    one is of a person; m may be 0. Nothing that is later tested on goes in.

    Where strangers are as sure as known faces, as with photographs of any pose and light, no threshold keeps all
    of either; then it lies in the middle, which gives both up alike.
    """
    people = probabilities.shape[1]
    known = labels < people
    own = probabilities[known][np.arange(int(known.sum())), labels[known]]
    strangers = probabilities[~known].max(axis=1, initial=0)
    reached = [_log_odds(np.quantile(faces, 1 - NAMED_SHARE)) for faces in (strangers, left_out) if len(faces)]
    of_strangers = max(reached, default=_log_odds(_SURE_OF_NOBODY))
    of_known = _log_odds(np.quantile(own, MISSED_SHARE))
    way = WAY_TO_STRANGERS if of_known > of_strangers else 1 / 2
    chosen = of_known + (of_strangers - of_known) * way
    return max(LOWEST_THRESHOLD, float(1 / (1 + np.exp(-chosen))))


def _log_odds(probability: np.floating | float) -> float:
    bounded = np.clip(probability, _LEAST_ODDS, 1 - _LEAST_ODDS)
    return float(np.log(bounded / (1 - bounded)))
