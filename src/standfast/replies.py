"""What a provider's answer or error tells of a call: how it ended, what it used, and when to come again."""

import asyncio
import time
from collections.abc import Collection
from email.utils import parsedate_to_datetime

from inspect_ai.model import ModelOutput, ModelUsage

from standfast.ledger import Outcome

LONGEST_WAIT_SECONDS = 60.0  # asked for by a provider; as the SDKs hold it
_MALFORMED: Collection[str] = (
    "JSONDecodeError",
    "APIResponseValidationError",
    "ValidationError",
    "OpenAIResponseError",
)


def told(output: object) -> tuple[Outcome, ModelUsage | None]:
    """Return how a call ended, and its usage where the provider reports it."""
    if isinstance(output, ModelOutput):
        return "ok", output.usage
    return (of_error(output) if isinstance(output, Exception) else "other"), None


def asked(usage: ModelUsage | None) -> int | None:
    """Return the tokens that were asked with, those from or for the provider's own cache among them."""
    if usage is None:
        return None
    return usage.input_tokens + (usage.input_tokens_cache_write or 0) + (usage.input_tokens_cache_read or 0)


def of_error(error: BaseException) -> Outcome:
    """Return what went wrong with a call, from what its provider raised."""
    status = getattr(error, "status_code", None) or getattr(error, "code", None)
    if isinstance(status, int) and status >= 400:
        if status in (408, 504):
            return "timeout"
        return "rate_limit" if status == 429 else "server_error" if status >= 500 else "refused_request"
    names = [kind.__name__ for kind in type(error).__mro__]
    if isinstance(error, TimeoutError) or any("Timeout" in name for name in names):
        return "timeout"
    if any(name in _MALFORMED for name in names):
        return "malformed"
    if isinstance(error, asyncio.IncompleteReadError | OSError) or any("Connect" in name for name in names):
        return "connection"
    return "other"


def wait_seconds(error: BaseException) -> float:
    """Return how long a provider asks to be left alone, 0 where it does not say so in seconds or as a date."""
    headers = getattr(getattr(error, "response", None), "headers", None) or {}
    try:
        seconds = _seconds(headers.get("retry-after", "0"))
    except (AttributeError, TypeError, ValueError, OverflowError):  # neither, or no mapping at all
        return 0.0
    return min(max(seconds, 0.0), LONGEST_WAIT_SECONDS) if seconds == seconds else 0.0  # NaN is not itself


def _seconds(told: str) -> float:
    try:
        return float(told)
    except ValueError:
        return parsedate_to_datetime(told).timestamp() - time.time()


def retry_here(api: object) -> None:
    """Leave retries to Inspect, so that each is one call; the SDKs of OpenAI and Anthropic would make their own."""
    client = getattr(api, "client", None)
    if getattr(client, "max_retries", 0):
        client.max_retries = 0  # type: ignore[union-attr]
