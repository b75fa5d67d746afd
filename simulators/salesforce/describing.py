"""What the org says about itself: versions, objects and their fields, limits."""

from email.utils import format_datetime, parsedate_to_datetime

from .org import Org
from .refusals import not_found
from .schema import Field, SObject
from .values import Json
from .wire import Answer, Call

OLDEST, NEWEST = 31, 68
_SEASONS = {68: "Winter '27", 67: "Summer '26", 66: "Spring '26", 65: "Winter '26"}
_SOAP_TYPES = {
    "id": "tns:ID",
    "reference": "tns:ID",
    "currency": "xsd:double",
    "double": "xsd:double",
    "date": "xsd:date",
    "datetime": "xsd:dateTime",
    "boolean": "xsd:boolean",
}


def versions() -> Answer:
    """`GET /services/data`: every version that is served, oldest first."""
    numbers = range(OLDEST, NEWEST + 1)
    return Answer(
        200, [{"label": _label(n), "url": f"/services/data/v{n}.0", "version": f"{n}.0"} for n in numbers]
    )


def _label(number: int) -> str:
    """From v31 (Summer '14) there have been three releases a year; the winter one bears the next year's name."""
    if number in _SEASONS:
        return _SEASONS[number]
    year, season = divmod(number - 29, 3)
    return f"{('Winter', 'Spring', 'Summer')[season]} '{14 + year:02d}"


def resources(_org: Org, call: Call) -> Answer:
    """`GET /services/data/vXX.0`: the resources by name."""
    root = f"/services/data/v{call.version}"
    return Answer(200, {n: f"{root}/{n}" for n in ("composite", "limits", "query", "queryAll", "sobjects")})


def limits(org: Org, _call: Call) -> Answer:
    used, most = org.calls_used(), org.calls_limit()
    daily = {"Max": most, "Remaining": max(most - used, 0)}
    events = {"Max": 25_000, "Remaining": 25_000}
    return Answer(
        200,
        {
            "DailyApiRequests": daily,
            "DailyDeliveredPlatformEvents": events,
            "HourlyPublishedPlatformEvents": {"Max": 250_000, "Remaining": 250_000},
        },
    )


def sobjects(org: Org, call: Call) -> Answer:
    """`GET /sobjects`: all objects, without their fields."""
    found: list[Json] = [_outline(o, call.version) for o in org.schema.objects.values()]
    return Answer(200, {"encoding": "UTF-8", "maxBatchSize": 200, "sobjects": found})


def basics(org: Org, call: Call) -> Answer:
    """`GET /sobjects/X`: the outline, and no recent items."""
    sobject = named(org, call.steps[1])
    return Answer(200, {"objectDescribe": _outline(sobject, call.version), "recentItems": []})


def describe(org: Org, call: Call) -> Answer:
    """`GET /sobjects/X/describe`; 304 where nothing changed since `If-Modified-Since`."""
    sobject = named(org, call.steps[1])
    headers = {"Last-Modified": format_datetime(org.described_at, usegmt=True)}
    if _unchanged(org, call.headers.get("if-modified-since", "")):
        return Answer(304, headers=headers)
    children: list[Json] = [
        {
            "childSObject": child,
            "field": reference,
            "relationshipName": name,
            "cascadeDelete": _is_master(org, child, reference),
            "deprecatedAndHidden": False,
            "restrictedDelete": False,
        }
        for name, (child, reference) in sobject.children.items()
    ]
    fields: list[Json] = [_field(field) for field in sobject.fields]
    said = _outline(sobject, call.version) | {"fields": fields, "childRelationships": children}
    return Answer(200, said | {"recordTypeInfos": []}, headers)


def named(org: Org, name: str) -> SObject:
    """The object of that name; raises the platform's 404."""
    sobject = org.schema.named(name)
    if sobject is None:
        raise not_found()
    return sobject


def _unchanged(org: Org, since: str) -> bool:
    if not since:
        return False
    try:
        return org.described_at <= parsedate_to_datetime(since)
    except ValueError:
        return False


def _is_master(org: Org, child: str, reference: str) -> bool:
    field = org.schema[child].named(reference)
    return field is not None and field.master


def _outline(sobject: SObject, version: str) -> dict[str, Json]:
    root = f"/services/data/v{version}/sobjects/{sobject.name}"
    stored = not sobject.event
    return {
        "name": sobject.name,
        "label": sobject.label,
        "labelPlural": sobject.plural,
        "keyPrefix": sobject.prefix,
        "custom": sobject.name.endswith(("__c", "__e")),
        "createable": True,
        "updateable": stored,
        "deletable": stored,
        "queryable": stored,
        "retrieveable": stored,
        "replicateable": stored,
        "searchable": stored,
        "undeletable": stored,
        "urls": {"sobject": root, "describe": f"{root}/describe", "rowTemplate": root + "/{ID}"},
    }


def _field(field: Field) -> dict[str, Json]:
    return {
        "name": field.name,
        "label": field.label,
        "type": field.kind,
        "soapType": _SOAP_TYPES.get(field.kind, "xsd:string"),
        "length": field.length,
        "byteLength": field.length * 3,
        "precision": field.precision,
        "scale": field.scale,
        "defaultValue": field.default,
        "picklistValues": [_choice(field, value) for value in field.picklist],
        "referenceTo": [field.refers_to] if field.refers_to else [],
        "relationshipName": field.relationship or None,
        **_flags(field),
    }


def _flags(field: Field) -> dict[str, Json]:
    always = field.required or field.kind in ("id", "boolean") or bool(field.auto_number)
    return {
        "nillable": not always,
        "createable": field.createable,
        "updateable": field.updateable,
        "custom": field.custom,
        "unique": field.unique,
        "caseSensitive": False,
        "externalId": field.external_id,
        "idLookup": field.external_id or field.kind == "id",
        "autoNumber": bool(field.auto_number),
        "calculated": False,
        "defaultedOnCreate": field.default is not None or bool(field.auto_number),
        "nameField": field.name == "Name",
        "filterable": field.kind != "textarea",
        "sortable": field.kind != "textarea",
        "restrictedPicklist": field.restricted,
        "writeRequiresMasterRead": field.master,
    }


def _choice(field: Field, value: str) -> dict[str, Json]:
    chosen = value == field.default
    return {"active": True, "defaultValue": chosen, "label": value, "validFor": None, "value": value}
