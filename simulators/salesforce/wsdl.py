"""The WSDL that Setup generates for the outbound message, from the fields it selects."""

from pathlib import Path

from .catalogue import PAYMENT
from .envelope import FIELDS
from .schema import Kind, Schema

_TYPES: dict[Kind, str] = {
    "id": "ent:ID",
    "reference": "ent:ID",
    "currency": "xsd:double",
    "double": "xsd:double",
    "boolean": "xsd:boolean",
    "date": "xsd:date",
    "datetime": "xsd:dateTime",
}
_TEMPLATE = Path(__file__).with_name("templates") / "outbound_message.wsdl"


def wsdl(schema: Schema) -> str:
    """A receiver can be generated from it; the endpoint's address is never in it."""
    sobject = schema[PAYMENT]
    found = (sobject.named(name) for name in FIELDS)
    elements = [
        f'          <element name="{field.name}" nillable="true" minOccurs="0" '
        f'type="{_TYPES.get(field.kind, "xsd:string")}"/>'
        for field in found
        if field is not None
    ]
    text = _TEMPLATE.read_text(encoding="utf-8")
    return text.replace("{{object}}", PAYMENT).replace("{{elements}}", "\n".join(elements))
