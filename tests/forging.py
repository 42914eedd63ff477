"""What a forger can do who has this code: change a bundle, and make everything around the change true again."""

import hashlib
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import inspect_ai.log  # noqa: F401 - teaches zipfile the compression of logs

from standfast.analysis import decisions
from standfast.reports import manifest, statement


def reseal(folder: Path) -> None:
    """Make manifest and statement true again, as a forger would who has this code."""
    files = [p.relative_to(folder).as_posix() for p in sorted(folder.rglob("*")) if p.is_file()]
    beside = (manifest.FILE, statement.FILE, statement.ENVELOPE)
    before = json.loads((folder / manifest.FILE).read_bytes())
    entries = manifest.entries(folder, [path for path in files if path not in beside])
    listed = manifest.manifest(entries, before["made_with"], before["log_url"])
    decided = decisions.from_json((folder / "decision.json").read_text())
    recorded = json.loads((folder / "run.json").read_text())
    (folder / manifest.FILE).write_bytes(manifest.canonical(listed))
    (folder / statement.FILE).write_bytes(statement.statement(listed, decided, recorded))


def rewrite(log: Path, change: Callable[[str, bytes], bytes]) -> None:
    """Change the parts of a log, so that its own checksums hold again."""
    with zipfile.ZipFile(log) as archive:
        parts = [(info, archive.read(info)) for info in archive.infolist()]
    with zipfile.ZipFile(log, "w") as archive:
        for info, content in parts:
            archive.writestr(info, change(info.filename, content))


def put_json(path: Path, content: dict[str, Any]) -> None:
    """Write results or a decision as standfast writes them, with the hash of what they now say."""
    inner = {key: value for key, value in content.items() if key not in ("schema", "sha256")}
    digest = hashlib.sha256(json.dumps(inner, ensure_ascii=True, sort_keys=True).encode()).hexdigest()
    sealed = {"schema": content["schema"], "sha256": digest, **inner}
    path.write_text(json.dumps(sealed, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
