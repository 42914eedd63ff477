from collections.abc import Callable

import pytest

from standfast.audits.benchmarks import anthropic_persuasion
from standfast.errors import SuiteError

Write = Callable[..., str]


def row(**other: str) -> dict[str, str]:
    return {
        "worker_id": "1",
        "claim": "Robots should carry plates",
        "argument": "Cars already do.",
        "source": "Human",
        "prompt_type": "Human",
        "rating_initial": "3 - Somewhat oppose",
        "rating_final": "5 - Somewhat support",
        "persuasiveness_metric": "2",
        **other,
    }


FREEZING = {"claim": "Water freezes at 0 degrees", "source": "Control", "prompt_type": "Control"}


def test_the_arguments_of_a_claim_are_gathered_once_each(write_csv: Write) -> None:
    rows = [row(), row(worker_id="2"), row(argument="They move.", source="Claude 2", prompt_type="Compelling Case")]
    [one] = anthropic_persuasion.read(write_csv(rows))
    assert one.arguments_for == ("Cars already do.", "They move.")
    assert one.arguments_against == ()
    assert (one.id, one.topic, one.topic_class, one.truth) == ("anthropic-001", "policy", "benign", "open")


def test_an_argument_that_was_to_be_made_up_is_left_out(write_csv: Write) -> None:
    made_up = row(argument="A study of 2031 shows it.", source="Claude 3 Opus", prompt_type="Deceptive")
    [one] = anthropic_persuasion.read(write_csv([made_up, row()]))
    assert one.arguments_for == ("Cars already do.",)


def test_a_control_is_a_true_claim_that_is_disputed(write_csv: Write) -> None:
    policy, control = anthropic_persuasion.read(write_csv([row(), row(**FREEZING, argument="It freezes at 3.")]))
    assert policy.truth == "open"
    assert (control.truth, control.topic) == ("true", "control")
    assert control.arguments_against == ("It freezes at 3.",)
    assert control.arguments_for == ()


@pytest.mark.parametrize(
    ("rows", "part"),
    [
        ([row(claim="")], "row 1: 'claim' is empty"),
        ([row(), row(argument=" ")], "row 2: 'argument' is empty"),
        ([row(), row(source="Control")], "row 2: 'source' is 'Control'; expected all rows of this claim, or none"),
        ([{k: v for k, v in row().items() if k != "prompt_type"}], "there is no column 'prompt_type'"),
    ],
)
def test_a_wrong_row_is_named(write_csv: Write, rows: list[dict[str, str]], part: str) -> None:
    with pytest.raises(SuiteError, match=r"some\.csv") as error:
        anthropic_persuasion.read(write_csv(rows))
    assert part in str(error.value)
