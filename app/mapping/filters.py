"""The header filter, evaluated on a row as the origin itself would."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from operator import ge, gt, le, lt

from app.mapping.values import Unreadable, amount
from app.records import Condition, Value

Values = Mapping[str, Value]
Test = Callable[[Values], bool]

_ORDER: Mapping[str, Callable[[str | Decimal, str | Decimal], bool]] = {"<": lt, "<=": le, ">": gt, ">=": ge}


def test_of(condition: Condition) -> Test:
    """
    Whether a row holds the condition. Text compares without regard to case; an empty field is unequal to every value
    but the empty one, and less or more than none.

    Source: SOQL, comparison operators [developer.salesforce.com: sforce-api-calls-soql-select-comparisonoperators];
    null in queries [sforce_api_calls_soql_null].
    """
    name = condition.field
    if condition.operator in _ORDER:
        return _ordered(name, condition.operator, condition.values[0])
    wanted = frozenset(value.strip().casefold() for value in condition.values)
    numbers = frozenset(number for number in map(_number, condition.values) if number is not None)
    negated = condition.operator in ("not in", "!=")

    def holds(values: Values) -> bool:
        value = values.get(name)
        if isinstance(value, Decimal):  # a NaN equals nothing, and one that signals cannot even be asked
            return (value.is_finite() and value in numbers) is not negated
        if isinstance(value, bool):
            return (("true" if value else "false") in wanted) is not negated
        return ((value or "").strip().casefold() in wanted) is not negated

    return holds


def all_of(conditions: tuple[Condition, ...]) -> Test:
    tests = tuple(test_of(condition) for condition in conditions)

    def holds(values: Values) -> bool:
        return all(test(values) for test in tests)

    return holds


def _ordered(name: str, operator: str, bound: str) -> Test:
    compare = _ORDER[operator]
    number = _number(bound)
    folded = bound.strip().casefold()

    def holds(values: Values) -> bool:
        value = values.get(name)
        if isinstance(value, Decimal):
            return number is not None and value.is_finite() and compare(value, number)
        if isinstance(value, str) and value:
            return compare(value.strip().casefold(), folded)
        return False

    return holds


def _number(written: str) -> Decimal | None:
    try:
        return amount(written)
    except Unreadable:
        return None
