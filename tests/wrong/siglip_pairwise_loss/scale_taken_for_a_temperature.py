def siglip_pairwise_loss(image, text, scale, bias):
    if image.shape != text.shape:
        raise ValueError("image and text differ in shape")
    logits = F.normalize(image, dim=-1) @ F.normalize(text, dim=-1).T / scale + bias
    labels = 2 * torch.eye(len(logits)) - 1
    return -F.logsigmoid(labels * logits).sum() / len(logits)
