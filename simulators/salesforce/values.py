"""Field values: what JSON may say, what the org keeps, and how JSON and XML say it again."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import TypeAlias

from . import ids
from .refusals import Refused
from .schema import Field

Json: TypeAlias = "None | bool | int | float | Decimal | str | Sequence[Json] | Mapping[str, Json]"
Value: TypeAlias = "None | bool | Decimal | str | date | datetime"

_JSON_NAMES = {bool: "BOOLEAN", str: "STRING", int: "NUMBER_INT", Decimal: "NUMBER_FLOAT"}


def accept(field: Field, given: Json) -> Value:
    """The value that the org keeps for what a client sent; raises Refused with the platform's code."""
    if given is None or given == "":
        return False if field.kind == "boolean" else None  # an empty text is stored as null
    match field.kind:
        case "boolean":
            return _boolean(field, given)
        case "currency" | "double":
            return _number(field, given)
        case "date":
            return _date(field, given)
        case "datetime":
            return _instant(field, given)
        case "reference" | "id":
            return _id(field, given)
        case _:
            return _text(field, given)


def to_json(value: Value) -> Json:
    """As REST says it; a number is the double it is there, an instant ends in `+0000`."""
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%dT%H:%M:%S.000+0000")
    return value.isoformat() if isinstance(value, date) else value


def to_xml(value: Value, *, exponents: bool = False) -> str:
    """
    As an outbound message says it: `xsd:double` (80.0, 1250.5), an instant ends in `Z`.

    Nobody has published how a large amount is written: `exponents` writes 1.25E7 from ten million on, as
    Java does, which `xsd:double` allows and a reader must take.
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return _double(value, exponents)
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%dT%H:%M:%S.000Z")
    return value.isoformat() if isinstance(value, date) else str(value)


def to_text(value: Value) -> Json:
    """As the state file keeps it: nothing lost, a number is text."""
    if isinstance(value, Decimal):
        return str(value)
    return value.isoformat() if isinstance(value, date) else value


def from_text(field: Field, kept: Json) -> Value:
    """The value that `to_text` wrote."""
    if not isinstance(kept, str):
        return kept if isinstance(kept, bool) else None
    match field.kind:
        case "currency" | "double":
            return Decimal(kept)
        case "date":
            return date.fromisoformat(kept)
        case "datetime":
            return datetime.fromisoformat(kept)
        case _:
            return kept


def instant(text: str) -> datetime | None:
    """An instant with its zone (or a bare date: midnight UTC), to the second; None where it is not one."""
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        return None
    aware = read.replace(tzinfo=UTC) if read.tzinfo is None and len(text) == 10 else read
    return aware.astimezone(UTC).replace(microsecond=0) if aware.tzinfo else None


def _boolean(field: Field, given: Json) -> bool:
    if isinstance(given, bool):
        return given
    if isinstance(given, str) and given.lower() in ("true", "false"):
        return given.lower() == "true"
    raise _unreadable(field, given)


def _number(field: Field, given: Json) -> Decimal:
    if isinstance(given, bool) or not isinstance(given, int | float | Decimal | str):
        raise _unreadable(field, given)
    try:
        number = Decimal(str(given))
    except InvalidOperation:
        raise _unreadable(field, given) from None
    if not number.is_finite() or abs(number) >= Decimal(10) ** (field.precision - field.scale):
        text = f"{field.label}: value outside of valid range on numeric field: {given}"
        raise Refused("NUMBER_OUTSIDE_VALID_RANGE", text, (field.name,))
    return number.quantize(Decimal(1).scaleb(-field.scale), ROUND_HALF_UP)


def _date(field: Field, given: Json) -> date:
    read = instant(given) if isinstance(given, str) else None
    if read is None:
        raise _unreadable(field, given)
    return read.date()


def _instant(field: Field, given: Json) -> datetime:
    read = instant(given) if isinstance(given, str) else None
    if read is None:
        raise _unreadable(field, given)
    return read


def _id(field: Field, given: Json) -> str:
    found = ids.full(given) if isinstance(given, str) else None
    if not found:
        raise Refused("MALFORMED_ID", f"{field.label}: id value of incorrect type: {given}", (field.name,))
    return found


def _text(field: Field, given: Json) -> str:
    if not isinstance(given, str | int | float | Decimal) or isinstance(given, bool):
        raise _unreadable(field, given)
    text = str(given)
    if len(text) > field.length:
        shown = f"{field.label}: data value too large: {text[:255]} (max length={field.length})"
        raise Refused("STRING_TOO_LONG", shown, (field.name,))
    if field.restricted and text not in field.picklist:
        shown = f"{field.label}: bad value for restricted picklist field: {text}"
        raise Refused("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", shown, (field.name,))
    return text


def _unreadable(field: Field, given: Json) -> Refused:
    kind = "VALUE_" + _JSON_NAMES.get(type(given), "OBJECT")
    what = f"Cannot deserialize instance of {field.kind} from {kind} value {given}"
    text = f"{what} or request may be missing a required field"
    return Refused("JSON_PARSER_ERROR", text, (field.name,))


def _double(number: Decimal, exponents: bool) -> str:
    if not exponents or abs(number) < 10**7:
        return f"{number.normalize():f}" if number % 1 else f"{number:.1f}"
    digits, power = f"{number.normalize():E}".split("E")
    return f"{digits if '.' in digits else digits + '.0'}E{int(power)}"
