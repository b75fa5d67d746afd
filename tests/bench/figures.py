"""What was measured, beside what it is compared with and the bound that it is to keep."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Literal

Kind = Literal["ratio at least", "ratio at most", "at most"]


@dataclass(frozen=True, slots=True)
class Bound:
    """On ours itself (`at most`, in the figure's unit) or on ours divided by the yardstick."""

    kind: Kind
    value: float

    def text(self) -> str:
        sign = "≥" if self.kind == "ratio at least" else "≤"
        return f"{sign} {self.value:g}{'' if self.kind == 'at most' else ' ×'}"


@dataclass(frozen=True, slots=True)
class Figure:
    """`beside` names the yardstick. Without a bound the figure is there to be seen."""

    part: str
    name: str
    unit: str
    ours: float
    beside: str = ""
    yardstick: float | None = None
    bound: Bound | None = None

    @property
    def ratio(self) -> float | None:
        return self.ours / self.yardstick if self.yardstick else None

    @property
    def reached(self) -> bool | None:
        """None where nothing is to be reached."""
        if self.bound is None:
            return None
        measured = self.ours if self.bound.kind == "at most" else self.ratio
        if measured is None:
            return None
        return (
            measured >= self.bound.value
            if self.bound.kind == "ratio at least"
            else measured <= self.bound.value
        )


def at_least(ratio: float) -> Bound:
    return Bound("ratio at least", ratio)


def ratio_at_most(ratio: float) -> Bound:
    return Bound("ratio at most", ratio)


def at_most(value: float) -> Bound:
    return Bound("at most", value)


def as_json(figures: Sequence[Figure]) -> list[dict[str, object]]:
    return [
        {
            **asdict(one),
            "bound": one.bound.text() if one.bound else None,
            "ratio": one.ratio,
            "reached": one.reached,
        }
        for one in figures
    ]


def quantile(values: Sequence[float], share: float) -> float:
    """The value that so large a share of them does not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
