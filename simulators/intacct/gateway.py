"""The XML gateway: one request in, one answer out, with the three levels of failure."""

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import takewhile
from xml.etree.ElementTree import Element

from fastapi.responses import Response

from simulators.faults import Calls, Fault, Faults, Recent
from simulators.intacct.access import Door, SignedIn
from simulators.intacct.asking import Cursors, Desk
from simulators.intacct.books import Books
from simulators.intacct.catalog import catalog_of
from simulators.intacct.envelope import (
    ALONE,
    Function,
    Request,
    Result,
    answered,
    authentication_failure,
    control_failure,
    control_of,
    gateway_failure,
    request_of,
)
from simulators.intacct.functions import records_in, run
from simulators.intacct.query import as_json
from simulators.intacct.records import Caller, Completed
from simulators.intacct.refusals import (
    CATCH_ALL,
    ROLLED_BACK,
    Complaint,
    ControlRefused,
    Refused,
    SignInRefused,
    company_expired,
    session_invalid,
    sign_in_incorrect,
)
from simulators.intacct.xml import NotWellFormed, Tag, child_of, children_of, parse, render, text_of

_MEDIA_TYPE = 'text/xml; encoding="UTF-8"'  # sic: `encoding`, not `charset` [SDK-JS RequestHandlerTest]
_ROLLED_BACK = Complaint(
    ROLLED_BACK, "The entire transaction in this operation has been rolled back due to an error."
)


@dataclass(frozen=True)
class Opened:
    """A request as far as it can be read without running it; `label` names its functions, for faults and counts."""

    root: Element | None
    refused: NotWellFormed | None
    label: str
    controlids: tuple[str, ...]


@dataclass(frozen=True)
class Seen:
    """One request, for the person who looks on. Nothing secret is in it."""

    at: datetime
    functions: tuple[str, ...]
    controlids: tuple[str, ...]
    milliseconds: int
    outcome: str


