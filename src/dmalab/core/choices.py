"""Every free choice of the machine is asked of one object.

Which line a cache drops now, how late an interrupt comes, which of two equal tasks runs: the real answer depends on things the model
does not know. `Quiet` always gives the answer that disturbs nothing; `Seeded` varies them; `Recorded` replays a list of
answers. Exploring schedules means driving this object, nothing else.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Protocol


class Choices(Protocol):
    """Answers questions of the form: one of `options` ways, which?"""

    def choose(self, question: str, options: int) -> int:
        """Pick a way; 0 is the quiet one.

        Args:
            question: What is asked, a stable name such as `evict` or `interrupt-delay`.
            options: How many ways there are; at least 1.
        Returns:
            A number from 0 to `options - 1`.
        """
        ...


class Quiet:
    """Always the answer that disturbs nothing."""

    def choose(self, question: str, options: int) -> int:
        """Return 0."""
        return 0


class Seeded:
    """Pseudo-random answers that depend on the seed and the order of questions alone."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def choose(self, question: str, options: int) -> int:
        """Return any of the options, all equally likely."""
        return self._random.randrange(options)


class Recording:
    """Passes questions on and keeps the answers, so that `Recorded` can repeat the run."""

    def __init__(self, inner: Choices) -> None:
        self._inner = inner
        self.answers: list[int] = []

    def choose(self, question: str, options: int) -> int:
        """Ask the inner object and write its answer down."""
        answer = self._inner.choose(question, options)
        self.answers.append(answer)
        return answer


class Recorded:
    """Replays a list of answers; quiet when the list is used up."""

    def __init__(self, answers: Sequence[int]) -> None:
        self._answers = iter(answers)

    def choose(self, question: str, options: int) -> int:
        """Return the next recorded answer.

        Raises:
            ValueError: the recorded answer doesn't fit the question, so this is another run.
        """
        answer = next(self._answers, 0)
        if not 0 <= answer < options:
            raise ValueError(f"recorded answer {answer} to '{question}' is not one of {options}")
        return answer
