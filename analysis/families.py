"""Which family a model belongs to, by its name: a judge may favour its own."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

# Family -> what its models are called. A distilled model carries the names of both of its families.
_NAMES = {
    "AI21": r"jamba|jurassic",
    "AI2": r"olmo|tulu",
    "Alibaba": r"qwen|qwq|qvq",
    "Amazon": r"amazon[.-]nova|nova-(?:micro|lite|pro|premier)|titan-text",
    "Anthropic": r"claude",
    "Baidu": r"ernie",
    "Cohere": r"command-(?:r|a|light|nightly)|c4ai|aya-",
    "DeepSeek": r"deepseek",
    "Google": r"gemini|gemma|palm-2|learnlm",
    "IBM": r"granite",
    "Meta": r"(?:code|tiny)?llama|vicuna",
    "Microsoft": r"phi-?\d|wizardlm",
    "MiniMax": r"minimax|abab",
    "Mistral": r"mi[sx]tral|ministral|codestral|magistral|devstral|pixtral",
    "Moonshot": r"kimi|moonshot",
    "NVIDIA": r"nemotron",
    "OpenAI": r"gpt-(?:\d|oss|image)|chatgpt|o[134](?:-|$)|davinci|babbage",
    "Tencent": r"hunyuan",
    "xAI": r"grok",
    "Zhipu": r"glm-|chatglm",
}
_PATTERNS = {family: re.compile(rf"(?<![a-z])(?:{names})", re.IGNORECASE) for family, names in _NAMES.items()}
# Parts in front of a model's name that tell whose it is where the name does not. Providers that serve the models of
# many, such as openrouter or azureai, are not among them.
_OWNERS = {
    "ai21": "AI21",
    "allenai": "AI2",
    "anthropic": "Anthropic",
    "cohere": "Cohere",
    "deepseek": "DeepSeek",
    "deepseek-ai": "DeepSeek",
    "google": "Google",
    "grok": "xAI",
    "meta-llama": "Meta",
    "mistral": "Mistral",
    "mistralai": "Mistral",
    "moonshotai": "Moonshot",
    "nvidia": "NVIDIA",
    "openai": "OpenAI",
    "qwen": "Alibaba",
    "x-ai": "xAI",
    "z-ai": "Zhipu",
}
_HOSTS = ("bedrock", "azure", "vertex")  # between a provider and its model
_NO_MODEL = ("standfast", "mockllm", "none")  # providers that call no model


@dataclass(frozen=True, slots=True, kw_only=True)
class FamilyOverlap:
    """A judge that comes from its subject's own family.

    Attributes:
        model: Subject.
        judge: Judge.
        families: What they have in common.
        itself: Whether the judge is the subject.
    """

    model: str
    judge: str
    families: tuple[str, ...]
    itself: bool


def families(model: str) -> frozenset[str]:
    """Return the families that a model's name tells of; none where it tells of none.

    Example:
        >>> sorted(families("openrouter/deepseek/deepseek-r1-distill-llama-70b"))
        ['DeepSeek', 'Meta']
    """
    name = model.lower().rpartition("/")[2]
    found = frozenset(family for family, pattern in _PATTERNS.items() if pattern.search(name))
    owner = _owner(model)
    return frozenset({_OWNERS[owner]}) if not found and owner in _OWNERS else found


def kin(model: str) -> frozenset[str]:
    """Return the families that a model may belong to: where its name tells of none, it is its owner's or provider's.

    A simulated model is of no family.

    Example:
        >>> sorted(kin("together/acme/large")), sorted(kin("bedrock/anthropic.claude-v2")), sorted(kin("standfast/judge"))
        (['acme'], ['Anthropic'], [])
    """
    if model.lower().partition("/")[0] in _NO_MODEL:
        return frozenset()
    owner = _owner(model)
    return families(model) or (frozenset({owner}) if owner else frozenset())


def same_model(one: str, other: str) -> bool:
    """Tell whether two names are of one model, maybe through different providers."""
    name, again = (model.lower().rpartition("/")[2] for model in (one, other))
    return one == other or (name == again and bool(families(one) & families(other)))


def overlaps(models: Sequence[str], judges: Sequence[str]) -> list[FamilyOverlap]:
    """Return the judges that come from a subject's own family, subject by subject."""
    found = []
    for model in models:
        for judge in judges:
            shared = families(model) & families(judge)
            if shared:
                found.append(
                    FamilyOverlap(model=model, judge=judge, families=tuple(sorted(shared)), itself=model == judge)
                )
    return found


def _owner(model: str) -> str:
    """Return the part in front of a model's name that tells whose it is; empty without one."""
    *owners, _ = model.lower().split("/")
    return next(part for part in [*reversed(owners), ""] if part not in _HOSTS)
