"""What an org says of its fields, asked for a path of a mapping."""

from app.errors import BadSetting
from app.records import FieldFacts, ObjectFacts


def own_field(path: str) -> str:
    """
    The object's own field that a path begins with: `Account__r.Name` goes through the look-up `Account__c`, `Account.Name`
    through `AccountId`. What lies beyond is the parent's, of which its facts say nothing.
    """
    first, dot, _ = path.partition(".")
    if not dot:
        return first
    return f"{first[:-3]}__c" if first.casefold().endswith("__r") else f"{first}Id"


def facts_of(path: str, facts: ObjectFacts) -> FieldFacts | None:
    """None where the object lacks the field. Names are taken in any case, as the origin's own API takes them."""
    name = own_field(path)
    if name in facts.fields:
        return facts.fields[name]
    folded = name.casefold()
    return next((field for other, field in facts.fields.items() if other.casefold() == folded), None)


def unreadable_field(row: str, path: str, facts: ObjectFacts) -> BadSetting | None:
    """What stands in the way of reading the path, if anything."""
    field = facts_of(path, facts)
    if field is None:
        return BadSetting(
            row,
            f"{facts.name} has no field {own_field(path)}",
            "Correct the name, add the field, or mark the row optional.",
        )
    if not field.readable:
        return BadSetting(
            row,
            f"our user may not read {own_field(path)} of {facts.name}",
            "Give the permission set that field, or mark the row optional.",
        )
    return None
