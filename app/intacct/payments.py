"""AR payments in Intacct: the destination of the payment flow."""

from collections.abc import Callable, Mapping, Sequence

from app.intacct.books import BookKeeper
from app.intacct.client import Gateway
from app.intacct.ports import Pace
from app.intacct.posted import Posted
from app.intacct.postings import Postings
from app.intacct.requests import create_payment
from app.records import Books, Payment, PostedPayment, Posting, WriteOutcome


class Payments:
    """`app.sync.flow.Destination` for ARPYMT. `key_field` is the field that holds our key; `clock` gives seconds."""

    def __init__(self, gateway: Gateway, *, key_field: str, pace: Pace, clock: Callable[[], float]) -> None:
        self._books = BookKeeper(gateway, clock)
        self._posted = Posted(gateway, key_field)
        self._postings = Postings(gateway, pace)

    def look_around(self, records: Sequence[Payment]) -> Books:
        return self._books.look_around(records)

    def find(self, keys: Sequence[str]) -> Mapping[str, Sequence[PostedPayment]]:
        return self._posted.find(keys)

    def read(self, ids: Sequence[str]) -> Mapping[str, PostedPayment]:
        return self._posted.read(ids)

    def write(self, postings: Sequence[Posting]) -> Sequence[WriteOutcome]:
        return self._postings.write(postings)

    def describe(self, posting: Posting) -> str:
        """
        The function element as `write` sends it; the envelope around it holds our secrets and nothing of the payment.

        :raises BadSetting: the mapping names a field that no Intacct field can have
        """
        return create_payment(posting).text
