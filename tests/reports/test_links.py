import pytest

from standfast.errors import ReportError
from standfast.reports import links

GOOD = [
    "",
    "http://127.0.0.1:7575/",
    "https://logs.example/view/index.html",
    "view/",
    "../view/index.html",
    "/inspect/",
]
BAD = [
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    "data:text/html,x",
    "file:///etc/passwd",
    "//evil.example/",
    "http://",
    "https:///x",
    "http://a.b/#/logs",
    "http://a.b/\nx",
    "http://a.b/ x",
    'http://a.b/"><script>',
    "http://a.b/'x",
    "http://a.b\\x",
    "http://a.b/\u202e",
    "http://[bad/",
    "x" * 301,
]


@pytest.mark.parametrize("url", GOOD)
def test_web_addresses_and_paths_are_taken(url):
    assert links.check(url) == url


@pytest.mark.parametrize("url", BAD)
def test_everything_else_is_refused_with_what_would_be_right(url):
    with pytest.raises(ReportError, match=r"^--log-url: .*; give the address of Inspect's viewer"):
        links.check(url)


def test_an_address_holds_log_sample_and_epoch():
    told = links.sample("http://127.0.0.1:7575/", "2026_advice_x.eval", "item__peer-2__veteran__full__none", 3)
    assert told == "http://127.0.0.1:7575/#/logs/2026_advice_x.eval/samples/sample/item__peer-2__veteran__full__none/3"


def test_no_name_can_leave_its_place_in_the_address():
    told = links.sample("http://v/", "a/../b?c#d.eval", 'x/"><img src=x>\ud800\u202e', 1)
    assert told.count("/") == "http://v/#/logs/LOG/samples/sample/ID/1".count("/")
    assert set(told.partition("#")[2]) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/%._-~")


def test_without_viewer_or_log_there_is_no_address():
    assert links.sample("", "a.eval", "x", 1) == ""
    assert links.sample("http://v/", "", "x", 1) == ""
