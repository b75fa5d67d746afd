"""From a payment to the destination's fields, from what became of it to the origin's, and the preview of both."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.mapping.check import check
from app.mapping.document import Document
from app.mapping.plan import Plan, prepare
from app.mapping.preset import preset
from app.mapping.preview import PreviewRow, preview
from app.mapping.reading import read
from app.mapping.writers import Defaults
from app.mapping.writing import changes, posting
from app.records import Books, Change, FieldFacts, Invoice, Note, Payment, Posting, Row, SyncStatus
from tests.unit.mapping.examples import BOOKS, DEFAULTS, ROW, facts, field_row, line, row, with_rows

PLAN = prepare(preset())
AT = datetime(2026, 11, 24, 14, 32, 5, 123456, tzinfo=timezone(timedelta(hours=-5)))


def posted(
    record: Row = ROW, plan: Plan = PLAN, defaults: Defaults = DEFAULTS, books: Books = BOOKS
) -> Posting:
    return posting(plan, read(plan, record), books, generation=1, defaults=defaults)


def header(record: Row = ROW, plan: Plan = PLAN, defaults: Defaults = DEFAULTS) -> dict[str, str]:
    pairs = posted(record, plan, defaults).header
    assert len(dict(pairs)) == len(pairs), "a field is written twice"
    return dict(pairs)


def test_the_preset_posts_what_the_contract_says() -> None:
    assert posted() == Posting(
        key="ARP-000412",
        control_id="main:payment:ARP-000412:1",
        entity="100",
        header=(
            ("DOCNUMBER", "ARP-000412"),
            ("CUSTOMERID", "C-10233"),
            ("CURRENCY", "USD"),
            ("RECEIPTDATE", "11/24/2026"),
            ("PAYMENTMETHOD", "EFT"),
            ("DESCRIPTION", "CFF-88140 · November, part 2"),
            ("FINANCIALENTITY", "CHASE-4471"),
        ),
        lines=(
            (("RECORDKEY", "55160"), ("TRX_PAYMENTAMOUNT", "9000.00")),
            (("RECORDKEY", "55171"), ("TRX_PAYMENTAMOUNT", "9450.00")),
        ),
    )


class TestWhereTheMoneyGoes:
    def test_the_payment_says_it_first(self) -> None:
        both = replace(DEFAULTS, undeposited_account="1030")
        assert header(row(Deposit_To__c="BARC-2207"), defaults=both)["FINANCIALENTITY"] == "BARC-2207"
        assert "UNDEPOSITEDACCOUNTNO" not in header(row(Deposit_To__c="BARC-2207"), defaults=both)

    def test_undeposited_funds_come_last(self) -> None:
        funds = Defaults("main", undeposited_account="1030")
        assert header(defaults=funds)["UNDEPOSITEDACCOUNTNO"] == "1030"
        assert "FINANCIALENTITY" not in header(defaults=funds)

    def test_a_mapping_without_the_word_still_places_the_money(self) -> None:
        document = preset()
        silent = document.model_copy(
            update={"header": tuple(r for r in document.header if r.word != "deposit_to")}
        )
        assert header(plan=prepare(silent))["FINANCIALENTITY"] == "CHASE-4471"


class TestReference:
    @pytest.mark.parametrize(
        ("reference", "description", "joined"),
        [
            ("CFF-88140", "November", "CFF-88140 · November"),
            ("CFF-88140", None, "CFF-88140"),
            (None, "November\nand more", "November and more"),
            (None, None, None),
        ],
    )
    def test_it_joins_the_description_where_the_key_takes_its_place(
        self, reference: str | None, description: str | None, joined: str | None
    ) -> None:
        written = header(row(Reference__c=reference, Description__c=description))
        assert written["DOCNUMBER"] == "ARP-000412"
        assert written.get("DESCRIPTION") == joined

    def test_it_has_its_own_place_where_the_key_has_a_custom_field(self) -> None:
        written = header(defaults=replace(DEFAULTS, key_field="OUR_KEY"))
        assert (written["OUR_KEY"], written["DOCNUMBER"]) == ("ARP-000412", "CFF-88140")
        assert written["DESCRIPTION"] == "November, part 2"

    def test_a_row_may_place_it_elsewhere(self) -> None:
        plan = prepare(with_rows(field_row(word="reference", to="CHECK_NO", **{"from": "Reference__c"})))
        written = header(plan=plan)
        assert (written["CHECK_NO"], written["DESCRIPTION"]) == ("CFF-88140", "November, part 2")

    def test_a_row_that_names_the_rules_own_place_is_the_rule(self) -> None:
        plan = prepare(with_rows(field_row(word="reference", to="DOCNUMBER", **{"from": "Reference__c"})))
        assert header(plan=plan)["DOCNUMBER"] == "ARP-000412"
        assert header(plan=plan)["DESCRIPTION"] == "CFF-88140 · November, part 2"

    def test_it_follows_a_description_that_has_another_place(self) -> None:
        plan = prepare(with_rows(field_row(word="description", to="MEMO", **{"from": "Description__c"})))
        assert header(plan=plan)["MEMO"] == "CFF-88140 · November, part 2"

    def test_it_is_written_without_any_row_for_the_description(self) -> None:
        document = preset()
        silent = document.model_copy(
            update={"header": tuple(r for r in document.header if r.word != "description")}
        )
        assert header(plan=prepare(silent))["DESCRIPTION"] == "CFF-88140"


class TestAmounts:
    @pytest.mark.parametrize(
        ("currency", "amount", "written"),
        [
            ("USD", Decimal("1E+3"), "1000.00"),
            ("JPY", Decimal("1284.0"), "1284"),
            ("KWD", Decimal("1.5"), "1.500"),
            ("USD", Decimal("12345678901234567890.12"), "12345678901234567890.12"),
            ("USD", Decimal("0.1") + Decimal("0.2"), "0.30"),
        ],
    )
    def test_they_have_their_currencys_decimals(self, currency: str, amount: Decimal, written: str) -> None:
        record = replace(row(CurrencyIsoCode=currency), lines=(line(1, amount),))
        assert dict(posted(record).lines[0])["TRX_PAYMENTAMOUNT"] == written

    @given(st.integers(1, 10**19))
    def test_no_cent_is_lost_between_reading_and_writing(self, cents: int) -> None:
        amount = Decimal(cents).scaleb(-2)
        written = dict(posted(replace(ROW, lines=(line(1, amount),))).lines[0])["TRX_PAYMENTAMOUNT"]
        assert Decimal(written) == amount
        assert written == f"{cents // 100}.{cents % 100:02}"

    def test_an_overpayment_is_written_with_its_place(self) -> None:
        places = {"Overpayment_Location__c": "100", "Overpayment_Department__c": "AR"}
        over = header(row(Overpayment_Amount__c=Decimal(200), **places))
        assert (
            over["OVERPAYMENTAMOUNT"],
            over["OVERPAYMENTLOCATIONID"],
            over["OVERPAYMENTDEPARTMENTID"],
        ) == (
            "200.00",
            "100",
            "AR",
        )
        for none in (None, Decimal(0)):
            assert not any(
                name.startswith("OVERPAYMENT") for name in header(row(Overpayment_Amount__c=none, **places))
            )

    def test_an_exchange_rate_keeps_all_its_digits(self) -> None:
        assert header(row(Exchange_Rate__c=Decimal("1.08421330")))["EXCHANGE_RATE"] == "1.0842133"

    def test_custom_fields_follow_their_format(self) -> None:
        plan = prepare(
            with_rows(
                field_row(to="FEE", format="amount", **{"from": "Fee__c"}),
                field_row(to="CLEARED", format="date", **{"from": "Cleared__c"}),
                field_row(to="REGION", constant="NA"),
            )
        )
        written = header(row(Fee__c=Decimal("2.5"), Cleared__c="2026-12-01"), plan)
        assert (written["FEE"], written["CLEARED"], written["REGION"]) == ("2.50", "12/01/2026", "NA")
        assert {"FEE", "CLEARED"}.isdisjoint(header(plan=plan))

    def test_lines_carry_their_own_custom_fields(self) -> None:
        document = preset()
        lines = (*document.lines, field_row(to="FEE", format="amount", **{"from": "Fee__c"}))
        plan = prepare(document.model_copy(update={"lines": lines}))
        record = replace(ROW, lines=(line(1, Decimal(1), Fee__c=Decimal("0.5")), line(2, Decimal(2))))
        first, second = posted(record, plan).lines
        assert dict(first)["FEE"] == "0.50"
        assert "FEE" not in dict(second)


class TestCurrencyAndEntity:
    def test_the_connection_speaks_where_the_org_has_one_currency(self) -> None:
        assert (
            header(row(CurrencyIsoCode=None), defaults=replace(DEFAULTS, currency="JPY"))["CURRENCY"] == "JPY"
        )

    def test_else_the_invoices(self) -> None:
        assert header(row(CurrencyIsoCode=None))["CURRENCY"] == "USD"
        silent = posting(
            PLAN, read(PLAN, row(CurrencyIsoCode=None)), Books(), generation=1, defaults=DEFAULTS
        )
        assert "CURRENCY" not in dict(silent.header)

    def test_a_payment_stands_in_the_entity_it_names(self) -> None:
        assert posted(row(Entity__c="300")).entity == "300"

    def test_invoices_of_several_entities_leave_it_to_the_connection(self) -> None:
        other = Invoice("55171", "INV-10540", "C-10233", "USD", Decimal(9450), "200")
        books = replace(BOOKS, invoices={**BOOKS.invoices, "55171": other})
        assert posted(books=books).entity == ""
        assert posted(books=books, defaults=replace(DEFAULTS, entity="900")).entity == "900"
        assert posted(defaults=replace(DEFAULTS, entity="900")).entity == "100"


class TestControlId:
    def test_it_changes_with_nothing_but_key_and_generation(self) -> None:
        payment = read(PLAN, ROW)
        changed = replace(
            payment, amount=Decimal(1), description="other", lines=(), entity="9", status="Posted"
        )
        first = posting(PLAN, payment, BOOKS, generation=1, defaults=DEFAULTS).control_id
        assert (
            posting(
                PLAN, changed, Books(), generation=1, defaults=replace(DEFAULTS, currency="EUR")
            ).control_id
            == first
        )
        assert posting(PLAN, payment, BOOKS, generation=2, defaults=DEFAULTS).control_id != first
        other = replace(DEFAULTS, connection="uk")
        assert posting(PLAN, payment, BOOKS, generation=1, defaults=other).control_id != first

    @given(st.text(min_size=1, max_size=400), st.text(min_size=1, max_size=400), st.integers(1, 10**6))
    def test_two_keys_never_share_one_however_long(self, one: str, other: str, generation: int) -> None:
        def control_id(key: str) -> str:
            payment = replace(read(PLAN, ROW), key=key)
            return posting(PLAN, payment, BOOKS, generation=generation, defaults=DEFAULTS).control_id

        assert 0 < len(control_id(one)) <= 256
        assert (control_id(one) == control_id(other)) is (one == other)


def test_a_payment_that_no_judge_would_pass_can_still_be_shown() -> None:
    bare = posting(
        PLAN, read(PLAN, Row("a01", {}, (Row("a03", {}),))), Books(), generation=1, defaults=Defaults("main")
    )
    assert (bare.header, bare.lines) == ((), ((),))


NOTE = Note(
    id="a01",
    sync_status=SyncStatus.SYNCED,
    message="Posted in Intacct as 77.",
    at=AT,
    status="Posted",
    target_id="77",
    target_state="Complete",
    lines=(("a03-1", "501"), ("a03-2", "502")),
)


class TestWriteBack:
    def test_all_that_is_known_stands_beside_the_record_and_its_lines(self) -> None:
        assert changes(PLAN, NOTE) == [
            Change(
                "AR_Payment__c",
                "a01",
                {
                    "Sync_Status__c": "Synced",
                    "Sync_Message__c": "Posted in Intacct as 77.",
                    "Synced_At__c": "2026-11-24T19:32:05.123Z",
                    "Status__c": "Posted",
                    "Intacct_Key__c": "77",
                    "Intacct_State__c": "Complete",
                },
            ),
            Change("AR_Payment_Line__c", "a03-1", {"Intacct_Key__c": "501"}),
            Change("AR_Payment_Line__c", "a03-2", {"Intacct_Key__c": "502"}),
        ]

    def test_what_is_not_known_is_left_as_it_is(self) -> None:
        note = Note("a01", SyncStatus.NEEDS_ATTENTION, "The payment has no account.", AT)
        assert changes(PLAN, note) == [
            Change(
                "AR_Payment__c",
                "a01",
                {"Sync_Status__c": "Needs Attention", "Sync_Message__c": "The payment has no account."},
            )
        ]

    def test_no_message_empties_the_field(self) -> None:
        (change,) = changes(PLAN, replace(NOTE, message="", lines=()))
        assert change.values["Sync_Message__c"] is None

    def test_a_long_message_is_cut_to_what_the_field_takes(self) -> None:
        (fits,) = changes(PLAN, replace(NOTE, message="x" * 32_000, lines=()))
        (cut,) = changes(PLAN, replace(NOTE, message="x" * 32_001, lines=()))
        assert fits.values["Sync_Message__c"] == "x" * 32_000
        assert cut.values["Sync_Message__c"] == "x" * 31_999 + "…"

    def test_an_org_reads_its_own_words_for_posted_and_reversed(self) -> None:
        plan = prepare(self.written_back(posted_status="Booked", reversed_status="Void"))
        for ours, theirs in (("Posted", "Booked"), ("Reversed", "Void"), ("Ready", "Ready")):
            assert changes(plan, replace(NOTE, status=ours))[0].values["Status__c"] == theirs

    def test_fields_that_an_org_does_not_have_are_not_written(self) -> None:
        none = dict.fromkeys(("synced_at", "target_id", "target_state", "line_target_id"))
        (change,) = changes(prepare(self.written_back(**none)), NOTE)
        assert set(change.values) == {"Status__c", "Sync_Status__c", "Sync_Message__c"}

    def written_back(self, **fields: str | None) -> Document:
        document = preset()
        return document.model_copy(update={"write_back": document.write_back.model_copy(update=fields)})


class TestPreview:
    def rows(self, record: Row = ROW, plan: Plan = PLAN, defaults: Defaults = DEFAULTS) -> list[PreviewRow]:
        payment: Payment = read(plan, record)
        written = posting(plan, payment, BOOKS, generation=1, defaults=defaults)
        return preview(plan, record, payment, written, defaults=defaults)

    def of(self, word: str, **how: Defaults | Row) -> PreviewRow:
        return next(row for row in self.rows(**how) if row.word == word)  # type: ignore[arg-type]  # rows() checks

    def test_each_row_shows_what_was_read_and_what_would_be_written(self) -> None:
        assert self.of("receipt_date") == PreviewRow(
            "Receipt_Date__c", "2026-11-24", "receipt_date", "", "RECEIPTDATE", "11/24/2026"
        )
        assert self.of("method") == PreviewRow(
            "Payment_Method__c", "EFT", "method", "method", "PAYMENTMETHOD", "EFT"
        )
        assert self.of("amount") == PreviewRow("Amount__c", "18450.00", "amount", "", "", "")

    def test_what_a_rule_chose_stands_at_its_word(self) -> None:
        assert (self.of("key").to, self.of("key").written) == ("DOCNUMBER", "ARP-000412")
        assert (self.of("deposit_to").to, self.of("deposit_to").written) == ("FINANCIALENTITY", "CHASE-4471")
        assert self.of("reference").to == "DESCRIPTION"
        own_key = replace(DEFAULTS, key_field="OUR_KEY", deposit_account="", undeposited_account="1030")
        assert self.of("key", defaults=own_key).to == "OUR_KEY"
        assert (
            self.of("reference", defaults=own_key).to,
            self.of("reference", defaults=own_key).written,
        ) == (
            "DOCNUMBER",
            "CFF-88140",
        )
        assert self.of("deposit_to", defaults=own_key).to == "UNDEPOSITEDACCOUNTNO"

    def test_nothing_is_written_that_the_preview_does_not_show(self) -> None:
        document = preset()
        silent = document.model_copy(
            update={"header": tuple(r for r in document.header if r.word != "deposit_to")}
        )
        shown = self.rows(plan=prepare(silent))
        assert {row.to for row in shown if row.written and not row.line} == set(header(plan=prepare(silent)))

    def test_lines_are_numbered(self) -> None:
        lines = [(row.line, row.to, row.written) for row in self.rows() if row.line and row.to]
        assert lines == [
            (1, "RECORDKEY", "55160"),
            (1, "TRX_PAYMENTAMOUNT", "9000.00"),
            (2, "RECORDKEY", "55171"),
            (2, "TRX_PAYMENTAMOUNT", "9450.00"),
        ]

    def test_what_could_not_be_read_says_so_in_its_row(self) -> None:
        record = replace(row(Receipt_Date__c="soon"), lines=(line(1, Decimal(1)), line(2, "two")))
        told = {(shown.line, shown.word): shown.problem for shown in self.rows(record) if shown.problem}
        assert told == {
            (0, "receipt_date"): "Receipt_Date__c says “soon”: that is not a day.",
            (2, "amount"): "Line 2: Amount__c says “two”: that is not an amount.",
        }


class TestCheck:
    def test_the_preset_fits_its_own_org_with_one_currency_or_several(self) -> None:
        assert check(preset(), *facts()) == []
        assert check(preset(), *facts(without="CurrencyIsoCode")) == []

    def test_everything_that_is_wrong_is_told(self) -> None:
        told = [str(found) for found in check(preset(), *facts(without="Status__c"))]
        assert told == [
            "origin, filter row 1 (Status__c): AR_Payment__c has no field Status__c. "
            "Correct the name, add the field, or mark the row optional.",
            "header row 19 (Status__c → status): AR_Payment__c has no field Status__c. "
            "Correct the name, add the field, or mark the row optional.",
            "write_back, status: AR_Payment__c has no field Status__c. Correct the name, or add the field.",
        ]

    def test_without_an_org_only_contradictions_are_found(self) -> None:
        assert check(preset()) == []
        assert len(check(with_rows(field_row(to="A", constant=" ")))) == 1

    def test_fields_of_the_wrong_type_are_found(self) -> None:
        headers, lines = facts()
        wrong = {
            "Receipt_Date__c": FieldFacts("Receipt_Date__c", "datetime"),
            "Amount__c": FieldFacts("Amount__c", "date"),
        }
        told = [
            str(found)
            for found in check(preset(), replace(headers, fields={**headers.fields, **wrong}), lines)
        ]
        assert told == [
            "header row 5 (Amount__c → amount): Amount__c is a date and holds no amount. Read a number or currency field.",
            "header row 7 (Receipt_Date__c → receipt_date → RECEIPTDATE): Receipt_Date__c is a datetime and holds no day. "
            "Read a date field.",
        ]

    def test_fields_that_cannot_be_written_back_are_found(self) -> None:
        headers, lines = facts()
        formula = {"Sync_Message__c": FieldFacts("Sync_Message__c", "string", writable=False)}
        key = {"Intacct_Key__c": FieldFacts("Intacct_Key__c", "string", writable=False)}
        told = check(
            preset(),
            replace(headers, fields={**headers.fields, **formula}),
            replace(lines, fields={**lines.fields, **key}),
        )
        assert [found.name for found in told] == ["write_back, sync_message", "write_back, line_target_id"]
        assert told[0].problem == "Sync_Message__c of AR_Payment__c can be read, not written"

    def test_lines_must_be_children_of_the_payment(self) -> None:
        headers, lines = facts()
        (missing,) = check(preset(), replace(headers, children={"Notes__r": "Note__c"}), lines)
        assert str(missing) == (
            "origin, lines: AR_Payment__c has no child relationship AR_Payment_Lines__r. It has: Notes__r."
        )
        (other,) = check(preset(), replace(headers, children={"AR_Payment_Lines__r": "Other__c"}), lines)
        assert other.problem == "AR_Payment_Lines__r leads to Other__c, not to AR_Payment_Line__c"

    def test_a_key_field_that_a_row_fills_already_is_found(self) -> None:
        document = with_rows(field_row(to="OUR_KEY", constant="x"))
        assert check(document) == []
        assert len(check(document, key_field="OUR_KEY")) == 1


def test_instants_are_written_in_utc() -> None:
    (change,) = changes(PLAN, replace(NOTE, at=datetime(2026, 1, 2, tzinfo=UTC), lines=()))
    assert change.values["Synced_At__c"] == "2026-01-02T00:00:00.000Z"
