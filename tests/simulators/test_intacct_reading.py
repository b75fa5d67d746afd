"""query, read, readByName, readByQuery and readMore: what they find, in which order and in which format."""

import json
from xml.etree.ElementTree import Element

import pytest

from simulators.intacct.settings import Settings
from tests.simulators.intacct_company import (
    Ask,
    at,
    company,
    function,
    line,
    numbers,
    payment,
    request,
    reverse,
    said,
)


def query(kind: str, fields: str, where: str = "", more: str = "") -> str:
    select = "".join(f"<field>{name}</field>" for name in fields.split())
    filtered = f"<filter>{where}</filter>" if where else ""
    return f"<query><object>{kind}</object><select>{select}</select>{filtered}{more}</query>"


def condition(operator: str, field: str, *values: str) -> str:
    inside = "".join(f"<value>{value}</value>" for value in values)
    return f"<{operator}><field>{field}</field>{inside}</{operator}>"


def found(result: Element, field: str = "RECORDNO") -> list[str]:
    assert result.findtext("status") == "success", said(result) or numbers(result)
    return [row.findtext(field, "") for row in result.find("data")]


def invoices(books, where: str, more: str = "", field: str = "RECORDID") -> list[str]:
    return sorted(found(books.run(query("ARINVOICE", f"RECORDNO {field}", where, more)), field))


# ---- filters ----


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        (condition("equalto", "RECORDNO", "55102"), "INV-10482"),
        (condition("equalto", "RECORDID", "INV-J-0088"), "INV-J-0088"),
        (condition("greaterthan", "TRX_TOTALDUE", "52000"), "INV-10570 INV-J-0088 INV-J-0089"),
        (condition("greaterthanorequalto", "TRX_TOTALDUE", "640000"), "INV-J-0088 INV-J-0089"),
        (condition("lessthan", "TRX_TOTALDUE", "415.95"), "INV-10562"),
        (condition("lessthanorequalto", "TRX_TOTALDUE", "415.95"), "INV-10562 INV-10563"),
        (condition("between", "WHENDUE", "12/07/2026", "12/09/2026"), "INV-10507 INV-E-0419"),
        (condition("in", "RECORDNO", "55102", "55131", "1"), "INV-10482 INV-10507"),
        (condition("like", "RECORDID", "INV-J%"), "INV-J-0088 INV-J-0089"),
        (condition("like", "RECORDID", "INV-E-04_9"), "INV-E-0419"),
        (condition("like", "CUSTOMER.NAME", "Nordwind%"), "INV-E-0412 INV-E-0419"),
        (condition("isnull", "CURRENCY"), ""),
        (
            f"<and>{condition('equalto', 'CUSTOMERID', 'C-10233')}{condition('notequalto', 'RECORDNO', '55102')}"
            f"{condition('notlike', 'RECORDID', '%4_')}</and>",
            "INV-10507 INV-10533",
        ),
        (
            f"<or>{condition('equalto', 'CURRENCY', 'GBP')}<and>{condition('equalto', 'CURRENCY', 'EUR')}"
            f"{condition('notin', 'CUSTOMERID', 'C-20418')}</and></or>",
            "INV-E-0420 INV-G-0207",
        ),
    ],
)
def test_a_filter_finds_what_it_says(books, where, expected):
    assert " ".join(invoices(books, where)) == expected


def test_nothing_compares_as_neither_equal_nor_different(books):
    books.create(payment(line(55102, "1"), DESCRIPTION=""))
    assert found(books.run(query("ARPYMT", "RECORDNO", condition("notequalto", "DESCRIPTION", "x")))) == []
    assert len(found(books.run(query("ARPYMT", "RECORDNO", condition("isnull", "DESCRIPTION"))))) == 1


def test_case_counts_unless_the_query_says_otherwise(books):
    where = condition("equalto", "RECORDID", "inv-10482")
    assert invoices(books, where) == []
    caseless = "<options><caseinsensitive>true</caseinsensitive></options>"
    assert invoices(books, where, caseless) == ["INV-10482"]


