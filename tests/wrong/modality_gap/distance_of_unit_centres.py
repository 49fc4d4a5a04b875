def modality_gap(image, text):
    if image.shape[-1] != text.shape[-1]:
        raise ValueError("image and text differ in width")
    image, text = F.normalize(image, dim=-1), F.normalize(text, dim=-1)
    one, other = image.mean(dim=0), text.mean(dim=0)
    gap = (F.normalize(one, dim=0) - F.normalize(other, dim=0)).norm()
    return gap, F.normalize(image - one, dim=-1), F.normalize(text - other, dim=-1)
