"""The document: in and out as JSON, and every way in which it can be wrong, said in words."""

import json
import re
from dataclasses import fields
from importlib.resources import files
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import BadSetting
from app.mapping.consistency import contradictions
from app.mapping.document import Document, FieldRow, Where, parse, to_json
from app.mapping.plan import prepare
from app.mapping.preset import preset
from app.mapping.words import HEADER, LINE
from app.records import Payment, PaymentLine
from tests.unit.mapping.examples import field_row, with_rows


def edited(old: str, new: str) -> str:
    text = to_json(preset())
    assert old in text
    return text.replace(old, new, 1)


def test_the_preset_says_every_word_once_and_contradicts_nothing() -> None:
    document = preset()
    assert contradictions(document) == []
    assert [row.word for row in document.header] == list(HEADER)
    assert [row.word for row in document.lines] == list(LINE)


def test_every_word_is_a_field_of_the_records() -> None:
    assert set(HEADER) <= {field.name for field in fields(Payment)}
    assert set(LINE) <= {field.name for field in fields(PaymentLine)}


def test_the_preset_survives_export_and_import() -> None:
    assert parse(to_json(preset())) == preset()


texts = st.text(min_size=1, max_size=30).filter(str.strip)
names = st.from_regex(r"[A-Za-z][A-Za-z0-9_]{0,20}", fullmatch=True)
rows = st.builds(
    lambda word, source, to, values, default, written: FieldRow.model_validate(
        {"word": word, "from": source, "to": to, "values": values, "default": default, "format": written}
    ),
    st.sampled_from(["", *HEADER]),
    names,
    st.none() | names,
    st.none() | names | st.dictionaries(texts, st.text(max_size=20), max_size=4),
    st.none() | texts,
    st.sampled_from([None, "amount", "date", "text", "exact"]),
)


@given(
    st.lists(rows, max_size=5),
    st.dictionaries(texts, st.dictionaries(texts, texts, max_size=4), max_size=3),
    texts,
)
def test_any_document_survives_export_and_import(
    header: list[FieldRow], maps: dict[str, dict[str, str]], note: str
) -> None:
    document = preset().model_copy(update={"header": tuple(header), "value_maps": maps, "note": note})
    written = to_json(document)
    assert parse(written) == document
    assert to_json(parse(written)) == written


def test_each_row_stands_on_a_line_of_its_own() -> None:
    lines = to_json(preset()).splitlines()
    assert '    {"word": "receipt_date", "from": "Receipt_Date__c", "to": "RECEIPTDATE"},' in lines
    assert '      "Printed Check": "Printed Check",' in lines


@pytest.mark.parametrize(
    ("old", "new", "name", "problem"),
    [
        ('"version": 1', '"version": one', "mapping", "line 3 is not JSON: Expecting value"),
        ('"version": 1', '"version": 0', "version", "Input should be greater than or equal to 1"),
        ('"name": "payment-to-intacct",', "", "name", "is missing"),
        ('"status": "Status__c",', "", "write_back, status", "is missing"),
        ('"sync_message": "Sync_Message__c",', "", "write_back, sync_message", "is missing"),
        ('"sync_status": "Sync_Status__c",', "", "write_back, sync_status", "is missing"),
        ('"from": "Reference__c"', '"form": "Reference__c"', "header row 9, form", "is not known here"),
        (
            '"from": "Reference__c"',
            '"from": "Reference c"',
            "header row 9, from",
            "is not the name of a field",
        ),
        ('"to": "CURRENCY"', '"to": "<CURRENCY>"', "header row 6, to", "is not the name of a field"),
        ('"optional": true', '"constant": 1', "header row 6, constant", "must be text, in quotes"),
        ('"operator": "in"', '"operator": "like"', "origin, filter row 1, operator", "Input should be"),
        (
            '"values": ["Ready", "Reversal Requested"]',
            '"values": []',
            "origin, filter row 1, values",
            "is empty",
        ),
        ('"Cash": "Cash"', '"EFT": "Cash"', "mapping", "“EFT” is written twice in one place"),
    ],
)
def test_what_is_not_a_mapping_is_refused_with_the_row_and_the_field(
    old: str, new: str, name: str, problem: str
) -> None:
    with pytest.raises(BadSetting) as refused:
        parse(edited(old, new))
    assert refused.value.name == name
    assert refused.value.problem.startswith(problem)
    assert refused.value.remedy == "Correct the document and import it again."


