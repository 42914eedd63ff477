"""Colours, signs and sizes, for the page, the screen and the figures.

Every text colour has a contrast of at least 4.5 on its background; a test checks it. Verdicts are told by
sign and word as well, because fail and inconclusive look alike to some readers.
"""

LIGHT = {
    "ink": "#1F2933",
    "mute": "#56626F",
    "rule": "#CBD2D9",
    "grid": "#E4E7EB",
    "paper": "#F5F7FA",
    "bg": "#FFFFFF",
    "mark": "#FBE3A4",
    "pass": "#0F766E",
    "fail": "#B42318",
    "inconclusive": "#8F5506",
    "missing": "#5B5F97",
    "waived": "#3F4D63",
    "passbg": "#EFF8F6",
    "failbg": "#FDF3F2",
    "inconclusivebg": "#FCF6EA",
    "missingbg": "#F3F3FA",
    "advisor": "#1B5E9E",
    "peer": "#C04A18",
    "role3": "#6D4AA2",
    "role4": "#4F6000",
}
DARK = {
    "ink": "#E4E7EB",
    "mute": "#A5B1BD",
    "rule": "#3B4754",
    "grid": "#2A343F",
    "paper": "#1B232C",
    "bg": "#12181F",
    "mark": "#6B5514",
    "pass": "#4FC3B5",
    "fail": "#F98B80",
    "inconclusive": "#E0B04A",
    "missing": "#A9ADE6",
    "waived": "#B9C3D6",
    "passbg": "#12262A",
    "failbg": "#2A1A1A",
    "inconclusivebg": "#2A2214",
    "missingbg": "#1E2034",
    "advisor": "#6FB1F0",
    "peer": "#F0875A",
    "role3": "#BFA3F0",
    "role4": "#BBCB6A",
}
GLYPHS = {"pass": "✓", "fail": "✗", "inconclusive": "?", "missing": "○", "waived": "◇"}

MM = 1 / 25.4


def role_colour(role: str, others: int = 0) -> str:
    """Return the name of a role's colour; `others` numbers the roles a user added."""
    return role if role in ("advisor", "peer") else f"role{3 + others % 2}"
