"""Wrong answers to zero_shot_classify."""

from mmlab.instructor.authoring.exercise import Answer

CLASSES = "    classes = F.normalize(F.normalize(prompts, dim=-1).mean(dim=1))  # (C, D)\n"
COSINES = "    cosines = F.normalize(image) @ classes.T  # (B, C)\n"
RETURN = "    return cosines.argmax(dim=1), cosines\n"

ANSWERS = (
    Answer(
        "best_template_wins",
        {COSINES: "    cosines = torch.einsum('bd,cpd->bcp', F.normalize(image), F.normalize(prompts, dim=-1)).amax(dim=2)\n"},
        "the mean over the templates of a class",
    ),
    Answer(
        "centres_the_classes",
        {
            CLASSES: "    classes = F.normalize(prompts, dim=-1).mean(dim=1)\n"
            "    classes = F.normalize(classes - classes.mean(dim=0), dim=-1)  # what all classes share is taken away\n"
        },
        "the mean is made unit length as it is",
    ),
    Answer("normalises_along_the_templates", {"F.normalize(prompts, dim=-1)": "F.normalize(prompts, dim=1)"}, "each prompt has length 1"),
    Answer("squeezed_result", {RETURN: "    cosines = cosines.squeeze()\n    return cosines.argmax(dim=-1), cosines\n"}, "(B, C) and (B,) for one image or class"),
    Answer("mean_of_cosines", {COSINES: "    cosines = torch.einsum('bd,cpd->bcp', F.normalize(image), F.normalize(prompts, dim=-1)).mean(dim=2)\n"}, "the class's embedding has length 1"),
    Answer("negative_cosines_are_cut", {COSINES: COSINES.replace(" @ classes.T", " @ classes.T").replace("F.normalize(image) @ classes.T", "(F.normalize(image) @ classes.T).clamp(min=0)")}, "the cosine of every image with every class"),
    Answer("classes_as_floats", {"cosines.argmax(dim=1)": "cosines.argmax(dim=1).float()"}, "(B,) integers"),
    Answer(
        "small_constant_in_the_length",
        {CLASSES: "    prompts = prompts / (prompts.norm(dim=-1, keepdim=True) + 1e-4)\n    classes = F.normalize(prompts.mean(dim=1))\n"},
        "templates of any length weigh the same",
    ),
    Answer("normalises_in_place", {CLASSES: "    prompts /= prompts.norm(dim=-1, keepdim=True)\n    classes = F.normalize(prompts.mean(dim=1))\n"}, "neither tensor may be changed"),
    Answer("counts_equal_templates_once", {CLASSES: "    classes = F.normalize(torch.stack([F.normalize(rows.unique(dim=0)).mean(dim=0) for rows in prompts]))\n"}, "the mean over all P templates"),
    Answer("short_images_count_less", {COSINES: COSINES.replace("F.normalize(image)", "F.normalize(image, eps=1e-4)")}, "images of any length"),
    Answer("short_templates_count_less", {"F.normalize(prompts, dim=-1)": "F.normalize(prompts, dim=-1, eps=1e-4)"}, "templates of any length weigh the same"),
    Answer("nearly_unit_is_enough", {"F.normalize(image)": "(image if torch.allclose(image.norm(dim=1), torch.ones(len(image)), atol=0.05) else F.normalize(image))"}, "cosines, however near to 1 the lengths are"),
    Answer("nearly_unit_prompts", {"F.normalize(prompts, dim=-1)": "(prompts if torch.allclose(prompts.norm(dim=-1), torch.ones(prompts.shape[:2]), atol=0.05) else F.normalize(prompts, dim=-1))"}, "each prompt has length 1"),
    Answer("a_byte_a_class", {"cosines.argmax(dim=1)": "cosines.argmax(dim=1).to(torch.uint8).long()"}, "any number of classes"),
    Answer("at_most_256_templates", {"F.normalize(prompts, dim=-1)": "F.normalize(prompts[:, :256], dim=-1)"}, "the mean over all P templates"),
    Answer("at_most_1024_images", {"F.normalize(image)": "F.normalize(image[:1024])"}, "every image"),
)
