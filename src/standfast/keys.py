"""Keys of this machine, kept out of what a run leaves.

Inspect writes no key and no header. A provider can: some quote the key that they refuse in their error, which then
stands in the log. So the values of the environment's secrets are looked for in all that a run wrote, and taken out.
"""

import json
import os
import re
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import parse_qsl, quote, urlsplit

from standfast.errors import SuiteError

_SECRET = re.compile(
    r"(^|_)(API_?KEY|KEY|TOKEN|SECRET|PASSWORD|PASSWD|CREDENTIAL|AUTHORIZATION|COOKIE|HEADER)S?(_|$)", re.IGNORECASE
)
# A shorter value, or a plain word, could stand in a reply by chance; taking it out would change the evidence.
_SHORTEST, _SHORTEST_WORD = 8, 16
_PUBLIC_QUERY = {"api-version"}
_TEXT = (".json", ".jsonl", ".yaml", ".txt")


@contextmanager
def kept_out(folder: Path) -> Iterator[None]:
    """Take this machine's keys out of what is written into a run folder meanwhile, also when it fails."""
    try:
        yield
    finally:
        clean(folder, known(os.environ))


def known(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the secrets among environment variables, value -> name of the variable, longest first."""
    found = {}
    for name, value in environment.items():
        if _SECRET.search(name):
            for part in _parts(name, value):
                if len(part) >= (_SHORTEST_WORD if part.isalpha() else _SHORTEST) and not Path(part[:255]).exists():
                    found[part] = name
    return dict(sorted(found.items(), key=lambda pair: -len(pair[0])))


def holds_credentials(url: str) -> bool:
    """Tell whether an address holds a user, a password or a query that could be a key; Inspect logs addresses."""
    parts = urlsplit(url)
    query = {name.lower() for name, _ in parse_qsl(parts.query, keep_blank_values=True)}
    return bool(parts.username or parts.password or parts.fragment or query - _PUBLIC_QUERY)


def check(text: bytes, where: Path) -> None:
    """Refuse a file that is going to be copied into the run folder with a key in it.

    Raises:
        SuiteError: It holds the value of a secret variable.
    """
    for value, name in known(os.environ).items():
        if value.encode("utf-8", "surrogateescape") in text:
            message = f"{where}: holds the value of {name}, which the run folder would keep; take it out"
            raise SuiteError(message)


def mask(text: str, secrets: Mapping[str, str]) -> str:
    """Return a text without the secrets."""
    for value, name in secrets.items():
        text = text.replace(value, _removed(name))
    return text


def clean(folder: Path, secrets: Mapping[str, str]) -> list[Path]:
    """Take secrets out of what Inspect wrote: the logs, texts beside them, and the replies that it keeps.

    Args:
        folder: The run folder. Its own files are left: the suite and its hash must stay as they are.
        secrets: Value -> name of its variable.

    Returns:
        The files that held one and were written anew, or removed where they are kept replies.
    """
    forms = [(form, _removed(name).encode()) for value, name in secrets.items() for form in _forms(value)]
    found = []
    for path in sorted(folder.glob("*/**/*")) if forms else []:
        if path.is_symlink() or not path.is_file():
            continue
        if path.suffix == ".eval":
            changed = _clean_log(path, forms)
        elif path.is_relative_to(folder / "cache"):
            changed = _drop(path, forms)
        else:
            changed = path.suffix in _TEXT and _clean_text(path, forms)
        if changed:
            found.append(path)
    return found


def _drop(path: Path, forms: list[tuple[bytes, bytes]]) -> bool:
    """Remove a kept reply that quotes a secret; Inspect's form of it cannot be rewritten, and asking again is cheap."""
    held = _holds(path.read_bytes(), forms)
    if held:
        path.unlink()
    return held


def _clean_text(path: Path, forms: list[tuple[bytes, bytes]]) -> bool:
    content = path.read_bytes()
    cleaned = _without(content, forms)
    if cleaned == content:
        return False
    part = path.with_name(f"{path.name}.part")
    part.write_bytes(cleaned)
    part.replace(path)
    return True


def _clean_log(path: Path, forms: list[tuple[bytes, bytes]]) -> bool:
    """Write a log anew where it holds a secret; one that a killed process left unfinished is Inspect's to mend."""
    import inspect_ai.log  # noqa: F401 - teaches zipfile the compression that it writes

    try:
        with zipfile.ZipFile(path) as archive:
            if not any(_holds(archive.read(member), forms) for member in archive.infolist()):
                return False
            part = path.with_name(f"{path.name}.part")
            with zipfile.ZipFile(part, "w") as cleaned:
                for member in archive.infolist():
                    cleaned.writestr(member, _without(archive.read(member), forms))
    except zipfile.BadZipFile:
        return False
    part.replace(path)
    return True


def _forms(value: str) -> set[bytes]:
    """Return how a value may be spelled: as it is, in JSON, in an address."""
    return {form.encode("utf-8", "surrogateescape") for form in (value, json.dumps(value)[1:-1], quote(value, safe=""))}


def _parts(name: str, value: str) -> list[str]:
    """Return what is secret in a variable: all of it, or each value where it holds headers."""
    value = value.strip()
    if "HEADER" not in name.upper():
        return [value] if value else []
    return [text.partition(":")[2].strip() for text in value.splitlines() if ":" in text]


def _holds(content: bytes, forms: list[tuple[bytes, bytes]]) -> bool:
    return any(form in content for form, _ in forms)


def _without(content: bytes, forms: list[tuple[bytes, bytes]]) -> bytes:
    for form, instead in forms:
        content = content.replace(form, instead)
    return content


def _removed(name: str) -> str:
    return f"[removed: {re.sub(r'[^A-Za-z0-9_]', '', name)}]"
