"""Answers of chat servers in every shape: one table, one scripted server.

Words and fields are those of the pages named in ``mtbench.servers.finishing`` and
``mtbench.text.thinking``.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from mtbench.errors import (
    BackendError,
    Later,
    MtbenchError,
    RequestError,
    SegmentError,
    TransientError,
    UnusableAnswer,
)
from mtbench.servers.chat import Chat, ChatAnswer, ChatOptions, Message
from tests.support.server import Asked, Say, Server, chat_answer, chat_server

HELLO = (Message(role="user", content="Hello."),)


@pytest.fixture
def server() -> Iterator[Server]:
    with chat_server(lambda messages: "Hallo.") as found:
        yield found


def ask(server: Server, source: str = "", **options: Any) -> ChatAnswer:
    given = {"model": "tiny", "base_url": f"{server.url}/v1", "timeout": 5.0, **options}
    with Chat(ChatOptions.model_validate(given)) as chat:
        return chat.complete(HELLO, source=source)


def failing(server: Server, say: Say, **options: Any) -> MtbenchError:
    server.script.append(say)
    with pytest.raises(MtbenchError) as caught:
        ask(server, **options)
    return caught.value


# --- how an answer ended -------------------------------------------------------------------------

COMPLETE = [
    "stop",
    "eos",
    "word",
    "STOP",
    "eos_token",
    "stop_sequence",
    "end_turn",
    "END_TURN",
    "COMPLETE",
    "STOP_SEQUENCE",
    "FINISH",
    "FINISH_REASON_STOP",
    "stop-sequence",
]
CUT = [
    "length",
    "LENGTH",
    "max_tokens",
    "MAX_TOKENS",
    "model_length",
    "limit",
    "ERROR_LIMIT",
    "model_context_window_exceeded",
    "token_limit",
]
WITHHELD = [
    "content_filter",
    "SAFETY",
    "RECITATION",
    "PROHIBITED_CONTENT",
    "guardrail_intervened",
    "refusal",
]
BROKEN = [
    "error",
    "abort",
    "insufficient_system_resource",
    "OTHER",
    "TIMEOUT",
    "cancelled",
]


@pytest.mark.parametrize("reason", [*COMPLETE, "", None])
def test_whole_answers(server: Server, reason: str | None) -> None:
    server.script.append(chat_answer("Hallo.", finish_reason=reason))
    answer = ask(server)
    assert (answer.text, answer.finish_reason) == ("Hallo.", reason)


def test_an_answer_that_does_not_say_how_it_ended(server: Server) -> None:
    say = chat_answer("Hallo.")
    del say.body["choices"][0]["finish_reason"]
    server.script.append(say)
    assert ask(server).text == "Hallo."


@pytest.mark.parametrize(
    ("reasons", "kind", "words"),
    [
        (CUT, SegmentError, "cut after 2048 tokens"),
        (WITHHELD, UnusableAnswer, "filter withheld"),
        (BROKEN, TransientError, "broke the answer off"),
        (["tool_calls", "TOOL_CALL", "tool_use", "weary"], SegmentError, "for the reason"),
    ],
    ids=["cut", "withheld", "broken", "others"],
)
def test_other_ends(server: Server, reasons: list[str], kind: type[Exception], words: str) -> None:
    for reason in reasons:
        error = failing(server, chat_answer("Hal", finish_reason=reason))
        assert type(error) is kind, reason
        assert words in error.message
        assert reason in error.message
        if kind is SegmentError and reason in CUT:
            assert error.hint == "raise the option max_tokens"


# --- where the text and the thinking stand --------------------------------------------------------

HARMONY = (
    "<|channel|>analysis<|message|>hm<|end|><|start|>assistant<|channel|>final<|message|>Hallo."
)
THOUGHT = {
    "field reasoning": chat_answer("Hallo.", message={"reasoning": "hm"}),
    "field reasoning_content": chat_answer("Hallo.", message={"reasoning_content": "hm"}),
    "OpenRouter's details": chat_answer(
        "Hallo.", message={"reasoning_details": [{"type": "reasoning.text", "text": "hm"}]}
    ),
    "LiteLLM's blocks": chat_answer(
        "Hallo.", message={"thinking_blocks": [{"type": "thinking", "thinking": "hm"}]}
    ),
    "Mistral's parts": chat_answer(
        [  # type: ignore[arg-type]
            {"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]},
            {"type": "text", "text": "Hal"},
            {"type": "text", "text": "lo."},
        ]
    ),
    "tags": chat_answer("<think>\nhm\n</think>\n\nHallo."),
    "tags, capitals": chat_answer("<THINKING>hm</THINKING>Hallo."),
    "a closing tag alone": chat_answer("hm\n</think>\n\nHallo."),
    "Magistral's": chat_answer("[THINK]hm[/THINK]Hallo."),
    "MedGemma's": chat_answer("<unused94>thought\nhm<unused95>Hallo."),
    "Kimi's": chat_answer("◁think▷hm◁/think▷Hallo."),
    "Cohere's": chat_answer(
        "<|START_THINKING|>hm<|END_THINKING|><|START_RESPONSE|>Hallo.<|END_RESPONSE|>"
    ),
    "Hunyuan's": chat_answer("<think>\nhm\n</think>\n<answer>\nHallo.\n</answer>"),
    "channels": chat_answer(HARMONY),
    "channels, ended": chat_answer(HARMONY + "<|return|>"),
    "channels, a form named": chat_answer(
        "<|channel|>analysis<|message|>hm<|end|><|start|>assistant"
        "<|channel|>final <|constrain|>text<|message|>Hallo.<|return|>"
    ),
    "channels, commentary": chat_answer(
        "<|channel|>commentary<|message|>hm<|end|><|start|>assistant<|channel|>final<|message|>Hallo."
    ),
    "channels without marks": chat_answer("analysishmassistantfinalHallo."),
    "Gemma's": chat_answer("<|channel>thought\nhm<channel|>Hallo."),
    "Granite's": chat_answer("Here is my thought process:\nhm\nHere is my response:\nHallo."),
}


@pytest.mark.parametrize("shape", THOUGHT)
def test_thinking_stands_beside_the_answer(server: Server, shape: str) -> None:
    server.script.append(THOUGHT[shape])
    answer = ask(server)
    assert (answer.text, answer.thinking) == ("Hallo.", "hm")


def test_parts_without_thinking(server: Server) -> None:
    server.script.append(chat_answer([{"type": "text", "text": "Hallo."}]))  # type: ignore[arg-type]
    answer = ask(server)
    assert (answer.text, answer.thinking) == ("Hallo.", None)
    part = {"type": "refusal", "refusal": "No."}
    assert "refused: No." in failing(server, chat_answer([part])).message  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("Write <think> first.", "<think> zuerst schreiben."),
        ("<think>Hello</think> is markup.", "<think>Hallo</think> ist Auszeichnung."),
        ("Close it by </think>.", "Schließe mit </think>."),
        ("Say [THINK] or [/THINK].", "[THINK] oder [/THINK] sagen."),
        ("", "Die Analyse ist final."),
    ],
)
def test_marks_of_the_source_are_text(server: Server, source: str, text: str) -> None:
    server.script.append(chat_answer(text))
    assert ask(server, source).text == text
    server.script.append(chat_answer(f"<think>hm {source}</think>{text}" if not source else text))
    assert ask(server, source).text == text


@pytest.mark.parametrize(
    "say",
    [
        chat_answer("", message={"reasoning": "hm"}),
        chat_answer(None, message={"reasoning_content": "hm"}, finish_reason="length"),
        chat_answer("<think>hm hm", finish_reason="length"),
        chat_answer("<think>hm</think>\n"),
        chat_answer([{"type": "thinking", "thinking": "hm"}], finish_reason="MAX_TOKENS"),  # type: ignore[arg-type]
    ],
    ids=["stop", "length", "never closed", "nothing behind it", "parts"],
)
def test_a_budget_that_went_on_thinking(server: Server, say: Say) -> None:
    error = failing(server, say)
    assert type(error) is SegmentError, "another try would think as long, and is not made"
    assert "thought and gave no answer" in error.message
    assert "max_tokens" in str(error.hint)
    assert "enable_thinking = false" in str(error.hint)


def test_a_budget_that_went_on_thinking_nobody_saw(server: Server) -> None:
    say = chat_answer("", finish_reason="length")
    say.body["usage"]["completion_tokens_details"] = {"reasoning_tokens": 5}
    assert "thought and gave no answer" in failing(server, say).message


def test_tokens_of_thinking_are_counted_apart(server: Server) -> None:
    within = chat_answer("Hallo.")
    within.body["usage"]["completion_tokens_details"] = {"reasoning_tokens": 3}
    beside = chat_answer("Hallo.")
    beside.body["usage"] |= {"reasoning_tokens": 7, "total_tokens": 22}
    server.script += [within, beside]
    prices = {"input": 1.0, "output": 1.0}
    options = ChatOptions(model="tiny", base_url=f"{server.url}/v1", price=prices)  # type: ignore[arg-type]
    with Chat(options) as chat:
        assert chat.complete(HELLO).reasoning_tokens == 3
        assert chat.complete(HELLO).completion_tokens == 12
        usage = chat.usage()
    assert (usage["completion_tokens"], usage["reasoning_tokens"]) == (17, 10)
    assert usage["cost_USD"] == pytest.approx(37e-6)


# --- streams --------------------------------------------------------------------------------------


def stream(*events: dict[str, Any], done: bool = True) -> Say:
    lines = [": here it comes", *(f"data: {json.dumps(event)}" for event in events)]
    body = "\n\n".join([*lines, *(["data: [DONE]"] if done else [])]) + "\n\n"
    return Say(body.encode(), headers={"Content-Type": "text/event-stream"})


def part(text: str, **more: Any) -> dict[str, Any]:
    return {
        "model": "tiny-1",
        "choices": [{"delta": {"content": text, **more.pop("delta", {})}, **more}],
    }


WHOLE = (
    part("", delta={"role": "assistant", "reasoning_content": "h"}),
    part("", delta={"reasoning_content": "m"}),
    part("Hal"),
    part("lo.", finish_reason="stop"),
    {"choices": [], "usage": {"prompt_tokens": 9, "completion_tokens": 4}},
)


def test_a_stream_that_nobody_asked_for(server: Server) -> None:
    server.script.append(stream(*WHOLE))
    answer = ask(server)
    assert (answer.text, answer.thinking, answer.finish_reason) == ("Hallo.", "hm", "stop")
    assert (answer.prompt_tokens, answer.completion_tokens, answer.model) == (9, 4, "tiny-1")


def test_a_server_that_streams_alone(server: Server) -> None:
    def usual(asked: Asked) -> Say:
        if asked.body.get("stream"):
            return stream(*WHOLE)
        return Say({"error": {"message": "This model only supports stream mode"}}, status=400)

    server.usual = usual
    answer = ask(server)
    assert (answer.text, answer.settled) == ("Hallo.", {"streamed": True})


def test_a_stream_that_breaks_off(server: Server) -> None:
    error = failing(server, stream(part("Hal"), done=False))
    assert isinstance(error, TransientError)
    assert "broke off" in error.message
    error = failing(server, stream(part("Hal"), {"error": {"message": "out of memory"}}))
    assert isinstance(error, TransientError)


# --- settings -------------------------------------------------------------------------------------


def openai_error(param: str, message: str, code: str = "unsupported_parameter") -> dict[str, Any]:
    kind = "invalid_request_error"
    return {"error": {"message": message, "type": kind, "param": param, "code": code}}


REFUSALS: dict[str, tuple[str, int, Any]] = {
    "OpenAI's reasoning models": (
        "max_tokens",
        400,
        openai_error(
            "max_tokens",
            "Unsupported parameter: 'max_tokens' is not supported with this model. "
            "Use 'max_completion_tokens' instead.",
        ),
    ),
    "their temperature": (
        "temperature",
        400,
        openai_error(
            "temperature",
            "Unsupported value: 'temperature' does not support 0 with this model. "
            "Only the default (1) value is supported.",
            "unsupported_value",
        ),
    ),
    "pydantic's list": (
        "max_tokens",
        422,
        {"detail": [{"loc": ["body", "max_tokens"], "msg": "extra fields not permitted"}]},
    ),
    "Mistral's": (
        "seed",
        422,
        {
            "object": "error",
            "message": {
                "detail": [
                    {
                        "type": "extra_forbidden",
                        "loc": ["body", "seed"],
                        "msg": "Extra inputs are not permitted",
                    }
                ]
            },
        },
    ),
    "Google's": (
        "seed",
        400,
        [{"error": {"code": 400, "message": 'Unknown name "seed": Cannot find field.'}}],
    ),
    "Groq's": ("n", 400, {"error": {"message": "property 'n' is unsupported"}}),
    "in words": ("temperature", 400, {"error": {"message": "`temperature` is deprecated here."}}),
    "as a text": ("temperature", 400, {"error": "invalid temperature: only 1 is allowed"}),
}


@pytest.mark.parametrize("shape", REFUSALS)
def test_a_setting_that_a_server_does_not_know(
    server: Server, shape: str, caplog: pytest.LogCaptureFixture
) -> None:
    name, status, body = REFUSALS[shape]

    def usual(asked: Asked) -> Say:
        return Say(body, status=status) if name in asked.body else chat_answer("Hallo.")

    server.usual = usual
    given: dict[str, Any] = {"seed": 7, "extra_body": {"n": 1}}
    options = ChatOptions(model="tiny", base_url=f"{server.url}/v1", **given)
    with Chat(options) as chat:
        answers = [chat.complete(HELLO) for _ in range(3)]
        notes = " ".join(chat.notes())
    assert [answer.text for answer in answers] == ["Hallo."] * 3
    assert len(server.bodies("/v1/chat/completions")) == 4, "settled once"
    last = server.bodies("/v1/chat/completions")[-1]
    if name == "max_tokens":
        assert last["max_completion_tokens"] == 2048
        assert answers[0].settled == {"renamed": {"max_tokens": "max_completion_tokens"}}
    else:
        assert answers[0].settled == {"left_out": [name]}
    assert name in notes
    assert len(caplog.messages) == 1
    assert name in caplog.messages[0]


def test_several_settings_one_after_the_other(server: Server) -> None:
    def usual(asked: Asked) -> Say:
        for shape in ("OpenAI's reasoning models", "their temperature"):
            name, status, body = REFUSALS[shape]
            if name in asked.body:
                return Say(body, status=status)
        return chat_answer("Hallo.")

    server.usual = usual
    assert ask(server).settled == {
        "renamed": {"max_tokens": "max_completion_tokens"},
        "left_out": ["temperature"],
    }


@pytest.mark.parametrize("status", [400, 422])
def test_a_setting_under_both_names(server: Server, status: int) -> None:
    def usual(asked: Asked) -> Say:
        name = next(key for key in asked.body if key.startswith("max_"))
        detail = [{"loc": ["body", name], "msg": "extra fields not permitted"}]
        said = {"detail": detail} if status == 422 else openai_error(name, "Unsupported")
        return Say(said, status=status)

    server.usual = usual
    with pytest.raises(BackendError) as caught:
        ask(server)
    assert type(caught.value) is BackendError, "each request would get the same"
    assert "max_tokens_field" in str(caught.value.hint)
    assert len(server.bodies("/v1/chat/completions")) == 2


def test_what_must_not_be_changed_is_told(server: Server) -> None:
    large = "max_tokens is too large: 20000. This model supports at most 16384 completion tokens"
    error = failing(server, Say(openai_error("max_tokens", large, "invalid_value"), status=400))
    assert type(error) is BackendError
    assert "16384" in error.message
    error = failing(
        server, Say(openai_error("stop", "Unsupported parameter: 'stop'"), 400), stop=["x"]
    )
    assert type(error) is BackendError


# --- addresses, keys, quotas ----------------------------------------------------------------------


def test_an_address_without_v1(server: Server) -> None:
    def usual(asked: Asked) -> Say:
        if asked.path == "/v1/models":
            return Say({"data": [{"id": "tiny"}]})
        return Say({"detail": "Not Found"}, status=404)

    server.usual = usual
    options = ChatOptions(model="tiny", base_url=server.url)
    with pytest.raises(RequestError) as before:
        Chat(options).check()
    with Chat(options) as chat, pytest.raises(BackendError) as during:
        chat.complete(HELLO)
    assert f"{server.url}/models" in before.value.message
    assert f"{server.url}/chat/completions" in during.value.message
    for caught in (before, during):
        assert f"{server.url}/v1" in str(caught.value.hint)


def test_an_address_of_the_completions_themselves(server: Server) -> None:
    server.usual = lambda asked: Say({"detail": "Not Found"}, status=404)
    whole = f"{server.url}/v1/chat/completions"
    options = ChatOptions(model="tiny", base_url=whole)
    with Chat(options) as chat, pytest.raises(BackendError) as caught:
        chat.complete(HELLO)
    assert f"base_url = '{server.url}/v1'" in str(caught.value.hint)


def test_a_model_that_is_not_served(server: Server) -> None:
    said = {"error": {"message": "The model `tiny` does not exist", "code": "model_not_found"}}
    error = failing(server, Say(said, status=404))
    assert type(error) is BackendError
    assert "does not exist" in str(error.why)
    assert "'tiny'" in str(error.hint)


@pytest.mark.parametrize(
    "say",
    [
        Say({"error": {"message": "Insufficient Balance"}}, status=402),
        Say({"error": {"message": "pay", "type": "insufficient_quota"}}, status=429),
        Say({"error": {"message": "pay", "code": "billing_hard_limit_reached"}}, status=429),
    ],
)
def test_an_empty_account_is_not_waited_for(server: Server, say: Say) -> None:
    error = failing(server, say)
    assert type(error) is BackendError
    assert "no quota left" in error.message
    assert "kept" in str(error.hint)


def test_an_error_page_for_people(server: Server) -> None:
    page = b"<html><head><title>502 Bad Gateway</title></head><body>" + b"x" * 5000
    assert failing(server, Say(page, status=502)).why == "502 Bad Gateway"


# --- as gateways and servers of this year were reported to answer --------------------------------

BOTH = (
    "litellm.BadRequestError: BedrockException - The model returned the following errors: "
    "`temperature` and `top_p` cannot both be specified for this model. Please use only one."
)


def test_of_two_settings_that_exclude_each_other_the_temperature_stays(server: Server) -> None:
    """BerriAI/litellm#15070: without a temperature of 0, answers would be drawn."""
    error = {"error": {"message": BOTH, "type": None, "param": None, "code": "400"}}
    server.script += [Say(error, status=400)]
    answer = ask(server, top_p=0.9)
    assert answer.settled == {"left_out": ["top_p"]}
    assert server.bodies("/v1/chat/completions")[-1]["temperature"] == 0.0


