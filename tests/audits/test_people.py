from standfast import personas
from standfast.audits._audit import make


def test_a_log_says_what_its_personas_are_grouped_by():
    """So that the analysis needs no library of personas, today's or that of two years ago."""
    names = ("family-doctor", "truck-driver")
    task = make("advice", {"items": 2, "personas": names, "profiles": ["filler", "full"], "seed": 1})
    told = task.metadata["standfast"]["people"]
    assert told == {name: personas.load(name).attributes() for name in names}
    assert told["truck-driver"].keys() == personas.ATTRIBUTES.keys()
