"""The org's objects: accounts, invoices, payments with their lines, and the event that tells of them."""

from dataclasses import replace

from .schema import Field, Kind, Schema, SObject, schema_of

ACCOUNT = "Account"
INVOICE = "AR_Invoice__c"
PAYMENT = "AR_Payment__c"
LINE = "AR_Payment_Line__c"
EVENT = "AR_Payment_Event__e"

METHODS = ("Printed Check", "Cash", "EFT", "Credit Card")
STATUSES = ("Draft", "Ready", "Posted", "Reversal Requested", "Reversed")
SYNC_STATUSES = ("Waiting", "Synced", "Needs Attention", "Unknown", "Ignored")
CURRENCIES = ("USD", "EUR", "GBP", "JPY")

_SIZES: dict[Kind, tuple[int, int, int]] = {
    "string": (255, 0, 0),
    "textarea": (32768, 0, 0),
    "picklist": (255, 0, 0),
    "currency": (0, 18, 2),
    "double": (0, 18, 2),
}


def catalogue(*, multi_currency: bool) -> Schema:
    """All objects; the multi-currency org has `CurrencyIsoCode` on each of them, the other on none."""
    makers = (_account, _invoice, _payment, _line)
    return schema_of((*(make(multi_currency) for make in makers), _event()))


def custom_field(name: str, kind: Kind) -> Field:
    """A field as an administrator adds it by hand: nothing required, the usual sizes."""
    length, precision, scale = _SIZES.get(kind, (0, 0, 0))
    default = False if kind == "boolean" else None
    return Field(name, _label(name), kind, length, precision, scale, default=default)


def _account(multi: bool) -> SObject:
    fields = (
        *_system(ACCOUNT, owned=True),
        Field("Name", "Account Name", "string", 255, required=True),
        *_currency(multi),
        _key("Intacct_Customer_Id__c"),
        *_sync(),
    )
    children = {"AR_Invoices__r": (INVOICE, "Account__c"), "AR_Payments__r": (PAYMENT, "Account__c")}
    return SObject(ACCOUNT, "Account", "Accounts", "001", fields, children)


def _invoice(multi: bool) -> SObject:
    fields = (
        *_system(INVOICE, owned=True),
        Field("Name", "Invoice Number", "string", 80),
        *_currency(multi),
        _lookup("Account__c", ACCOUNT),
        custom_field("Invoice_Date__c", "date"),
        custom_field("Due_Date__c", "date"),
        custom_field("Total__c", "currency"),
        custom_field("Paid__c", "currency"),
        custom_field("Balance__c", "currency"),
        custom_field("State__c", "string"),
        custom_field("Entity__c", "string"),
        _key("Intacct_Key__c"),
        *_sync(),
    )
    children = {"AR_Payment_Lines__r": (LINE, INVOICE)}
    return SObject(INVOICE, "AR Invoice", "AR Invoices", "a0A", fields, children)


def _payment(multi: bool) -> SObject:
    fields = (
        *_system(PAYMENT, owned=True),
        _auto_number("Payment Number", "ARP-{000000}"),
        *_currency(multi),
        *_payment_header(),
        *_overpayment_and_base(),
        *_payment_state(),
        *_sync(),
    )
    children = {"AR_Payment_Lines__r": (LINE, PAYMENT)}
    return SObject(PAYMENT, "AR Payment", "AR Payments", "a0B", fields, children)


def _payment_header() -> tuple[Field, ...]:
    return (
        _lookup("Account__c", ACCOUNT),
        custom_field("Amount__c", "currency"),
        custom_field("Receipt_Date__c", "date"),
        replace(custom_field("Payment_Method__c", "picklist"), picklist=METHODS),
        *(custom_field(name, "string") for name in ("Reference__c", "Description__c", "Deposit_To__c")),
        custom_field("Entity__c", "string"),
        custom_field("Payer__c", "string"),
    )