def test_text_that_is_json_but_no_mapping_is_refused() -> None:
    with pytest.raises(BadSetting, match="mapping: Input should be"):
        parse("[]")


def only(document: Document, key_field: str = "DOCNUMBER") -> BadSetting:
    (found,) = contradictions(document, key_field=key_field)
    return found


@pytest.mark.parametrize(
    ("row", "name", "problem", "remedy"),
    [
        (
            {"word": "colour", "from": "Colour__c"},
            "header row 23 (Colour__c → colour)",
            "“colour” is no word of ours",
            "Use one of key, account,",
        ),
        (
            {"from": "Region__c"},
            "header row 23 (Region__c)",
            "goes nowhere",
            "Give it a “to”, a “word”, or remove it.",
        ),
        (
            {"to": "REGION"},
            "header row 23 (REGION)",
            "has neither a field to read nor a constant",
            "Give it a “from”",
        ),
        (
            {"from": "Region__c", "constant": "NA", "to": "REGION"},
            "header row 23 (Region__c → REGION)",
            "has a field to read and a constant",
            "Keep one;",
        ),
        (
            {"constant": "NA", "default": "EU", "to": "REGION"},
            "header row 23 (constant → REGION)",
            "has a constant, which takes no default and no value map",
            "Remove these.",
        ),
        (
            {"from": "Region__c", "to": "REGION", "values": "regions"},
            "header row 23 (Region__c → REGION)",
            "there is no value map “regions”",
            "Value maps are: method, deposit_account.",
        ),
        (
            {"from": "Fee__c", "to": "FEE", "format": "amount", "values": {"a": "1"}},
            "header row 23 (Fee__c → FEE)",
            "a value map cannot translate an amount",
            "Remove “values”.",
        ),
        (
            {"from": "Region__c", "to": "customerid"},
            "header row 23 (Region__c → customerid)",
            "customerid is filled by header row 4 (Account__r.Intacct_Customer_Id__c → customer → CUSTOMERID) already",
            "Let one row fill a field.",
        ),
        (
            {"from": "Region__c", "to": "DOCNUMBER"},
            "header row 23 (Region__c → DOCNUMBER)",
            "DOCNUMBER is filled from “reference”",
            "Use the word “reference” for what goes there.",
        ),
        (
            {"from": "Bank__c", "to": "FINANCIALENTITY"},
            "header row 23 (Bank__c → FINANCIALENTITY)",
            "FINANCIALENTITY is filled from “deposit_to”",
            "Use the word “deposit_to” for what goes there.",
        ),
        (
            {"constant": "x1", "to": "FEE", "format": "amount"},
            "header row 23 (constant → FEE)",
            "the constant “x1” is no amount",
            "Write 1250.00, or 2026-11-24.",
        ),
        (
            {"from": "Day__c", "default": "tomorrow", "to": "DAY", "format": "date"},
            "header row 23 (Day__c → DAY)",
            "the default “tomorrow” is no day",
            "Write 1250.00, or 2026-11-24.",
        ),
        (
            {"constant": " ", "to": "REGION"},
            "header row 23 (constant → REGION)",
            "the constant is empty",
            "Fill it in,",
        ),
    ],
)
def test_a_row_that_contradicts_itself_is_named(
    row: dict[str, object], name: str, problem: str, remedy: str
) -> None:
    found = only(with_rows(field_row(**row)))
    assert (found.name, found.problem) == (name, problem)
    assert found.remedy.startswith(remedy)


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ({"word": "customer", "from": "Customer__c"}, "every payment carries this, and it goes nowhere"),
        ({"word": "deposit_to", "from": "Bank__c", "to": "BANK"}, "where money goes is a rule, not a row"),
        (
            {"word": "receipt_date", "from": "Day__c", "to": "RECEIPTDATE", "format": "text"},
            "“receipt_date” cannot be written as “text”",
        ),
        (
            {"word": "key", "from": "Name", "to": "OURKEY"},
            "a payment is looked up by its key, and only by it",
        ),
        (
            {"word": "amount", "from": "Amount__c", "values": "method"},
            "a value map cannot translate an amount",
        ),
        (
            {"word": "reversal_date", "from": "Reversal_Date__c", "values": "method"},
            "a value map cannot translate a day",
        ),
    ],
)
def test_a_word_is_used_only_for_what_it_means(row: dict[str, object], problem: str) -> None:
    assert only(with_rows(field_row(**row))).problem == problem


