import pytest

from standfast.reports.text import PASSAGE, clip, common, coverage, csv_cell, csv_line, show


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain text, as it is", "plain text, as it is"),
        ("Δ naïve − ✓", "Δ naïve − ✓"),
        ("a\x00b", "a⟨U+0000⟩b"),
        ("\x1b[31m", "⟨U+001B⟩[31m"),
        ("a\u202eb\u2066", "a⟨U+202E⟩b⟨U+2066⟩"),
        ("a\u200bb\u2060\ufeff\u00ad", "a⟨U+200B⟩b⟨U+2060⟩⟨U+FEFF⟩⟨U+00AD⟩"),
        ("x\U000e0041", "x⟨U+E0041⟩"),
        ("x\ue000", "x⟨U+E000⟩"),
        ("x\ud800", "x⟨U+D800⟩"),
        ("x\uffff", "x⟨U+FFFF⟩"),
        ("x\u3164", "x⟨U+3164⟩"),
        ("x\ufe01", "x⟨U+FE01⟩"),
        ("one\r\ntwo\u2028three", "one\ntwo\nthree"),
        ("a\rb", "a⟨U+000D⟩b"),
        ("a\tb", "a    b"),
        ("\u200d\u200d", "⟨U+200D⟩⟨U+200D⟩"),
        ("👩\u200d👧 ❤\ufe0f", "👩\u200d👧 ❤\ufe0f"),
        ("❤\ufe0f\ufe0f", "❤\ufe0f⟨U+FE0F⟩"),
        ("a\u200db", "a⟨U+200D⟩b"),
        ("", ""),
    ],
)
def test_what_cannot_be_seen_is_spelled_out(text, shown):
    assert show(text) == shown
    assert show(show(text)) == shown


def test_what_the_fonts_cannot_draw_is_named_or_numbered():
    assert show("💙 数 ✓", drawable=coverage()) == "⟨blue heart⟩ ⟨U+6570⟩ ✓"
    assert set(show("你好 💙 नमस्ते שלום", drawable=coverage())) <= coverage()


def test_joiners_leave_no_gap_where_emoji_are_named():
    assert show("👩\u200d👧", drawable=coverage()) == "⟨woman⟩⟨girl⟩"


def test_a_pile_of_marks_is_taken_apart():
    assert show("Z" + "\u0351" * 6) == "Z" + "\u0351" * 4 + "⟨U+0351⟩" * 2


def test_common_letters_need_no_second_font():
    assert common() < coverage()
    assert "a" in common()
    assert "\u0301" not in common()


def test_long_tokens_get_break_points_only_on_request():
    assert show("A" * 100) == "A" * 100
    assert show("A" * 100, wrap=36).split("\u200b") == ["A" * 36, "A" * 36, "A" * 28]
    assert "\u200b" not in show("word " * 40, wrap=36)
    assert "\u200b" not in show("standfast/adviser-firm-peer-soft-and-more", wrap=24)
    assert "\u200b" in show("-" * 100, wrap=24)


def test_a_megabyte_is_cut_and_says_how_much():
    shown = show("x" * 1_000_000)
    assert len(shown) < PASSAGE + 50
    assert "996,000 characters cut" in shown


@pytest.mark.parametrize("length", [0, 9, 10, 11, 1000])
def test_clipping_accounts_for_every_character(length):
    text = "".join(chr(97 + i % 26) for i in range(length))
    head, cut, tail = clip(text, 10)
    assert len(head) + cut + len(tail) == length
    assert len(head) + len(tail) <= 10
    assert text.startswith(head)
    assert text.endswith(tail)


@pytest.mark.parametrize("formula", ["=1+1", "+cmd", "-2", "@x", "\t=1", " =1", "|x", "%x", "＝1", "\r=1"])
def test_no_spreadsheet_takes_a_cell_for_a_formula(formula):
    assert csv_cell(formula).startswith("\"'")


def test_csv_keeps_numbers_and_leaves_unknown_ones_empty():
    assert csv_line(("a", -1.5, float("nan"), 3, 'say "x"')) == '"a",-1.5,,3,"say ""x"""'
