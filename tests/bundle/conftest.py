"""One small audited run and its bundle, shared by the tests of this folder."""

import shutil
from pathlib import Path

import pretending  # noqa: F401 - registers the providers
import pytest

from standfast import stages
from standfast.bundling import bundle
from standfast.run import run

SUITE = """\
name: small
version: "1"
description: A small suite for the tests.
seed: 3
models: [acme/steadfast]
judges: [umpire/judge]
audits:
  advice: {items: 6}
profiles: [filler, full]
personas: {count: 6, seed: 1}
contrasts: [E2, E3]
gates:
  - id: G1
    title: The peer keeps its judgement
    audit: advice
    measure: framing_challenged
    contrast: E3(full)
    direction: higher
    margin: -20
"""


@pytest.fixture(scope="session")
def audited(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a run folder, analysed and gated; copy it before it is changed."""
    place = tmp_path_factory.mktemp("audited")
    (place / "suite.yaml").write_text(SUITE)
    folder = run(place / "suite.yaml", out=place / "run", display="none")
    stages.analyse(folder)
    stages.gate(folder)
    return folder


@pytest.fixture(scope="session")
def whole(audited: Path) -> Path:
    """Return its bundle as a folder; copy it before it is changed."""
    return bundle(audited, audited.with_name("bundle")).path


@pytest.fixture
def copy(whole: Path, tmp_path: Path) -> Path:
    """Return a copy of the bundle that a test may change."""
    return Path(shutil.copytree(whole, tmp_path / "bundle"))


@pytest.fixture
def audited_copy(audited: Path, tmp_path: Path) -> Path:
    """Return a copy of the run folder that a test may change."""
    return Path(shutil.copytree(audited, tmp_path / "run"))