def _overpayment_and_base() -> tuple[Field, ...]:
    return (
        custom_field("Overpayment_Amount__c", "currency"),
        custom_field("Overpayment_Location__c", "string"),
        custom_field("Overpayment_Department__c", "string"),
        replace(custom_field("Exchange_Rate__c", "double"), scale=10),
        custom_field("Base_Amount__c", "currency"),
    )


def _payment_state() -> tuple[Field, ...]:
    return (
        _choice("Status__c", STATUSES, "Draft"),
        custom_field("Reversal_Date__c", "date"),
        custom_field("Reversal_Reason__c", "string"),
        _choice("Origin__c", ("Salesforce", "Intacct"), "Salesforce"),
        _key("Intacct_Key__c"),
        custom_field("Intacct_State__c", "string"),
    )


def _line(multi: bool) -> SObject:
    master = replace(_lookup(PAYMENT, PAYMENT), required=True, updateable=False, master=True)
    fields = (
        *_system(LINE, owned=False),
        _auto_number("Line Number", "ARPL-{000000}"),
        *_kept(*_currency(multi)),  # a detail has its master's currency and cannot choose one [recall]
        master,
        _lookup(INVOICE, INVOICE),
        custom_field("Amount__c", "currency"),
        custom_field("Credit__c", "currency"),
        custom_field("Discount__c", "currency"),
        custom_field("Intacct_Key__c", "string"),
    )
    return SObject(LINE, "AR Payment Line", "AR Payment Lines", "a0C", fields)


def _event() -> SObject:
    kept = _kept(
        Field("ReplayId", "Replay ID", "string", 1000),
        Field("EventUuid", "Event UUID", "string", 36),
        Field("CreatedDate", "Created Date", "datetime"),
        Field("CreatedById", "Created By ID", "reference", 18, refers_to="User"),
    )
    ours = (custom_field(name, "string") for name in ("Record_Id__c", "Object__c", "Change__c"))
    return SObject(EVENT, "AR Payment Event", "AR Payment Events", "e01", (*kept, *ours), event=True)


def _system(sobject: str, *, owned: bool) -> tuple[Field, ...]:
    """The columns that the platform keeps; a detail has no owner of its own."""
    owner = (Field("OwnerId", "Owner ID", "reference", 18, refers_to="User"),) if owned else ()
    kept = _kept(
        Field("IsDeleted", "Deleted", "boolean", default=False),
        Field("CreatedDate", "Created Date", "datetime"),
        Field("CreatedById", "Created By ID", "reference", 18, refers_to="User"),
        Field("LastModifiedDate", "Last Modified Date", "datetime"),
        Field("LastModifiedById", "Last Modified By ID", "reference", 18, refers_to="User"),
        Field("SystemModstamp", "System Modstamp", "datetime"),
    )
    return (*_kept(Field("Id", f"{sobject} ID", "id", 18)), *owner, *kept)


def _sync() -> tuple[Field, ...]:
    status = replace(custom_field("Sync_Status__c", "picklist"), picklist=SYNC_STATUSES, restricted=True)
    return (status, custom_field("Sync_Message__c", "textarea"), custom_field("Synced_At__c", "datetime"))


def _currency(multi: bool) -> tuple[Field, ...]:
    return (
        (replace(_choice("CurrencyIsoCode", CURRENCIES, "USD"), label="Currency ISO Code", length=3),)
        if multi
        else ()
    )


def _choice(name: str, values: tuple[str, ...], default: str) -> Field:
    return replace(custom_field(name, "picklist"), picklist=values, restricted=True, default=default)


def _key(name: str) -> Field:
    return replace(custom_field(name, "string"), length=80, unique=True, external_id=True)


def _lookup(name: str, refers_to: str) -> Field:
    relationship = name.removesuffix("__c") + "__r"
    return Field(name, _label(name), "reference", 18, refers_to=refers_to, relationship=relationship)


def _auto_number(label: str, shape: str) -> Field:
    return replace(*_kept(Field("Name", label, "string", 80)), auto_number=shape)


def _kept(*fields: Field) -> tuple[Field, ...]:
    return tuple(replace(f, createable=False, updateable=False) for f in fields)


def _label(name: str) -> str:
    return name.removesuffix("__c").replace("_", " ")
