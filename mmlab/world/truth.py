"""Whether a picture is as a caption says: exact, for any caption by anyone."""

from mmlab.errors import InputError
from mmlab.world.grammar import holds
from mmlab.world.parse import Constraints, Mention
from mmlab.world.scene import Scene, Shape


def fits(shape: Shape, mention: Mention) -> bool:
    """Return whether a shape has the size, colour and kind that a mention names."""
    return (
        mention.kind in (None, shape.kind)
        and mention.colour in (None, shape.colour)
        and mention.size in (None, shape.size)
    )


def satisfies(scene: Scene, constraints: Constraints) -> bool:
    """Return whether a scene is as the constraints say.

    It is when the background is right, every number is the number of such
    shapes in the whole picture, and each mention can be given shapes of its own,
    shared with no other mention, that lie as every relation says.

    scene        Scene
    constraints  Constraints   from `parse`
    raises       InputError    when the second argument is still a text

    >>> from mmlab.world import parse
    >>> scene = Scene([Shape("ring", "red", "small", 24, 24)], "grey")
    >>> satisfies(scene, parse("a red ring")), satisfies(scene, parse("two red rings"))
    (True, False)
    """
    if not isinstance(constraints, Constraints):
        raise InputError(f"satisfies: constraints are a {type(constraints).__name__}",
                         "Constraints", "pass parse(text)")  # fmt: skip
    if constraints.background not in (None, scene.background):
        return False
    if sum(mention.count for mention in constraints.mentions) > len(scene.shapes):
        return False
    candidates = []  # one list a mention
    for mention in constraints.mentions:
        fitting = [place for place, shape in enumerate(scene.shapes) if fits(shape, mention)]
        if mention.exact and len(fitting) != mention.count:
            return False
        candidates.append(fitting)
    owners = [
        owner for owner, mention in enumerate(constraints.mentions) for _ in range(mention.count)
    ]
    return _assignable(scene, constraints, candidates, owners, [])


def _assignable(scene, constraints, candidates, owners, chosen) -> bool:
    """Return whether the owners after those `chosen` for can be given shapes too (depth first)."""
    if len(chosen) == len(owners):
        return True
    owner = owners[len(chosen)]
    return any(
        _assignable(scene, constraints, candidates, owners, [*chosen, shape])
        for shape in candidates[owner]
        if shape not in chosen and _lies_right(scene, constraints, owners, chosen, shape, owner)
    )


def _lies_right(scene, constraints, owners, chosen, shape, owner) -> bool:
    """Return whether a shape, as one of its owner's, lies as told to those chosen before it."""
    for relation in constraints.relations:
        for other, place in zip(owners, chosen):
            here, there = scene.shapes[shape], scene.shapes[place]
            if (relation.subject, relation.object) == (owner, other):
                if not holds(relation.word, here, there):
                    return False
            elif (relation.subject, relation.object) == (other, owner):
                if not holds(relation.word, there, here):
                    return False
    return True
