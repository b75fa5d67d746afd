"""What the org refuses, with the platform's own code, text and HTTP status."""


class Refused(Exception):
    """
    One error of the API.

    A single-record resource answers `status` and an array with `errorCode`; a collection answers 200 and puts
    the same error, as `statusCode`, into the record's own outcome.
    """

    def __init__(self, code: str, message: str, fields: tuple[str, ...] = (), status: int = 400) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.fields = fields
        self.status = status


def not_found(message: str = "The requested resource does not exist") -> Refused:
    return Refused("NOT_FOUND", message, status=404)


def deleted() -> Refused:
    return Refused("ENTITY_IS_DELETED", "entity is deleted", status=404)


def no_such_type(name: str) -> Refused:
    text = (
        f"sObject type '{name}' is not supported. If you are attempting to use a custom object, be sure to "
        "append the '__c' after the entity name. Please reference your WSDL or the describe call for the "
        "appropriate names."
    )
    return Refused("INVALID_TYPE", text)


def unreadable_body(message: str) -> Refused:
    return Refused("JSON_PARSER_ERROR", message)
