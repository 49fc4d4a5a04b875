"""One question about one image with each official SDK, and common mistakes."""

import base64
import contextlib

from mmlab.api.catalog import model_for
from mmlab.api.client.asking import WIRES
from mmlab.api.providers import ANTHROPIC, GOOGLE, OPENAI, PROVIDERS
from mmlab.world import encode_image, render, sample

SIDE, QUESTION = 96, "What colour is the shape?"
(SCENE,) = sample(1, seed=4, shapes=(1, 1))
PNG = encode_image(render([SCENE], SIDE)[0])
B64 = base64.b64encode(PNG).decode()
MAX_CHARACTERS = 110  # maximum characters of a provider's message on the page


class Calls:
    """One provider's SDK with the local server.

    local     a running server that requires the key "right" and has retired the model of the role "fast"
    provider  str   id of a Provider
    """

    def __init__(self, local, provider: str):
        self.local, self.provider = local, provider
        self.make = _CALLS[provider]

    def client(self, key: str = "right"):
        """Return the SDK's client."""
        address = self.local.url + PROVIDERS[self.provider].base_path
        return WIRES[self.provider].open_client(base_url=address, key=key, timeout=30.0)

    def request_and_response(self) -> dict:
        """Return the call, its parts and its answer as they look in code."""
        call, read = self.make()
        with contextlib.closing(
            self.client()
        ) as client:  # a client of Google's closes itself when it is garbage-collected, even during a stream
            fields = read(call(client))
            with self.local.faults("refusal"):
                refused = read(call(client))
            events = [_event(event) for event in call(client, stream=True)]
        kinds = [kind for at, kind in enumerate(events) if at == 0 or events[at - 1] != kind]
        return fields | {"a refusal": refused["ended"], "a stream": kinds}

    def mistakes(self) -> dict[str, str]:
        """Return mistake → the exception of the SDK and the provider's message."""
        return {
            "a wrong key": self._raised("wrong"),
            "an unknown model": self._raised(model="no-such-model"),
            "a retired model": self._raised(model=model_for("fast")),
            "a PNG declared as JPEG": self._raised(kind="image/jpeg"),
            "`data:` before base64": self._raised(data=f"data:image/png;base64,{B64}"),
            "no limit of the reply's tokens": self._raised(max_tokens=None),
        }

    def _raised(self, key: str = "right", **given) -> str:
        """Return the status, exception and message of a failed call."""
        call, _ = self.make()
        with contextlib.closing(self.client(key)) as client:
            try:
                call(client, **given)
            # Any exception belongs on the page.
            except Exception as error:
                status = getattr(error, "status_code", None) or getattr(error, "code", None)
                body = getattr(error, "body", None) or getattr(error, "details", None)
                return f"{status or 'no request:'} `{type(error).__name__}`<br>{_message(body, error)}"
        return "accepted"


def _message(body, error: Exception) -> str:
    """Return the provider's message, shortened."""
    while isinstance(body, dict) and "message" not in body and isinstance(body.get("error"), dict):
        body = body["error"]
    text = str(body.get("message", error) if isinstance(body, dict) else error)
    text = " ".join(text.replace("|", "\\|").replace("<", "&lt;").split())
    return text if len(text) <= MAX_CHARACTERS else text[:MAX_CHARACTERS].rsplit(" ", 1)[0] + " …"


def _limit(name: str, max_tokens: int | None) -> dict:
    """Return the argument that limits a reply's tokens, or no argument."""
    return {} if max_tokens is None else {name: max_tokens}


def _event(event) -> str:
    """Return the type of a stream's event."""
    return getattr(event, "type", None) or type(event).__name__


def _openai():
    part = {"type": "input_image", "image_url": "data:image/png;base64,…"}

    def call(client, *, model=None, kind="image/png", data=None, max_tokens=200, stream=False):
        url = (
            data if data is not None and not data.startswith("data:") else f"data:{kind};base64,{data or B64}"
        )
        content = [part | {"image_url": url}, {"type": "input_text", "text": QUESTION}]
        return client.responses.create(
            model=model or model_for("vision"),
            input=[{"role": "user", "content": content}],
            stream=stream,
            **_limit("max_output_tokens", max_tokens),
        )

    def read(response) -> dict:
        kinds = [block.type for item in response.output for block in item.content]
        return {
            "call": "client.responses.create(model=…, input=[…])",
            "the image": part,
            "the text": "response.output_text",
            "answer": response.output_text,
            "ended": [f"status = {response.status!r}", f"content = {kinds}"],
            "tokens": [
                f"usage.input_tokens = {response.usage.input_tokens}",
                f"usage.output_tokens = {response.usage.output_tokens}",
            ],
        }

    return call, read


def _anthropic():
    part = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "…"}}

    def call(client, *, model=None, kind="image/png", data=None, max_tokens=200, stream=False):
        image = {"type": "image", "source": {"type": "base64", "media_type": kind, "data": data or B64}}
        content = [image, {"type": "text", "text": QUESTION}]
        return client.messages.create(
            model=model or model_for("vision"),
            messages=[{"role": "user", "content": content}],
            stream=stream,
            **_limit("max_tokens", max_tokens),
        )

    def read(message) -> dict:
        return {
            "call": "client.messages.create(model=…, max_tokens=…, messages=[…])",
            "the image": part,
            "the text": '"".join(b.text for b in message.content if b.type == "text")',
            "answer": "".join(block.text for block in message.content if block.type == "text"),
            "ended": f"stop_reason = {message.stop_reason!r}",
            "tokens": [
                f"usage.input_tokens = {message.usage.input_tokens}",
                f"usage.output_tokens = {message.usage.output_tokens}",
            ],
        }

    return call, read


def _google():
    part = {"inline_data": {"mime_type": "image/png", "data": "…"}}

    def call(client, *, model=None, kind="image/png", data=None, max_tokens=200, stream=False):
        image = {"inline_data": {"mime_type": kind, "data": PNG if data is None else data}}
        models = client.models
        make = models.generate_content_stream if stream else models.generate_content
        return make(
            model=model or model_for("vision"),
            contents=[{"role": "user", "parts": [image, {"text": QUESTION}]}],
            config=_limit("max_output_tokens", max_tokens),
        )

    def read(response) -> dict:
        usage, ended = (
            response.usage_metadata,
            response.candidates and response.candidates[0].finish_reason.value,
        )
        why = f"candidates[0].finish_reason = {ended!r}"
        if response.prompt_feedback:
            why = [
                "candidates = None",
                f"prompt_feedback.block_reason = {response.prompt_feedback.block_reason.value!r}",
            ]
        return {
            "call": "client.models.generate_content(model=…, contents=[…])",
            "the image": part,
            "the text": "response.text",
            "answer": response.text,
            "ended": why,
            "tokens": [
                f"usage_metadata.prompt_token_count = {usage.prompt_token_count}",
                f"usage_metadata.candidates_token_count = {usage.candidates_token_count}",
            ],
        }

    return call, read


_CALLS = {OPENAI.id: _openai, ANTHROPIC.id: _anthropic, GOOGLE.id: _google}
