"""Calls that meet a fault: through a bare SDK as its introduction shows it, and through mmlab's client."""

import asyncio
import contextlib

from mmlab.api.catalog import model_for
from mmlab.api.client import CallFailed, connect, sdks
from mmlab.api.client.messages import image_part_anthropic, image_part_gemini, image_part_openai
from mmlab.world import encode_image, render, sample

MODEL, QUESTION = model_for("vision"), "What does the picture show?"
PNG = encode_image(render(sample(1, seed=4), 96)[0])
SHORT, LONG = 1.0, 30.0  # seconds without a byte: where no answer is to come, and elsewhere


class Calls:
    """Calls of one provider in one mode; entered and left with a `with`.

    local     a running server
    provider  "openai", "anthropic", "google"
    mode      "sync", "async", "stream", "async stream"
    fault     str   what the calls will meet
    """

    def __init__(self, local, provider: str, mode: str, fault: str):
        self.local, self.provider = local, provider
        self.waits, self.streams = "async" in mode, "stream" in mode
        self.timeout = SHORT if fault.startswith("timeout") else LONG
        self.waited: list[float] = []
        self._loop = asyncio.Runner() if self.waits else contextlib.nullcontext()

    def __enter__(self):
        self.whole = self._text()
        return self

    def __exit__(self, *ended):
        with self._loop:
            self.close()

    def close(self) -> None:
        """Close the connections, those that are awaited in the loop that they belong to."""

    def outcome(self, plan: str) -> list:
        """Return [how a call ends while faults come true, how many requests it sent]."""
        before = self.local.requests
        self.waited.clear()
        with self.local.faults(plan):
            try:
                said = self._text()
            # Whatever is raised is what is looked at.
            except Exception as error:
                ended = _name(error)
            else:
                ended = _how(said, self.whole)
            requests = self.local.requests - before
        if ":1" in plan and self.waited:
            ended += f" (waits {self.waited[0]:g} s)"
        return [ended, requests]

    def _text(self):
        """Return the text that one call brings."""
        return self._loop.run(self.called_async()) if self.waits else self.called()


class Bare(Calls):
    """The SDK by itself, with its own retries; its waits are taken down and not waited."""

    def __init__(self, *told):
        super().__init__(*told)
        sdk = sdks.module(self.provider)
        address = self.local.addresses()[{"google": "gemini_base_url"}.get(self.provider, f"{self.provider}_base_url")]
        if self.provider == "google":
            options = {"base_url": address, "timeout": int(self.timeout * 1000)}
            self._whole = sdk.Client(api_key="any", http_options=options)
            self.client = self._whole.aio if self.waits else self._whole
            return
        names = {"openai": ("OpenAI", "AsyncOpenAI"), "anthropic": ("Anthropic", "AsyncAnthropic")}
        self.client = getattr(sdk, names[self.provider][self.waits])(
            base_url=address, api_key="any", timeout=self.timeout)  # fmt: skip
        self._whole = self.client
        longer = self.client._calculate_retry_timeout

        def wait(*args, **more) -> float:
            self.waited.append(longer(*args, **more))
            return 0.0

        self.client._calculate_retry_timeout = wait

    def close(self) -> None:
        """Close the connections, those that are awaited in the loop that they belong to."""
        if not self.waits:
            self._whole.close()
        else:
            self._loop.run((self.client.aclose if self.provider == "google" else self.client.close)())

    def _asked(self):
        """Return the response, or the stream, or what to await for either."""
        text = {"type": "text", "text": QUESTION}
        if self.provider == "google":
            models = self.client.models
            call = models.generate_content_stream if self.streams else models.generate_content
            return call(model=MODEL, contents=[{"parts": [image_part_gemini(PNG), {"text": QUESTION}]}])
        if self.provider == "openai":
            messages = [{"role": "user", "content": [image_part_openai(PNG), text]}]
            return self.client.chat.completions.create(model=MODEL, messages=messages, stream=self.streams)
        messages = [{"role": "user", "content": [image_part_anthropic(PNG), text]}]
        return self.client.messages.create(model=MODEL, messages=messages, max_tokens=500, stream=self.streams)

    def called(self):
        """Return the text of one call."""
        answer = self._asked()
        return "".join(map(self._piece, answer)) if self.streams else self._read(answer)

    async def called_async(self):
        """Return the text of one awaited call."""
        answer = await self._asked()
        return "".join([self._piece(one) async for one in answer]) if self.streams else self._read(answer)

    def _read(self, answer):
        """Return a response's text as the SDK's introduction reads it."""
        if self.provider == "openai":
            return answer.choices[0].message.content
        return answer.content[0].text if self.provider == "anthropic" else answer.text

    def _piece(self, event) -> str:
        """Return the text that one event of a stream brings."""
        if self.provider == "openai":
            return event.choices[0].delta.content or "" if event.choices else ""
        if self.provider == "google":
            return event.text or ""
        return event.delta.text if event.type == "content_block_delta" else ""


class Ours(Calls):
    """mmlab's client, three retries, in a virtual clock."""

    def __init__(self, *told):
        super().__init__(*told)
        self.client = connect(self.provider, server=self.local, timeout=self.timeout, sleep=self.waited.append,
                              draw=lambda: 0.0)  # fmt: skip

    def called(self):
        """Return the text of one call, or how it ended where it has none."""
        if self.streams:
            stream = self.client.stream(QUESTION, [PNG], max_tokens=500)
            return "".join(stream) or f"ending {stream.answer.ending}"
        return _told(self.client.ask(QUESTION, [PNG], max_tokens=500))

    async def called_async(self):
        """Return the text of one awaited call, or how it ended where it has none."""
        return _told(await self.client.ask_async(QUESTION, [PNG], max_tokens=500, stream=self.streams))


def _told(answer) -> str:
    return answer.text or f"ending {answer.ending}"


def _how(said, whole: str) -> str:
    """Return how a text stands to the one that was due."""
    if said == whole:
        return "the answer"
    if not said:
        return "no text" if said == "" else "None"
    return said if said.startswith("ending ") else "a part of it" if said in whole else "another text"


def _name(error: Exception) -> str:
    """Return an error's name: an SDK's or its transport's with where it is from, ours with its kind."""
    if isinstance(error, CallFailed):
        return f"CallFailed: {error.kind}"
    kind = type(error)
    home = kind.__module__.removeprefix("google.").partition(".")[0]
    known = ("openai", "anthropic", "genai", "httpx2", "httpx")
    return f"{home}.{kind.__name__}" if home in known else kind.__name__
