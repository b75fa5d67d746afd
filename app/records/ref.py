"""The two systems, and a pointer to one record in one of them."""

from dataclasses import dataclass
from enum import StrEnum


class System(StrEnum):
    SALESFORCE = "salesforce"
    INTACCT = "intacct"


@dataclass(frozen=True, slots=True)
class Ref:
    """One record in one system; `object` is that system's own name for its kind (`AR_Payment__c`)."""

    system: System
    object: str
    id: str
