"""The two systems, and a pointer to one record in one of them."""

from enum import StrEnum
from typing import NamedTuple


class System(StrEnum):
    SALESFORCE = "salesforce"
    INTACCT = "intacct"


class Ref(NamedTuple):
    """One record in one system; `object` is that system's own name for its kind (`AR_Payment__c`)."""

    system: System
    object: str
    id: str
