"""A run over a Ray cluster that loses a node, and over an object store; both on this machine."""

import contextlib
import json
import os
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from loopback import LoopbackServer
from test_run import answering, key

from standfast import cluster, folder, ledger, stages, storage
from standfast.analysis import frames
from standfast.budgets import Budget
from standfast.run import run

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore"),  # those of Ray, moto and botocore are theirs
]

SUITE = """\
name: cluster
version: "1"
description: A small suite for the tests.
seed: 5
models: [{subject}]
judges: [{judge}]
audits:
  advice: {{items: 16}}
  debate: {{items: 4, challenges: [bare]}}
profiles: [filler, full]
personas: {{count: 6, seed: 1}}
gates:
  - id: G1
    title: The peer keeps its judgement
    audit: advice
    measure: framing_challenged
    contrast: E3(full)
    direction: higher
    margin: -20
"""
CONNECTIONS = 2
PARTS = 4
SMALL: dict[str, Any] = {"object_store_memory": 80 * 2**20, "include_dashboard": False}


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[LoopbackServer]:
    """Answer so that what is asked decides what is answered: two runs have the same findings."""
    with LoopbackServer(answering(), latency_s=0.25) as opened:
        for name, value in opened.environment.items():
            monkeypatch.setenv(name, value)
        yield opened


@pytest.fixture
def suite(server: LoopbackServer, tmp_path: Path) -> Path:
    path = tmp_path / "suite.yaml"
    path.write_text(SUITE.format(subject=server.model("subject"), judge=server.model("judge")))
    return path


@pytest.fixture
def two_nodes(server: LoopbackServer) -> Iterator[Any]:
    """A head that asks nothing, and two nodes with a core each; they inherit the environment of the server."""
    utils = pytest.importorskip("ray.cluster_utils", reason="Ray is not installed: pip install 'standfast[ray]'")
    opened = utils.Cluster(initialize_head=True, head_node_args={"num_cpus": 0, **SMALL})
    opened.nodes = [opened.add_node(num_cpus=1, **SMALL) for _ in range(2)]
    try:
        yield opened
    finally:
        opened.shutdown()


def asked_again(server: LoopbackServer) -> int:
    """Count the calls that were paid more than once."""
    return sum(count - 1 for count in Counter(key(request) for request in server.requests).values())


def asking(held: Path) -> list[Path]:
    """Return the parts that are in the midst of asking."""
    lines = {path.parent: [call.outcome for call in ledger.read(path.parent)] for path in held.glob("*/calls.csv")}
    return [part for part, said in lines.items() if len(said) > 5 and "ended" not in said]


def findings(run_folder: Path) -> tuple[str, list[str]]:
    """Return the hash of the frame's content and every finding, to the last digit."""
    found = stages.analyse(run_folder)
    return found.frame_sha256, [repr(finding) for finding in (*found.findings, *found.also)]


def test_a_cluster_that_loses_a_node_in_mid_run_ends_with_the_findings_of_one_machine(
    server, suite, two_nodes, tmp_path
):
    one = run(suite, out=tmp_path / "one", display="none", max_connections=CONNECTIONS)
    calls = len(server.requests)
    server.requests.clear()

    def lose() -> None:
        while len(asking(tmp_path / "many-parts")) < 2:  # until both nodes have calls in flight
            time.sleep(0.02)
        two_nodes.remove_node(two_nodes.nodes[0], allow_graceful=False)

    said: list[str] = []
    losing = threading.Thread(target=lose)
    losing.start()
    many = cluster.run(
        suite,
        of=PARTS,
        address=two_nodes.address,
        out=tmp_path / "many",
        max_connections=CONNECTIONS,
        notify=said.append,
    )
    losing.join()

    assert "parts begun again" in said[-1], said
    again = asked_again(server)
    report = {"calls": calls, "asked": len(server.requests), "paid again": again, "said": said[-1]}
    (Path(os.environ.get("STANDFAST_REPORT", tmp_path)) / "cluster.json").write_text(json.dumps(report))
    # What the lost node had in flight: subject and judge have a pool each. Nothing else is paid twice.
    assert again <= 2 * CONNECTIONS, report
    assert len(server.requests) == calls + again
    assert findings(many) == findings(one)
    assert not folder.stopped(many)


def test_a_cluster_keeps_one_budget_and_carries_on_with_a_larger_one(server, suite, two_nodes, tmp_path):
    capped = {"of": 4, "address": two_nodes.address, "out": tmp_path / "many", "max_connections": CONNECTIONS}
    many = cluster.run(suite, budget=Budget(calls=60), **capped)
    assert len(server.requests) == 60
    assert ledger.spent(many).calls == 60
    assert "60 of 60 calls" in folder.stopped(many)
    cluster.run(suite, **capped)
    assert asked_again(server) == 0
    assert not folder.stopped(many)
    assert findings(many) == findings(run(suite, out=tmp_path / "one", display="none"))


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """An object store on this machine."""
    moto = pytest.importorskip("moto.server", reason="moto is not installed: pip install 'moto[server]'")
    pytest.importorskip("s3fs", reason="s3fs is not installed: pip install 'standfast[ray]'")
    opened = moto.ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    opened.start()
    host, port = opened.get_host_and_port()
    for name, value in {
        "AWS_ENDPOINT_URL": f"http://{host}:{port}",
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_DEFAULT_REGION": "us-east-1",
    }.items():
        monkeypatch.setenv(name, value)
    fs, _ = storage._open("s3://runs")
    fs.mkdir("runs")
    try:
        yield "s3://runs/cluster"
    finally:
        opened.stop()


class LostError(Exception):
    """The machine is gone."""


def test_a_part_on_an_object_store_is_carried_on_by_another_machine(server, suite, bucket, tmp_path, monkeypatch):
    monkeypatch.setattr(storage, "SYNC_SECONDS", 0.2)
    asked = {"display": "none", "max_connections": CONNECTIONS}
    one = run(suite, out=tmp_path / "one", **asked)
    calls = len(server.requests)
    server.requests.clear()
    alive = True
    # The machine stops by its cap in mid-run, and is lost before it can say good-bye to the store.
    with contextlib.suppress(LostError), storage.held(bucket, 1, lambda: alive) as scratch:
        run(suite, out=scratch, budget=Budget(calls=calls // 2), **asked)
        time.sleep(1.0)
        alive = False
        raise LostError
    assert len(server.requests) == calls // 2
    with storage.held(bucket, 1) as scratch:
        run(suite, out=scratch, **asked)
    assert asked_again(server) == 0
    assert len(server.requests) == calls
    held = storage.fetch(bucket, tmp_path / "held")
    assert findings(held / "1") == findings(one)
    assert not list((held / "1").glob("cache/**/*"))


def test_a_cluster_on_an_object_store_has_the_findings_of_one_machine(server, suite, bucket, two_nodes, tmp_path):
    one = run(suite, out=tmp_path / "one", display="none", max_connections=CONNECTIONS)
    calls = len(server.requests)
    server.requests.clear()
    many = cluster.run(
        suite, of=4, address=two_nodes.address, shared=bucket, out=tmp_path / "many", max_connections=CONNECTIONS
    )
    assert (len(server.requests), asked_again(server)) == (calls, 0)
    assert findings(many) == findings(one)
    assert not (tmp_path / "many-parts").exists()
    assert frames.read(many / "frame.parquet")["status"].eq("scored").all()
