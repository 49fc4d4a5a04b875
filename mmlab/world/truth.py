"""Check exactly whether a scene satisfies the constraints of a caption."""

from mmlab.errors import InputError
from mmlab.world.grammar import holds
from mmlab.world.parse import Constraints, Mention
from mmlab.world.scene import Scene, Shape


def fits(shape: Shape, mention: Mention) -> bool:
    """Return whether a shape has the size, colour and kind of a mention."""
    return (
        mention.kind in (None, shape.kind)
        and mention.colour in (None, shape.colour)
        and mention.size in (None, shape.size)
    )


def satisfies(scene: Scene, constraints: Constraints) -> bool:
    """Return whether a scene satisfies the constraints.

    It does when the background is right, every number equals the number of such shapes
    in the whole image, and shapes can be assigned to the mentions, each shape to at most
    one mention, so that all relations hold.

    scene        Scene
    constraints  Constraints   from `parse`
    raises       InputError    when the second argument is a str or anything else

    >>> from mmlab.world import parse
    >>> scene = Scene([Shape("ring", "red", "small", 24, 24)], "grey")
    >>> satisfies(scene, parse("a red ring")), satisfies(scene, parse("two red rings"))
    (True, False)
    """
    if not isinstance(constraints, Constraints):
        raise InputError(
            f"satisfies: constraints are a {type(constraints).__name__}", "Constraints", "pass parse(text)"
        )
    if constraints.background not in (None, scene.background):
        return False
    if sum(mention.count for mention in constraints.mentions) > len(scene.shapes):
        return False
    candidates = []  # one list per mention
    for mention in constraints.mentions:
        fitting = [index for index, shape in enumerate(scene.shapes) if fits(shape, mention)]
        if mention.exact and len(fitting) != mention.count:
            return False
        candidates.append(fitting)
    owners = [owner for owner, mention in enumerate(constraints.mentions) for _ in range(mention.count)]
    return _assignable(scene, constraints, candidates, owners, [])


def _assignable(scene, constraints, candidates, owners, chosen) -> bool:
    """Return whether shapes can be assigned to the owners that have none in `chosen` yet (depth first)."""
    if len(chosen) == len(owners):
        return True
    owner = owners[len(chosen)]
    return any(
        _assignable(scene, constraints, candidates, owners, [*chosen, shape])
        for shape in candidates[owner]
        if shape not in chosen and _lies_right(scene, constraints, owners, chosen, shape, owner)
    )


def _lies_right(scene, constraints, owners, chosen, shape, owner) -> bool:
    """Return whether a shape, assigned to `owner`, satisfies the relations to the shapes chosen so far."""
    for relation in constraints.relations:
        for other, index in zip(owners, chosen):
            here, there = scene.shapes[shape], scene.shapes[index]
            if (relation.subject, relation.object) == (owner, other):
                if not holds(relation.word, here, there):
                    return False
            elif (relation.subject, relation.object) == (other, owner):
                if not holds(relation.word, there, here):
                    return False
    return True
