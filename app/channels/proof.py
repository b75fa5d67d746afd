"""Whether who calls knows the secret, compared in constant time."""

import hmac

_BEARER = b"bearer "


def matches(secret: str, given: bytes) -> bool:
    """A secret that is not configured is matched by nothing, least of all by nothing."""
    return hmac.compare_digest(secret.encode(), given) and bool(secret)


def bearer_matches(secret: str, authorization: bytes) -> bool:
    """`Authorization: Bearer {secret}`; the scheme's case does not matter (RFC 9110, section 11.1)."""
    scheme, given = authorization[: len(_BEARER)], authorization[len(_BEARER) :]
    return scheme.lower() == _BEARER and matches(secret, given.strip())
