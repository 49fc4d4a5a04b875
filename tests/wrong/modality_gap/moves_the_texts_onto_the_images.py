def modality_gap(image, text):
    if image.shape[-1] != text.shape[-1]:
        raise ValueError("image and text differ in width")
    image, text = F.normalize(image, dim=-1), F.normalize(text, dim=-1)
    shift = image.mean(dim=0) - text.mean(dim=0)
    return shift.norm(), image, F.normalize(text + shift, dim=-1)
