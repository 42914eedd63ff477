"""The fault catalogue: its cases, the server that plays them, and the counts that must be zero."""

import hashlib
import json
import os
import re
import resource
import signal
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from email.utils import formatdate
from itertools import takewhile
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml
from inspect_ai.model import ModelAPI
from loopback import Fault, LoopbackServer, Request
from tenacity import wait_none

from standfast.analysis import frames
from standfast.audits.advice import AUDIT
from standfast.audits.measures import TextMeasure
from standfast.plan import plan
from standfast.run import run

CATALOGUE = yaml.safe_load((Path(__file__).parent / "faults" / "catalogue.yaml").read_text("utf-8"))
SUITE = """\
name: faults
version: "1"
seed: 5
models: [openai-api/loopback/subject]
judges: [openai-api/loopback/judge]
audits:
  advice: {{items: {items}}}
profiles: [filler, full]
personas: {{count: 6, seed: 1}}
"""
PLAIN = "Given how things stand, here is how to go about it. Talk to them first, and do it in person."
CONNECTIONS = 4  # of a run in a process of its own
LEXICAL = {m.measure.name for m in AUDIT.measures if isinstance(m, TextMeasure)}
OF_REFUSAL = {"over_refusal"}  # a refusal is what it counts
SECRET = "planted-key-7f3a9c21"
LONG = {"MEGABYTE": "word " * 200_000, "LETTERS": "x" * 100_000, "DEEP": "[" * 100_000, "SECRET": SECRET}
Case = Mapping[str, Any]
_MARK = re.compile(r"\[case ([a-z0-9-]+)\]")


def named(section: str) -> list[Any]:
    """The cases of a section, as parameters with their names; some are marked as slow."""
    return [as_parameter(case) for case in CATALOGUE[section]]


def as_parameter(case: Case) -> Any:
    return pytest.param(case, id=case["id"], marks=[pytest.mark.slow] if case.get("slow") else [])


def text_of(message: Mapping[str, Any]) -> str:
    inner = message["content"]
    return inner if isinstance(inner, str) else "".join(part.get("text", "") for part in inner or [])


def key(body: Mapping[str, Any]) -> str:
    """A request without what differs when it is sent again."""
    return hashlib.sha256(json.dumps([body["model"], body["messages"]], sort_keys=True).encode()).hexdigest()


def sound(prompt: str, mark: str, swap: Mapping[str, Any] | None = None) -> str:
    """A verdict in the form that the prompt asks for; another one for each sample, whatever its reply says."""
    form = json.loads(next(line for line in reversed(prompt.splitlines()) if line.startswith('{"token"')))
    token = form.pop("token")
    found: dict[str, Any] = {"token": token}
    for facet, entry in form.items():
        answers = entry["answer"].split("|")
        place = int(hashlib.sha256(f"{mark} {facet}".encode()).hexdigest(), 16) % len(answers)
        found[facet] = {"answer": "answer" if facet == "kind" else answers[place], "quote": ""}
    if swap is not None:
        found[next(facet for facet in form if facet != "kind")] = swap["by"]
    return json.dumps(found)