@pytest.mark.parametrize(
    "word", ["key", "account", "customer", "amount", "receipt_date", "method", "status", "sync_status"]
)
def test_a_header_word_that_the_pipeline_needs_cannot_be_missing(word: str) -> None:
    document = preset()
    without = document.model_copy(
        update={"header": tuple(row for row in document.header if row.word != word)}
    )
    found = only(without)
    assert str(found) == f"header: no row says “{word}”. Add a row with the word “{word}”."


@pytest.mark.parametrize("word", ["invoice", "invoice_key", "amount"])
def test_a_line_word_that_the_pipeline_needs_cannot_be_missing(word: str) -> None:
    document = preset()
    without = document.model_copy(update={"lines": tuple(row for row in document.lines if row.word != word)})
    assert only(without).problem == f"no row says “{word}”"


def test_a_word_said_twice_is_refused() -> None:
    document = preset()
    twice = document.model_copy(
        update={"header": (*document.header, field_row(word="payer", **{"from": "Who__c"}))}
    )
    assert only(twice).problem == "“payer” is said by header row 16 (Payer__c → payer) already"


def test_a_field_that_holds_the_key_can_hold_nothing_else() -> None:
    document = with_rows(field_row(to="OUR_KEY", **{"from": "Region__c"}))
    assert contradictions(document) == []
    assert (
        only(document, "OUR_KEY").problem == "OUR_KEY is filled by header row 1 (Name → key → {key}) already"
    )


def test_a_mapping_without_filter_would_take_drafts() -> None:
    document = preset()
    origin = document.origin.model_copy(update={"filter": ()})
    found = only(document.model_copy(update={"origin": origin}))
    assert str(found) == (
        "origin, filter: has no condition, so that drafts would be posted too. Add one, such as a status."
    )


def test_an_operator_for_one_value_takes_one() -> None:
    document = preset()
    where = Where(field="Status__c", operator="=", values=("Ready", "Draft"))
    origin = document.origin.model_copy(update={"filter": (where,)})
    assert only(document.model_copy(update={"origin": origin})).problem == "“=” takes one value and has 2"


def test_two_things_are_not_written_back_into_one_field() -> None:
    document = preset()
    fields = document.write_back.model_copy(update={"target_state": "Sync_Status__c"})
    found = only(document.model_copy(update={"write_back": fields}))
    assert str(found) == (
        "write_back, target_state: Sync_Status__c is written by “sync_status” already. Use a field for each."
    )


def test_all_contradictions_are_told_and_nothing_runs_on_the_first() -> None:
    document = with_rows(
        field_row(to="A", **{"from": "X__c"}), field_row(to="a", constant=" "), field_row(word="colour")
    )
    assert [found.name.split(" (")[0] for found in contradictions(document)] == [
        "header row 24",
        "header row 25",
        "header row 24",
    ]
    with pytest.raises(BadSetting, match="the constant is empty"):
        prepare(document)


def test_the_preset_file_is_written_as_an_export_would_write_it() -> None:
    assert files("app.mapping").joinpath("preset.json").read_text(encoding="utf-8") == to_json(preset())
    assert json.loads(to_json(preset()))["version"] == 1


def examples() -> list[str]:
    guide = (Path(__file__).parents[3] / "docs" / "mappings.md").read_text(encoding="utf-8")
    return re.findall(r"^```json\n(.*?)^```", guide, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("example", examples())
def test_every_row_that_the_guide_shows_works(example: str) -> None:
    assert contradictions(with_rows(FieldRow.model_validate_json(example))) == []


def test_the_guide_explains_every_word() -> None:
    guide = (Path(__file__).parents[3] / "docs" / "mappings.md").read_text(encoding="utf-8")
    assert [word for word in (*HEADER, *LINE) if f"`{word}`" not in guide] == []
