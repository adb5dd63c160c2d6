"""The models that the simulator serves, and what each can do.

Source: Bedrock user guide (model cards, structured-output, prompt-caching, quotas-token-burndown, model-lifecycle)
and AWS price list, read October and November 2026. Where no page names a value, the nearest model of the same
provider stands in for it: this is a stand-in and not a record of what AWS offers.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

FLEX = ("default", "priority", "flex")
PRIORITY = ("default", "priority")
STANDARD = ("default",)

#: Prefix of an inference profile -> start of the Regions that it may be called from ("" is every Region).
PROFILE_REGIONS = {
    "us": ("us-", "ca-"),
    "us-gov": ("us-gov-",),
    "eu": ("eu-",),
    "apac": ("ap-",),
    "au": ("ap-southeast-",),
    "jp": ("ap-northeast-",),
    "global": ("",),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatedModel:
    """One foundation model."""

    id: str
    name: str
    provider: str
    context_tokens: int
    max_output_tokens: int
    #: Callable by its plain id, without an inference profile.
    on_demand: bool = True
    #: Has `us.`, `eu.` … profiles.
    geo_profile: bool = False
    global_profile: bool = False
    system_prompt: bool = True
    #: How a tool call may be forced: "tool" by its name, "any" of the tools, "auto" not at all; "" has no tools.
    tool_choice: str = "auto"
    #: Which of temperature and topP it takes: "both", "one" of them, "none".
    sampling: str = "both"
    #: Reasons before it answers; the reasoning is a block of its own and counts as output.
    thinks: bool = False
    structured_output: bool = False
    tiers: tuple[str, ...] = STANDARD
    #: Output tokens count so many times against the quota.
    burndown: int = 1
    #: Fewest tokens of a prefix that is cached; 0 is no caching by cache points.
    cache_min_tokens: int = 0
    cache_ttls: tuple[str, ...] = ("5m",)
    count_tokens: bool = False
    legacy: bool = False
    end_of_life: date | None = None


_CLAUDE = SimulatedModel(
    id="",
    name="",
    provider="Anthropic",
    context_tokens=200_000,
    max_output_tokens=64_000,
    on_demand=False,
    geo_profile=True,
    global_profile=True,
    tool_choice="tool",
    sampling="one",
    burndown=5,
    cache_min_tokens=1024,
    cache_ttls=("5m", "1h"),
)
#: The newer line: it reasons unless told otherwise and takes no sampling parameters.
_CLAUDE_5 = replace(_CLAUDE, max_output_tokens=128_000, sampling="none", thinks=True)
_NOVA = SimulatedModel(
    id="",
    name="",
    provider="Amazon",
    context_tokens=300_000,
    max_output_tokens=10_000,
    geo_profile=True,
    tool_choice="tool",
    cache_min_tokens=1024,
)
_LLAMA = SimulatedModel(
    id="", name="", provider="Meta", context_tokens=128_000, max_output_tokens=8192, on_demand=False, geo_profile=True
)
_OPEN = SimulatedModel(
    id="",
    name="",
    provider="",
    context_tokens=128_000,
    max_output_tokens=32_768,
    structured_output=True,
    tiers=FLEX,
)
_TITAN = SimulatedModel(
    id="",
    name="",
    provider="Amazon",
    context_tokens=8000,
    max_output_tokens=8192,
    system_prompt=False,
    tool_choice="",
    # No model card any more (2026-11): past its end of life; the day is not published.
    end_of_life=date(2026, 1, 1),
)

_MODELS = (
    replace(_NOVA, id="amazon.nova-micro-v1:0", name="Nova Micro", context_tokens=128_000),
    replace(_NOVA, id="amazon.nova-lite-v1:0", name="Nova Lite"),
    replace(_NOVA, id="amazon.nova-pro-v1:0", name="Nova Pro", tiers=FLEX),
    replace(
        _NOVA,
        id="amazon.nova-premier-v1:0",
        name="Nova Premier",
        context_tokens=1_000_000,
        on_demand=False,
        tiers=PRIORITY,
    ),
    replace(
        _NOVA,
        id="amazon.nova-2-lite-v1:0",
        name="Nova 2 Lite",
        context_tokens=1_000_000,
        max_output_tokens=65_535,
        on_demand=False,
        global_profile=True,
        tiers=FLEX,
    ),
    replace(_TITAN, id="amazon.titan-text-express-v1", name="Titan Text Express"),
    replace(_TITAN, id="amazon.titan-text-premier-v1:0", name="Titan Text Premier", context_tokens=32_000),
    replace(
        _CLAUDE,
        id="anthropic.claude-3-haiku-20240307-v1:0",
        name="Claude 3 Haiku",
        max_output_tokens=4096,
        sampling="both",
        on_demand=True,
        global_profile=False,
        cache_min_tokens=0,
        end_of_life=date(2026, 9, 10),
    ),
    replace(
        _CLAUDE,
        id="anthropic.claude-3-5-haiku-20241022-v1:0",
        name="Claude 3.5 Haiku",
        max_output_tokens=8192,
        sampling="both",
        global_profile=False,
        cache_min_tokens=2048,
        cache_ttls=("5m",),
        count_tokens=True,
        legacy=True,
    ),
    replace(
        _CLAUDE,
        id="anthropic.claude-sonnet-4-20250514-v1:0",
        name="Claude Sonnet 4",
        cache_ttls=("5m",),
        end_of_life=date(2026, 10, 14),
    ),
    replace(
        _CLAUDE,
        id="anthropic.claude-opus-4-1-20250805-v1:0",
        name="Claude Opus 4.1",
        max_output_tokens=32_000,
        global_profile=False,
        cache_ttls=("5m",),
        legacy=True,
        end_of_life=date(2027, 1, 8),
    ),
    replace(
        _CLAUDE,
        id="anthropic.claude-haiku-4-5-20251001-v1:0",
        name="Claude Haiku 4.5",
        structured_output=True,
        cache_min_tokens=4096,
    ),
    replace(_CLAUDE, id="anthropic.claude-sonnet-4-5-20250929-v1:0", name="Claude Sonnet 4.5", structured_output=True),
    replace(_CLAUDE, id="anthropic.claude-sonnet-4-6", name="Claude Sonnet 4.6", structured_output=True),
    replace(
        _CLAUDE,
        id="anthropic.claude-opus-4-5-20251101-v1:0",
        name="Claude Opus 4.5",
        structured_output=True,
        cache_min_tokens=4096,
    ),
    replace(
        _CLAUDE,
        id="anthropic.claude-opus-4-6-v1",
        name="Claude Opus 4.6",
        max_output_tokens=128_000,
        structured_output=True,
        cache_min_tokens=4096,
    ),
    replace(
        _CLAUDE,
        id="anthropic.claude-opus-4-7",
        name="Claude Opus 4.7",
        max_output_tokens=128_000,
        sampling="none",
        cache_min_tokens=4096,
    ),
    replace(
        _CLAUDE,
        id="anthropic.claude-opus-4-8",
        name="Claude Opus 4.8",
        max_output_tokens=128_000,
        sampling="none",
        burndown=15,
    ),
    replace(_CLAUDE_5, id="anthropic.claude-sonnet-5", name="Claude Sonnet 5", burndown=10),
    replace(_CLAUDE_5, id="anthropic.claude-opus-5", name="Claude Opus 5", burndown=10, cache_min_tokens=512),
    replace(
        _CLAUDE_5,
        id="anthropic.claude-sonnet-5-5",
        name="Claude Sonnet 5.5",
        tool_choice="auto",
        cache_min_tokens=512,
    ),
    replace(
        _CLAUDE_5,
        id="anthropic.claude-opus-5-5",
        name="Claude Opus 5.5",
        tool_choice="auto",
        burndown=10,
        cache_min_tokens=512,
    ),
    replace(
        _CLAUDE,
        id="anthropic.claude-haiku-5-5",
        name="Claude Haiku 5.5",
        tool_choice="auto",
        sampling="none",
    ),
    replace(
        _CLAUDE_5,
        id="anthropic.claude-fable-5-1",
        name="Claude Fable 5.1",
        tool_choice="auto",
        burndown=10,
        cache_min_tokens=512,
    ),
    replace(_LLAMA, id="meta.llama3-1-8b-instruct-v1:0", name="Llama 3.1 8B", on_demand=True),
    replace(_LLAMA, id="meta.llama3-1-70b-instruct-v1:0", name="Llama 3.1 70B", on_demand=True),
    replace(_LLAMA, id="meta.llama3-3-70b-instruct-v1:0", name="Llama 3.3 70B"),
    replace(_LLAMA, id="meta.llama4-scout-17b-instruct-v1:0", name="Llama 4 Scout", context_tokens=3_500_000),
    replace(_LLAMA, id="meta.llama4-maverick-17b-instruct-v1:0", name="Llama 4 Maverick", context_tokens=1_000_000),
    replace(
        _OPEN,
        id="mistral.mistral-large-3-675b-instruct",
        name="Mistral Large 3",
        provider="Mistral AI",
        context_tokens=256_000,
        tool_choice="any",
    ),
    replace(
        _OPEN,
        id="mistral.mistral-small-2402-v1:0",
        name="Mistral Small",
        provider="Mistral AI",
        context_tokens=32_000,
        max_output_tokens=8192,
        structured_output=False,
        tiers=STANDARD,
    ),
    replace(_OPEN, id="mistral.ministral-3-8b-instruct", name="Ministral 3 8B", provider="Mistral AI"),
    replace(_OPEN, id="mistral.ministral-3-14b-instruct", name="Ministral 14B 3.0", provider="Mistral AI"),
    replace(_OPEN, id="deepseek.v3.2", name="DeepSeek V3.2", provider="DeepSeek", structured_output=False),
    replace(_OPEN, id="deepseek.v3-v1:0", name="DeepSeek-V3.1", provider="DeepSeek", tiers=STANDARD),
    replace(
        _OPEN,
        id="deepseek.r1-v1:0",
        name="DeepSeek-R1",
        provider="DeepSeek",
        on_demand=False,
        geo_profile=True,
        tool_choice="",
        thinks=True,
        structured_output=False,
        tiers=STANDARD,
    ),
    replace(
        _OPEN,
        id="openai.gpt-oss-120b-1:0",
        name="gpt-oss-120b",
        provider="OpenAI",
        max_output_tokens=128_000,
        thinks=True,
    ),
    replace(
        _OPEN,
        id="openai.gpt-oss-20b-1:0",
        name="gpt-oss-20b",
        provider="OpenAI",
        max_output_tokens=128_000,
        thinks=True,
    ),
    replace(_OPEN, id="qwen.qwen3-32b-v1:0", name="Qwen3 32B", provider="Qwen"),
    replace(
        _OPEN, id="qwen.qwen3-235b-a22b-2507-v1:0", name="Qwen3 235B A22B", provider="Qwen", tiers=("default", "flex")
    ),
    replace(_OPEN, id="qwen.qwen3-next-80b-a3b", name="Qwen3 Next 80B A3B", provider="Qwen"),
    replace(_OPEN, id="zai.glm-5", name="GLM 5", provider="Z.AI", structured_output=False, tiers=PRIORITY),
    replace(_OPEN, id="zai.glm-4.7-flash", name="GLM 4.7 Flash", provider="Z.AI", structured_output=False),
    replace(_OPEN, id="moonshotai.kimi-k2.5", name="Kimi K2.5", provider="Moonshot AI", context_tokens=256_000),
    replace(_OPEN, id="minimax.minimax-m2.5", name="MiniMax M2.5", provider="MiniMax", structured_output=False),
    replace(_OPEN, id="google.gemma-3-27b-it", name="Gemma 3 27B", provider="Google", max_output_tokens=8192),
    replace(_OPEN, id="nvidia.nemotron-super-3-120b", name="Nemotron Super 3", provider="NVIDIA"),
    replace(
        _OPEN,
        id="writer.palmyra-x5-v1:0",
        name="Palmyra X5",
        provider="Writer",
        context_tokens=1_000_000,
        max_output_tokens=8192,
        on_demand=False,
        geo_profile=True,
        structured_output=False,
        tiers=STANDARD,
    ),
)

#: Model id -> model.
MODELS = {model.id: model for model in _MODELS}
