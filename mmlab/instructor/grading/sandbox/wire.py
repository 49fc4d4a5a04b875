"""Send values over a socket, with a size limit and a deadline; and pass open files to another process.

A frame is one message of `mmlab.codec`. Its prefix contains both sizes, so a frame that is too
large is rejected before it is read. The deadline covers the whole frame, so that a sender of
single bytes cannot extend it. Whatever arrives, the receiver gets a value or one of three errors.

    Lost
    ├── TimedOut   no complete message before the deadline
    ├── BadFrame   bytes that are not a message, or a message above the limit
    └── Died       the other end is gone
"""

import json
import os
import select
import socket
import struct
import time

from mmlab import codec
from mmlab.errors import InputError

MB = 2**20
HEADER = 8 * MB  # parsed JSON needs up to twenty times its size in memory
CHUNK = 256 * 1024
NOTE = struct.Struct("<I")


class Lost(Exception):
    """The child gave no answer; always caused by the code in the child, never by the grader."""


class TimedOut(Lost):
    """No complete message arrived before the deadline."""


class BadFrame(Lost):
    """The data that arrived is not a message, or a message above the limit."""


class Died(Lost):
    """The other end is gone.

    reason  "memory", "processor time", "exit", "crash" or "closed"
    """

    def __init__(self, reason: str = "exit"):
        super().__init__(reason)
        self.reason = reason


class Connection:
    """One end of a socket that carries values.

    channel  a connected stream socket, which this object owns from now on
    limit    the largest message to receive, in bytes
    """

    def __init__(self, channel: socket.socket, limit: int = codec.LIMIT):
        self.channel, self.limit = channel, limit
        self.received = 0  # bytes of the last message
        channel.setblocking(False)

    def fileno(self) -> int:
        """Return the socket's descriptor."""
        return self.channel.fileno()

    def send(self, value, seconds: float | None = None) -> None:
        """Send one value; raises TimedOut if the other end does not receive it in time, Died if it is gone."""
        self.send_packed(codec.dumps(value), seconds)

    def send_packed(self, messages: bytes, seconds: float | None = None) -> None:
        """Send values that `codec.dumps` has encoded, one after the other; raises as `send` does."""
        deadline = None if seconds is None else time.monotonic() + seconds
        left = memoryview(messages)
        while left:
            self._wait(select.POLLOUT, deadline)
            try:
                left = left[self.channel.send(left) :]
            except BlockingIOError:
                continue  # woken for nothing
            except OSError:
                raise Died("closed") from None

    def receive(self, seconds: float | None = None):
        """Return the next value, complete before the deadline; raises TimedOut, BadFrame or Died."""
        deadline = None if seconds is None else time.monotonic() + seconds
        prefix = self._read(codec.PREFIX.size, deadline)
        try:
            header, raw = codec.sizes(prefix, limit=self.limit)
            if header > min(HEADER, self.limit):
                raise BadFrame(f"a header of {header:,} bytes; at most {HEADER:,} are allowed")
            self.received = header + raw
            return codec.loads(prefix + self._read(header + raw, deadline), limit=self.limit)
        except InputError as error:
            raise BadFrame(error.given) from None
        except (
            ValueError,
            TypeError,
            KeyError,
            IndexError,
            AttributeError,
            OverflowError,
            RecursionError,
            RuntimeError,
            MemoryError,
        ) as error:  # no message may stop the judge
            raise BadFrame(f"a message that cannot be decoded ({type(error).__name__})") from None

    def has_message(self) -> bool:
        """Return whether something has arrived that was not received yet."""
        poll = select.poll()
        poll.register(self.channel, select.POLLIN)
        return bool(poll.poll(0))

    def close(self) -> None:
        """Close this end."""
        self.channel.close()

    def _read(self, size: int, deadline: float | None) -> bytes:
        parts, missing = [], size
        while missing:
            self._wait(select.POLLIN, deadline)
            try:
                part = self.channel.recv(min(missing, CHUNK))
            except BlockingIOError:
                continue  # woken for nothing
            except OSError:
                raise Died("closed") from None
            if not part:
                raise Died("closed")
            parts.append(part)
            missing -= len(part)
        return b"".join(parts)

    def _wait(self, event: int, deadline: float | None) -> None:
        left = None if deadline is None else deadline - time.monotonic()
        if left is not None and left <= 0:
            raise TimedOut("the deadline has passed")
        if self.channel.fileno() < 0:
            raise Died("closed")
        poll = select.poll()
        poll.register(self.channel, event)
        poll.poll(left if left is None else left * 1000)


def send_note(channel: socket.socket, note: dict, descriptors: list[int] = ()) -> None:
    """Send a small JSON note between trusted processes, with open files attached."""
    text = json.dumps(note).encode()
    frame = NOTE.pack(len(text)) + text
    sent = socket.send_fds(channel, [frame], list(descriptors)) if descriptors else channel.send(frame)
    channel.sendall(frame[sent:])


def receive_note(channel: socket.socket, maximum: int = 8) -> tuple[dict, list[int]] | None:
    """Return the next note and the files attached to it, or None if the other end has closed.

    Waits for the socket's own timeout; at most `maximum` files are received.
    """
    head, descriptors, _, _ = socket.recv_fds(channel, NOTE.size, maximum)
    for descriptor in descriptors:
        os.set_inheritable(descriptor, False)
    if not head:
        return None
    size = NOTE.unpack(head + _exactly(channel, NOTE.size - len(head)))[0]
    return json.loads(_exactly(channel, size)), list(descriptors)


def _exactly(channel: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        part = channel.recv(size - len(data))
        if not part:
            raise EOFError("the other end closed in the middle of a note")
        data += part
    return data