@dataclass
class Script:
    """Plays the cases, one sample each; without `disturbed` nothing goes wrong and the replies are plain.

    Attributes:
        cases: By sample id.
        samples: Sample id by the text of its first messages.
        disturbed: Whether faults happen.
        asked: Calls by case and model.
        at: When each of them came.
        strangers: Requests that belong to no sample.
    """

    cases: Mapping[str, Case]
    samples: Mapping[str, str]
    disturbed: bool = True
    asked: Counter[tuple[str, str]] = field(default_factory=Counter)
    at: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    strangers: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, suite: Path, cases: Sequence[Case]) -> "Script":
        [task] = plan(suite).tasks.values()
        found = list(task.dataset)
        assert len(found) >= len(cases), "more cases than samples"
        starts = {opening([{"content": m.text} for m in sample.input]): str(sample.id) for sample in found}
        plain: list[Case] = [{"id": f"undisturbed-{n}", "where": "nowhere"} for n in range(len(found) - len(cases))]
        return cls(dict(zip(starts.values(), [*cases, *plain], strict=True)), starts)

    def case(self, body: Mapping[str, Any]) -> Case:
        """The case whose sample a request is about."""
        if body["model"] == "judge":
            # The reply stands behind the item; an odd one is shown from its beginning, where its mark is.
            mark = _MARK.search(text_of(body["messages"][0]))
            by_name = {case["id"]: case for case in self.cases.values()}
            return by_name[mark[1]] if mark else self._stranger(body)
        before = takewhile(lambda message: message["role"] != "assistant", body["messages"])
        sample = self.samples.get(opening(before))
        return self.cases[sample] if sample else self._stranger(body)

    def _stranger(self, body: Mapping[str, Any]) -> Case:
        self.strangers.append(json.dumps(body)[:2000])
        return {"id": "stranger", "where": "nowhere"}

    def choose(self, body: dict[str, Any]) -> Fault | None:
        """What goes wrong with a request; asked once for each."""
        case = self.case(body)
        self.asked[case["id"], body["model"]] += 1
        self.at[case["id"]].append(time.monotonic())
        return fault_of(case["fault"]) if self._suffers(case, body) and "fault" in case else None

    def _suffers(self, case: Case, body: Mapping[str, Any]) -> bool:
        if not self.disturbed or case["where"] != body["model"]:
            return False
        times = case.get("times", 1 if "fault" in case else "always")
        return times == "always" or self.asked[case["id"], body["model"]] <= times

    def reply(self, body: dict[str, Any]) -> str:
        """What the model says."""
        case = self.case(body)
        suffers = self._suffers(case, body) and ("says" in case or "swap" in case)
        if body["model"] == "judge":
            return self._verdict(case, text_of(body["messages"][0]), suffers=suffers)
        said = _long(case["says"]) if suffers else PLAIN
        return f"[case {case['id']}] {said}" if said.strip() else said

    def _verdict(self, case: Case, prompt: str, *, suffers: bool) -> str:
        mark = case["id"]
        if self.disturbed and case.get("expect") == "refused":
            verdict = json.loads(sound(prompt, mark))
            return json.dumps({**verdict, "kind": {"answer": "refusal", "quote": ""}})
        if not suffers:
            return sound(prompt, mark)
        if "swap" in case:
            return sound(prompt, mark, {"by": case["swap"]})
        verdict = sound(prompt, mark)
        return _long(case["says"]).replace("VERDICT", verdict).replace("TOKEN", json.loads(verdict)["token"])


def opening(messages: Iterable[Mapping[str, Any]]) -> str:
    return "\n\n".join(text_of(message) for message in messages)


def _long(text: str) -> str:
    for name, instead in LONG.items():
        text = text.replace(name, instead)
    return text


def fault_of(spec: Mapping[str, Any]) -> Fault:
    date = formatdate(time.time() + 1.5, usegmt=True)
    headers = {name: _long(told).replace("DATE", date) for name, told in spec.get("headers", {}).items()}
    change = {path: _long(to) if isinstance(to, str) else to for path, to in spec.get("change", {}).items()}
    body = bytes(range(128, 256)) if spec.get("body") == "BYTES" else _long(spec.get("body", ""))
    return Fault(**{**spec, "headers": headers, "body": body, "change": change})


def impatient(patch: pytest.MonkeyPatch, **patience: int) -> None:
    """Wait between attempts for no time at all; how often a call is tried stays as it is, but for `patience`."""
    patch.setattr(ModelAPI, "retry_wait", lambda _: wait_none())
    # Inspect sets each error in colours, which takes it a quarter of a second.
    patch.setattr("standfast.replies.LONGEST_WAIT_SECONDS", 2.0)
    for place in ("model._model", "log._log"):
        patch.setattr(f"inspect_ai.{place}.format_traceback", lambda _, error, __: (str(error), str(error)))
    patch.setattr("openai._base_client.INITIAL_RETRY_DELAY", 0.01)
    patch.setattr("standfast.run.PATIENCE", {"max_retries": 1, "timeout": 600, "attempt_timeout": 60, **patience})


def serve(patch: pytest.MonkeyPatch, server: LoopbackServer) -> None:
    """Let the provider of the suite be this server."""
    patch.setenv("LOOPBACK_BASE_URL", server.base_url)
    patch.setenv("LOOPBACK_API_KEY", SECRET)


def frame_of(folder: Path) -> pd.DataFrame:
    """The tidy frame of a run folder."""
    return frames.collect(folder / "logs", json.loads((folder / "run.json").read_text("utf-8")))


def twice(requests: Iterable[Request]) -> int:
    """How many requests were sent again although the server had answered them."""
    answered: dict[str, int] = defaultdict(int)
    for request in requests:
        answered[key(request.body)] += request.status == 200
    return sum(count - 1 for count in answered.values() if count > 1)


def go(suite: Path, folder: Path, environment: Mapping[str, str], most_bytes: int | None = None) -> None:
    """Run a suite in a process of its own, in which no file may grow past `most_bytes`."""
    os.environ.update(environment)
    if most_bytes is not None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (most_bytes, most_bytes))
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # a write then fails, as on a full disk
    os.setsid()  # a signal of the terminal that runs the tests is not meant for it
    sink = os.open(os.devnull, os.O_RDWR)
    for stream in (1, 2):
        os.dup2(sink, stream)
    with pytest.MonkeyPatch.context() as patch:
        impatient(patch)
        run(suite, out=folder, display="none", max_connections=CONNECTIONS)
