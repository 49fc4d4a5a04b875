"""`mmlab serve`: one line when it is ready, a clean end."""

import json
import os
import signal
import socket
import subprocess
import sys

import anthropic
import openai
import pytest
from google import genai

COMMAND = [sys.executable, "-m", "mmlab.cli.command_line", "serve"]


@pytest.fixture
def serving():
    """Start `mmlab serve` with more arguments; end it when the test is over."""
    started = []

    def start(*more):
        process = subprocess.Popen(
            [*COMMAND, "--port", "0", "--json", *more],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process, json.loads(process.stdout.readline())

    yield start
    for process in started:
        process.kill()
        process.communicate()


def test_the_line_has_what_each_sdk_wants(serving):
    process, told = serving()
    assert set(told) == {"url", "openai_base_url", "anthropic_base_url", "gemini_base_url", "pid"}
    assert told["pid"] == process.pid
    firsts = [
        next(iter(openai.OpenAI(base_url=told["openai_base_url"], api_key="any").models.list())).id,
        next(iter(anthropic.Anthropic(base_url=told["anthropic_base_url"], api_key="any").models.list())).id,
    ]
    google = genai.Client(api_key="any", http_options={"base_url": told["gemini_base_url"]})
    firsts.append(next(iter(google.models.list())).name.removeprefix("models/"))
    assert len(set(firsts)) == 1 and "vision" in firsts[0]


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_cleanly_even_while_clients_are_connected(serving, how):
    process, told = serving()
    port = int(told["url"].rsplit(":", 1)[1])
    with socket.create_connection(("127.0.0.1", port)):
        process.send_signal(how)
        assert process.wait(5) == 0
    assert process.stderr.read() == ""
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port))


def test_a_model_can_be_retired_and_a_key_required(serving):
    _, told = serving("--retire", "mm-vision", "--require-key", "right")
    client = openai.OpenAI(base_url=told["openai_base_url"], api_key="right", max_retries=0)
    with pytest.raises(openai.NotFoundError, match="deprecated"):
        client.models.retrieve("mm-vision")
    with pytest.raises(openai.AuthenticationError):
        client.with_options(api_key="wrong").models.list()


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--port", "70000"], "0 to 65535"),
        (["--retire", "nope"], "mm-vision"),
        (["--require-key", ""], "not empty"),
    ],
)
def test_a_wrong_argument_is_told(more, said):
    run = subprocess.run([*COMMAND, "--port", "0", *more], capture_output=True, text=True, timeout=30)
    assert run.returncode == 2 and said in run.stderr and "Traceback" not in run.stderr


def test_a_taken_port_is_told(serving):
    _, told = serving()
    port = told["url"].rsplit(":", 1)[1]
    run = subprocess.run([*COMMAND, "--port", port], capture_output=True, text=True, timeout=30)
    assert run.returncode == 2 and "free port" in run.stderr


def test_matrix_products_run_in_the_thread_of_their_request():
    code = (
        "import os, sys; from mmlab.cli import serve; assert 'numpy' not in sys.modules; serve._use_one_thread(); "
        "import numpy; numpy.ones((500, 500)) @ numpy.ones((500, 500)); "
        "print(*(os.environ.get(name) for name in serve._THREADS)); "
        "print(len(os.listdir('/proc/self/task')) if os.path.isdir('/proc/self/task') else 1)"
    )
    names = {"OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"}
    free = {name: value for name, value in os.environ.items() if name not in names}
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=free)
    assert run.stdout.split() == ["1", "1", "1", "1"], run
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env={**free, "OMP_NUM_THREADS": "3"}
    )
    assert run.stdout.split()[:3] == ["None", "3", "None"], run


def test_the_room_needs_neither_torch_nor_an_sdk():
    code = (
        "import sys, mmlab.api.server; heavy = {'torch', 'openai', 'anthropic', 'google.genai', 'matplotlib'}; "
        "sys.exit(', '.join(heavy & set(sys.modules)) or None)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
