"""Train a sender against a fixed receiver with TRL's GRPO, and write down what may be wrong with its gains.

Run it as a script: `python train.py --model PATH --receiver hf//PATH --output_dir out`, with any option of GRPOConfig
beside these. Leaves `samples.jsonl`, `steps.jsonl`, `run.json` and the trained model in `model/` under the output.
"""

import json
import math
import sys
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

import checks
import numpy as np
from receivers import open_receiver
from reward import Claim, Reward, Sample

from standfast import cards
from standfast.audits import _claims, _persuasion_items
from standfast.errors import AuditError

try:
    from accelerate.utils import gather_object
    from datasets import Dataset
    from transformers import AutoTokenizer, TrainerCallback
    from trl import GRPOConfig, GRPOTrainer, TrlParser
except ImportError as missing:
    sys.exit(f"train.py: {missing.name} is not installed; it comes with the extra: pip install 'standfast[train]'")

STARTS = (2, 3, 4, 5, 6)  # at the ends a receiver cannot move both ways
FIRST = 64  # messages that the later ones are compared with
LATEST = 256  # messages that a step's checks are over
NOTICE = "train.py: these claims are your own. A sender that is trained on claims that can do harm does harm; see the README."


@dataclass
class Sending:
    """What is trained, against whom, on which claims."""

    model: str = field(metadata={"help": "Causal language model: a folder or a name."})
    receiver: str = field(metadata={"help": "scripted/evidence, scripted/trigger or a model as Inspect names it."})
    second_receiver: str | None = field(
        default=None, metadata={"help": "Never rewarded; shows whether gains carry over."}
    )
    claims: Path | None = field(
        default=None, metadata={"help": "YAML: claims with id, text, aim. Half the shipped ones if left out."}
    )


class OwnClaim(cards.Card):
    """A claim of one's own."""

    id: str
    text: str
    aim: Literal["support", "oppose"]


class OwnClaims(cards.Card):
    """A file of them."""

    claims: tuple[OwnClaim, ...]


def read_claims(path: Path | None, seed: int) -> list[Claim]:
    """Return the claims to train on, each with a stance dealt to the receiver.

    Args:
        path: A file of `OwnClaims`; `None` for every second one of the shipped claims, so that the others are left for
            the audit.
        seed: Deals the stances.

    Raises:
        SuiteError: The file is wrong; the message says where.
    """
    if path is None:
        found = [OwnClaim(id=card.id, text=card.claim, aim=card.aim) for card in _claims.claims()[::2]]
    else:
        found = [*cards.load(path, OwnClaims).claims]
        sys.stderr.write(NOTICE + "\n")
    starts = np.random.default_rng(seed).choice(STARTS, size=len(found))
    return [Claim(**one.model_dump(), start=int(start)) for one, start in zip(found, starts, strict=True)]


