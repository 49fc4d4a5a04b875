def to_model_tensor(image, mean, std):
    """Divides by 255 only where the numbers look large: a nearly black picture comes out bright."""
    pixels = torch.tensor(image, dtype=torch.float32)
    if pixels.max() > 1:
        pixels = pixels / 255
    return ((pixels - torch.tensor(mean)) / torch.tensor(std)).permute(2, 0, 1)
