"""Writing and reading XML: nothing in a value can become markup, and nothing but plain elements is read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import BadSetting, Malformed
from app.intacct.requests import create_payment
from app.intacct.xml import KEPT_BYTES, MOST_BYTES, child, element, kept, parse, text
from app.records import Posting


@given(st.text())
def test_any_text_comes_back_as_it_was_or_with_replacement_characters(value: str) -> None:
    root = parse(f"<a>{element('DESCRIPTION', value)}</a>".encode("utf-8", "strict"))
    assert len(root) == 1
    came = root[0].text or ""
    assert len(came) == len(value)
    assert all(one == other or other == "\ufffd" for one, other in zip(value, came, strict=True))


@pytest.mark.parametrize("awkward", ["\x00", "\x0b", "\x1f", "\ud800", "\uffff"])
def test_a_character_that_xml_cannot_carry_is_replaced_and_harms_nobody(awkward: str) -> None:
    written = element("DESCRIPTION", f"a{awkward}b")
    assert text(parse(f"<a>{written}</a>".encode()), "DESCRIPTION") == "a\ufffdb"


def test_values_cannot_break_out_of_their_element() -> None:
    nasty = "</DESCRIPTION><RECORDNO>1</RECORDNO><!-- \"'&]]>"
    hurt = Posting(
        key="k",
        control_id='x"><create/>',
        entity="",
        header=(("DESCRIPTION", nasty),),
        lines=((("RECORDKEY", "1<2"),),),
    )
    root = parse(create_payment(hurt).text.encode())
    assert root.get("controlid") == 'x"><create/>'
    payment = root[0][0]
    assert [part.tag for part in payment] == ["DESCRIPTION", "ARPYMTDETAILS"]
    assert payment[0].text == nasty
    assert payment[1][0][0].text == "1<2"


@pytest.mark.parametrize("name", ["", "A B", "A><B", "1A", "x/", "A" * 101, "ns:A"])
def test_a_name_that_no_field_has_is_refused(name: str) -> None:
    with pytest.raises(BadSetting):
        element(name, "v")


ENTITIES = b'<!DOCTYPE a [<!ENTITY x "boom">]><a>&x;</a>'


@pytest.mark.parametrize(
    "body",
    [
        ENTITIES,
        b'<!DOCTYPE a SYSTEM "http://example.com/a.dtd"><a/>',
        ENTITIES.decode().encode("utf-16"),
        b'<?xml version="1.0" encoding="cp037"?>' + ENTITIES.decode().encode("cp037"),
        b"<a>&undeclared;</a>",
        b"<a><b></a>",
        b"<response><control>",
        b"<html><body>Maintenance<br></body></html>",
        b"",
        b"<a/><b/>",
        b"<a>" + b" " * MOST_BYTES + b"</a>",
    ],
    ids=range(11),
)
def test_what_is_no_plain_utf8_document_is_refused(body: bytes) -> None:
    with pytest.raises(Malformed):
        parse(body)


def test_names_are_found_in_any_case_and_the_exact_one_first() -> None:
    root = parse(b"<data><recordno>1</recordno><RECORDNO>2</RECORDNO></data>")
    assert text(root, "RECORDNO") == "2"
    assert text(root, "RecordNo") == "1"
    assert child(root, "KEY") is None
    assert text(root, "KEY") == ""


def test_what_is_kept_is_bounded_in_bytes_and_stays_text() -> None:
    long = kept("é" * KEPT_BYTES)
    assert len(long.encode()) <= KEPT_BYTES
    assert long.endswith("é…")
    assert kept("<short/>") == "<short/>"
