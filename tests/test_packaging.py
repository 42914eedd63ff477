"""What a user installs is what stands in the repository, and works without it."""

import ast
import json
import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from importlib.metadata import packages_distributions
from itertools import chain
from pathlib import Path

import pytest
import yaml

import standfast

ROOT = Path(__file__).parents[1]
PACKAGES = ("audits", "personas", "role_prompts", "analysis", "reports")
FOLDERS = (*PACKAGES, "suites", "src/standfast")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))

# Runs in a fresh interpreter: imports everything, with what only developers have made impossible to import.
IMPORT_ALL = """
import importlib, json, pkgutil, sys
for name in ("hatchling", "hypothesis", "mypy", "openai", "pikepdf", "pytest", "ruff"):
    sys.modules[name] = None
sys.path.insert(0, sys.argv[1])
import standfast
found = {module.name for module in pkgutil.walk_packages(standfast.__path__, "standfast.")}
names = sorted(found - {"standfast.__main__"})
files = [importlib.import_module(name).__file__ for name in names]
from standfast import listing, personas, role_prompts
from standfast.audits._registry import AUDITS
print(json.dumps({
    "path": list(standfast.__path__),
    "modules": names,
    "files": files,
    "personas": list(personas.load_all()),
    "wordings": {name: len(role_prompts.load(name).wordings) for name in role_prompts.names()},
    "items": {name: len(audit.items()) for name, audit in AUDITS.items()},
    "suites": sorted(listing.suite_files()),
}))
"""


def tracked(*folders: str) -> list[Path]:
    """Files that are in the repository or would be added to it; links are left out."""
    if not (ROOT / ".git").exists() or shutil.which("git") is None:
        pytest.skip("needs git and a git checkout: the list of files comes from there")
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", *folders]
    listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout.split("\0")
    return sorted(
        {Path(name) for name in listed if name and (ROOT / name).is_file() and not (ROOT / name).is_symlink()}
    )


def without_links(target: Path) -> Path:
    """A clone as git makes it with `core.symlinks=false`: each link is a text file that names its target."""
    shutil.copytree(ROOT, target, symlinks=True, ignore=shutil.ignore_patterns(".*", "__pycache__", "runs", "tests"))
    for name in PACKAGES:
        link = target / "src" / "standfast" / name
        text = str(link.readlink()) if link.is_symlink() else link.read_text("utf-8")
        link.unlink()
        link.write_text(text, encoding="utf-8")
    return target


