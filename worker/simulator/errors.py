"""The errors that Bedrock answers with: code in a header, message in the body."""

from __future__ import annotations

#: Source: botocore 1.44 service models of bedrock and bedrock-runtime.
STATUS = {
    "ValidationException": 400,
    "ConflictException": 400,
    "ServiceQuotaExceededException": 400,
    "AccessDeniedException": 403,
    "ResourceNotFoundException": 404,
    "ModelTimeoutException": 408,
    "ModelErrorException": 424,
    "ThrottlingException": 429,
    "ModelNotReadyException": 429,
    "InternalServerException": 500,
    "ServiceUnavailableException": 503,
    "UnknownOperationException": 404,
}


class ServiceError(Exception):
    """A request that Bedrock refuses, or fails to answer."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message

    @property
    def status(self) -> int:
        """HTTP status of the code."""
        return STATUS[self.code]


def invalid(message: str) -> ServiceError:
    """Refuse a request for what it says."""
    return ServiceError("ValidationException", message)