def gateway(code: int | str, message: str) -> dict[str, Any]:
    return {"error": {"code": code, "message": message}}


@pytest.mark.parametrize(
    ("body", "kind", "words"),
    [
        (gateway(429, "Rate limit exceeded"), Later, "answered 429"),
        (gateway("429", "Rate limit exceeded"), Later, "answered 429"),
        (gateway(401, "No auth credentials found"), BackendError, "refused a request"),
        (gateway(402, "Insufficient credits"), BackendError, "no quota left"),
        (gateway(400, "This text is too long"), SegmentError, "too long"),
        (gateway(502, "Provider disconnected"), TransientError, "answered 502"),
        (gateway(1214, "moderated"), TransientError, "without choices"),
    ],
)
@pytest.mark.parametrize("how", ["body", "choice", "stream"])
def test_an_error_of_status_200(
    server: Server, body: dict[str, Any], kind: type[MtbenchError], words: str, how: str
) -> None:
    """n8n-io/n8n#37959, openai/openai-agents-python#2850: gateways that have begun to answer."""
    if how == "choice" and kind is TransientError and "choices" in words:
        words = "broke the answer off"  # as its end says
    half = {"message": {"content": "Hal"}, "finish_reason": "error"}
    whole: dict[str, Any] = {
        "body": body,
        "choice": {"choices": [half | body]},
        "stream": f": wait\n\ndata: {json.dumps(body)}\n\ndata: [DONE]\n\n".encode(),
    }
    error = failing(server, Say(whole[how]))
    assert type(error) is kind
    assert words in error.message


