"""From an org's fields to a payment: what is understood, what is not, and what the filter takes."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import BadSetting
from app.mapping.document import Where
from app.mapping.plan import Plan, prepare
from app.mapping.preset import preset
from app.mapping.reading import read, shape
from app.records import Condition, FieldFacts, Problem, Row, Value
from tests.unit.mapping.examples import ROW, facts, field_row, line, row, with_rows

PLAN = prepare(preset())


def test_every_field_of_the_preset_arrives_in_its_word() -> None:
    payment = read(
        PLAN,
        row(
            Deposit_To__c="CHASE-4471",
            Entity__c="100",
            Overpayment_Amount__c=Decimal("5.00"),
            Overpayment_Location__c="100",
            Overpayment_Department__c="AR",
            Payer__c="Group",
            Exchange_Rate__c=Decimal("1.0842133"),
            Base_Amount__c=Decimal("20000.00"),
            Reversal_Date__c="2026-12-01",
            Intacct_Key__c="77",
            Sync_Status__c="Synced",
        ),
    )
    assert (payment.id, payment.key, payment.account, payment.customer) == (
        "a01",
        "ARP-000412",
        "001",
        "C-10233",
    )
    assert payment.account_name == "Castellan Freight & Forwarding LLC"
    assert (payment.amount, payment.currency, payment.receipt_date) == (
        Decimal("18450.00"),
        "USD",
        date(2026, 11, 24),
    )
    assert (payment.method, payment.method_entered, payment.status) == ("EFT", "EFT", "Ready")
    assert (payment.reference, payment.description) == ("CFF-88140", "November, part 2")
    assert (payment.deposit_to, payment.entity, payment.payer) == ("CHASE-4471", "100", "Group")
    assert (payment.overpayment, payment.overpayment_location, payment.overpayment_department) == (
        5,
        "100",
        "AR",
    )
    assert (payment.exchange_rate, payment.base_amount) == (Decimal("1.0842133"), Decimal(20000))
    assert (payment.reversal_date, payment.target_id, payment.sync_status) == (
        date(2026, 12, 1),
        "77",
        "Synced",
    )
    assert (payment.wanted, payment.unreadable, payment.extra) == (True, (), ())
    first = payment.lines[0]
    assert (first.id, first.invoice, first.invoice_key, first.invoice_name) == (
        "a03-55160",
        "a02-55160",
        "55160",
        "INV-55160",
    )
    assert first.amount == Decimal(9000)


def test_a_row_of_nothing_is_a_payment_of_nothing() -> None:
    payment = read(PLAN, Row("a01", {}, (Row("a03", {}),)))
    assert (payment.account, payment.customer, payment.amount, payment.method) == (None, None, None, None)
    assert (payment.currency, payment.overpayment, payment.receipt_date) == ("", Decimal(0), None)
    assert (payment.lines[0].invoice, payment.lines[0].invoice_key, payment.lines[0].amount) == (
        None,
        None,
        None,
    )
    assert payment.unreadable == ()
    assert not payment.wanted


@pytest.mark.parametrize(
    ("value", "amount"),
    [
        (Decimal("1.25E+3"), Decimal(1250)),
        ("1.25e3", Decimal(1250)),
        ("1250.00", Decimal(1250)),
        (" 1250 ", Decimal(1250)),
        ("-5.", Decimal(-5)),
        (".5", Decimal("0.5")),
        (Decimal("0E-30"), Decimal(0)),
        (Decimal("12345678901234567890.12"), Decimal("12345678901234567890.12")),
        ("12345678901234567890", Decimal("12345678901234567890")),
        (Decimal("0.1") + Decimal("0.2"), Decimal("0.3")),
        ("", None),
        ("  ", None),
        (None, None),
    ],
)
def test_an_amount_is_understood_however_it_is_spelled(value: Value, amount: Decimal | None) -> None:
    payment = read(PLAN, row(Amount__c=value))
    assert payment.amount == amount
    assert payment.unreadable == ()


@pytest.mark.parametrize(
    "value",
    ["ten", "1,250.00", "1_000", "١٢", "NaN", "Infinity", "0x10", Decimal("NaN"), Decimal("-Infinity"), True],
)
def test_what_is_no_amount_is_told_by_its_field(value: Value) -> None:
    payment = read(PLAN, row(Amount__c=value))
    assert payment.amount is None
    (problem,) = payment.unreadable
    assert (problem.code, problem.field) == ("unreadable", "amount")
    assert problem.text.startswith("Amount__c says “")
    assert problem.text.endswith("”: that is not an amount.")
    assert problem.remedy == "Enter a number such as 1250.00."


@pytest.mark.parametrize("value", [Decimal("1E+20"), "1E999", "1E-999", Decimal("1." + "1" * 28)])
def test_more_digits_than_money_has_are_never_rounded(value: Value) -> None:
    (problem,) = read(PLAN, row(Amount__c=value)).unreadable
    assert problem.text.endswith("”: that is more digits than an amount can have.")


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ("24.11.2026", "not a day"),
        ("2026-W48-2", "not a day"),
        ("20261124", "not a day"),
        ("2026-11-24T09:00:00.000+0000", "not a day"),
        ("2026-02-30", "not a day of the calendar"),
        (Decimal(20261124), "not a day"),
        (True, "not a day"),
    ],
)
def test_what_is_no_day_is_told_by_its_field(value: Value, why: str) -> None:
    payment = read(PLAN, row(Receipt_Date__c=value))
    assert payment.receipt_date is None
    (problem,) = payment.unreadable
    assert problem.field == "receipt_date"
    assert problem.text.endswith(f"”: that is {why}.")


def test_a_line_that_cannot_be_read_is_told_by_its_number() -> None:
    payment = read(PLAN, replace(ROW, lines=(line(1, Decimal(1)), line(2, "two"))))
    assert payment.unreadable == (
        Problem(
            "unreadable",
            "Line 2: Amount__c says “two”: that is not an amount.",
            "Enter a number such as 1250.00.",
            field="lines[2].amount",
        ),
    )


@given(
    st.dictionaries(
        st.sampled_from([row.source for row in preset().header if row.source]),
        st.none() | st.booleans() | st.text(max_size=30) | st.decimals(),
    ),
    st.none() | st.booleans() | st.text(max_size=30) | st.decimals(),
)
def test_nothing_that_stands_in_a_field_makes_reading_fail(values: dict[str, Value], amount: Value) -> None:
    payment = read(PLAN, Row("a01", values, (line(1, amount),)))
    assert payment.fingerprint() == read(PLAN, Row("a01", values, (line(1, amount),))).fingerprint()


@given(st.decimals(min_value=-(10**18), max_value=10**18, places=2))
def test_an_amount_passes_through_no_float(amount: Decimal) -> None:
    for spelled in (amount, str(amount), f"{amount:E}"):
        assert read(PLAN, row(Amount__c=spelled)).amount == amount


class TestValueMaps:
    def plan(self, entries: dict[str, str], **row: object) -> Plan:
        parts = {"word": "method", "from": "Payment_Method__c", "to": "PAYMENTMETHOD"} | row
        return prepare(with_rows(field_row(values=entries, **parts)))

    def test_a_method_becomes_what_the_map_says(self) -> None:
        payment = read(self.plan({"ACH Credit": "EFT"}), row(Payment_Method__c="ACH Credit"))
        assert (payment.method, payment.method_entered) == ("EFT", "ACH Credit")

    def test_a_method_that_the_map_does_not_have_is_left_for_the_judge(self) -> None:
        payment = read(PLAN, row(Payment_Method__c="ACH Credit"))
        assert (payment.method, payment.method_entered, payment.unreadable) == (None, "ACH Credit", ())

    def test_a_star_stands_for_every_other_value_but_not_for_none(self) -> None:
        plan = self.plan({"Cash": "Cash", "*": "EFT"})
        assert read(plan, row(Payment_Method__c="Wire")).method == "EFT"
        assert read(plan, row(Payment_Method__c="Cash")).method == "Cash"
        assert read(plan, row(Payment_Method__c="")).method is None

    def test_a_default_stands_where_nothing_was_entered(self) -> None:
        plan = self.plan({"Cash": "Cash"}, default="EFT")
        assert read(plan, row(Payment_Method__c=None)).method == "EFT"
        assert read(plan, row(Payment_Method__c="Wire")).method is None

    def test_a_deposit_account_that_the_map_does_not_have_stays_as_entered(self) -> None:
        document = preset()
        maps = {**document.value_maps, "deposit_account": {"Main": "CHASE-4471"}}
        plan = prepare(document.model_copy(update={"value_maps": maps}))
        assert read(plan, row(Deposit_To__c="Main")).deposit_to == "CHASE-4471"
        assert read(plan, row(Deposit_To__c="BARC-2207")).deposit_to == "BARC-2207"

    def test_any_other_value_that_a_map_does_not_have_needs_a_person(self) -> None:
        named = {"from": "Region__c", "to": "REGION", "values": {"EMEA": "E"}}
        plan = prepare(with_rows(field_row(**named)))
        assert read(plan, row(Region__c="EMEA")).extra == (("REGION", "E"),)
        payment = read(plan, row(Region__c="APAC"))
        assert payment.extra == ()
        (problem,) = payment.unreadable
        assert (problem.code, problem.field) == ("value_unmapped", "Region__c")
        assert problem.text == "Region__c says “APAC”, which its value map does not have."
        assert (
            problem.remedy == "Choose another value, or ask an administrator to add this one to the mapping."
        )

    def test_a_status_of_another_org_becomes_ours(self) -> None:
        statuses = {"Approved": "Ready", "Void": "Reversal Requested"}
        plan = prepare(with_rows(field_row(word="status", values=statuses, **{"from": "State__c"})))
        assert read(plan, row(State__c="Approved")).status == "Ready"
        assert read(plan, row(State__c="New")).status == "New"


class TestCustomFields:
    @pytest.mark.parametrize(
        ("format", "value", "written"),
        [
            (None, "  north\n  west ", "north west"),
            ("exact", " north\nwest ", " north\nwest "),
            (None, Decimal("42.0"), "42"),
            (None, True, "true"),
            ("exact", Decimal("1.0842133"), "1.0842133"),
            ("amount", Decimal("1E+2"), "100"),
            ("date", "2026-11-24", "2026-11-24"),
        ],
    )
    def test_they_travel_as_text(self, format: str | None, value: Value, written: str) -> None:
        plan = prepare(with_rows(field_row(to="REGION", format=format, **{"from": "Region__c"})))
        assert read(plan, row(Region__c=value)).extra == (("REGION", written),)

    def test_an_empty_one_is_left_out_and_a_constant_is_not(self) -> None:
        plan = prepare(
            with_rows(
                field_row(to="A", **{"from": "A__c"}),
                field_row(to="B", constant="NA"),
                field_row(to="C", default="none", **{"from": "C__c"}),
                field_row(to="D", default="0", format="amount", **{"from": "D__c"}),
                field_row(to="E", default="kept", format="exact", **{"from": "E__c"}),
            )
        )
        assert read(plan, row(A__c=" ")).extra == (("B", "NA"), ("C", "none"), ("D", "0"), ("E", "kept"))

    def test_one_that_cannot_be_read_is_named_by_its_field(self) -> None:
        plan = prepare(with_rows(field_row(to="FEE", format="amount", **{"from": "Fee__c"})))
        (problem,) = read(plan, row(Fee__c="much")).unreadable
        assert problem.field == "Fee__c"

    def test_lines_have_them_too(self) -> None:
        document = preset()
        lines = (*document.lines, field_row(to="MEMO", **{"from": "Memo__c"}))
        plan = prepare(document.model_copy(update={"lines": lines}))
        payment = read(plan, replace(ROW, lines=(line(1, Decimal(1), Memo__c="part"),)))
        assert payment.lines[0].extra == (("MEMO", "part"),)


class TestFilter:
    @pytest.mark.parametrize(
        ("operator", "values", "value", "wanted"),
        [
            ("in", ("Ready", "Reversal Requested"), "Ready", True),
            ("in", ("Ready",), "ready", True),
            ("in", ("Ready",), "Draft", False),
            ("in", ("Ready",), None, False),
            ("not in", ("Draft",), "Ready", True),
            ("not in", ("Draft",), "draft", False),
            ("not in", ("Draft",), None, True),
            ("=", ("",), None, True),
            ("=", ("",), "x", False),
            ("!=", ("",), "x", True),
            ("!=", ("",), None, False),
            ("!=", ("Draft",), None, True),
            ("=", ("10",), Decimal("10.00"), True),
            ("!=", ("10",), Decimal("10.01"), True),
            ("=", ("ten",), Decimal(10), False),
            ("=", ("true",), True, True),
            ("!=", ("true",), True, False),
            ("<", ("10",), Decimal("9.99"), True),
            ("<", ("10",), Decimal(10), False),
            ("<=", ("10",), Decimal(10), True),
            (">", ("9",), Decimal(10), True),
            (">=", ("1E1",), Decimal(10), True),
            (">", ("ten",), Decimal(10), False),
            (">=", ("2026-01-01",), "2026-11-24", True),
            ("<", ("2026-01-01",), "2026-11-24", False),
            ("<", ("10",), None, False),
            (">", ("false",), True, False),
        ],
    )
    def test_a_condition_holds_as_the_org_itself_would_say(
        self, operator: str, values: tuple[str, ...], value: Value, wanted: bool
    ) -> None:
        document = preset()
        where = Where.model_validate({"field": "Some__c", "operator": operator, "values": values})
        origin = document.origin.model_copy(update={"filter": (where,)})
        plan = prepare(document.model_copy(update={"origin": origin}))
        assert read(plan, row(Some__c=value)).wanted is wanted

    def test_all_conditions_must_hold(self) -> None:
        document = preset()
        where = Where(field="Amount__c", operator=">", values=("0",))
        origin = document.origin.model_copy(update={"filter": (*document.origin.filter, where)})
        plan = prepare(document.model_copy(update={"origin": origin}))
        assert read(plan, ROW).wanted
        assert not read(plan, row(Amount__c=Decimal(0))).wanted
        assert not read(plan, row(Status__c="Draft")).wanted


class TestShape:
    def test_it_asks_for_each_field_once(self) -> None:
        wanted = shape(PLAN)
        assert wanted.object == "AR_Payment__c"
        assert wanted.fields[:4] == (
            "Name",
            "Account__c",
            "Account__r.Name",
            "Account__r.Intacct_Customer_Id__c",
        )
        assert len(set(wanted.fields)) == len(wanted.fields) == 22
        assert (wanted.children, wanted.child_object) == ("AR_Payment_Lines__r", "AR_Payment_Line__c")
        assert wanted.child_fields == (
            "AR_Invoice__c",
            "AR_Invoice__r.Intacct_Key__c",
            "AR_Invoice__r.Name",
            "Amount__c",
        )
        assert wanted.conditions == (Condition("Status__c", "in", ("Ready", "Reversal Requested")),)

    def test_a_field_that_only_the_filter_needs_is_read_too(self) -> None:
        document = preset()
        where = Where(field="Archived__c", operator="=", values=("false",))
        origin = document.origin.model_copy(update={"filter": (where,)})
        assert shape(prepare(document.model_copy(update={"origin": origin}))).fields[-1] == "Archived__c"

    def test_an_org_that_fits_is_asked_for_everything(self) -> None:
        assert shape(PLAN, *facts()) == shape(PLAN)

    def test_an_optional_field_that_the_org_lacks_is_left_out(self) -> None:
        fitted = shape(PLAN, *facts(without="CurrencyIsoCode"))
        assert set(shape(PLAN).fields) - set(fitted.fields) == {"CurrencyIsoCode"}

    def test_any_other_is_named_with_its_object(self) -> None:
        with pytest.raises(BadSetting) as refused:
            shape(PLAN, *facts(without="Payer__c"))
        assert str(refused.value) == (
            "header row 16 (Payer__c → payer): AR_Payment__c has no field Payer__c. "
            "Correct the name, add the field, or mark the row optional."
        )

    def test_a_parent_is_checked_by_its_look_up(self) -> None:
        with pytest.raises(BadSetting, match="AR_Payment__c has no field Account__c"):
            shape(prepare(with_rows(field_row(word="account", constant="x"))), *facts(without="Account__c"))
        standard = prepare(with_rows(field_row(word="account_name", **{"from": "Account.Name"})))
        with pytest.raises(BadSetting, match="AR_Payment__c has no field AccountId"):
            shape(standard, *facts())

    def test_a_line_is_checked_against_its_own_object(self) -> None:
        header, lines = facts()
        fewer = {name: field for name, field in lines.fields.items() if name != "AR_Invoice__c"}
        with pytest.raises(BadSetting, match=r"lines row 1 .*AR_Payment_Line__c has no field AR_Invoice__c"):
            shape(PLAN, header, replace(lines, fields=fewer))

    def test_a_field_that_our_user_may_not_read_is_as_good_as_none(self) -> None:
        header, lines = facts()
        hidden = replace(
            header, fields={**header.fields, "Payer__c": FieldFacts("Payer__c", "string", readable=False)}
        )
        with pytest.raises(BadSetting, match="our user may not read Payer__c of AR_Payment__c"):
            shape(PLAN, hidden, lines)

    def test_a_filter_on_a_field_that_the_org_lacks_is_refused(self) -> None:
        header, lines = facts(without="Status__c")
        plan = prepare(with_rows(field_row(word="status", constant="Ready")))
        with pytest.raises(
            BadSetting, match=r"origin, filter row 1 \(Status__c\): AR_Payment__c has no field Status__c"
        ):
            shape(plan, header, lines)
