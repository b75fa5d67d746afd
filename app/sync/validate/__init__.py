"""
What a payment must be before it is posted, and what must stand in the books afterwards.

Each refusal is one pure rule; all are told at once. A text says what is wrong with which thing, a remedy what to do, for
the person who entered the payment. A rule says nothing where another one already told the cause: a sum is not judged
while one of its parts is wrong itself.
"""

from app.records import Books, Payment, Problem
from app.sync.flow import Later
from app.sync.validate import header, lines, totals
from app.sync.validate.agreement import agrees
from app.sync.validate.case import Case, JudgeDefaults, Rule, case_of, listed, quoted

__all__ = ["RULES", "JudgeDefaults", "agrees", "judge"]

RULES: tuple[Rule, ...] = (
    header.key_missing,
    header.account_missing,
    header.customer,
    header.amount,
    header.receipt_date,
    header.method,
    header.deposit,
    header.entity,
    lines.no_line,
    lines.line_without_invoice,
    lines.line_amount,
    lines.invoice_twice,
    lines.invoice_gone,
    lines.other_customer,
    lines.currency,
    lines.above_due,
    totals.overpayment,
    totals.overpayment_place,
    totals.sum_of_parts,
)
"""Every refusal before posting; what cannot be understood at all stands before them."""


def judge(payment: Payment, books: Books, *, defaults: JudgeDefaults) -> list[Problem] | Later:
    """
    All that is wrong, in the order of `RULES`; nothing = it may be posted. `Later` only where nothing is wrong but
    that an account or an invoice is not linked yet: a payment that is wrong anyway need not wait to hear it.
    """
    case = case_of(payment, books, defaults)
    problems = list(payment.unreadable)
    told = {problem.field for problem in problems}
    problems += [problem for rule in RULES for problem in rule(case) if problem.field not in told]
    return problems or _later(case) or []


def _later(case: Case) -> Later | None:
    payment = case.payment
    waits = [] if payment.customer else [f"the account {quoted(case.customer_name)}"]
    unlinked = tuple(dict.fromkeys(item.name for item in case.items if not item.line.invoice_key))
    if unlinked:
        waits.append(f"{'the invoice' if len(unlinked) == 1 else 'the invoices'} {listed(unlinked)}")
    return Later(f"Waiting for {listed(waits)} to be linked with Intacct.") if waits else None