@pytest.mark.parametrize(
    "body",
    [
        {"choices": [], "usage": {"prompt_tokens": 7, "completion_tokens": 0}},
        {"choices": [{"message": None, "finish_reason": "content_filter"}]},
    ],
    ids=["no choice", "no message"],
)
def test_what_a_filter_has_left_of_an_answer(server: Server, body: dict[str, Any]) -> None:
    """BerriAI/litellm#40276, affaan-m/ECC#1976: Gemini's filter by way of gateways."""
    error = failing(server, Say(body))
    assert type(error) is UnusableAnswer
    assert "filter" in error.message


def test_a_filter_named_in_words_ends_no_run(server: Server) -> None:
    """BerriAI/litellm#16231: Azure's filter by way of LiteLLM names no code."""
    said = (
        "litellm.BadRequestError: litellm.ContentPolicyViolationError: AzureException - The "
        "response was filtered due to the prompt triggering Azure OpenAI's content management "
        "policy.\nmodel=azure/gpt-4o. content_policy_fallback=None. fallbacks=None."
    )
    error = failing(server, Say({"error": {"message": said, "code": "400"}}, status=400))
    assert type(error) is SegmentError
    assert "filtered" in error.message


@pytest.mark.parametrize(
    ("body", "seconds"),
    [
        ({"error": {"code": 503, "message": "Loading model", "type": "unavailable_error"}}, None),
        ({"error": "Model tiny is currently loading", "estimated_time": 20.5}, 20.5),
    ],
    ids=["llama.cpp", "TGI"],
)
def test_a_model_that_is_being_loaded_is_waited_for(
    server: Server, body: dict[str, Any], seconds: float | None
) -> None:
    """mostlygeek/llama-swap#146: it takes longer than a few attempts do."""
    error = failing(server, Say(body, status=503))
    assert isinstance(error, Later)
    assert error.retry_after == seconds


def test_a_call_of_a_tool_that_nobody_offered_is_no_answer(server: Server) -> None:
    """NVIDIA/TensorRT-LLM#9256: gpt-oss calls tools all the same, and its marks are handed on."""
    call = '<|channel|>commentary to=functions.search<|message|>{"path": "/"}<|call|>'
    error = failing(server, chat_answer(call))
    assert type(error) is SegmentError
    assert "gave no answer" in error.message


def test_nothing_at_all(server: Server) -> None:
    """ollama/ollama#13371: null, no token read or written, and still a stop."""
    body = {
        "choices": [{"message": {"content": None, "refusal": None}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 0, "completion_tokens": 0},
    }
    error = failing(server, Say(body))
    assert type(error) is UnusableAnswer
    assert "empty" in error.message
