"""A Sphinx extension that takes live code execution (thebe) out of the pages.

Jupyter Book registers thebe for every site, and twice: its settings are then
declared twice, an error on every page, and name a script on a foreign host.
"""

def drop_thebe(app, pagename, templatename, context, doctree) -> None:
    """Keep a page's scripts but those of thebe (a handler of `html-page-context`)."""
    context["script_files"] = [
        script
        for script in context.get("script_files", [])
        if "thebe" not in f"{script} {getattr(script, 'attributes', '')}".lower()
    ]


def setup(app) -> dict:
    """Register the handler after all others."""
    app.connect("html-page-context", drop_thebe, priority=990)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
