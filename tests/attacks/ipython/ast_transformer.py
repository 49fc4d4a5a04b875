"""Strips every assert and every call of `check` from the tree of each cell before it runs."""

raise SystemExit("an attack on the grader, kept for its tests: not to be run")

# %% first
import ast


class Strip(ast.NodeTransformer):
    def visit_Assert(self, node):
        return ast.Pass()

    def visit_Expr(self, node):
        named = isinstance(node.value, ast.Call) and getattr(node.value.func, "id", "") == "check"
        return ast.Pass() if named else node


get_ipython().ast_transformers.append(Strip())
