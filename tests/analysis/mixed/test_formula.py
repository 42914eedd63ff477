"""Formula texts as lme4's users write them, right and wrong."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from standfast.analysis.mixed.data.formula import Formula, RandomPart, groups, parse, uses_rows, variables
from standfast.errors import FitError


def test_the_house_formula_is_taken_apart() -> None:
    found = parse("y ~ 1 + role*profile + (1 + role*profile | item) + (1 | persona)")
    assert found == Formula(
        response="y",
        fixed="1 + role*profile",
        random=(RandomPart("1 + role*profile", ("item",)), RandomPart("1", ("persona",))),
    )
    assert str(found) == "y ~ 1 + role*profile + (1 + role*profile | item) + (1 | persona)"


@pytest.mark.parametrize(
    ("text", "fixed", "random"),
    [
        ("y~x", "x", []),
        ("y ~ (1|g)", "1", ["1 | g"]),
        ("y ~ (1|g) + x", "x", ["1 | g"]),
        ("y ~ 0 + (1|g)", "0", ["1 | g"]),
        ("y ~ -1 + x + (1|g) + z", "-1 + x + z", ["1 | g"]),
        ("y ~ x + -1 + (1|g)", "x + -1", ["1 | g"]),
        ("y\n  ~ x\n\t+ (1 |\n g)", "x", ["1 | g"]),
        ("y ~ x + (x || g)", "x", ["x || g"]),
        ("y ~ x + (0 + x | g) + (-1 + z | g)", "x", ["0 + x | g", "-1 + z | g"]),
        ("y ~ x + (1 | g) + (0 + x | g)", "x", ["1 | g", "0 + x | g"]),
        ("y ~ ((1 | g))", "1", ["1 | g"]),
        ("y ~ (a + (1 | g))", "(a)", ["1 | g"]),
        ("y ~ (a + b)*c + (1 + (a + b) | g)", "(a + b)*c", ["1 + (a + b) | g"]),
        ("y ~ x + (1 | a:b)", "x", ["1 | a:b"]),
        ("y ~ x + (1 | a/b/c)", "x", ["1 | a", "1 | a:b", "1 | a:b:c"]),
        ("y ~ x + (x || a:b/c)", "x", ["x || a:b", "x || a:b:c"]),
        ("`my y` ~ `a b` + (`a b` | `g g`:h)", "`a b`", ["`a b` | `g g`:h"]),
        ("y ~ a.b + .c + _d + é + (1 | g.h)", "a.b + .c + _d + é", ["1 | g.h"]),
        ("y ~ f(x) + C(a, Treatment('b|c')) + I(x**2) + (1|g)", "f(x) + C(a, Treatment('b|c')) + I(x**2)", ["1 | g"]),
        ("y ~ {a | b} + x[0] + (I((x | z) * 2) | g)", "{a | b} + x[0]", ["I((x | z) * 2) | g"]),
    ],
)
def test_fixed_and_random_parts_are_told_apart(text: str, fixed: str, random: list[str]) -> None:
    found = parse(text)
    assert [str(part) for part in found.random] == random
    assert found.fixed == fixed
    assert parse(str(found)) == found


def test_names_in_backticks_lose_them_where_they_name_columns() -> None:
    found = parse("`my y` ~ (1 | `g g`/h)")
    assert found.response == "my y"
    assert groups(found) == ("g g", "h")


WRONG = [
    ("", 1, "there is no ~; a formula is written response ~ fixed part"),
    ("y + x", 6, "there is no ~"),
    ("~ x", 1, "nothing stands before the ~"),
    ("y ~ ", 3, "nothing stands after the ~"),
    ("y ~ x ~ z", 7, "this is the second ~"),
    ("y ~ (x", 5, "the bracket ( is not closed"),
    ("y ~ x)", 6, "the bracket ) closes nothing"),
    ("y ~ (x]", 7, "the bracket ] closes nothing"),
    ("y ~ np.log(x", 11, "the bracket ( is not closed"),
    ("y ~ `x", 5, "the quote ` is not closed"),
    ("y ~ ``", 5, "the quote ` is not closed, or holds nothing"),
    ("y ~ (1 item)", 8, 'nothing stands between "1" and "item"; write +, : or *, or | before a group'),
    ("y ~ x z", 7, 'nothing stands between "x" and "z"'),
    ("y ~ x (1 | g)", 7, 'nothing stands between "x" and "("'),
    ("y ~ (1 | )", 8, "nothing stands after the |"),
    ("y ~ ( | g)", 7, "nothing stands before the |; an intercept is written 1"),
    ("y ~ (x || )", 8, "nothing stands after the ||"),
    ("y ~ (1 | | g)", 10, "this is the second bar"),
    ("y ~ (1 | g | h)", 12, "this is the second bar"),
    ("y ~ (1 + (1 | g) | h)", 18, "this is the second bar"),
    ("(1 | g) ~ x", 4, "a random part is not part of the response"),
    ("log(y) ~ x", 1, 'the response is one column, not "log(y)"; compute it in the data first'),
    ("y + z ~ x", 1, 'the response is one column, not "y + z"'),
    ("3 ~ x", 1, "the response is one column"),
    ("y ~ x | g", 7, "this bar does not stand in a term of its own; a random part is written (effects | group)"),
    ("y ~ x*(1 | g)", 10, "this bar does not stand in a term of its own"),
    ("y ~ ((1 | g) + a) * 1", 9, "this bar does not stand in a term of its own"),
    ("y ~ x - (1 | g)", 7, "a random part is added with +, never taken away"),
    ("y ~ x +", 7, "nothing stands after the +"),
    ("y ~ (1 | g + h)", 12, 'a group is a column, or columns joined by : or /, not "g + h"'),
    ("y ~ (1 | f(g))", 10, "a group is a column"),
    ("y ~ (1 | 3)", 10, "a group is a column"),
    ("y ~ (1 | g:)", 11, "a group is a column"),
    ("y ~ (1 | :g)", 10, "a group is a column"),
    ("y ~ (1 | g/h:g)", 14, '"g" stands twice in one group'),
    ("y ~ (1 | g) + (1 | g)", 16, '"1" varies by "g" already; state each random part once'),
    ("y ~ (x | g) + (1 + x || g)", 16, '"1 + x" varies by "g" already'),
    ("y ~ (1 | a/b) + (1 | b:a)", 18, '"1" varies by "b:a" already'),
    ("y ~ x + (0 | g)", 10, '"0" leaves no effect to vary'),
    ("y ~ .", 5, "a lone . names no column"),
    ("y ~ x + C(a b)", 9, "holds Python code that is not valid"),
    ("y ~ x + a:", 10, "Operator `:`"),
    ("y ~ x + a:(0 + )", 14, "Operator `+`"),
    ("y ~ (1 | g) + 3*x", 15, "Numeric literals other than `1`"),
    ("y ~ 'text'", 5, "String literals are not valid"),
    ("y ~ x + \x00", 7, "Unknown operator"),
]


@pytest.mark.parametrize(("text", "column", "message"), WRONG)
def test_a_wrong_text_is_refused_in_one_line_that_says_where(text: str, column: int, message: str) -> None:
    with pytest.raises(FitError) as error:
        parse(text)
    assert str(error.value).startswith(f"formula, column {column}: ")
    assert message in str(error.value)
    assert str(error.value).isprintable()


WORDS = ["y", "x", "`a b`", "g", "~", "|", "||", "(", ")", "+", "-", "*", ":", "/", "1", "0", ".", "^", "{", "]", "'"]


@given(st.lists(st.sampled_from([*WORDS, "np.log(x)", "C(a)", "\n", "é", "%in%", "\\", '"', "⧛"]), max_size=12))
@example(["y", "~", "(", "(", "1", "|", "g", ")", ")"])
@settings(deadline=None)
def test_any_text_is_a_formula_or_refused(words: list[str]) -> None:
    try:
        found = parse("y ~ " + " ".join(words))
    except FitError as error:
        message = str(error)
    else:
        message = ""
        assert parse(str(found)) == found
        variables(found), groups(found), uses_rows(found)
    assert message.isprintable()


names = st.sampled_from(["a", "b", "c.d", "`e f`", "_g"])
effects = st.sampled_from(["1", "0 + x", "x*z", "np.log(x) + C(z)", "-1 + `u v`:x"])
random_parts = st.tuples(effects, st.sampled_from(["|", "||"]), st.permutations(["a", "b", "`e f`"]))


@given(effects, st.lists(random_parts, max_size=3, unique_by=lambda part: (part[0], part[2][0])), st.data())
@settings(deadline=None)
def test_a_formula_made_of_parts_gives_them_back(
    fixed: str, random: list[tuple[str, str, list[str]]], data: st.DataObject
) -> None:
    terms = data.draw(st.permutations([fixed, *(f"({left} {bar} {group[0]})" for left, bar, group in random)]))
    if fixed.startswith("-") and terms[0] != fixed:
        return
    found = parse("y ~ " + " + ".join(terms))
    assert found.fixed == fixed
    expected = {(left, (group[0].strip("`"),), bar == "|") for left, bar, group in random}
    assert {(part.expression, part.group, part.correlated) for part in found.random} == expected


@pytest.mark.parametrize(
    ("fixed", "expected"),
    [
        ("1", ()),
        ("role*profile + role", ("role", "profile")),
        ("np.log(x) + C(a, Treatment('b')) + I(z**2)", ("x", "a", "z")),
        ("poly(x, 2) + center(z) + bs(u, df=4) + lag(w)", ("x", "z", "u", "w")),
        ("`a b` + np.exp(`c d`) + Q('e f') + Sum", ("a b", "c d", "e f", "Sum")),
        ("scale(np.log(x)) + z.astype(float) + mine(u)", ("x", "z", "u")),
        ("a.b + {x + z}", ("a.b", "x", "z")),
        ("C(a, contr.treatment(base='x'), levels=['x', 'y'])", ("a",)),
        ("a %in% b", ("b", "a")),
        ("I(id**2) + sum + I([v for v in x])", ("sum", "id", "x")),
    ],
)
def test_columns_are_found_in_calls_and_backticks(fixed: str, expected: tuple[str, ...]) -> None:
    assert sorted(variables(parse(f"y ~ {fixed} + (1 | g)"))) == sorted(expected)


def test_columns_of_the_effects_count_and_those_of_the_groups_do_not() -> None:
    found = parse("y ~ a + (b*c | g/h) + (1 | g:i)")
    assert variables(found) == ("a", "b", "c")
    assert groups(found) == ("g", "h", "i")


@pytest.mark.parametrize(
    "call", ["center(x)", "scale(x)", "standardize(x)", "poly(x, 2)", "bs(x, df=4)", "cr(x, df=4)"]
)
@pytest.mark.parametrize("place", ["y ~ {} + (1 | g)", "y ~ 1 + (1 + a:{} | g)", "y ~ np.exp(`a b`) * I(2 * {})"])
def test_transforms_of_a_whole_column_are_noticed(call: str, place: str) -> None:
    assert uses_rows(parse(place.format(call)))


@pytest.mark.parametrize(
    "call", ["lag(x)", "I(x - x.mean())", "np.mean(x)", "x[0]", "mine(x)", "I(x.T)", "cs(x)", "np.add.reduce(x)"]
)
def test_what_may_look_at_other_rows_counts_as_looking(call: str) -> None:
    assert uses_rows(parse(f"y ~ {call}"))


@pytest.mark.parametrize(
    "call", ["x", "C(a, Sum)", "np.log(x)", "log(x + 1)", "I(x**2)", "`a b`:c", "np.where(x > 1, 1, 0)", "1", "Q('x')"]
)
def test_what_works_row_by_row_does_not(call: str) -> None:
    assert not uses_rows(parse(f"y ~ {call} + (1 + {call} | g)"))
