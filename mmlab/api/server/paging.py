"""Lists in pages: the query says how many rows a page has and where it begins."""

from mmlab.api.server.errors import ApiError


def page(
    rows: list[dict], query: dict, maximum: int, usual: int, *, after: str = "after", before: str = ""
) -> tuple:
    """Return (rows of the page, whether there are more).

    rows            list of dict   each with an "id"
    query           name → list of str   limit, and the ids that `after` and `before` name
    maximum, usual  int   largest limit, and the limit of a query without one
    raises          ApiError   for a limit out of range, or an unknown id
    """
    size = whole(query, "limit", maximum, usual)
    if query.get("order") == ["asc"]:
        rows = rows[::-1]
    ids = [row["id"] for row in rows]
    if after in query:
        rows = rows[_index(ids, query[after][0], after) + 1 :]
    elif before and before in query:
        rows = rows[: _index(ids, query[before][0], before)]
        return rows[-size:], len(rows) > size
    return rows[:size], len(rows) > size


def whole(query: dict, name: str, maximum: int, usual: int) -> int:
    """Return a whole number from 1 to `maximum` in a query, or `usual`; raise ApiError for another value."""
    given = query.get(name, [str(usual)])[0]
    if not given.isdecimal() or len(given) > 9 or not 1 <= int(given) <= maximum:
        raise ApiError(
            400, f"{name}: expected a whole number from 1 to {maximum}, but got {given[:40]!r}", name
        )
    return int(given)


def _index(ids: list[str], name: str, parameter: str) -> int:
    if name not in ids:
        raise ApiError(400, f"{parameter}: no row of this list has the id {name[:100]!r}", parameter)
    return ids.index(name)


def start_of_page(query: dict) -> int:
    """Return the number of the first row of a page of Google's, from its pageToken; raise ApiError for a wrong one."""
    given = query.get("pageToken", [""])[0] or "0"
    if not given.isdecimal() or len(given) > 9:
        raise ApiError(
            400, f"Invalid page token: {given[:40]!r}. Use the nextPageToken of the previous page."
        )
    return int(given)
