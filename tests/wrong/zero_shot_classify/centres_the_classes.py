def zero_shot_classify(image, prompts):
    if image.shape[-1] != prompts.shape[-1]:
        raise ValueError("image and prompts differ in width")
    classes = F.normalize(prompts, dim=-1).mean(dim=1)
    classes = F.normalize(classes - classes.mean(dim=0), dim=-1)  # what all classes share is taken away
    cosines = F.normalize(image, dim=-1) @ classes.T
    return cosines.argmax(dim=1), cosines