def build(source: Path, target: str, out: Path) -> Path:
    command = [sys.executable, "-m", "hatchling", "build", "-t", target, "-d", out]
    done = subprocess.run(command, cwd=source, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    [archive] = out.iterdir()
    return archive


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(ROOT, "wheel", tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="session")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the wheel's content, as an installer leaves it."""
    target = tmp_path_factory.mktemp("installed")
    zipfile.ZipFile(wheel).extractall(target)
    return target


def import_all(path: Path, cwd: Path) -> dict:
    command = [sys.executable, "-I", "-W", "ignore", "-c", IMPORT_ALL, path]
    done = subprocess.run(command, cwd=cwd, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def packaged(wheel: Path) -> list[str]:
    return sorted(name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name)


def expected() -> list[str]:
    return sorted(f"standfast/{str(path).removeprefix('src/standfast/')}" for path in tracked(*FOLDERS))


def test_the_wheel_holds_the_repository_s_files_and_no_others(wheel):
    assert packaged(wheel) == expected()


def test_a_wheel_from_the_source_archive_holds_the_same(wheel, tmp_path):
    with tarfile.open(build(ROOT, "sdist", tmp_path / "archive")) as archive:
        archive.extraction_filter = lambda member, _: member  # the archive is ours; Python 3.11.2 knows no named filter
        archive.extractall(tmp_path)
    [source] = tmp_path.glob("standfast-*")
    assert packaged(build(source, "wheel", tmp_path / "wheel")) == packaged(wheel)


def test_a_wheel_from_a_clone_without_links_holds_the_same(wheel, tmp_path):
    assert packaged(build(without_links(tmp_path / "clone"), "wheel", tmp_path / "wheel")) == packaged(wheel)


def test_the_installed_wheel_works_from_another_folder_without_the_checkout(installed, tmp_path):
    # The user's own folders of the same names must not be taken for ours.
    for name in PACKAGES:
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text("raise ImportError('the wrong package')", encoding="utf-8")
    found = import_all(installed, cwd=tmp_path)

    assert found["path"] == [str(installed / "standfast")]
    assert all(Path(file).is_relative_to(installed) for file in found["files"])
    modules = {str(path.with_suffix("")) for path in tracked(*PACKAGES) if path.suffix == ".py"}
    dotted = {f"standfast.{name.replace('/', '.').removesuffix('.__init__')}" for name in modules}
    assert dotted <= set(found["modules"])
    assert_data_complete(found)


def test_a_clone_without_links_works_in_place(tmp_path):
    clone = without_links(tmp_path / "clone")
    found = import_all(clone / "src", cwd=tmp_path)
    assert found["path"] == [str(clone), str(clone / "src" / "standfast")]
    assert all(Path(file).is_relative_to(clone) for file in found["files"])
    assert_data_complete(found)


def assert_data_complete(found: dict) -> None:
    assert found["personas"] == sorted(path.stem for path in (ROOT / "personas" / "library").glob("*.yaml"))
    assert sorted(found["wordings"]) == sorted(path.stem for path in (ROOT / "role_prompts").glob("*.yaml"))
    assert all(n >= 3 for n in found["wordings"].values())
    # A series of talks is about four claims.
    assert all(n >= (12 if audit == "rapport" else 24) for audit, n in found["items"].items())
    assert found["suites"] == sorted(path.stem for path in (ROOT / "suites").glob("*.yaml"))


def test_the_wheel_names_its_command_its_inspect_plugins_and_its_licence(wheel):
    with zipfile.ZipFile(wheel) as archive:
        info = next(name for name in archive.namelist() if name.endswith("/entry_points.txt")).rpartition("/")[0]
        points = archive.read(f"{info}/entry_points.txt").decode()
        assert archive.read(f"{info}/licenses/LICENSE") == (ROOT / "LICENSE").read_bytes()
    assert "standfast = standfast.cli:main" in points
    assert "standfast = standfast.audits._registry" in points


def test_every_link_leads_to_its_folder():
    for name in PACKAGES:
        link = ROOT / "src" / "standfast" / name
        assert link.resolve() == ROOT / name
        assert not link.readlink().is_absolute()


def test_the_version_is_the_same_everywhere():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))
    assert PROJECT["project"]["version"] == standfast.__version__ == citation["version"]


def distributions_imported() -> set[str]:
    owners = packages_distributions()
    paths = [path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py")]
    modules: set[str] = set()
    for node in chain(*(ast.walk(ast.parse(path.read_text("utf-8"))) for path in paths)):
        if isinstance(node, ast.Import):
            modules |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            modules.add((node.module or "").partition(".")[0])
    names = chain(*(owners.get(module, []) for module in modules - {"standfast"}))
    return {re.sub("[-_.]+", "-", name).lower() for name in names}


def named(requirements: list[str]) -> set[str]:
    return {re.match(r"[\w-]+", line)[0].lower() for line in requirements}


def test_every_dependency_is_imported_declared_and_explained():
    declared = named(PROJECT["project"]["dependencies"])
    extras = named([*chain(*PROJECT["project"]["optional-dependencies"].values())])
    # pydantic-core is the other half of pydantic; pandas imports pyarrow when it meets Parquet.
    assert distributions_imported() - {"pydantic-core"} - extras | {"pyarrow"} == declared
    explained = (ROOT / "docs" / "design" / "dependencies.md").read_text("utf-8")
    asked = declared | extras | named([*chain(*PROJECT["dependency-groups"].values())])
    assert {name for name in asked if f"**{name}**" not in explained} == set()


def test_the_lock_names_every_requirement_with_hashes_and_no_address():
    lock = (ROOT / "requirements.lock").read_text("utf-8")
    entries = re.findall(r"^([a-z0-9-]+)==\S+.*\\\n((?:    --hash=sha256:[0-9a-f]{64}(?: \\)?\n)+)", lock, re.MULTILINE)
    pinned = {name for name, _ in entries}
    asked = [*PROJECT["project"]["dependencies"], *chain(*PROJECT["dependency-groups"].values())]
    assert named(asked) <= pinned
    assert len(entries) == len(re.findall("^[a-z0-9]", lock, re.MULTILINE))  # no line without a hash
    assert "://" not in lock
    assert "--index" not in lock