@pytest.mark.parametrize(
    "asked",
    [
        query("ARINVOICE", "RECORDNO", condition("equalto", "COLOUR", "red")),
        query("ARINVOICE", "COLOUR"),
        query("ARINVOICE", ""),
        query("UNICORN", "RECORDNO"),
        query("ARPYMT", "OVERPAYMENTAMOUNT"),
        query("ARINVOICE", "RECORDNO", condition("equalto", "WHENDUE", "2026-12-07")),
        query("ARINVOICE", "RECORDNO", condition("equalto", "TRX_TOTALDUE", "much")),
        query("ARINVOICE", "RECORDNO", condition("between", "TRX_TOTALDUE", "1")),
        query("ARINVOICE", "RECORDNO", condition("startswith", "RECORDID", "I")),
        query("ARINVOICE", "RECORDNO", f"<and>{condition('isnull', 'RECORDID')}</and>"),
        query("ARINVOICE", "RECORDNO", condition("isnull", "RECORDID") + condition("isnull", "CURRENCY")),
        query("ARINVOICE", "RECORDNO", more="<pagesize>2001</pagesize>"),
        query("ARINVOICE", "RECORDNO", more="<pagesize>0</pagesize>"),
        query("ARINVOICE", "RECORDNO", more="<offset>-1</offset>"),
        query("ARINVOICE", "RECORDNO", more="<limit>3</limit>"),
        query("ARINVOICE", "RECORDNO", more="<options><returnformat>csv</returnformat></options>"),
    ],
)
def test_a_query_that_cannot_be_is_a_failure_and_not_an_empty_answer(books, asked):
    result = books.run(asked)
    assert result.findtext("status") == "failure"
    assert result.find("data") is None
    assert said(result) != [""]


# ---- order, pages, aggregates ----


def order(field: str, how: str) -> str:
    return f"<orderby><order><field>{field}</field><{how}/></order></orderby>"


def test_rows_come_in_the_order_and_the_page_that_is_asked_for(books):
    more = order("TRX_TOTALDUE", "descending") + "<pagesize>2</pagesize><offset>1</offset>"
    data = books.run(query("ARINVOICE", "RECORDID TRX_TOTALDUE", more=more)).find("data")
    assert [row.findtext("RECORDID") for row in data] == ["INV-J-0089", "INV-10570"]
    assert data.attrib == {
        "listtype": "ARINVOICE",
        "totalcount": "18",
        "offset": "1",
        "count": "2",
        "numremaining": "15",
    }
    by_two = "<orderby><order><field>CURRENCY</field></order><order><field>RECORDNO</field><descending/></order></orderby>"
    rows = found(books.run(query("ARINVOICE", "RECORDNO", more=by_two)))
    assert rows[:4] == ["55192", "55191", "55190", "55195"]


def test_an_empty_text_comes_last_in_either_direction(books):
    books.create(payment(line(55102, "1"), PAYERNAME=""))
    books.create(payment(line(55102, "1"), PAYERNAME="B"))
    books.create(payment(line(55102, "1"), PAYERNAME="A"))
    assert found(
        books.run(query("ARPYMT", "PAYERNAME", more=order("PAYERNAME", "ascending"))), "PAYERNAME"
    ) == ["A", "B", ""]
    assert found(
        books.run(query("ARPYMT", "PAYERNAME", more=order("PAYERNAME", "descending"))), "PAYERNAME"
    ) == ["B", "A", ""]


def test_aggregates_come_back_under_their_dotted_names_and_by_group(books):
    whole = books.run(
        "<query><object>ARINVOICE</object><select><count>RECORDNO</count><max>TRX_TOTALDUE</max></select></query>"
    )
    assert whole.findtext("data/ARINVOICE/COUNT.RECORDNO") == "18"
    assert whole.findtext("data/ARINVOICE/MAX.TRX_TOTALDUE") == "1284000"
    grouped = books.run(
        "<query><object>ARINVOICE</object><select><field>CURRENCY</field><sum>TRX_TOTALDUE</sum></select></query>"
    )
    assert {row.findtext("CURRENCY"): row.findtext("SUM.TRX_TOTALDUE") for row in grouped.find("data")} == {
        "USD": "111392.7",
        "EUR": "24870",
        "GBP": "1125.5",
        "JPY": "1924000",
    }
    text = books.run("<query><object>ARINVOICE</object><select><sum>RECORDID</sum></select></query>")
    assert text.findtext("status") == "failure"


