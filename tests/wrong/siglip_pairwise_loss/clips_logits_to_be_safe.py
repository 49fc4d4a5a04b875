def siglip_pairwise_loss(image, text, scale, bias):
    if image.shape != text.shape:
        raise ValueError("image and text differ in shape")
    logits = scale * F.normalize(image, dim=-1) @ F.normalize(text, dim=-1).T + bias
    labels = 2 * torch.eye(len(logits)) - 1
    return torch.log1p(torch.exp((-labels * logits).clamp(max=80))).sum() / len(logits)
