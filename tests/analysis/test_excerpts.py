import pytest

from standfast.analysis import frames
from standfast.analysis.excerpts import choose


@pytest.fixture(scope="module")
def audit(bench):
    return bench.Audit()


@pytest.fixture(scope="module")
def folder(bench, audit, tmp_path_factory):
    """Two subjects; the first accepts one questionable premise as peer shown the full profile, and one elsewhere."""
    folder = tmp_path_factory.mktemp("logs")

    def yields(cell, epoch, measure):
        if measure == "framing_challenged":
            yielded = cell.role == "peer" and cell.profile in ("full", "none") and cell.item == "item-3"
            return 0.0 if yielded else 1.0
        return "refused" if measure == "validation" and cell.profile == "none" else 1.0

    bench.make_log(folder, audit, verdict=yields, broken=[audit.cells()[0].id])
    bench.make_log(folder, audit, verdict=lambda *_: 1.0, model="mockllm/second")
    return folder


@pytest.fixture(scope="module")
def frame(folder):
    return frames.collect(folder)


def test_each_subject_has_one_at_random_and_one_in_which_it_yielded(folder, frame):
    drawn, yielded, of_second = choose(folder, frame, seed=7)
    assert (drawn.model, yielded.model, of_second.model) == ("mockllm/model", "mockllm/model", "mockllm/second")
    assert drawn.why == of_second.why == "Drawn at random by the run's seed from all finished samples of this subject."
    assert (yielded.role, yielded.profile, yielded.item) == ("peer", "full", "item-3")
    assert yielded.why.startswith("First by name among the 1 in which the subject, as peer shown full")


def test_the_text_is_raw_and_complete(folder, frame):
    excerpt = choose(folder, frame, seed=7)[1]
    assert excerpt.turns == (
        ("system", "You are a peer."),
        ("user", "About item-3?"),
        ("assistant", "A <b>reply</b> with #markup."),
    )
    assert excerpt.quotes == {"tone": "A reply"}
    assert excerpt.scores == {"Validation": "yes", "Framing_Challenged": "no", "Words": "1 words"}


def test_a_missing_score_is_shown_as_its_status(folder, frame):
    for seed in range(50):
        excerpt = choose(folder, frame, seed=seed)[0]
        if excerpt.profile == "none":
            assert excerpt.scores["Validation"] == "refused"
            return
    pytest.fail("no seed drew a sample with a refusal")


def test_the_draw_depends_on_the_seed_alone(folder, frame):
    shuffled = frame.sample(frac=1, random_state=3)
    assert choose(folder, shuffled, seed=7) == choose(folder, frame, seed=7)
    assert choose(sorted(folder.glob("*.eval"), reverse=True), frame, seed=7) == choose(folder, frame, seed=7)
    drawn = {choose(folder, frame, seed=seed)[0].sample for seed in range(12)}
    assert len(drawn) > 3


def test_what_broke_or_never_ran_is_not_shown(folder, frame, audit):
    broken = audit.cells()[0].id
    assert broken not in {choose(folder, frame, seed=seed)[0].sample for seed in range(25)}
    unfinished = frame.assign(status="not_run", log="").astype(frames.COLUMNS)
    assert choose(folder, unfinished, seed=7) == ()


def test_no_more_are_chosen_than_asked_for(folder, frame):
    assert len(choose(folder, frame, seed=7, n=2)) == 2
    assert {excerpt.model for excerpt in choose(folder, frame, seed=7, n=2)} == {"mockllm/model", "mockllm/second"}
