"""Addresses of samples in Inspect's viewer."""

from urllib.parse import quote, urlsplit

from standfast.errors import ReportError

_LONGEST = 300


def check(url: str) -> str:
    """Return the address of a viewer if a page may link to it; an empty one stands for none.

    Raises:
        ReportError: It is no web address and no path, or holds what a link must not.

    Example:
        >>> check("http://127.0.0.1:7575/")
        'http://127.0.0.1:7575/'
    """
    wrong = ""
    if len(url) > _LONGEST:
        wrong = f"is longer than {_LONGEST} characters"
    elif not url.isascii() or not url.isprintable() or set(url) & set(" \"'<>\\^`{|}"):
        wrong = "holds a character that no address has"
    elif "#" in url:
        wrong = "holds '#', after which the page writes log and sample"
    elif not _is_web(url):
        wrong = "is neither http(s):// nor a relative path"
    if wrong:
        message = (
            f"--log-url: {url[:60]!r} {wrong}; give the address of Inspect's viewer, such as http://127.0.0.1:7575/"
        )
        raise ReportError(message)
    return url


def sample(url: str, log: str, sample_id: str, epoch: int) -> str:
    """Return the address of a sample, empty where the viewer or the log is unknown.

    Example:
        >>> sample("http://127.0.0.1:7575/", "a.eval", "x__y", 1)
        'http://127.0.0.1:7575/#/logs/a.eval/samples/sample/x__y/1'
    """
    if not url or not log:
        return ""
    safe_log, safe_id = (quote(text.encode("utf-8", "replace"), safe="") for text in (log, sample_id))
    return f"{url}#/logs/{safe_log}/samples/sample/{safe_id}/{epoch}"


def _is_web(url: str) -> bool:
    """Tell whether an address is of the web, or a path beside the page."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return bool(parts.netloc) if parts.scheme in ("http", "https") else not parts.scheme and not parts.netloc
