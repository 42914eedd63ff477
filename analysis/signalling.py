"""What a sender who commits to signals can reach with a Bayesian receiver: the value of information design.

The receiver shares the prior, sees a signal, forms the posterior by Bayes' rule and takes the action with the largest
expected utility. The sender's value v(posterior) is the expected payoff of that action, ties broken in the sender's
favour, so that v is upper semicontinuous and an optimum exists. The most that any signals can reach at a prior is the
value of v's concave closure there: the smallest concave function above v.

Source: Kamenica and Gentzkow (2011), American Economic Review 101, 2590-2615; corollary 2 for the concave closure,
proposition 1 for signals that recommend an action each.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linprog

Floats = NDArray[np.float64]

# Expected utilities closer than this share of their size are a tie, which rounding must not break.
_TIE = 1e-12


@dataclass(frozen=True, slots=True, kw_only=True)
class Game:
    """Utilities of A actions in S states.

    Attributes:
        receiver: The receiver's utility of each action in each state, shape (A, S).
        sender: The sender's, shape (A, S).
    """

    receiver: Floats
    sender: Floats

    def __post_init__(self) -> None:
        """Check shapes and values.

        Raises:
            ValueError: They differ in shape, or a utility is not finite.
        """
        if self.receiver.ndim != 2 or not self.receiver.size or self.receiver.shape != self.sender.shape:
            message = f"utilities must be two tables of actions × states, got shapes {self.receiver.shape} and {self.sender.shape}"
            raise ValueError(message)
        if not (np.isfinite(self.receiver).all() and np.isfinite(self.sender).all()):
            message = "utilities must be finite"
            raise ValueError(message)


class Optimum(NamedTuple):
    """The best that signals can reach.

    Attributes:
        value: The sender's expected payoff.
        silent: The payoff without any signal, v at the prior.
        chance: Probability of each signal, shape (k,), in which no signal has probability 0.
        posteriors: Posterior after each signal, shape (k, S); their mean is the prior.
    """

    value: float
    silent: float
    chance: Floats
    posteriors: Floats

    @property
    def gain(self) -> float:
        """Return what the best signals add to silence, 0 or more."""
        return self.value - self.silent


def threshold_game(threshold: float) -> Game:
    """Return the game of a receiver who acts where the good state is at least as probable as a threshold.

    States are bad and good, actions wait and act; the sender gains 1 where the receiver acts.

    Args:
        threshold: Above 0 and at most 1.

    Example:
        >>> round(optimum(threshold_game(0.5), np.array([0.7, 0.3])).value, 6)
        0.6
    """
    if not 0 < threshold <= 1:
        message = f"threshold must lie above 0 and at most at 1, got {threshold}"
        raise ValueError(message)
    receiver = np.array([[0.0, 0.0], [-threshold, 1 - threshold]])
    return Game(receiver=receiver, sender=np.array([[0.0, 0.0], [1.0, 1.0]]))


def value(game: Game, posterior: Floats) -> float:
    """Return v(posterior), ties broken in the sender's favour."""
    expected = game.receiver @ posterior
    tied = expected >= expected.max() - _TIE * max(1.0, float(np.abs(game.receiver).max()))
    return float((game.sender @ posterior)[tied].max())


def optimum(game: Game, prior: Floats) -> Optimum:
    """Return the best signals: by the concave envelope for two states, by linear programming for more.

    Args:
        game: Utilities.
        prior: Probability of each state, shape (S,).

    Raises:
        ValueError: The prior is no distribution over the game's states.
    """
    _check(game, prior)
    return _of_two(game, prior) if len(prior) == 2 else by_program(game, prior)


def _check(game: Game, prior: Floats) -> None:
    if prior.shape != (game.receiver.shape[1],) or not (prior >= 0).all() or abs(float(prior.sum()) - 1) > 1e-9:
        message = f"the prior must be a distribution over {game.receiver.shape[1]} states, got {prior.tolist()}"
        raise ValueError(message)


def _of_two(game: Game, prior: Floats) -> Optimum:
    """Return the optimum for two states, exactly.

    Between the points at which the receiver is torn between two actions v is linear, and at those points and at the
    ends it is the larger of its one-sided limits. So the upper hull of v at these points is its concave closure.
    """
    beliefs = _torn(game)
    heights = np.array([value(game, np.array([1 - belief, belief])) for belief in beliefs])
    at = float(prior[1])
    used = _supporting(beliefs, heights, at)
    left, right = beliefs[used[0]], beliefs[used[-1]]
    share = (at - left) / (right - left) if right > left else 1.0
    chance = np.array([1 - share, share])[-len(used) :]
    posteriors = np.stack([1 - beliefs[used], beliefs[used]], axis=1)
    kept = chance > 0
    return Optimum(float(chance @ heights[used]), value(game, prior), chance[kept], posteriors[kept])


def _torn(game: Game) -> Floats:
    """Return the beliefs in the second state at which two actions are worth the same, with 0 and 1, in order."""
    start, slope = game.receiver[:, 0], game.receiver[:, 1] - game.receiver[:, 0]
    rise, run = start[None, :] - start[:, None], slope[:, None] - slope[None, :]
    crossing = np.divide(rise, run, out=np.full(run.shape, -1.0), where=run != 0)
    inside = crossing[(crossing > 0) & (crossing < 1)]
    return np.unique(np.concatenate([[0.0, 1.0], inside]))


def _supporting(beliefs: Floats, heights: Floats, at: float) -> NDArray[np.int64]:
    """Return the one or two points of the upper hull between which a belief lies."""
    hull: list[int] = []
    for i in range(len(beliefs)):
        while len(hull) > 1 and _below(beliefs[[hull[-2], hull[-1], i]], heights[[hull[-2], hull[-1], i]]):
            hull.pop()
        hull.append(i)
    own = np.array(hull)
    right = int(np.searchsorted(beliefs[own], at))
    return own[[right]] if beliefs[own[right]] == at else own[[right - 1, right]]


def _below(x: Floats, y: Floats) -> bool:
    """Return whether the middle of three points lies on or below the line between the others."""
    return bool((y[1] - y[0]) * (x[2] - x[0]) <= (y[2] - y[0]) * (x[1] - x[0]))


def by_program(game: Game, prior: Floats) -> Optimum:
    """Return the optimum by a linear program over signals that recommend an action each; for any number of states.

    With x[a, s] the probability of state s and the recommendation of a, it maximises the sender's payoff where the
    x[·, s] add up to prior[s] and no other action is better for the receiver who is told a.

    Args:
        game: Utilities.
        prior: Probability of each state, shape (S,).

    Raises:
        ValueError: The prior is no distribution over the game's states.
    """
    _check(game, prior)
    actions, states = game.receiver.shape
    obey = np.zeros((actions * actions, actions * states))
    for told in range(actions):
        for other in range(actions):
            obey[told * actions + other, told * states : (told + 1) * states] = (
                game.receiver[other] - game.receiver[told]
            )
    found = linprog(
        -game.sender.ravel(),
        A_ub=obey,
        b_ub=np.zeros(len(obey)),
        A_eq=np.tile(np.eye(states), actions),
        b_eq=prior / prior.sum(),
        method="highs",
    )
    if found.x is None:
        message = f"the program found no optimum: {found.message}"
        raise ValueError(message)
    joint = np.maximum(found.x.reshape(actions, states), 0.0)
    chance = joint.sum(axis=1)
    used = chance > _TIE
    return Optimum(
        float((joint * game.sender).sum()), value(game, prior), chance[used], joint[used] / chance[used, None]
    )