def test_json_is_a_bare_list_and_its_errors_are_still_xml(books):
    options = "<options><returnformat>json</returnformat></options>"
    asked = query("ARINVOICE", "RECORDNO CUSTOMER.NAME", condition("equalto", "RECORDNO", "55201"), options)
    answer = books.raw(request(function(asked), Ask()))
    assert answer.headers["content-type"] == "application/json"
    assert json.loads(answer.body) == [{"RECORDNO": "55201", "CUSTOMER.NAME": "Kyokuto Optical Trading"}]
    wrong = books.raw(request(function(query("ARINVOICE", "COLOUR", more=options)), Ask()))
    assert wrong.headers["content-type"].startswith("text/xml")


# ---- formats, zones ----


def test_query_writes_days_and_times_as_the_user_does_and_read_as_a_program(books):
    key = books.create(payment(line(55102, "155.50")))
    row = books.run(query("ARPYMT", "RECEIPTDATE WHENMODIFIED TRX_TOTALENTERED CLEARED")).find("data/ARPYMT")
    assert [child.text for child in row] == ["11/20/2026", "11/24/2026 14:32:05", "155.5", "false"]
    listed = books.run(
        "<readByQuery><object>ARPYMT</object><fields>RECEIPTDATE,AUWHENCREATED</fields><query/></readByQuery>"
    )
    assert [child.text for child in listed.find("data/ARPYMT")] == ["11/20/2026", "11/24/2026 14:32:05"]
    read = books.read("ARPYMT", key)
    assert (read.findtext("RECEIPTDATE"), read.findtext("WHENMODIFIED")) == (
        "2026-11-20",
        "2026-11-24T19:32:05Z",
    )


@pytest.mark.parametrize(
    ("zone", "text", "offset"),
    [("America/New_York", "11/24/2026 14:32:05", "-0500"), ("Asia/Tokyo", "11/25/2026 04:32:05", "+0900")],
)
def test_the_zone_of_the_user_holds_in_answers_and_in_filters(zone, text, offset):
    books = company(Settings(zone=zone))
    books.create(payment(line(55102, "1")))
    books.clock.turn(hours=1)
    books.create(payment(line(55102, "2")))
    at_first = query("ARPYMT", "WHENMODIFIED", condition("lessthanorequalto", "WHENMODIFIED", text))
    assert found(books.run(at_first), "WHENMODIFIED") == [text]
    told = books.run("<readUserFormatting><key>1</key></readUserFormatting>").find("data/userformatting")
    assert {child.tag: child.text for child in told} == {
        "locale": "en_US",
        "dateformat": "/mdY",
        "gmtoffset": offset,
        "clock": "24",
    }
    books.simulator.close()


def test_the_user_finds_his_own_record_by_name(books):
    assert books.read("USERINFO", "sim_user", "readByName").findtext("RECORDNO") == "1"


def test_whenmodified_may_be_empty_until_the_first_change():
    books = company(Settings(null_whenmodified=True))
    key = books.create(payment(line(55102, "1")))
    books.clock.turn(minutes=1)
    assert found(books.run(query("ARPYMT", "RECORDNO", condition("isnull", "WHENMODIFIED")))) == [str(key)]
    books.run(reverse(key))
    assert str(key) not in found(books.run(query("ARPYMT", "RECORDNO", condition("isnull", "WHENMODIFIED"))))
    books.simulator.close()


# ---- readByQuery ----


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("RECORDNO = 55102", "INV-10482"),
        ("RECORDNO in (55102, 55131)", "INV-10482 INV-10507"),
        ("currency = 'EUR' and customerid not in ('C-20418')", "INV-E-0420"),
        ("CURRENCY = 'GBP' OR CURRENCY = 'JPY' AND TRX_TOTALDUE &gt; 700000", "INV-G-0207 INV-J-0088"),
        ("(CURRENCY = 'GBP' OR CURRENCY = 'JPY') AND TRX_TOTALDUE &gt; 700000", "INV-J-0088"),
        ("RECORDID like 'INV-J%' AND RECORDID not like '%89'", "INV-J-0088"),
        ("WHENDUE &lt;= '11/11/2026'", "INV-10482"),
        ("CUSTOMERNAME = 'Thistledown Estates Ltd' AND DESCRIPTION IS NULL", "INV-G-0207"),
        ("DOCNUMBER IS NOT NULL", ""),
    ],
)
def test_the_small_language_finds_what_it_says(books, text, expected):
    asked = (
        f"<readByQuery><object>ARINVOICE</object><fields>RECORDID</fields><query>{text}</query></readByQuery>"
    )
    assert " ".join(sorted(found(books.run(asked), "RECORDID"))) == expected


