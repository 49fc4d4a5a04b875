"""One question while it is asked: its cost, the number of requests, its result."""

import contextlib
import time

from mmlab.api.client.answers import Answer, Ask, Turn, Usage
from mmlab.api.client.budget import max_usage
from mmlab.api.client.cache import key_of
from mmlab.api.client.failures import CallFailed, failure_of, was_refused
from mmlab.api.client.schemas import typed
from mmlab.api.client.sdks import Read, garbled
from mmlab.api.client.trace import fields_of
from mmlab.errors import InputError


class Job:
    """A question with its accounting: budget, cache and trace.

    body  dict   the request, as the SDK takes it
    """

    def __init__(self, client, ask: Ask, schema):
        self.client, self.ask, self.schema = client, ask, schema
        self.body = client.wire.body(ask, client.parts)
        self.tries, self.ended, self._reserved = 0, None, None
        self._key = key_of(client.provider, client.live, self.body) if client.cache is not None else ""

    @contextlib.contextmanager
    def recorded(self):
        """Write the trace's line when the question ends, with or without an error."""
        began = time.monotonic()
        try:
            yield
        except Exception as error:
            self.ended = error
            raise
        finally:
            if self.client.trace:
                seconds = time.monotonic() - began
                self.client.trace.write(
                    fields_of(self.client.provider, self.ask, self.ended, seconds, self.tries)
                )

    @contextlib.contextmanager
    def attempted(self):
        """Count a request, reserve what it may cost, and turn its failure into a CallFailed.

        A request that the provider refused costs nothing; one that was lost may be billed.
        """
        if self.client.budget:
            maximum = self.client.cost(max_usage(self.ask, self.client.provider))
            self._reserved = self.client.budget.reserve(maximum)
        self.tries += 1
        with self.converted():
            yield

    @contextlib.contextmanager
    def converted(self):
        """Turn an error of the SDK or its transport into a CallFailed with that cause; pass on any other."""
        try:
            yield
        except Exception as error:
            failure = failure_of(self.client.provider, error)
            if failure is None:
                raise
            failure.tries = self.tries
            if self._reserved and was_refused(error):
                self._reserved.release()
            if failure is error:
                raise
            raise failure from error

    def cached(self) -> Answer | None:
        """Return the answer in the cache, or None."""
        cache = self.client.cache
        if cache is None or (raw := cache.find(self._key)) is None:
            return None
        self.ended = self._answer(raw, self._read(raw), cached=True)
        return self.ended

    def readable(self, raw: dict) -> dict:
        """Return the response; raise CallFailed if it cannot be read, so that it is requested again."""
        self._read(raw)
        return raw

    def whole(self, assembler) -> dict:
        """Return the response of a stream; raise CallFailed if the stream ended early."""
        with garbled(self.client.provider):
            raw = assembler.whole()
        if raw is None:
            raise CallFailed(self.client.provider, "cut", "the stream ended before the answer was complete")
        return self.readable(raw)

    def answered(self, raw: dict) -> Answer:
        """Return a response as an Answer; settle its cost and cache it."""
        read = self._read(raw)
        if self._reserved and read.usage:
            self._reserved.settle(self.client.cost(read.usage))
        answer = self._answer(raw, read)
        if self.client.cache is not None and answer.ending in ("stop", "call"):
            self.client.cache.store(self._key, self.ask.model, raw)
        self.ended = answer
        return answer

    def _read(self, raw: dict) -> Read:
        """Return the parts of a response; raise CallFailed if it is malformed."""
        with garbled(self.client.provider):
            return self.client.wire.read(raw)

    def _answer(self, raw: dict, read: Read, cached: bool = False) -> Answer:
        """Return a response as an Answer; raise CallFailed if it does not match the schema."""
        client, usage = self.client, read.usage or Usage()
        try:
            text = client.parts.reply_text(raw) if read.ending in ("stop", "length", "call") else ""
        except InputError as error:
            raise CallFailed(client.provider, "garbled", error.given) from error
        if not isinstance(text, str):
            raise CallFailed(client.provider, "garbled", f"the text is a {type(text).__name__}")
        cost = client.cost(read.usage) if read.usage else None
        reply = Turn("assistant", text, calls=read.calls, native={client.provider: read.message})
        fields = {
            "text": text,
            "calls": read.calls,
            "usage": usage,
            "cost": 0.0 if cached else cost,
            "ending": read.ending,
            "raw": raw,
            "refusal": read.refusal,
            "turns": () if read.ending in ("refusal", "empty") else (self.ask.turns[-1], reply),
            "cached": cached,
            "tries": self.tries,
        }
        if self.schema is None or read.ending != "stop":
            return Answer(parsed=None, **fields)
        try:
            return Answer(parsed=typed(self.schema, client.parts.parse_json_reply(text)), **fields)
        except ValueError as error:
            message = error.given if isinstance(error, InputError) else str(error)
            failure = CallFailed(client.provider, "reply", message, answer=Answer(parsed=None, **fields))
            failure.tries = self.tries
            raise failure from error
