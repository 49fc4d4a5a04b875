"""One question about one picture through each official SDK, and the mistakes that people make with it."""

import base64
import contextlib

from mmlab.api.catalog import model_for
from mmlab.api.client import sdks
from mmlab.world import encode_image, render, sample

PROVIDERS = sdks.PROVIDERS
NAMES = {"openai": "OpenAI", "anthropic": "Anthropic", "google": "Google"}
SIDE, QUESTION = 96, "What colour is the shape?"
(SCENE,) = sample(1, seed=4, shapes=(1, 1))
PNG = encode_image(render([SCENE], SIDE)[0])
B64 = base64.b64encode(PNG).decode()
WORDS = 110  # characters of a provider's message that are shown


class Calls:
    """One provider's SDK before the local server.

    local     a running server that wants the key "right" and has retired the model of the role "fast"
    provider  "openai", "anthropic", "google"
    """

    def __init__(self, local, provider: str):
        self.local, self.provider = local, provider
        self.make = {"openai": _openai, "anthropic": _anthropic, "google": _google}[provider]

    def client(self, key: str = "right"):
        """Return the SDK's client."""
        address = self.local.addresses()[{"google": "gemini_base_url"}.get(self.provider, f"{self.provider}_base_url")]
        return sdks.opened(self.provider, base_url=address, key=key, timeout=30.0)

    def asked(self) -> dict:
        """Return what the call, its parts and its answer look like."""
        call, read = self.make()
        with contextlib.closing(self.client()) as client:  # Google's closes itself when it is forgotten, in mid-stream too
            found = read(call(client))
            with self.local.faults("refusal"):
                refused = read(call(client))
            events = [_event(event) for event in call(client, stream=True)]
        kinds = [kind for place, kind in enumerate(events) if place == 0 or events[place - 1] != kind]
        return found | {"a refusal": refused["ended"], "a stream": kinds}

    def mistakes(self) -> dict[str, str]:
        """Return mistake → what the SDK raises, and the provider's words."""
        return {
            "a wrong key": self._raised("wrong"),
            "a model that never was": self._raised(model="no-such-model"),
            "a model that was retired": self._raised(model=model_for("fast")),
            "a PNG that is called a JPEG": self._raised(kind="image/jpeg"),
            "`data:` before base64": self._raised(data=f"data:image/png;base64,{B64}"),
            "no limit of the reply": self._raised(longest=None),
        }

    def _raised(self, key: str = "right", **given) -> str:
        """Return status, error and words of what a call raises."""
        call, _ = self.make()
        with contextlib.closing(self.client(key)) as client:
            try:
                call(client, **given)
            # Whatever the SDK makes of it is what is shown.
            except Exception as error:
                status = getattr(error, "status_code", None) or getattr(error, "code", None)
                body = getattr(error, "body", None) or getattr(error, "details", None)
                return f"{status or 'no request:'} `{type(error).__name__}`<br>{_words(body, error)}"
        return "taken"


def _words(body, error: Exception) -> str:
    """Return the provider's message, short."""
    while isinstance(body, dict) and "message" not in body and isinstance(body.get("error"), dict):
        body = body["error"]
    text = str(body.get("message", error) if isinstance(body, dict) else error)
    text = " ".join(text.replace("|", "\\|").replace("<", "&lt;").split())
    return text if len(text) <= WORDS else text[:WORDS].rsplit(" ", 1)[0] + " …"


def _limit(name: str, longest: int | None) -> dict:
    """Return the argument that limits a reply, or none."""
    return {} if longest is None else {name: longest}


def _event(event) -> str:
    """Return what kind of event of a stream it is."""
    return getattr(event, "type", None) or type(event).__name__


def _openai():
    part = {"type": "input_image", "image_url": "data:image/png;base64,…"}

    def call(client, *, model=None, kind="image/png", data=None, longest=200, stream=False):
        url = data if data is not None and not data.startswith("data:") else f"data:{kind};base64,{data or B64}"
        content = [part | {"image_url": url}, {"type": "input_text", "text": QUESTION}]
        return client.responses.create(model=model or model_for("vision"), input=[{"role": "user", "content": content}],
                                       stream=stream, **_limit("max_output_tokens", longest))  # fmt: skip

    def read(response) -> dict:
        kinds = [block.type for item in response.output for block in item.content]
        return {"call": "client.responses.create(model=…, input=[…])", "the picture": part, "the text": "response.output_text",
                "answer": response.output_text, "ended": [f"status = {response.status!r}", f"content = {kinds}"],
                "tokens": [f"usage.input_tokens = {response.usage.input_tokens}",
                           f"usage.output_tokens = {response.usage.output_tokens}"]}  # fmt: skip

    return call, read


def _anthropic():
    part = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "…"}}

    def call(client, *, model=None, kind="image/png", data=None, longest=200, stream=False):
        image = {"type": "image", "source": {"type": "base64", "media_type": kind, "data": data or B64}}
        content = [image, {"type": "text", "text": QUESTION}]
        return client.messages.create(model=model or model_for("vision"), messages=[{"role": "user", "content": content}],
                                      stream=stream, **_limit("max_tokens", longest))  # fmt: skip

    def read(message) -> dict:
        return {"call": "client.messages.create(model=…, max_tokens=…, messages=[…])", "the picture": part,
                "the text": '"".join(b.text for b in message.content if b.type == "text")',
                "answer": "".join(block.text for block in message.content if block.type == "text"),
                "ended": f"stop_reason = {message.stop_reason!r}",
                "tokens": [f"usage.input_tokens = {message.usage.input_tokens}",
                           f"usage.output_tokens = {message.usage.output_tokens}"]}  # fmt: skip

    return call, read


def _google():
    part = {"inline_data": {"mime_type": "image/png", "data": "…"}}

    def call(client, *, model=None, kind="image/png", data=None, longest=200, stream=False):
        image = {"inline_data": {"mime_type": kind, "data": PNG if data is None else data}}
        models = client.models
        make = models.generate_content_stream if stream else models.generate_content
        return make(model=model or model_for("vision"), contents=[{"role": "user", "parts": [image, {"text": QUESTION}]}],
                    config=_limit("max_output_tokens", longest))  # fmt: skip

    def read(response) -> dict:
        usage, ended = response.usage_metadata, response.candidates and response.candidates[0].finish_reason.value
        why = f"candidates[0].finish_reason = {ended!r}"
        if response.prompt_feedback:
            why = ["candidates = None", f"prompt_feedback.block_reason = {response.prompt_feedback.block_reason.value!r}"]
        return {"call": "client.models.generate_content(model=…, contents=[…])", "the picture": part,
                "the text": "response.text", "answer": response.text,
                "ended": why,
                "tokens": [f"usage_metadata.prompt_token_count = {usage.prompt_token_count}",
                           f"usage_metadata.candidates_token_count = {usage.candidates_token_count}"]}  # fmt: skip

    return call, read
