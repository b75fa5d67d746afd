"""What describe tells of an object."""

from app.records import FieldFacts, ObjectFacts
from app.salesforce.wire import Json, as_count, as_list, as_object, as_text


def facts_in(description: Json) -> ObjectFacts:
    """Describe lists only what our user may see, so all of it is readable; writable is what an update may change."""
    members = as_object(description, "a description")
    fields = (_field(one) for one in as_list(members.get("fields"), "fields"))
    relations = (
        as_object(one, "a child relationship")
        for one in as_list(members.get("childRelationships"), "children")
    )
    children = {
        name: as_text(one.get("childSObject"), "childSObject")
        for one in relations
        if isinstance(
            name := one.get("relationshipName"), str
        )  # many standard ones have no name, and no query
    }
    return ObjectFacts(as_text(members.get("name"), "name"), {one.name: one for one in fields}, children)


def _field(description: Json) -> FieldFacts:
    members = as_object(description, "a field")
    values = [
        as_object(one, "a choice") for one in as_list(members.get("picklistValues", []), "picklistValues")
    ]
    return FieldFacts(
        name=as_text(members.get("name"), "a field's name"),
        type=as_text(members.get("type"), "a field's type"),
        writable=members.get("updateable") is True,
        choices=tuple(
            as_text(one.get("value"), "a choice") for one in values if one.get("active") is not False
        ),
        length=as_count(members["length"], "length") if "length" in members else 0,
    )
