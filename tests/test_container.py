"""The container file copies what the wheel holds, installs by hash, drops the tools, and does not run as root."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "Containerfile").read_text("utf-8")
LINES = [line for line in re.sub(r"\\\n", " ", TEXT).splitlines() if line and not line.startswith("#")]


def test_every_folder_of_the_wheel_is_copied_and_nothing_else() -> None:
    copied = {
        word
        for line in LINES
        if line.startswith("COPY ") and "<<" not in line and "--from" not in line
        for word in line.split()[1:-1]
    }
    wheel = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["hatch"]["build"]["targets"]["wheel"]
    folders = {"src" if name == "src/standfast" else name for name in wheel["only-include"]}
    assert copied == folders | {"requirements.lock", "pyproject.toml", "README.md", "LICENSE"}
    assert all((ROOT / name).exists() for name in copied)
    assert {"src", "audits", "reports"} <= copied


def test_what_is_installed_has_a_hash_and_the_last_user_is_not_root() -> None:
    installs = [line for line in LINES if "pip install" in line]
    assert len(installs) == 3
    for line in installs:
        assert "--require-hashes" in line or "--no-deps --no-build-isolation ." in line or "$CLIENTS" in line
    users = [line.split()[1] for line in LINES if line.startswith("USER ")]
    assert users == ["1000:1000"]
    assert LINES[-2:] == ['ENTRYPOINT ["standfast"]', 'CMD ["demo"]']
    assert not re.search(r"(API_KEY|TOKEN|SECRET)=", "\n".join(LINES))


def test_the_tools_of_tests_and_linting_are_found_to_be_dropped_and_nothing_that_an_audit_needs() -> None:
    script = TEXT.partition("<<'EOF' unreached.py\n")[2].partition("EOF\n")[0]
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    dropped = set(done.stdout.split())
    assert {"pytest", "mypy", "ruff", "hypothesis"} <= dropped
    assert not dropped & {
        "standfast",
        "inspect-ai",
        "numpy",
        "pandas",
        "typst",
        "openai",
        "cryptography",
        "pip",
        "packaging",
    }