def test_an_apostrophe_is_escaped_with_a_backslash(books):
    books.run("<create><CUSTOMER><CUSTOMERID>J</CUSTOMERID><NAME>Jane's Deli</NAME></CUSTOMER></create>")
    asked = "<readByQuery><object>CUSTOMER</object><fields>CUSTOMERID</fields><query>NAME = 'Jane\\'s Deli'</query></readByQuery>"
    assert found(books.run(asked), "CUSTOMERID") == ["J"]


@pytest.mark.parametrize(
    "text",
    [
        "RECORDNO",
        "RECORDNO =",
        "RECORDNO = 1 AND",
        "(RECORDNO = 1",
        "RECORDNO NOT = 1",
        "RECORDNO = 'x",
        "A B C",
        "COLOUR = 1",
    ],
)
def test_what_is_not_the_language_is_a_failure(books, text):
    asked = (
        f"<readByQuery><object>ARINVOICE</object><fields>RECORDNO</fields><query>{text}</query></readByQuery>"
    )
    assert books.run(asked).findtext("status") == "failure"


def test_readmore_goes_on_until_nothing_remains_and_sees_the_books_as_they_were(books):
    asked = "<readByQuery><object>arinvoice</object><fields>RECORDNO</fields><query/><pagesize>8</pagesize></readByQuery>"
    data = books.run(asked).find("data")
    seen = []
    while True:
        assert data.get("listtype") == "arinvoice"
        seen += [(row.tag, row.findtext("RECORDNO")) for row in data]
        assert int(data.get("totalcount")) == 18
        assert int(data.get("numremaining")) == 18 - len(seen)
        if not data.get("resultId"):
            break
        with books.simulator.books.work():
            books.simulator.books.invoices.clear()
        data = books.run(f"<readMore><resultId>{data.get('resultId')}</resultId></readMore>").find("data")
    assert len(set(seen)) == 18
    assert {tag for tag, _ in seen} == {"arinvoice"}
    assert books.run("<readMore><resultId>gone</resultId></readMore>").findtext("status") == "failure"


def test_dotted_names_are_nested_by_readbyquery_and_flat_by_query(books):
    nested = books.run("<readByQuery><object>ARINVOICE</object><fields>RECORDNO,SHIPTO.PRINTAS,SHIPTO.MAILADDRESS.CITY,"
                       "CUSTOMER.NAME</fields><query>RECORDNO = 55102</query></readByQuery>").find("data/ARINVOICE")  # fmt: skip
    assert nested.findtext("CUSTOMER/NAME") == "Castellan Freight & Forwarding LLC"
    assert [child.tag for child in nested.find("SHIPTO")] == ["PRINTAS", "MAILADDRESS"]
    assert nested.find("SHIPTO/MAILADDRESS/CITY") is not None
    flat = books.run(query("ARINVOICE", "CUSTOMER.NAME", condition("equalto", "RECORDNO", "55102")))
    assert flat.findtext("data/ARINVOICE/CUSTOMER.NAME") == "Castellan Freight & Forwarding LLC"


# ---- read ----


def test_read_leaves_out_what_is_not_there_and_takes_a_hundred_keys(books):
    asked = "<read><object>CUSTOMER</object><keys>{}</keys><fields>CUSTOMERID</fields></read>"
    data = books.run(asked.format("1,404,2")).find("data")
    assert (data.attrib, len(data)) == ({"listtype": "CUSTOMER", "count": "2"}, 2)
    assert books.run(asked.format(",".join(map(str, range(1, 102))))).findtext("status") == "failure"


