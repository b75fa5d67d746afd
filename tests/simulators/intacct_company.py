"""A simulated company and requests to it, written out as the vendor's pages write them."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from xml.etree import ElementTree
from xml.etree.ElementTree import Element
from xml.sax.saxutils import escape

from fastapi.responses import Response

from simulators.intacct.settings import Settings
from simulators.intacct.web import Simulator

START = datetime(2026, 11, 24, 19, 32, 5, tzinfo=UTC)
ENDPOINT = "http://intacct.example/ia/xml/xmlgw.phtml"
LOGIN = (
    "<login><userid>sim_user</userid><companyid>HARBORLIGHT-SIM</companyid>"
    "<password>sim-user-secret</password></login>"
)


def login(company: str = "HARBORLIGHT-SIM", password: str = "sim-user-secret", more: str = "") -> str:
    return f"<login><userid>sim_user</userid><companyid>{company}</companyid><password>{password}</password>{more}</login>"


def at(entity: str) -> str:
    """A login into one entity."""
    return login(more=f"<locationid>{entity}</locationid>")


@dataclass
class Turned:
    """A clock that stands still until it is turned."""

    now: datetime = START

    def __call__(self) -> datetime:
        return self.now

    def turn(self, **by: float) -> None:
        self.now += timedelta(**by)


@dataclass(frozen=True)
class Ask:
    """Everything of a request besides its functions."""

    auth: str = LOGIN
    unique: str = "false"
    transaction: bool = False
    dtd: str = "3.0"
    sender: tuple[str, str] = ("sim_sender", "sim-sender-secret")
    explained: bool = False


PLAIN = Ask()


def function(inside: str, controlid: str = "f1") -> str:
    return f'<function controlid="{controlid}">{inside}</function>'


def request(functions: str, ask: Ask) -> bytes:
    unique = f"<uniqueid>{ask.unique}</uniqueid>" if ask.unique else ""
    explained = "<showadditionalerrorinfo>true</showadditionalerrorinfo>" if ask.explained else ""
    transaction = ' transaction="true"' if ask.transaction else ""
    return (
        '<?xml version="1.0" encoding="utf-8" ?><request><control>'
        f"<senderid>{ask.sender[0]}</senderid><password>{ask.sender[1]}</password><controlid>c1</controlid>"
        f"{unique}<dtdversion>{ask.dtd}</dtdversion><includewhitespace>false</includewhitespace>{explained}</control>"
        f"<operation{transaction}><authentication>{ask.auth}</authentication>"
        f"<content>{functions}</content></operation></request>"
    ).encode()


@dataclass
class Company:
    """A simulator that is asked in this process; `served` tests put the same one on a socket."""

    simulator: Simulator
    clock: Turned = field(default_factory=Turned)

    def post(self, functions: str, ask: Ask = PLAIN) -> Element:
        return ElementTree.fromstring(bytes(self.raw(request(functions, ask)).body))

    def raw(self, body: bytes) -> Response:
        gateway = self.simulator.gateway
        return gateway.respond(gateway.open(body), ENDPOINT)

    def run(self, inside: str, ask: Ask = PLAIN, controlid: str = "f1") -> Element:
        """The result of one function."""
        results = self.post(function(inside, controlid), ask).findall("operation/result")
        assert len(results) == 1
        return results[0]

    def create(self, payment: str, ask: Ask = PLAIN, controlid: str = "f1") -> int:
        made = self.run(f"<create>{payment}</create>", ask, controlid)
        assert made.findtext("status") == "success", said(made)
        return int(made.findtext("data/arpymt/RECORDNO", ""))

    def refused(self, payment: str, ask: Ask = PLAIN) -> str:
        """Why a payment is refused; the books are the same afterwards."""
        before = self.books()
        result = self.run(f"<create>{payment}</create>", ask)
        assert result.findtext("status") == "failure"
        assert self.books() == before
        return said(result)[0]

    def read(self, kind: str, key: int | str, verb: str = "read") -> Element:
        result = self.run(f"<{verb}><object>{kind}</object><keys>{key}</keys><fields>*</fields></{verb}>")
        found = result.find(f"data/{kind}")
        assert found is not None, f"no {kind} {key}"
        return found

    def due(self, recordno: int) -> Decimal:
        return self.simulator.books.invoices[recordno].due

    def books(self) -> object:
        books = self.simulator.books
        return books.payments.values(), books.invoices.values(), books.credits.values()


def company(settings: Settings | None = None, state: Path | None = None) -> Company:
    clock = Turned()
    return Company(Simulator(settings or Settings(), state, clock), clock)


def line(invoice: int, amount: str, **more: str) -> str:
    return _elements("ARPYMTDETAIL", {"RECORDKEY": str(invoice), "TRX_PAYMENTAMOUNT": amount, **more})


def payment(*lines: str, **changes: str) -> str:
    """An ARPYMT of USD for C-10233, with what is said otherwise; an empty text leaves a field out."""
    header = {
        "FINANCIALENTITY": "CHASE-4471",
        "PAYMENTMETHOD": "EFT",
        "CUSTOMERID": "C-10233",
        "DOCNUMBER": "ARP-000017",
        "RECEIPTDATE": "11/20/2026",
        "PAYMENTDATE": "11/20/2026",
        "CURRENCY": "USD",
        **changes,
    }
    return _elements("ARPYMT", header, "".join(lines), "ARPYMTDETAILS")


def _elements(name: str, texts: dict[str, str], inside: str = "", wrapper: str = "") -> str:
    parts = "".join(f"<{key}>{escape(text)}</{key}>" for key, text in texts.items() if text)
    wrapped = f"<{wrapper}>{inside}</{wrapper}>" if wrapper and inside else ""
    return f"<{name}>{parts}{wrapped}</{name}>"


def day(name: str, iso: str) -> str:
    year, month, number = iso.split("-")
    return f"<{name}><year>{year}</year><month>{month}</month><day>{number}</day></{name}>"


def reverse(recordno: int, on: str = "2026-11-24") -> str:
    return f'<reverse_arpayment key="{recordno}">{day("datereversed", on)}</reverse_arpayment>'


def said(holder: Element) -> list[str]:
    """The texts of the errors, without the support id."""
    texts = [error.findtext("description2", "") for error in holder.findall("errormessage/error")]
    return [text.partition(" [Support ID:")[0] for text in texts]


def numbers(holder: Element) -> list[str]:
    return [error.findtext("errorno", "") for error in holder.findall("errormessage/error")]


def shape(element: Element, among: Iterable[str] = ()) -> object:
    """The names of the elements inside each other, and of the attributes; repeated neighbours count once."""
    inside: list[object] = []
    for child in element:
        if not among or child.tag in among:
            inside.append(shape(child, ()))
    single = [one for place, one in enumerate(inside) if place == 0 or one != inside[place - 1]]
    return element.tag, sorted(element.attrib), single
