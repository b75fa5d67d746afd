"""Requests of the XML gateway, built as text: the envelope, the two ways to authenticate, and the functions we use."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import uuid4

from app.intacct.xml import element, escape
from app.records import Posting

PAGE_SIZE = 2000  # the most that `query` takes
MOST_VALUES = 1000  # the most that `in` takes


@dataclass(frozen=True, slots=True)
class Login:
    """One company as one user. `entity_id` is where an unnamed entity means; empty = top level."""

    endpoint: str
    sender_id: str
    sender_password: str = field(repr=False)
    company_id: str
    user_id: str
    user_password: str = field(repr=False)
    entity_id: str = ""


@dataclass(frozen=True, slots=True)
class Function:
    """`text` is the whole `function` element. It holds no secret: those stand in the envelope around it."""

    control_id: str
    name: str
    text: str


def function(control_id: str, name: str, body: str) -> Function:
    return Function(control_id, name, f'<function controlid="{escape(control_id)}">{body}</function>')


def document(login: Login, authentication: str, functions: Sequence[Function], *, unique: bool) -> bytes:
    """
    The whole request. With `unique`, a function whose control id was completed before is refused as a repetition.
    Each function stands alone: one that fails takes none of the others with it.
    """
    flag = "true" if unique else "false"
    control = (
        f"<control>{element('senderid', login.sender_id)}{element('password', login.sender_password)}"
        f"<controlid>{uuid4()}</controlid><uniqueid>{flag}</uniqueid><dtdversion>3.0</dtdversion>"
        "<includewhitespace>false</includewhitespace><showadditionalerrorinfo>true</showadditionalerrorinfo></control>"
    )
    content = "".join(one.text for one in functions)
    return (
        f'<?xml version="1.0" encoding="utf-8"?><request>{control}<operation transaction="false">'
        f"<authentication>{authentication}</authentication><content>{content}</content></operation></request>"
    ).encode()


def by_login(login: Login) -> str:
    """`companyid` must come before `password`, and `locationid` last [developer.intacct.com, requests]."""
    entity = element("locationid", login.entity_id) if login.entity_id else ""
    return (
        f"<login>{element('userid', login.user_id)}{element('companyid', login.company_id)}"
        f"{element('password', login.user_password)}{entity}</login>"
    )


def by_session(session_id: str) -> str:
    return element("sessionid", session_id)


def open_session(entity: str = "") -> Function:
    """Must be alone in its request. With an entity it makes an entity's session out of a top-level one."""
    inside = (
        f"<getAPISession>{element('locationid', entity)}</getAPISession>" if entity else "<getAPISession/>"
    )
    return function("session", "getAPISession", inside)


@dataclass(frozen=True, slots=True)
class Query:
    """Fields of the records of an object whose field `by` is one of `values`; with no `by`, of all its records."""

    object: str
    fields: tuple[str, ...]
    by: str = ""
    values: tuple[str, ...] = ()


def query(control_id: str, asked: Query, *, offset: int = 0, page_size: int = PAGE_SIZE) -> Function:
    """One page. Ordered by the first field, because without an order pages may overlap [XDOC:queries]."""
    select = "".join(element("field", name) for name in asked.fields)
    values = "".join(element("value", value) for value in asked.values)
    where = f"<filter><in>{element('field', asked.by)}{values}</in></filter>" if asked.by else ""
    # At the top level, records that are private to an entity are hidden unless asked for.
    return function(
        control_id,
        "query",
        f"<query>{element('object', asked.object)}<select>{select}</select>{where}"
        f"<orderby><order>{element('field', asked.fields[0])}<ascending/></order></orderby>"
        "<options><showprivate>true</showprivate></options>"
        f"<pagesize>{page_size}</pagesize><offset>{offset}</offset></query>",
    )


def read(control_id: str, object_name: str, keys: Sequence[str]) -> Function:
    """Whole records with what they own, by RECORDNO."""
    body = f"{element('object', object_name)}{element('keys', ','.join(keys))}<fields>*</fields>"
    return function(control_id, "read", f"<read>{body}</read>")


def create_payment(posting: Posting) -> Function:
    """
    The posting as one ARPYMT. Generic functions take their fields in any order; ours is the mapping's.

    :raises BadSetting: a field's name is none
    """
    header = "".join([element(name, value) for name, value in posting.header])
    lines = "".join(
        [
            f"<ARPYMTDETAIL>{''.join([element(name, value) for name, value in line])}</ARPYMTDETAIL>"
            for line in posting.lines
        ]
    )
    return function(
        posting.control_id,
        "create",
        f"<create><ARPYMT>{header}<ARPYMTDETAILS>{lines}</ARPYMTDETAILS></ARPYMT></create>",
    )
