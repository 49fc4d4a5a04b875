"""What all tests run under.

Property tests try the same examples in every run: what fails here fails for everybody;
`pytest --hypothesis-profile=search` looks for new ones. Ctrl-C means what it always means.
"""

import signal

from hypothesis import settings

settings.register_profile("course", derandomize=True, deadline=None)  # no clock decides
settings.register_profile("search", deadline=None, print_blob=True)
settings.load_profile("course")

# A script's background jobs ignore it, and so would every command that a test starts and stops.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