def rows(claims: list[Claim], *, chat: bool, least: int) -> Dataset:
    """Return one prompt for each claim, in the words of the audit's honest brief.

    Args:
        claims: The claims.
        chat: Whether the tokenizer has a chat template; the prompt is then a conversation.
        least: Prompts that a batch takes; claims are repeated up to it, as TRL takes no step with fewer.
    """
    claims = claims * -(-least // len(claims))
    terms = {"terms": _persuasion_items.TERMS["honest"], "first": _persuasion_items.FIRST}
    briefs = [_persuasion_items.BRIEF.format(claim=claim.text, verb=claim.aim, **terms) for claim in claims]
    prompts = [[{"role": "user", "content": brief}] for brief in briefs] if chat else [f"{brief}\n" for brief in briefs]
    return Dataset.from_list([{"prompt": p, "claim": asdict(c)} for p, c in zip(prompts, claims, strict=True)])


class Log(TrainerCallback):
    """After each step, writes the samples of all processes and the checks over the latest."""

    def __init__(self, reward: Reward, folder: Path) -> None:
        self.reward, self.folder = reward, folder
        self.samples: list[Sample] = []
        self.steps: list[dict[str, Any]] = []

    def on_log(self, args: Any, state: Any, control: Any, logs: dict[str, Any], **_: Any) -> None:
        """Write one step; the line at the end of training holds no reward and is left out."""
        if "reward" not in logs:
            return
        fresh = gather_object(self.reward.take())  # in every process, or all of them would wait
        if not state.is_world_process_zero:
            return
        self.samples += fresh
        two = len(self.reward.receivers) > 1
        found = checks.check(self.samples[-LATEST:], self.samples[:FIRST], two=two)
        now = checks.over_claims((sample.claim, sample.gain) for sample in fresh)
        row = {"step": state.global_step, "kl": logs.get("kl"), "gain_now": asdict(now), **found}
        row["warnings"] = checks.warnings(found)
        self.steps.append(row)
        append(self.folder / "samples.jsonl", [{"step": state.global_step, **asdict(sample)} for sample in fresh])
        append(self.folder / "steps.jsonl", [row])


def append(path: Path, entries: list[dict[str, Any]]) -> None:
    """Add lines of JSON; what is not a number is written as null, which JSON can hold."""
    with path.open("a", encoding="utf-8") as file:
        file.writelines(json.dumps(_plain(entry), allow_nan=False) + "\n" for entry in entries)


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_plain(each) for each in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def summary(log: Log) -> str:
    """Return the first and the latest step in a few lines."""
    names = {
        "gain": "gain, points of 7",
        "second_gain": "on the second receiver",
        "second_less_first": "second − first",
    }
    lines = []
    for row in (log.steps[0], log.steps[-1]):
        held = [_told(what, row[name]) for name, what in names.items() if row[name]]
        lines.append(f"step {row['step']}: {'; '.join(held)}; not measured {row['not_measured']}; kl {row['kl']}")
    return "\n".join([*lines, *(f"warning: {each}" for each in log.steps[-1]["warnings"])]) + "\n"


def _told(what: str, mean: dict[str, Any]) -> str:
    interval = f"{mean['conf_low']:.2f} to {mean['conf_high']:.2f}" if mean["n_items"] > 1 else "no interval"
    return f"{what} {mean['estimate']:.2f} ({interval}, {mean['n_obs']} messages, {mean['n_items']} claims)"


def main() -> None:
    """Train."""
    sending, args = TrlParser((Sending, GRPOConfig)).parse_args_and_config()
    args.logging_steps, args.logging_strategy = 1, "steps"  # a step without its checks would be one nobody looked at
    folder = Path(args.output_dir)
    if (folder / "steps.jsonl").exists():
        sys.exit(f"{folder}: holds another training; give a new folder by --output_dir")
    folder.mkdir(parents=True, exist_ok=True)
    try:
        claims = read_claims(sending.claims, args.seed)
        second = open_receiver(sending.second_receiver) if sending.second_receiver else None
        reward = Reward(open_receiver(sending.receiver), second)
    except (AuditError, ValueError) as error:
        sys.exit(f"train.py: {error}")
    tokenizer = AutoTokenizer.from_pretrained(sending.model)
    log = Log(reward, folder)
    trainer = GRPOTrainer(
        model=sending.model,
        reward_funcs=reward.persuasion_gain,
        args=args,
        train_dataset=rows(
            claims, chat=bool(tokenizer.chat_template), least=args.generation_batch_size // args.num_generations
        ),
        processing_class=tokenizer,
        callbacks=[log],
    )
    if trainer.is_world_process_zero():
        facts = {**asdict(sending), "claims": [asdict(claim) for claim in claims], "trl": args.to_dict()}
        (folder / "run.json").write_text(json.dumps(facts, indent=2, default=str), "utf-8")
    trainer.train()
    if trainer.is_world_process_zero() and not log.steps:
        sys.exit("train.py: no step was taken; --max_steps or --num_train_epochs asks for none")
    trainer.save_model(str(folder / "model"))
    if trainer.is_world_process_zero():
        sys.stdout.write(summary(log))


if __name__ == "__main__":
    main()
