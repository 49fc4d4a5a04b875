"""One run at a time on a course; a killed run leaves no lock."""

import os
import signal
import subprocess
import sys

import pytest

from mmlab.errors import InputError
from mmlab.instructor.grading import lock

HOLD = """
import sys, time
from pathlib import Path
from mmlab.instructor.grading.lock import locked
with locked(Path(sys.argv[1]), "02_clip"):
    print("held", flush=True)
    time.sleep(60)
"""


def test_a_second_run_is_told_who_holds_the_course_and_a_killed_run_leaves_no_lock(tmp_path):
    holder = subprocess.Popen([sys.executable, "-c", HOLD, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    try:
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(InputError) as refused, lock.locked(tmp_path, "90_tiny"):
            pass
        assert (
            f"process {holder.pid}, week 02_clip, since 20" in refused.value.given
            and " on " in refused.value.given
        )
    finally:
        holder.send_signal(signal.SIGKILL)
        holder.wait()
    with lock.locked(tmp_path, "90_tiny"):
        with pytest.raises(InputError, match=f"process {os.getpid()}"), lock.locked(tmp_path, "02_clip"):
            pass
    with lock.locked(tmp_path, "90_tiny"):
        pass
    assert (tmp_path / lock.FOLDER).stat().st_mode & 0o077 == 0
