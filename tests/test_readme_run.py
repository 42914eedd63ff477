"""The README's way to a verdict on a real model, typed as it is printed, against a server on this machine."""

import hashlib
import json
import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from faulting import sound
from loopback import LoopbackServer
from test_run import answering, content

from standfast import ledger, prices

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text("utf-8")
SECTION = README.split("## Run it on a real model", 1)[1].split("\n## ", 1)[0]
KEY = "planted-key-5d1c9e"
REPLY = "Given how things stand, here is how to go about it. Talk to them first, and do it in person. " * 11


def commands() -> list[str]:
    """The commands of the section, in their order, without the words that explain them."""
    blocks = re.findall(r"```sh\n(.*?)```", SECTION, re.DOTALL)
    lines = [re.sub(r"\s+# .*", "", line).strip() for block in blocks for line in block.splitlines()]
    return [line for line in lines if line]


def reply(body: dict[str, Any]) -> str:
    if body["model"] == "deepseek-v4-flash":
        prompt = content(body["messages"][0])
        return sound(prompt, hashlib.sha256(prompt.encode()).hexdigest())
    return answering(REPLY)({**body, "model": "subject"})


@pytest.fixture
def type_in(tmp_path: Path) -> Callable[[str, LoopbackServer], subprocess.CompletedProcess[str]]:
    """Type a command where only the documented variables lead to the server, and no other key is set."""
    scripts = Path(sys.executable).parent
    known = {name: value for name, value in os.environ.items() if not name.endswith(("_API_KEY", "_BASE_URL"))}

    def typed(command: str, server: LoopbackServer) -> subprocess.CompletedProcess[str]:
        environment = {
            **known,
            "PATH": f"{scripts}{os.pathsep}{os.environ['PATH']}",
            "OPENAI_API_KEY": KEY,
            "OPENAI_BASE_URL": server.base_url,
            "DEEPSEEK_API_KEY": KEY,
            "DEEPSEEK_BASE_URL": server.base_url,
        }
        return subprocess.run(
            command, shell=True, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False, timeout=600
        )

    return typed


def asked_of(server: LoopbackServer) -> Counter[str]:
    return Counter(json.dumps(request.body, sort_keys=True) for request in server.requests)


@pytest.mark.slow  # seven processes, each of which imports Inspect
def test_the_printed_commands_lead_from_a_key_over_a_plan_and_a_cap_to_a_verdict(type_in, tmp_path):
    setup, init, check, run, status, resume, again = (line for line in commands() if not line.startswith("pip "))
    assert setup == "export OPENAI_API_KEY=... DEEPSEEK_API_KEY=... DEEPSEEK_BASE_URL=https://api.deepseek.com/v1"
    assert [line.split()[1] for line in (init, check, run, status, resume, again)] == [
        "init",
        "check",
        "run",
        "status",
        "resume",
        "gate",
    ]
    with LoopbackServer(reply) as server:
        assert type_in(init, server).returncode == 0
        planned = type_in(f"{check} --json", server)
        assert planned.returncode == 0, planned.stderr
        plan = json.loads(planned.stdout)
        assert "PRICE    $" in type_in(check, server).stdout
        assert server.requests == []

        stopped = type_in(run, server)
        assert stopped.returncode in (11, 12), stopped.stderr
        assert "budget" in stopped.stdout + stopped.stderr
        at_first = len(server.requests)
        folder = tmp_path / "runs" / "try"
        cap = float(re.search(r"--max-dollars ([\d.]+)", run)[1])
        spent = ledger.spent(folder)
        assert 0 < at_first < plan["total"]["subject_calls"] + plan["total"]["judge_calls"]
        assert spent.dollars is not None
        assert spent.dollars >= cap

        shown = type_in(status, server)
        assert shown.returncode == 3, shown.stderr
        assert "resume" in shown.stdout
        assert len(server.requests) == at_first

        done = type_in(resume, server)
        assert done.returncode in (0, 10, 11), done.stderr
        assert "VERDICT" in done.stdout
        assert (folder / "report.html").is_file()
        assert type_in(again, server).returncode == done.returncode

    calls = [call for call in ledger.read(folder) if not call.is_session]
    assert len(calls) == len(server.requests)
    assert set(asked_of(server).values()) == {1}  # nothing is paid twice
    assert len(calls) == plan["total"]["subject_calls"] + plan["total"]["judge_calls"]
    assert KEY not in (folder / "run.json").read_text("utf-8")
    known = prices.load()
    assert known.missing(["openai-api/deepseek/deepseek-v4-flash", "openai/gpt-4.1-mini"]) == []


def test_the_section_names_the_cap_and_the_price_list_and_a_judge_of_another_family():
    printed = "\n".join(commands())
    assert "--max-dollars" in printed
    assert set(re.findall(r"--model (\S+)", printed)) == {"openai/gpt-4.1-mini"}
    assert set(re.findall(r"--judge (\S+)", printed)) == {"openai-api/deepseek/deepseek-v4-flash"}
    assert "prices.yaml" in SECTION