class Gateway:
    """Keeps what lives between requests: sessions, cursors, control ids in process, the requests seen."""

    def __init__(self, books: Books) -> None:
        self.books = books
        self.door = Door(books)
        self.faults, self.calls = Faults(), Calls()
        self.seen: Recent[Seen] = Recent(500)
        self._cursors = Cursors()
        self._catalog = catalog_of(books)
        self._running: set[str] = set()
        self._running_lock = threading.Lock()

    def define_field(self, kind: str, name: str) -> None:
        """A custom field of ARPYMT or CUSTOMER, from now on."""
        full = f"{kind.upper()}.{name.upper()}"
        with self.books.work():
            self.books.custom_fields.put(full, full)
        self._catalog = catalog_of(self.books)

    def running(self) -> frozenset[str]:
        """The control ids in process now."""
        with self._running_lock:
            return frozenset(self._running)

    def forget(self) -> None:
        """All that lives between requests, but not the books."""
        self.door.expire_all()
        self.faults.clear()
        self.calls.clear()
        self.seen.clear()
        self._catalog = catalog_of(self.books)

    def open(self, body: bytes) -> Opened:
        try:
            root = parse(body)
        except NotWellFormed as refused:
            return Opened(None, refused, "malformed", ())
        functions = list(children_of(child_of(child_of(root, "operation"), "content"), "function"))
        names = " ".join(inside.tag for one in functions for inside in one)
        return Opened(root, None, names or "empty", tuple(one.get("controlid", "") for one in functions))

    def respond(self, opened: Opened, endpoint: str) -> Response:
        started = time.monotonic()
        try:
            response, outcome = self._respond(opened, endpoint)
        except ControlRefused as refused:
            partial = opened.refused.partial if opened.refused else opened.root
            if self.books.settings.expired:
                partial = None  # sic: the sender and the control id come back empty
            response, outcome = (
                _xml(control_failure(control_of(partial), refused.complaints)),
                f"control: {refused}",
            )
        except SignInRefused as refused:
            response, outcome = self._not_signed_in(opened, refused), f"sign-in: {refused}"
        self.note(opened, int((time.monotonic() - started) * 1000), outcome)
        return response

    def note(self, opened: Opened, milliseconds: int, outcome: str) -> None:
        functions = tuple(opened.label.split())
        self.seen.add(Seen(self.books.now(), functions, opened.controlids, milliseconds, outcome))

    def in_its_words(self, opened: Opened, fault: Fault) -> Response:
        """A fault as this vendor says it."""
        if fault.kind == "rate_limit":
            return _xml(gateway_failure("GW-0010", "API rate limit exceeded"), 429)
        authentication = _authentication(opened)
        session = text_of(authentication, "sessionid")
        refused = session_invalid(session) if fault.kind == "session_expired" else sign_in_incorrect()
        return self._not_signed_in(opened, refused)

    def _not_signed_in(self, opened: Opened, refused: SignInRefused) -> Response:
        return _xml(
            authentication_failure(control_of(opened.root), _authentication(opened), refused.complaints)
        )

    def _respond(self, opened: Opened, endpoint: str) -> tuple[Response, str]:
        if opened.refused is not None or opened.root is None:
            raise opened.refused or ControlRefused(Complaint(CATCH_ALL, "The request is empty."))
        if self.books.settings.expired:
            raise company_expired()
        control = control_of(opened.root)
        self.door.check_sender(control.sender, control.password)
        request = request_of(opened.root)
        signed_in = self.door.sign_in(request.authentication)
        if request.functions[0].name == ALONE:
            results = [self._session(request.functions[0], signed_in, endpoint)]
        elif request.transaction:
            results = self._together(request, signed_in.caller)
        else:
            results = [
                self._alone(function, control.unique, signed_in.caller) for function in request.functions
            ]
        if len(results) == 1 and results[0].json is not None:
            return Response(results[0].json, media_type="application/json"), "success"
        return _xml(answered(control, signed_in, results, self.books.settings)), _outcome(results)

    def _session(self, function: Function, signed_in: SignedIn, endpoint: str) -> Result:
        location = child_of(function.element, "locationid")
        try:
            session = self.door.open(signed_in.caller, None if location is None else location.text or "")
        except SignInRefused as refused:
            return Result(function, "failure", complaints=refused.complaints)
        api = Tag("api", [
            Tag("sessionid", session.id), Tag("endpoint", endpoint), Tag("locationid", session.caller.entity),
        ])  # fmt: skip
        return Result(function, "success", (Tag("data", [api]),))

    def _alone(self, function: Function, unique: bool, caller: Caller) -> Result:
        try:
            with self._claimed(function, unique):
                self._take_time((function,))
                with self.books.work():
                    return self._execute(function, unique, caller)
        except Refused as refused:
            empty = Tag("data", (), (("listtype", "objects"), ("count", "0")))
            inside = (empty,) if function.name in ("create", "update") else ()
            return Result(function, "failure", inside, refused.complaints)

    def _together(self, request: Request, caller: Caller) -> list[Result]:
        """
        All or nothing. The failing function carries its own errors and the roll-back marker, those before it the
        marker alone; nothing is said of those after it (INFERRED: processing stops).
        """
        function, unique = request.functions[0], request.control.unique
        done: list[Result] = []
        try:
            with ExitStack() as claims:
                for function in request.functions:
                    claims.enter_context(self._claimed(function, unique))
                self._take_time(request.functions)
                with self.books.work():
                    for function in request.functions:
                        done.append(self._execute(function, unique, caller))
                        if done[-1].complaints:
                            raise Refused(*done[-1].complaints)
            return done
        except Refused as refused:
            before = takewhile(lambda one: one is not function, request.functions)
            failed = Result(function, "aborted", complaints=(*refused.complaints, _ROLLED_BACK))
            return [*(Result(one, "aborted", complaints=(_ROLLED_BACK,)) for one in before), failed]

    def _execute(self, function: Function, unique: bool, caller: Caller) -> Result:
        """Inside `work`. Only what was completed is remembered: a failed attempt may be repeated with its id."""
        outcome = run(Desk(self.books, self._catalog, self._cursors, caller), function)
        if outcome.complaints:
            return Result(function, "failure", outcome.inside, outcome.complaints)
        if unique:
            self.books.completed.put(function.controlid, Completed(function.controlid, self.books.now()))
        json = as_json(outcome.found) if outcome.found is not None and outcome.found.as_json else None
        return Result(function, "success", outcome.inside, json=json)

    @contextmanager
    def _claimed(self, function: Function, unique: bool) -> Iterator[None]:
        """Raises Refused for a control id that is completed, or that another request is working on."""
        if not unique:
            yield
            return
        controlid = function.controlid
        with self._running_lock:
            if controlid in self.books.completed:
                raise self._repeated(
                    f"A successful transaction has already been recorded with the control id {controlid}"
                )
            if controlid in self._running:
                raise self._repeated(
                    f"There is a concurrent request in process with the control id {controlid}"
                )
            self._running.add(controlid)
        try:
            yield
        finally:
            with self._running_lock:
                self._running.discard(controlid)

    def _repeated(self, text: str) -> Refused:
        return Refused(Complaint(self.books.settings.duplicate_errorno, text, errorid="SIM-CONTROL-ID"))

    def _take_time(self, functions: Sequence[Function]) -> None:
        seconds = self.books.settings.seconds_per_record
        if seconds:
            time.sleep(seconds * sum(records_in(function) for function in functions))


def _authentication(opened: Opened) -> Element | None:
    return child_of(child_of(opened.root, "operation"), "authentication")


def _outcome(results: Sequence[Result]) -> str:
    failed = [one for one in results if one.status != "success"]
    if not failed:
        return "success"
    told = failed[-1].complaints[0]
    return f"{failed[-1].status}: {told.description2 or told.errorno}"


def _xml(tag: Tag, status: int = 200) -> Response:
    response = Response(render(tag), status_code=status)
    response.headers["Content-Type"] = _MEDIA_TYPE
    return response
