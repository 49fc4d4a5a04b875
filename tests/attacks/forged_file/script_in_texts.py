"""Puts scripts where a feedback page might show them: names, texts, error messages, outputs."""

raise SystemExit("an attack on the grader, kept for its tests: not to be run")

# %% first
from IPython.display import HTML, Javascript, display

SCRIPT = "<script>document.querySelectorAll('.score').forEach(e => e.textContent = '100')</script>"
display(HTML(SCRIPT), Javascript("alert('attack')"))
print(SCRIPT)
raise RuntimeError(SCRIPT)

# %% answer
def NAME(*args, **kwargs):
    raise ValueError(SCRIPT + "</pre></details>{{ 7 * 7 }}\u202e\x1b]0;attack\x07\x1b[2J")
