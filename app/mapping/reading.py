"""From the origin's fields to a payment in our words."""

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal

from app.mapping.consistency import Section, sections
from app.mapping.fields import unreadable_field
from app.mapping.plan import Plan
from app.mapping.readers import Problems, Readers, Values
from app.mapping.values import text
from app.records import Extra, ObjectFacts, Payment, PaymentLine, Row, Shape

_NOTHING = Decimal(0)


def shape(plan: Plan, facts: ObjectFacts | None = None, child_facts: ObjectFacts | None = None) -> Shape:
    """
    What to read. Without facts every row is taken; with them, optional rows that the org lacks are left out.

    :raises BadSetting: a row reads a field that the org lacks, or that our user may not read
    """
    origin = plan.document.origin
    header, lines = sections(plan.document)
    conditions = tuple(where.condition for where in origin.filter)
    fields = [*_sources(header, facts), *_filtered(plan, facts)]
    return Shape(
        object=origin.object,
        fields=tuple(dict.fromkeys(fields)),
        children=origin.lines.relationship,
        child_object=origin.lines.object,
        child_fields=tuple(dict.fromkeys(_sources(lines, child_facts))),
        conditions=conditions,
    )


def _sources(section: Section, facts: ObjectFacts | None) -> Iterator[str]:
    for name, row in section.numbered():
        if row.source is None:
            continue
        lack = unreadable_field(name, row.source, facts) if facts else None
        if lack is None:
            yield row.source
        elif not row.optional:
            raise lack


def _filtered(plan: Plan, facts: ObjectFacts | None) -> Iterator[str]:
    for number, where in enumerate(plan.document.origin.filter, 1):
        name = f"origin, filter row {number} ({where.field})"
        if facts and (lack := unreadable_field(name, where.field, facts)):
            raise lack
        yield where.field


def read(plan: Plan, row: Row) -> Payment:
    """
    The payment as it was entered. Never raises for what stands in a field: what cannot be understood is left empty
    and told in `unreadable`. A currency that the row does not have is empty; the connection's own then holds.
    """
    values = row.values
    problems: Problems = []
    said = plan.header
    amounts = {word: read_amount(values, problems) for word, read_amount in said.amounts}
    days = {word: read_day(values, problems) for word, read_day in said.days}
    texts = {word: read_text(values, problems) for word, read_text in said.texts}
    extra = _extra(said, values, problems)
    lines = tuple(_line(plan, number, line, problems) for number, line in enumerate(row.lines, 1))
    overpayment = amounts.get("overpayment")
    return Payment(
        id=row.id,
        key=texts["key"],
        account=texts["account"] or None,
        account_name=texts.get("account_name", ""),
        customer=texts["customer"] or None,
        amount=amounts["amount"],
        currency=texts.get("currency", ""),
        receipt_date=days["receipt_date"],
        method=texts["method"] or None,
        method_entered=text(values.get(plan.method_source)) or texts["method"],
        status=texts["status"],
        lines=lines,
        wanted=plan.is_wanted(values),
        reference=texts.get("reference", ""),
        description=texts.get("description", ""),
        deposit_to=texts.get("deposit_to", ""),
        entity=texts.get("entity", ""),
        overpayment=_NOTHING if overpayment is None else overpayment,
        overpayment_location=texts.get("overpayment_location", ""),
        overpayment_department=texts.get("overpayment_department", ""),
        payer=texts.get("payer", ""),
        exchange_rate=amounts.get("exchange_rate"),
        base_amount=amounts.get("base_amount"),
        reversal_date=days.get("reversal_date"),
        target_id=texts.get("target_id", ""),
        sync_status=texts["sync_status"],
        extra=extra,
        unreadable=tuple(problems),
    )


def _line(plan: Plan, number: int, row: Row, problems: Problems) -> PaymentLine:
    values = row.values
    said = plan.line
    own: Problems = []
    amounts = {word: read_amount(values, own) for word, read_amount in said.amounts}
    texts = {word: read_text(values, own) for word, read_text in said.texts}
    extra = _extra(said, values, own)
    for problem in own:
        told = f"Line {number}: {problem.text}"
        problems.append(replace(problem, text=told, field=f"lines[{number}].{problem.field}"))
    return PaymentLine(
        id=row.id,
        invoice=texts["invoice"] or None,
        invoice_key=texts["invoice_key"] or None,
        invoice_name=texts.get("invoice_name", ""),
        amount=amounts["amount"],
        extra=extra,
    )


def _extra(said: Readers, values: Values, problems: Problems) -> Extra:
    found = ((to, read_custom(values, problems)) for to, read_custom in said.custom)
    return tuple((to, value) for to, value in found if value)
