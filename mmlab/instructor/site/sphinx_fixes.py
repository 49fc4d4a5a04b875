"""A Sphinx extension that removes live code execution (thebe) from the pages.

Jupyter Book registers thebe twice for every site. Its settings are then declared twice,
which is an error on every page, and they load a script from another host.
"""


def drop_thebe(app, pagename, templatename, context, doctree) -> None:
    """Remove thebe's scripts from a page (a handler of `html-page-context`)."""
    context["script_files"] = [
        script
        for script in context.get("script_files", [])
        if "thebe" not in f"{script} {getattr(script, 'attributes', '')}".lower()
    ]


def setup(app) -> dict:
    """Register the handler, to run after all others."""
    app.connect("html-page-context", drop_thebe, priority=990)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
