"""The client: one interface to ask a model, whichever SDK sends the request."""

import asyncio
import importlib
import time
import weakref
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

from mmlab.api.client.answers import Answer, Ask, Turn, Usage
from mmlab.api.client.attachments import audio_bytes, document_bytes, image_bytes
from mmlab.api.client.budget import cost_of, price_of
from mmlab.api.client.failures import CallFailed
from mmlab.api.client.job import Job
from mmlab.api.client.retry import retry_policy_async
from mmlab.api.client.schemas import schema_of
from mmlab.api.client.sdks import garbled, plain
from mmlab.api.providers import PROVIDERS
from mmlab.errors import InputError, MmlabError

WIRES = {provider.id: importlib.import_module(provider.wire) for provider in PROVIDERS.values()}


class Client:
    """Asks one model of one provider; `connect` creates it. Threads may share it.

    provider, model   str
    budget            Budget or None
    cache             Cache or None
    trace             Trace or None
    parts             Parts            the functions that build messages, retry and parse replies: yours or mmlab's
    """

    def __init__(
        self,
        provider: str,
        model: str,
        *,
        base_url,
        key,
        price,
        timeout,
        transport,
        budget,
        cache,
        trace,
        parts,
        retrying,
        sleep,
    ):
        self.provider, self.model, self.parts, self._price = provider, model, parts, price
        self.budget, self.cache, self.trace = budget, cache, trace
        self.live = base_url is None
        self.wire = WIRES[provider]
        self._opening = {"base_url": base_url, "key": key, "timeout": timeout, "transport": transport}
        self._retrying, self._sleep = retrying, sleep
        self._sdk, self._awaited = None, weakref.WeakKeyDictionary()

    @property
    def sdk(self):
        """The SDK's own client, for everything that this class does not offer; it does not retry."""
        if self._sdk is None:
            self._sdk = self.wire.open_client(**self._opening)
        return self._sdk

    def cost(self, usage: Usage) -> float | None:
        """Return the cost of these tokens in dollars; None if no price is known."""
        price = self._price or price_of(self.model, usage.input)
        return None if price is None else cost_of(usage, price)

    def ask(
        self,
        text: str = "",
        images: Sequence = (),
        *,
        audio: Sequence = (),
        documents: Sequence = (),
        results: Sequence = (),
        history: Sequence = (),
        system: str = "",
        schema=None,
        tools: Sequence = (),
        must_call: bool = False,
        stream: bool = False,
        max_tokens: int = 1024,
        detail: str | None = None,
    ) -> Answer:
        """Return what the model answers.

        text, images       the question, and images: bytes of a file, arrays, paths, addresses, the world's pages
        audio, documents   WAV files or arrays at 16 kHz; PDF files, or the world's pages
        results            what tools returned for the calls of the last answer: Result(call, output)
        history            the turns so far; add each answer's `turns` to them
        system             str, instructions for the whole conversation
        schema             a dataclass, a pydantic model or a JSON schema: the type of the answer's `parsed`
        tools, must_call   the Tools, and whether the model must call one of them
        stream             whether to stream the reply; it is still returned only once it is complete
        max_tokens         limit of the reply's tokens (1024)
        detail             of images: OpenAI "low", "high"; Google "low", "medium", "high"
        raises    CallFailed  when no usable answer arrives; InputError when the request cannot be sent,
                  or may cost more than the budget has left
        """
        job = self._job(
            text,
            images,
            audio=audio,
            documents=documents,
            results=results,
            history=history,
            system=system,
            schema=schema,
            tools=tools,
            must_call=must_call,
            max_tokens=max_tokens,
            detail=detail,
        )
        with job.recorded():
            if (cached := job.cached()) is not None:
                return cached
            if stream:
                return job.answered(self._retried(lambda: self._streamed(job)))
            return job.answered(self._retried(lambda: self._sent(job)))

    async def ask_async(
        self, text: str = "", images: Sequence = (), *, stream: bool = False, **more
    ) -> Answer:
        """Return what the model answers, as a coroutine; takes the arguments of `ask`."""
        job = self._job(text, images, **more)
        with job.recorded():
            if (cached := job.cached()) is not None:
                return cached
            call = self._streamed_async if stream else self._sent_async
            return job.answered(await self._retried_async(lambda: call(job)))

    def stream(self, text: str = "", images: Sequence = (), **more) -> "Stream":
        """Return an iterator over the pieces of the answer's text as they arrive; takes the arguments of `ask`.

        It raises CallFailed if the stream ends before the answer is complete, even without an error. Its
        `answer` is set when it is exhausted. A request is retried only if it fails before the first piece.
        """
        return Stream(self._pieces, self._job(text, images, **more))

    def ask_many(self, requests: Sequence, at_once: int = 8) -> list:
        """Return the answers to many requests, in their order.

        requests  each a text, or a dict of `ask`'s arguments
        at_once   int   number of requests in flight
        returns   for each request an Answer, or the CallFailed or InputError that it raised
        """
        if at_once < 1:
            raise InputError(f"ask_many: at_once={at_once}", "1 or more", "pass at_once=8")
        with ThreadPoolExecutor(at_once, thread_name_prefix="mmlab-ask") as pool:
            return list(pool.map(self._answer_or_error, requests))

    def _answer_or_error(self, request):
        try:
            return self.ask(request) if isinstance(request, str) else self.ask(**request)
        except (CallFailed, MmlabError) as error:
            return error

    def __repr__(self) -> str:
        where = "live" if self.live else self._opening["base_url"]
        return f"Client({self.provider}, {self.model}, {where})"

    def _job(
        self,
        text: str,
        images: Sequence,
        *,
        audio=(),
        documents=(),
        results=(),
        history=(),
        system="",
        schema=None,
        tools=(),
        must_call=False,
        max_tokens=1024,
        detail=None,
    ) -> Job:
        """Return the job of one question; raise InputError if it is empty or malformed."""
        if isinstance(images, bytes | str) or hasattr(images, "shape") and len(images.shape) == 3:
            raise InputError(
                f"ask: images is one {type(images).__name__}", "a list of images", "pass [image]"
            )
        turn = Turn(
            "user",
            text,
            tuple(map(image_bytes, images)),
            tuple(map(audio_bytes, audio)),
            tuple(map(document_bytes, documents)),
            tuple(results),
        )
        if not (text or turn.images or turn.audio or turn.documents or turn.results):
            raise InputError(
                "ask: no text and no attachment",
                "a text, images, audio or documents",
                "ask('What is this?', [image])",
            )
        ask = Ask(
            self.model,
            (*history, turn),
            system,
            None if schema is None else schema_of(schema),
            tuple(tools),
            must_call,
            max_tokens,
            detail,
        )
        return Job(self, ask, schema)

    def _sent(self, job: Job) -> dict:
        """Send one request and return the response as plain data, checked to be readable."""
        with job.attempted():
            return job.readable(plain(self.provider, self.wire.send(self.sdk, job.body)))

    def _streamed(self, job: Job) -> dict:
        with job.attempted():
            assembler = self.wire.Assembler()
            for event in self.wire.stream(self.sdk, job.body):
                self._add(assembler, event)
            return job.whole(assembler)

    async def _sent_async(self, job: Job) -> dict:
        with job.attempted():
            return job.readable(plain(self.provider, await self.wire.send(self._sdk_async(), job.body)))

    async def _streamed_async(self, job: Job) -> dict:
        with job.attempted():
            assembler = self.wire.Assembler()
            async for event in await self.wire.stream(self._sdk_async(), job.body):
                self._add(assembler, event)
            return job.whole(assembler)

    def _add(self, assembler, event) -> str:
        """Add an event to the stream's assembler and return the text in it."""
        data = plain(self.provider, event)
        with garbled(self.provider):
            return assembler.add(data)

    def _pieces(self, job: Job, finish) -> Iterator[str]:
        """Yield an answer's text piece by piece, then pass the Answer to `finish`."""
        with job.recorded():
            if (cached := job.cached()) is not None:
                yield cached.text
                finish(cached)
                return
            events, event = self._retried(lambda: self._start(job))
            with job.converted():
                assembler = self.wire.Assembler()
                while event is not None:
                    if piece := self._add(assembler, event):
                        yield piece
                    event = next(events, None)
                raw = job.whole(assembler)
            finish(job.answered(raw))

    def _start(self, job: Job) -> tuple[Iterator, object]:
        """Start a stream; return its events and the first one."""
        with job.attempted():
            events = iter(self.wire.stream(self.sdk, job.body))
            first = next(events, None)
            if first is None:
                raise CallFailed(self.provider, "cut", "the stream ended before the first event")
            return events, first

    def _sdk_async(self):
        """Return the SDK's asynchronous client for the running event loop; connections belong to one loop."""
        loop = asyncio.get_running_loop()
        if loop not in self._awaited:
            self._awaited[loop] = self.wire.open_client(**self._opening, asynchronous=True)
        return self._awaited[loop]

    def _retried(self, call):
        """Return what a call returns, with retries; no other layer retries."""
        return self.parts.retry_policy(call, sleep=self._sleep or time.sleep, **self._retrying)

    async def _retried_async(self, call):
        """Return what an awaited call returns, with retries; a policy of yours runs in a thread beside the loop."""
        if self.parts.origin("retry_policy") == "yours":
            loop = asyncio.get_running_loop()

            def once():
                return asyncio.run_coroutine_threadsafe(call(), loop).result()

            return await asyncio.to_thread(self._retried, once)
        return await retry_policy_async(
            call, sleep=self._pause if self._sleep else asyncio.sleep, **self._retrying
        )

    async def _pause(self, seconds: float) -> None:
        """Sleep on the virtual clock."""
        self._sleep(seconds)


class Stream:
    """An iterator over the pieces of an answer's text as they arrive.

    answer  the Answer once the last piece was returned; None before
    """

    def __init__(self, pieces, job: Job):
        self.answer = None
        self._pieces = pieces(job, self._finish)

    def _finish(self, answer: Answer) -> None:
        self.answer = answer

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        return next(self._pieces)

    def close(self) -> None:
        """End the stream early: the rest is not fetched, but may still be billed."""
        self._pieces.close()
