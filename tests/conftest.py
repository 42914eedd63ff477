"""What all tests share."""

import os
from pathlib import Path

import pytest

# Inspect's display and any provider key of the machine must not touch a test.
os.environ["INSPECT_DISPLAY"] = "none"


@pytest.fixture(scope="session")
def data() -> Path:
    """Return the folder of public data sets, or skip."""
    beside = Path(__file__).parents[2] / "shared" / "data"
    folder = Path(os.environ.get("STANDFAST_DATA", beside))
    if not folder.is_dir():
        pytest.skip(f"public data sets are not at {folder}; set STANDFAST_DATA")
    return folder


@pytest.fixture(autouse=True)
def _own_caches(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INSPECT_CACHE_DIR", str(tmp_path_factory.mktemp("cache")))
