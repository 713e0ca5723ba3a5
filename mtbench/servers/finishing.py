"""Why an answer ended, in the words of each server.

``finish_reason`` has five values at OpenAI; servers and gateways that speak its protocol hand on
words of their own or of what stands behind them. Each word below is named by one of these:

- OpenAI, Azure: https://platform.openai.com/docs/api-reference/chat/object
- vLLM and SGLang: ``stop``, ``length``, ``abort`` (vllm/v1/request.py, sglang/srt/managers)
- llama.cpp: ``stop``, ``length``; its own protocol: ``eos``, ``word``, ``limit`` (tools/server)
- Ollama: ``done_reason`` ``stop``, ``length``, ``load`` (docs/api.md)
- Text Generation Inference: ``length``, ``eos_token``, ``stop_sequence`` (docs/openapi.json)
- Gemini: https://ai.google.dev/api/generate-content#FinishReason
- Anthropic: https://platform.claude.com/docs/en/build-with-claude/handling-stop-reasons
- Cohere: ``COMPLETE``, ``MAX_TOKENS``, ``ERROR_TOXIC`` …: https://docs.cohere.com/reference/chat
- Mistral: ``stop``, ``length``, ``model_length``, ``error``, ``tool_calls`` (its OpenAPI file)
- Bedrock: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_MessageStopEvent.html
  (Converse), and Titan's ``FINISH``, ``CONTENT_FILTERED``
- DeepSeek: ``insufficient_system_resource``: https://api-docs.deepseek.com
- watsonx: ``not_finished``, ``token_limit``, ``time_limit``, ``cancelled``
- LiteLLM hands on these as they are where it does not map them (litellm_core_utils/core_helpers.py)
"""

from __future__ import annotations

from typing import Literal

Ending = Literal["complete", "cut", "withheld", "broken", "calls"]
"""Whole; cut by a limit; withheld by a filter; broken off by the server; a tool was called."""

_WORDS: dict[Ending, str] = {
    "complete": "stop eos eos_token end_turn stop_sequence stop_word stop_token word complete "
    "completed finish finished done end endoftext end_of_text end_of_sequence",
    "cut": "length max_tokens max_length max_token max_output_tokens model_length limit "
    "token_limit error_limit model_context_window_exceeded context_length context_window",
    "withheld": "content_filter content_filtered safety recitation language blocklist "
    "prohibited_content spii guardrail_intervened guardrails error_toxic image_safety refusal "
    "sensitive",
    "broken": "error abort aborted cancelled canceled user_cancel timeout time_limit other "
    "insufficient_system_resource network_error not_finished pause_turn load unload "
    "malformed_model_output unspecified",
    "calls": "tool_calls tool_call tool_use function_call malformed_function_call "
    "malformed_tool_use unexpected_tool_call too_many_tool_calls",
}
_ENDINGS: dict[str, Ending] = {
    word: kind for kind, words in _WORDS.items() for word in words.split()
}


def ending(reason: str | None) -> Ending | None:
    """What a server's word for the end of an answer means; None for a word that nobody knows.

    Args:
        reason: As the server says it; None or empty where it says nothing, which is a whole
            answer: some servers leave it out.

    Example:
        >>> ending("STOP"), ending("MAX_TOKENS"), ending("eos_token"), ending(None)
        ('complete', 'cut', 'complete', 'complete')
        >>> ending("tired") is None
        True
    """
    word = (reason or "").strip().casefold().replace("-", "_").replace(" ", "_")
    return _ENDINGS.get(word.removeprefix("finish_reason_")) if word else "complete"
