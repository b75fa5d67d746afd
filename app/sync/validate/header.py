"""Refusals of a payment as a whole: what was entered on its header."""

from app.records import Problem
from app.records.money import is_finer_than
from app.sync.validate.case import Case, Found, close_to, quoted, too_fine

_DRAFT = "or set the payment back to Draft."


def key_missing(case: Case) -> Found:
    if not case.payment.key:
        yield Problem(
            "key_missing",
            "The payment has no number, by which it could be found again in Intacct.",
            "Ask an administrator which field the mapping takes as its number.",
            field="key",
        )


def account_missing(case: Case) -> Found:
    if not case.payment.account:
        yield Problem("account_missing", "The payment has no account.", "Choose who paid.", field="account")


def customer(case: Case) -> Found:
    payment, customer = case.payment, case.customer
    if not payment.customer or not payment.account:
        return
    if customer is None:
        yield Problem(
            "customer_gone",
            f"Intacct has no customer {payment.customer}, to which the account {quoted(case.customer_name)} is linked.",
            "Ask accounting which customer the account belongs to, and correct its Intacct customer id.",
            field="customer",
        )
    elif not customer.active:
        yield Problem(
            "customer_inactive",
            f"{quoted(customer.name)} ({customer.id}) is inactive in Intacct.",
            "Ask accounting to set the customer active there; the payment is then sent with “Replay”.",
            field="customer",
        )


def amount(case: Case) -> Found:
    amount = case.payment.amount
    if amount is None:
        yield Problem(
            "amount_missing",
            "The payment has no amount.",
            f"Enter what was received, {_DRAFT}",
            field="amount",
        )
    elif amount <= 0:
        yield Problem(
            "amount_not_positive",
            f"The amount is {case.money(amount)}.",
            f"Enter what was received, {_DRAFT}",
            field="amount",
        )
    elif is_finer_than(amount, case.currency):
        yield Problem(
            "amount_too_fine", too_fine(case, "the amount is", amount), "Round the amount.", field="amount"
        )


def receipt_date(case: Case) -> Found:
    if case.payment.receipt_date is None:
        yield Problem(
            "receipt_date_missing",
            "The payment has no receipt date.",
            "Enter the day on which the money came in.",
            field="receipt_date",
        )


def method(case: Case) -> Found:
    if case.payment.method:
        return
    if not case.payment.method_entered:
        yield Problem(
            "method_missing",
            "The payment has no payment method.",
            "Choose how the money came in.",
            field="method",
        )
    else:
        yield Problem(
            "method_unknown",
            f"Intacct has no payment method {quoted(case.payment.method_entered)}.",
            "Choose another method, or ask an administrator to say in the mapping which one it means.",
            field="method",
        )


def deposit(case: Case) -> Found:
    entered, defaults, accounts = case.payment.deposit_to, case.defaults, case.books.accounts
    account = entered or defaults.deposit_account
    if not account and not defaults.undeposited_account:
        yield Problem(
            "deposit_account_missing",
            "The payment does not say which bank account the money went to, and this connection has no default.",
            "Enter the account in the payment, or ask an administrator to set the default.",
            field="deposit_to",
        )
    elif account and accounts is not None and account not in accounts:
        whose = "" if entered else ", the default of this connection"
        yield Problem(
            "deposit_account_unknown",
            f"Intacct has no bank account {quoted(account)}{whose}.{close_to(account, accounts)}",
            "Choose the account that the money went to."
            if entered
            else "Ask an administrator to correct the default.",
            field="deposit_to",
        )


def entity(case: Case) -> Found:
    entity, known = case.payment.entity, case.books.entities
    if entity and known is not None and entity not in known:
        yield Problem(
            "entity_unknown",
            f"Intacct has no entity {quoted(entity)}.{close_to(entity, known)}",
            "Choose the entity that received the money, or leave it empty for that of the invoices.",
            field="entity",
        )
