def modality_gap(image, text):
    if image.shape[-1] != text.shape[-1]:
        raise ValueError("image and text differ in width")
    image, text = F.normalize(image, dim=-1), F.normalize(text, dim=-1)
    shift = image.mean(dim=0) - text.mean(dim=0)
    along = F.normalize(shift, dim=0)
    image, text = image - (image @ along)[:, None] * along, text - (text @ along)[:, None] * along
    return shift.norm(), F.normalize(image, dim=-1), F.normalize(text, dim=-1)
