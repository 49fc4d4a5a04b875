def zero_shot_classify(image, prompts):
    if image.shape[-1] != prompts.shape[-1]:
        raise ValueError("image and prompts differ in width")
    cosines = torch.einsum("bd,cpd->bcp", F.normalize(image, dim=-1), F.normalize(prompts, dim=-1)).amax(dim=2)
    return cosines.argmax(dim=1), cosines