@pytest.mark.parametrize(
    ("kind", "name", "field", "value"),
    [
        ("CUSTOMER", "C-20431", "NAME", "Delacroix Frères S.A."),
        ("LOCATIONENTITY", "400", "CURRENCY", "JPY"),
        ("CHECKINGACCOUNT", "ING-0091", "CURRENCY", "EUR"),
        ("SAVINGSACCOUNT", "CHASE-SAV", "BANKNAME", "Chase reserve"),
    ],
)
def test_master_data_is_read_by_name(books, kind, name, field, value):
    assert books.read(kind, name, "readByName").findtext(field) == value


def test_the_applications_of_many_payments_are_queried_at_once(books):
    keys = [str(books.create(payment(line(55102, "1"), line(55131, "2")))) for _ in range(3)]
    rows = books.run(
        query(
            "ARPYMTDETAIL", "PAYMENTKEY RECORDKEY TRX_PAYMENTAMOUNT", condition("in", "PAYMENTKEY", *keys[:2])
        )
    )
    assert [[child.text for child in row] for row in rows.find("data")] == [
        [key, *rest] for key in keys[:2] for rest in (["55102", "1"], ["55131", "2"])
    ]


def test_lookup_tells_every_field_with_its_type(books):
    kind = books.run("<lookup><object>ARPYMT</object></lookup>").find("data/Type")
    types = {one.findtext("ID"): one.findtext("DATATYPE") for one in kind.find("Fields")}
    assert types["TRX_TOTALENTERED"] == "CURRENCY"
    assert types["WHENMODIFIED"] == "TIMESTAMP"
    assert types["RECEIPTDATE"] == "DATE"
    assert kind.findtext("Relationships/Relationship/OBJECTPATH") == "CUSTOMER"
    names = books.run('<inspect detail="0"><object>ARPYMT</object></inspect>').findall(
        "data/Type/Fields/Field"
    )
    assert "DOCNUMBER" in [one.text for one in names]


def test_a_document_number_finds_original_and_reversal_and_what_a_draft_is_called_now(books):
    original = books.create(payment(line(55102, "1"), DOCNUMBER="A"))
    reversal = books.run(reverse(original)).findtext("key")
    draft = books.create(payment(line(55102, "2"), DOCNUMBER="B", ACTION="Draft"))
    books.run(f"<update><ARPYMT><RECORDNO>{draft}</RECORDNO><DOCNUMBER>C</DOCNUMBER></ARPYMT></update>")
    asked = query("ARPYMT", "RECORDNO", condition("in", "DOCNUMBER", "A", "B", "C", "A"))
    assert found(books.run(asked)) == [str(original), reversal, str(draft)]


def test_an_object_without_permission_cannot_be_read_but_is_still_described():
    books = company(Settings(denied=frozenset(["ARPYMTDETAIL"])))
    key = books.create(payment(line(55102, "1")))
    refused = books.run(query("ARPYMTDETAIL", "RECORDNO", more="<pagesize>1</pagesize>"))
    assert numbers(refused) == ["PL04000005"]
    assert books.run("<lookup><object>ARPYMTDETAIL</object></lookup>").findtext("status") == "success"
    assert books.read("ARPYMT", key).find("ARPYMTDETAILS/arpymtdetail") is not None
    books.simulator.close()


# ---- entities ----


def test_an_entity_sees_its_own_records_and_those_of_the_top_level(books):
    own = found(books.run(query("ARINVOICE", "RECORDNO CURRENCY"), Ask(auth=at("200"))), "CURRENCY")
    assert own == ["EUR", "EUR", "EUR"]
    assert len(found(books.run(query("CUSTOMER", "RECORDNO"), Ask(auth=at("200"))))) == 8
    hidden = "<read><object>ARINVOICE</object><keys>55102</keys><fields>RECORDNO</fields></read>"
    assert found(books.run(hidden, Ask(auth=at("200")))) == []


def test_the_top_level_sees_a_private_entity_only_when_it_asks():
    books = company(Settings(private_entities=frozenset(["300"])))
    where = condition("equalto", "CURRENCY", "GBP")
    assert invoices(books, where) == []
    assert invoices(books, where, "<options><showprivate>true</showprivate></options>") == ["INV-G-0207"]
    books.simulator.close()
