import pytest

from standfast.reports.style import DARK, GLYPHS, LIGHT, role_colour

BACKGROUNDS = {"pass": "passbg", "fail": "failbg", "inconclusive": "inconclusivebg", "missing": "missingbg"}
WORDS = ("ink", "mute", "pass", "fail", "inconclusive", "missing", "waived", "advisor", "peer", "role3", "role4")


def luminance(colour):
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other):
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("name", WORDS)
def test_text_can_be_read_on_page_and_panel(theme, name):
    for ground in ("bg", "paper", BACKGROUNDS.get(name, "bg")):
        assert contrast(theme[name], theme[ground]) >= 4.5


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
def test_ink_can_be_read_on_every_panel_and_on_marked_quotes(theme):
    for ground in (*BACKGROUNDS.values(), "mark"):
        assert contrast(theme["ink"], theme[ground]) >= 4.5


def test_both_themes_name_the_same_colours_and_each_light_colour_once():
    assert LIGHT.keys() == DARK.keys()
    assert len(set(LIGHT.values())) == len(LIGHT)


def test_every_verdict_has_its_own_sign():
    assert len(set(GLYPHS.values())) == len(GLYPHS) == 5


def test_a_role_that_a_user_added_has_a_colour():
    assert {role_colour("coach", i) for i in range(4)} <= LIGHT.keys()
