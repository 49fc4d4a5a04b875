"""Property tests try the same examples in every run: what fails here fails for everybody.

`pytest --hypothesis-profile=search` looks for new ones.
"""

from hypothesis import settings

settings.register_profile("course", derandomize=True, deadline=None)  # no clock decides
settings.register_profile("search", deadline=None, print_blob=True)
settings.load_profile("course")
