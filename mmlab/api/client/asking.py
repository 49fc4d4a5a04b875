"""The client: one way to ask, whichever SDK carries it."""

import asyncio
import time
import weakref
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

from mmlab.api.client import anthropic_wire, google_wire, openai_wire, sdks
from mmlab.api.client.answers import Answer, Ask, Turn, Usage
from mmlab.api.client.attachments import document_bytes, picture_bytes, sound_bytes
from mmlab.api.client.budget import cost_of, price_of
from mmlab.api.client.failures import CallFailed
from mmlab.api.client.job import Job
from mmlab.api.client.reading import garbled, plain
from mmlab.api.client.schemas import schema_of
from mmlab.errors import InputError, MmlabError

WIRES = {"openai": openai_wire, "anthropic": anthropic_wire, "google": google_wire}


class Client:
    """Asks one model of one provider; `connect` makes it. Threads may share it.

    provider, model   str
    budget            Budget or None
    cache             Cache or None
    trace             Trace or None
    parts             Parts            message building, retrying and reply parsing: yours or mmlab's
    """

    def __init__(self, provider: str, model: str, *, base_url, key, price, timeout, transport, budget, cache,
                 trace, parts, retrying, sleep):  # fmt: skip
        self.provider, self.model, self.parts, self._price = provider, model, parts, price
        self.budget, self.cache, self.trace = budget, cache, trace
        self.live = base_url is None
        self.wire = WIRES[provider]
        self._opening = {"base_url": base_url, "key": key, "timeout": timeout, "transport": transport}
        self._retrying, self._sleep = retrying, sleep
        self._sdk, self._awaited = None, weakref.WeakKeyDictionary()

    @property
    def sdk(self):
        """The SDK's own client, for what this one does not do; it does not retry."""
        if self._sdk is None:
            self._sdk = sdks.opened(self.provider, **self._opening)
        return self._sdk

    def cost(self, usage: Usage) -> float | None:
        """Return what so many tokens cost in dollars; None where no price is known."""
        price = self._price or price_of(self.model, usage.input)
        return None if price is None else cost_of(usage, price)

    def ask(self, text: str = "", images: Sequence = (), *, sounds: Sequence = (), documents: Sequence = (),
            results: Sequence = (), history: Sequence = (), system: str = "", schema=None, tools: Sequence = (),
            must_call: bool = False, stream: bool = False, max_tokens: int = 1024,
            detail: str | None = None) -> Answer:  # fmt: skip
        """Return what the model answers.

        text, images       the question, and pictures: bytes of a file, arrays, paths, addresses, the world's pages
        sounds, documents  WAV files or arrays at 16 kHz; PDF files, or the world's pages
        results            what tools returned to the calls of the last answer: Result(call, output)
        history            turns so far: add each answer's `turns` to it
        system             str, what holds for all of it
        schema             a dataclass, a pydantic model or a JSON schema: the answer's `parsed` is one
        tools, must_call   Tools, and whether one of them must be called
        stream             whether it travels in pieces: seen to be whole before it is given
        max_tokens         of the answer (1024)
        detail             of pictures: OpenAI "low", "high"; Google "low", "medium", "high"
        raises    CallFailed  when no usable answer comes; InputError when the question cannot be sent,
                  or may cost more than the budget has left
        """
        job = self._job(text, images, sounds=sounds, documents=documents, results=results, history=history,
                        system=system, schema=schema, tools=tools, must_call=must_call, max_tokens=max_tokens,
                        detail=detail)  # fmt: skip
        with job.recorded():
            if (kept := job.kept()) is not None:
                return kept
            if stream:
                return job.answered(self._retried(lambda: self._streamed(job)))
            return job.answered(self._retried(lambda: self._sent(job)))

    async def ask_async(self, text: str = "", images: Sequence = (), *, stream: bool = False, **more) -> Answer:
        """Return what the model answers, awaited; arguments as `ask` takes them."""
        job = self._job(text, images, **more)
        with job.recorded():
            if (kept := job.kept()) is not None:
                return kept
            call = self._streamed_async if stream else self._sent_async
            return job.answered(await self._retried_async(lambda: call(job)))

    def stream(self, text: str = "", images: Sequence = (), **more) -> "Stream":
        """Return an iterator over the pieces of the answer's text, as they come; arguments as `ask`.

        It raises CallFailed where the stream ends before the answer does, however cleanly. Its `answer`
        is there when it is exhausted. Only what fails before the first piece is asked again.
        """
        return Stream(self._pieces, self._job(text, images, **more))

    def ask_many(self, requests: Sequence, at_once: int = 8) -> list:
        """Return the answers to many questions, in their order, so many at once.

        requests  each a text, or a dict of `ask`'s arguments
        returns   an Answer each, or the CallFailed or InputError that came in its place
        """
        if at_once < 1:
            raise InputError(f"ask_many: at_once={at_once}", "1 or more", "pass at_once=8")
        with ThreadPoolExecutor(at_once, thread_name_prefix="mmlab-ask") as pool:
            return list(pool.map(self._one, requests))

    def _one(self, request):
        try:
            return self.ask(request) if isinstance(request, str) else self.ask(**request)
        except (CallFailed, MmlabError) as error:
            return error

    def __repr__(self) -> str:
        where = "live" if self.live else self._opening["base_url"]
        return f"Client({self.provider}, {self.model}, {where})"

    def _job(self, text: str, images: Sequence, *, sounds=(), documents=(), results=(), history=(), system="",
             schema=None, tools=(), must_call=False, max_tokens=1024, detail=None) -> Job:  # fmt: skip
        """Return a question as the work that it makes, or raise InputError where it is none."""
        if isinstance(images, bytes | str) or hasattr(images, "shape") and len(images.shape) == 3:
            raise InputError(f"ask: images is one {type(images).__name__}", "a list of pictures", "pass [picture]")
        turn = Turn("user", text, tuple(map(picture_bytes, images)), tuple(map(sound_bytes, sounds)),
                    tuple(map(document_bytes, documents)), tuple(results))  # fmt: skip
        if not (text or turn.images or turn.sounds or turn.documents or turn.results):
            raise InputError("ask: nothing", "a text, or something to look at", "ask('What is this?', [picture])")
        ask = Ask(self.model, (*history, turn), system, None if schema is None else schema_of(schema), tuple(tools),
                  must_call, max_tokens, detail)  # fmt: skip
        return Job(self, ask, schema)

    def _sent(self, job: Job) -> dict:
        """Return the response to one request, as plain data that was read."""
        with job.attempted():
            return job.readable(plain(self.provider, self.wire.send(self.sdk, job.body)))

    def _streamed(self, job: Job) -> dict:
        with job.attempted():
            gathered = self.wire.Gathered()
            for event in self.wire.stream(self.sdk, job.body):
                self._added(gathered, event)
            return job.whole(gathered)

    async def _sent_async(self, job: Job) -> dict:
        with job.attempted():
            return job.readable(plain(self.provider, await self.wire.send(self._sdk_async(), job.body)))

    async def _streamed_async(self, job: Job) -> dict:
        with job.attempted():
            gathered = self.wire.Gathered()
            async for event in await self.wire.stream(self._sdk_async(), job.body):
                self._added(gathered, event)
            return job.whole(gathered)

    def _added(self, gathered, event) -> str:
        """Add an event to what was gathered, and return the text that it brings."""
        told = plain(self.provider, event)
        with garbled(self.provider):
            return gathered.add(told)

    def _pieces(self, job: Job, finish) -> Iterator[str]:
        """Yield an answer's text piece by piece, then hand the whole to `finish`."""
        with job.recorded():
            if (kept := job.kept()) is not None:
                yield kept.text
                finish(kept)
                return
            events, event = self._retried(lambda: self._begun(job))
            with job.converted():
                gathered = self.wire.Gathered()
                while event is not None:
                    if piece := self._added(gathered, event):
                        yield piece
                    event = next(events, None)
                raw = job.whole(gathered)
            finish(job.answered(raw))

    def _begun(self, job: Job) -> tuple[Iterator, object]:
        """Return a stream that has begun, and its first event."""
        with job.attempted():
            events = iter(self.wire.stream(self.sdk, job.body))
            first = next(events, None)
            if first is None:
                raise CallFailed(self.provider, "cut", "the stream ended before anything came")
            return events, first

    def _sdk_async(self):
        """Return the SDK's asynchronous client of the running loop: connections belong to one."""
        loop = asyncio.get_running_loop()
        if loop not in self._awaited:
            self._awaited[loop] = sdks.opened(self.provider, **self._opening, waits=True)
        return self._awaited[loop]

    def _retried(self, call):
        """Return what a call returns, retried in this one layer."""
        return self.parts.retry_policy(call, sleep=self._sleep or time.sleep, **self._retrying)

    async def _retried_async(self, call):
        """Return what an awaited call returns, retried: a policy of yours runs in a thread beside the loop."""
        origin = self.parts.origin("retry_policy")
        if origin == "yours":
            loop = asyncio.get_running_loop()

            def once():
                return asyncio.run_coroutine_threadsafe(call(), loop).result()

            return await asyncio.to_thread(self._retried, once)
        from mmlab.api.client import stand_in

        if origin == "stand-in":
            return await stand_in.retry_policy_async(call)
        from mmlab.api.client.retry import retry_policy_async

        return await retry_policy_async(call, sleep=self._pause if self._sleep else asyncio.sleep, **self._retrying)

    async def _pause(self, seconds: float) -> None:
        """Let a virtual clock sleep."""
        self._sleep(seconds)


class Stream:
    """The pieces of an answer's text as they come; once through.

    answer  Answer, when the last piece was given; before, None
    """

    def __init__(self, pieces, job: Job):
        self.answer = None
        self._given = pieces(job, self._finish)

    def _finish(self, answer: Answer) -> None:
        self.answer = answer

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        return next(self._given)

    def close(self) -> None:
        """End it early: what was not read is not fetched, and may be billed all the same."""
        self._given.close()
