"""Values over a socket, with a limit and one deadline; and open files to another process.

A frame is one message of `mmlab.values`: its prefix says both sizes, so a frame that is too
large is refused before anything is kept of it. One deadline covers a whole frame: bytes that
drip in do not move it. Whatever arrives, the receiver gets a value or one of three errors.

    Lost
    ├── TimedOut   nothing whole came before the deadline
    ├── BadFrame   bytes that are no message, or one above the limit
    └── Died       the other end is gone
"""

import json
import os
import select
import socket
import struct
import time

from mmlab import values
from mmlab.errors import InputError

MB = 2**20
HEADER = 8 * MB  # JSON grows up to twenty times when it is parsed
CHUNK = 256 * 1024
NOTE = struct.Struct("<I")


class Lost(Exception):
    """The child gave no answer; always the doing of what runs in it, never of the grader."""


class TimedOut(Lost):
    """No whole message came before the deadline."""


class BadFrame(Lost):
    """What came is no message, or a message above the limit."""


class Died(Lost):
    """The other end is gone.

    reason  "memory", "processor time", "exit", "crash" or "closed"
    """

    def __init__(self, reason: str = "exit"):
        super().__init__(reason)
        self.reason = reason


class Connection:
    """One end of a socket that carries values.

    channel  a connected stream socket; owned from now on
    limit    the largest message to receive, in bytes
    """

    def __init__(self, channel: socket.socket, limit: int = values.LIMIT):
        self.channel, self.limit = channel, limit
        self.received = 0  # bytes of the last message
        channel.setblocking(False)

    def fileno(self) -> int:
        """Return the socket's descriptor."""
        return self.channel.fileno()

    def send(self, value, seconds: float | None = None) -> None:
        """Send one value; raises TimedOut where the other end does not take it in time, Died where it is gone."""
        deadline = None if seconds is None else time.monotonic() + seconds
        left = memoryview(values.dumps(value))
        while left:
            self._wait(select.POLLOUT, deadline)
            try:
                left = left[self.channel.send(left) :]
            except BlockingIOError:
                continue  # woken for nothing
            except OSError:
                raise Died("closed") from None

    def receive(self, seconds: float | None = None):
        """Return the next value, whole by the deadline; raises TimedOut, BadFrame or Died."""
        deadline = None if seconds is None else time.monotonic() + seconds
        prefix = self._read(values.PREFIX.size, deadline)
        try:
            header, raw = values.sizes(prefix, limit=self.limit)
            if header > min(HEADER, self.limit):
                raise BadFrame(f"a header of {header:,} bytes; at most {HEADER:,} are read")
            self.received = header + raw
            return values.loads(prefix + self._read(header + raw, deadline), limit=self.limit)
        except InputError as error:
            raise BadFrame(error.given) from None
        except (ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError, RecursionError,
                RuntimeError, MemoryError) as error:  # no message may stop the judge  # fmt: skip
            raise BadFrame(f"a message that cannot be decoded ({type(error).__name__})") from None

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
            raise TimedOut("the deadline is over")
        if self.channel.fileno() < 0:
            raise Died("closed")
        poll = select.poll()
        poll.register(self.channel, event)
        poll.poll(left if left is None else left * 1000)


def send_note(channel: socket.socket, note: dict, descriptors: list[int] = ()) -> None:
    """Send a small plain note between trusted ends, with open files beside it."""
    text = json.dumps(note).encode()
    frame = NOTE.pack(len(text)) + text
    sent = socket.send_fds(channel, [frame], list(descriptors)) if descriptors else channel.send(frame)
    channel.sendall(frame[sent:])


def receive_note(channel: socket.socket, most: int = 8) -> tuple[dict, list[int]] | None:
    """Return the next note and the files that came with it, or None where the other end has closed.

    Waits as long as the socket's own timeout says; at most `most` files are taken.
    """
    head, descriptors, _, _ = socket.recv_fds(channel, NOTE.size, most)
    for descriptor in descriptors:
        os.set_inheritable(descriptor, False)
    if not head:
        return None
    size = NOTE.unpack(head + _exactly(channel, NOTE.size - len(head)))[0]
    return json.loads(_exactly(channel, size)), list(descriptors)


def _exactly(channel: socket.socket, size: int) -> bytes:
    found = b""
    while len(found) < size:
        part = channel.recv(size - len(found))
        if not part:
            raise EOFError("the other end closed in the middle of a note")
        found += part
    return found
